"""The address of a line of a file on the forge that keeps the record's repository, at the commit that was read."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

# Part of the host's name -> how such a forge writes the address of a line.
SHAPES = {
    "github": "{forge}/blob/{commit}/{path}#L{line}",
    "gitlab": "{forge}/-/blob/{commit}/{path}#L{line}",
    **dict.fromkeys(("gitea", "forgejo", "codeberg"), "{forge}/src/commit/{commit}/{path}#L{line}"),
}
_BLANKS = ("{commit}", "{path}", "{line}")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\`@]+")


def check_forge(forge: str) -> str:
    """The repository's address, or that of a line of it with `{commit}`, `{path}` and `{line}` as blanks. Refused with
    ValueError: what is neither."""
    if not _ADDRESS.fullmatch(forge) or not urlsplit(forge).hostname:
        raise ValueError(f"`{forge}` must be the repository's address, such as https://github.com/acme/ops")
    if _shape(forge) is None:
        raise ValueError(f"`{forge}` is no forge that is known; write the address of a line with {', '.join(_BLANKS)} in it, "
                         f"such as {forge.rstrip('/')}/src/{{commit}}/{{path}}#L{{line}}")  # fmt: skip
    return forge


def record_address(forge: str, commit: str, folder: str) -> str:
    """The address of a record with `{path}` and `{line}` as blanks. folder: the workspace's in the repository, `` or `ops/`."""
    shape = (_shape(forge) or "").replace("{forge}", forge.rstrip("/"))
    return shape.replace("{commit}", commit).replace("{path}", f"{quote(folder)}{{path}}")


def line_address(record_address: str, path: str, line: int) -> str:
    return record_address.replace("{path}", quote(path)).replace("{line}", str(line))


def _shape(forge: str) -> str | None:
    if "{" in forge:
        return forge if all(blank in forge for blank in _BLANKS) else None
    host = urlsplit(forge).hostname or ""
    return next((shape for name, shape in SHAPES.items() if name in host), None)
