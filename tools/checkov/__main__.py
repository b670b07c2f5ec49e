"""python -m tools.checkov DIGEST: judge a `pulumi preview --json --show-sames` by checkov; exit 1 for any finding.

A finding is a failed check that baseline.json does not accept, and a type that takeoff/terraform/names.json does not
list, since nothing would have judged it. Exit 2 when there is no answer.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from takeoff.terraform.plan import convert
from tools.checkov.baseline import Verdict, judge, read
from tools.checkov.environment import UnavailableError, failed_checks


def main(digest: str) -> int:
    """Print what checkov finds in a digest; the exit code."""
    try:
        plan = convert(json.loads(sys.stdin.read() if digest == "-" else Path(digest).read_text()))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "plan.json"
            file.write_text(json.dumps(plan.document, indent=1))
            failed, passed = failed_checks(file)
    except (OSError, ValueError, KeyError, UnavailableError) as error:
        print(f"checkov: got no judgement of {digest}: {error!r}", file=sys.stderr)
        return 2
    verdict = judge(failed, read(), date.today())
    _show(verdict)
    for type_, count in plan.unlisted.items():
        print(f"not judged: {count} {type_}: run `python -m tools.terraform_names {type_}`")
    print(f"checkov: {passed} passed, {verdict.accepted} accepted by baseline.json, {len(verdict.failed)} failed")
    return 1 if verdict.failed or plan.unlisted else 0


def _show(verdict: Verdict) -> None:
    if verdict.failed:
        table = Table(title="checkov", title_justify="left")
        for heading in ("check", "resource", "what it asks for"):
            table.add_column(heading, overflow="fold")
        for each in sorted(verdict.failed, key=lambda found: (found["check_id"], found["resource"])):
            table.add_row(each["check_id"], each["resource"], each["check_name"])
        Console(width=140).print(table)
    for one in verdict.idle:
        print(f"tools/checkov/baseline.json: {one.check} on {', '.join(one.resources)} accepts nothing here")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python -m tools.checkov DIGEST (got {len(sys.argv) - 1} arguments; - reads standard input)")
    sys.exit(main(sys.argv[1]))
