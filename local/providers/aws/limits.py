"""What docs/limits.md says of the table: `python -m local.providers.aws.limits --write` puts it there."""

from __future__ import annotations

import re
import sys
from itertools import groupby

from local.providers.aws.replacement import DISAGREEMENTS
from local.providers.aws.table import TABLE
from local.state import REPOSITORY

DOCUMENT = REPOSITORY / "docs/limits.md"
_BLOCK = re.compile(r"(?<=<!-- generated: force-new -->\n).*(?=<!-- end -->)", re.DOTALL)


def render() -> str:
    """Disagreements on what replaces, and the types of which no behaviour is claimed, as Markdown."""
    lines = [
        "## Where the official plugin and AWS's schemas disagree on what replaces a resource",
        "The table follows the plugin, because that is what happens to a real stack.",
        "",
    ]
    for token, reasons in sorted(DISAGREEMENTS.items()):
        for reason, found in groupby(sorted(reasons, key=lambda name: (reasons[name], name)), key=reasons.__getitem__):
            lines.append(f"- `{token}`, {', '.join(f'`{name}`' for name in found)}: {reason}.")
    recorded = sorted(row.type for row in TABLE.values() if row.served_by == "record")
    lines += ["", "## Stored and validated, with no behaviour claimed"]
    lines += [f"- `{token}`" for token in recorded] or ["No type at present."]
    return "\n".join(lines) + "\n"


def inserted(document: str) -> str:
    """A document's text with the block renewed."""
    return _BLOCK.sub(lambda _: render(), document)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        DOCUMENT.write_text(inserted(DOCUMENT.read_text()))
    else:
        print(render(), end="")
