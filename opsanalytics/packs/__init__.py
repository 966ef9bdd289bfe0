"""A pack: notebooks for one audience and one period, run and rendered as one small site."""

import sys

# jsonschema, which nbformat imports, tries this checker for a format that no notebook uses: 0.8 s in every process.
# None makes the import fail at once, which jsonschema expects.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
