"""The public names, loaded when they are first used."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "connect": "opsanalytics.workbench.session",
    "figures": "opsanalytics.figures",
    "load_ipython_extension": "opsanalytics.workbench.magic",
    "metric": "opsanalytics.workbench.session",
    "period": "opsanalytics.workbench.session",
    "refresh": "opsanalytics.workbench.session",
    "show": "opsanalytics.workbench.display",
    "sql": "opsanalytics.workbench.session",
    "table": "opsanalytics.workbench.session",
}
_MODULES = frozenset({"figures", "show"})

__all__ = ["connect", "figures", "metric", "period", "refresh", "show", "sql", "table"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module `opsanalytics` has no name `{name}`; it has {', '.join(__all__)}")
    module = import_module(_HOME[name])
    return module if name in _MODULES else getattr(module, name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


# In a notebook `import opsanalytics` alone brings %%sql; outside IPython nothing is imported.
if "IPython" in sys.modules:
    import_module("opsanalytics.workbench.magic").register()
