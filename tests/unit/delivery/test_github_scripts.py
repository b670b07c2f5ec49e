"""What the workflows write on GitHub: one comment per stack, one issue per stack."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.tree import ROOT

# GitHub, as far as the scripts know it: a file of comments and one of issues. `--jq` is jq's own.
GH = """#!/usr/bin/env python3
import json, os, pathlib, subprocess, sys

args, store = sys.argv[1:], pathlib.Path(os.environ["STORE"])
data = json.loads(store.read_text())
data["calls"].append(args)

def option(name):
    return args[args.index(name) + 1] if name in args else None

def text(value):
    return pathlib.Path(value).read_text()

def answer(value):
    command = ["jq", "--raw-output", option("--jq")]
    done = subprocess.run(command, input=json.dumps(value), text=True, capture_output=True)
    sys.stdout.write(done.stdout)
    if done.returncode: sys.exit(done.stderr)

if args[0] == "api":
    path = next(each for each in args if each.startswith("repos/"))
    body = text(option("--field").removeprefix("body=@")) if "--field" in args else None
    if option("--method") == "POST":
        assert path == "repos/o/r/issues/7/comments", path
        made = {"id": 100 + len(data["comments"]), "user": {"login": "github-actions[bot]"}, "body": body}
        data["comments"].append(made)
    elif option("--method") == "PATCH":
        prefix, _, number = path.rpartition("/")
        assert prefix == "repos/o/r/issues/comments", path
        next(each for each in data["comments"] if each["id"] == int(number))["body"] = body
    else:
        assert path == "repos/o/r/issues/7/comments", path
        answer(data["comments"])
elif args[:2] == ["issue", "list"]:
    found = [each for each in data["issues"] if each["state"] == "open" and option("--label") in each["labels"]]
    answer([{"number": each["number"], "title": each["title"]} for each in found])
elif args[:2] == ["issue", "create"]:
    assert option("--label") in data["labels"], "no such label"
    data["issues"].append({"number": 1 + len(data["issues"]), "title": option("--title"), "state": "open",
                           "labels": [option("--label")], "body": text(option("--body-file"))})
elif args[:2] == ["issue", "edit"]:
    next(each for each in data["issues"] if each["number"] == int(args[2]))["body"] = text(option("--body-file"))
elif args[:2] == ["issue", "close"]:
    issue = next(each for each in data["issues"] if each["number"] == int(args[2]))
    issue.update(state="closed", comment=option("--comment"))
elif args[:2] == ["label", "create"]:
    data["labels"].append(args[2])
else:
    sys.exit(f"gh: unknown {args}")
store.write_text(json.dumps(data))
"""
RUN = "https://github.com/o/r/actions/runs/1"


class GitHub:
    """A repository with a pull request, and the reports of one run."""

    def __init__(self, root: Path) -> None:
        self.root, self.reports, self._store = root, root / "reports", root / "store.json"
        (root / "gh").write_text(GH)
        (root / "gh").chmod(0o755)
        self._store.write_text(json.dumps({"comments": [], "issues": [], "labels": [], "calls": []}))

    def say(self, **data: Any) -> None:
        self._store.write_text(json.dumps({**json.loads(self._store.read_text()), **data}))

    def report(self, name: str, **files: str) -> None:
        (self.reports / name).mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (self.reports / name / file.replace("_", ".")).write_text(text)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": f"{self.root}:{os.environ['PATH']}", "STORE": str(self._store), "GITHUB_REPOSITORY": "o/r"}
        env |= {"PULL_REQUEST": "7", "COMMIT": "c0ffee", "RUN": RUN}
        command = [ROOT / ".ci" / script, self.reports]
        done = subprocess.run(command, env=env, cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    def __getattr__(self, name: str) -> Any:
        return json.loads(self._store.read_text())[name]


@pytest.fixture
def github(tmp_path: Path) -> GitHub:
    return GitHub(tmp_path)


def marker(stack: str) -> str:
    return f"<!-- takeoff preview: {stack} -->"


def test_each_stack_has_a_comment_that_names_its_commit_and_run(github: GitHub) -> None:
    for stack in ("dev", "prod"):
        github.report(f"preview-{stack}", report_md=f"{marker(stack)}\n# {stack} is ready\n")
    github.run("comment")
    assert [each["body"] for each in github.comments] == [
        f"{marker(stack)}\n# {stack} is ready\n\n"
        f"<sub>{stack} at c0ffee · [the whole report is an artifact of this run]({RUN})</sub>\n"
        for stack in ("dev", "prod")
    ]


def test_a_second_run_edits_the_comments_in_place(github: GitHub) -> None:
    for text in ("first", "second"):
        github.report("preview-dev", report_md=text)
        github.report("preview-prod", report_md=text)
        github.run("comment")
    assert [each["body"].splitlines()[:2] for each in github.comments] == [
        [marker("dev"), "second"],
        [marker("prod"), "second"],
    ]


def test_somebody_elses_comment_with_the_same_beginning_is_left_alone(github: GitHub) -> None:
    theirs = {"id": 1, "user": {"login": "mallory"}, "body": f"{marker('dev')}\nready"}
    github.say(comments=[theirs])
    github.report("preview-dev", report_md="refused")
    github.run("comment")
    assert github.comments[0] == theirs
    assert "refused" in github.comments[1]["body"]


def test_a_report_is_text_and_nothing_of_it_is_run(github: GitHub) -> None:
    text = "$(touch owned) `touch owned` \\n @owned ${{ github.token }}"
    github.report("preview-dev", report_md=text)
    github.report("preview-$(touch owned)", report_md="x")
    assert "not written" in github.run("comment").stderr
    assert text in github.comments[0]["body"]
    assert len(github.comments) == 1
    assert not (github.root / "owned").exists()


def test_a_report_over_githubs_limit_is_pointed_at(github: GitHub) -> None:
    github.report("preview-dev", report_md="x" * 65_001)
    github.run("comment")
    (comment,) = github.comments
    assert len(comment["body"]) < 1_000
    assert "too long for a comment" in comment["body"]


def test_a_report_just_within_it_is_whole(github: GitHub) -> None:
    github.report("preview-dev", report_md="x" * 65_000)
    github.run("comment")
    assert 65_000 < len(github.comments[0]["body"]) < 65_536


@pytest.mark.parametrize("script", ["comment", "drift-issue"])
def test_a_run_without_reports_writes_nothing(github: GitHub, script: str) -> None:
    github.run(script)
    assert github.calls == []


def test_a_stack_that_drifted_has_one_issue_however_many_nights(github: GitHub) -> None:
    for text in ("bucket", "bucket and key"):
        github.report("drift-prod", status="0\n", report_md=text)
        github.run("drift-issue")
    (issue,) = github.issues
    assert (issue["title"], issue["state"], issue["labels"]) == ("Drift: prod", "open", ["drift"])
    assert issue["body"] == f"bucket and key\nFound by {RUN}, which closes this issue when nothing differs any more.\n"


def test_a_clean_night_closes_the_issue_and_the_next_drift_opens_another(github: GitHub) -> None:
    github.report("drift-prod", status="0\n", report_md="bucket")
    github.run("drift-issue")
    (github.reports / "drift-prod/report.md").unlink()
    github.run("drift-issue")
    assert github.issues[0]["state"] == "closed"
    assert RUN in github.issues[0]["comment"]
    github.report("drift-prod", report_md="key")
    github.run("drift-issue")
    assert [issue["state"] for issue in github.issues] == ["closed", "open"]


def test_another_stacks_issue_and_other_issues_are_left_alone(github: GitHub) -> None:
    other = [
        {"number": 1, "title": "Drift: staging", "state": "open", "labels": ["drift"], "body": "theirs"},
        {"number": 2, "title": "Drift: prod", "state": "open", "labels": ["question"], "body": "a person's"},
    ]
    github.say(issues=other)
    github.report("drift-prod", status="0\n")
    github.run("drift-issue")
    assert github.issues == other


def test_a_stack_that_could_not_be_read_keeps_its_issue(github: GitHub) -> None:
    github.report("drift-prod", status="0\n", report_md="bucket")
    github.run("drift-issue")
    github.report("drift-prod", status="2\n")
    (github.reports / "drift-prod/report.md").unlink()
    assert "could not be read" in github.run("drift-issue").stderr
    assert github.issues[0]["state"] == "open"
