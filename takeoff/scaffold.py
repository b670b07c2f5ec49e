"""`takeoff new model NAME`: a folder that trains and serves at once, and the model's entry in a stack file."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from model_code.contract import NAME, NAME_LENGTH

TEMPLATES = Path(__file__).resolve().parent / "templates" / "model"

_ENTRY = """\
{name}:
  code: {code}
  owner: {owner}
  accelerator: none
  variants:
    - {{name: main, version: approved, instanceType: ml.c6i.large, instances: 1}}
  traffic: {{main: 100}}
"""
_MODELS = re.compile(r"^(?P<indent> *)takeoff:models:(?P<value>[^#\n]*)(#.*)?$", re.MULTILINE)


class ScaffoldError(ValueError):
    """A model that cannot be made; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Scaffold:
    """Everything that a new model adds, before any of it is written."""

    name: str
    code: str
    files: Mapping[str, str]
    """File name in model_code/<code>/ → its text."""
    entry: str
    """The stack entry, not indented."""


def plan(name: str, *, owner: str, taken: Collection[str], templates: Mapping[str, str]) -> Scaffold:
    """What `takeoff new model` would write; `taken` are the names that model_code/ already uses.

    Raises ScaffoldError for a name or an owner that cannot be used.
    """
    code = name.replace("-", "_")
    if not re.fullmatch(NAME, name) or len(name) > NAME_LENGTH:
        allowed = f"1 to {NAME_LENGTH} of a-z, 0-9 and single hyphens, starting with a letter, such as wine-quality"
        raise ScaffoldError(f"model name: got {name!r}, allowed: {allowed}")
    if keyword.iskeyword(code):
        raise ScaffoldError(f"model name: got {name!r}, which Python keeps for itself; choose another")
    if code in taken:
        raise ScaffoldError(f"model name: got {name!r}, but model_code/{code} exists; choose another or remove it")
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+", owner):
        raise ScaffoldError(f"owner: got {owner!r}, allowed: an e-mail address")
    values = {"name": name, "code": code, "owner": owner}
    files = {file: Template(text).substitute(values) for file, text in templates.items()}
    return Scaffold(name=name, code=code, files=files, entry=_ENTRY.format(**values))


def read_templates() -> dict[str, str]:
    """The templates of a model's folder, by the name of the file that each becomes."""
    return {path.name.removesuffix(".tmpl"): path.read_text() for path in sorted(TEMPLATES.glob("*.tmpl"))}


def taken_names(repository: Path) -> set[str]:
    """The names of modules and folders in model_code/."""
    return {path.name.removesuffix(".py") for path in (repository / "model_code").iterdir()}


def with_entry(stack: str, scaffold: Scaffold) -> str:
    """A stack file's text with the entry at the end of `takeoff:models:`, every other line and comment as it was."""
    found = _MODELS.search(stack)
    if found is None or found["value"].strip() not in ("", "{}"):
        raise ScaffoldError(
            "the stack file has no block `takeoff:models:` with one line per key; add it below `config:`"
        )
    head = stack[: found.start()] + found[0].replace("{}", "", 1).rstrip()
    inside, after = _split(stack[found.end() :].removeprefix("\n").splitlines(keepends=True), len(found["indent"]))
    keys = [line for line in inside if line.strip() and not line.lstrip().startswith("#")]
    indent = " " * _indent(keys[0]) if keys else found["indent"] + "  "
    if any(re.match(rf"{indent}[\"']?{scaffold.name}[\"']?:", line) for line in keys):
        raise ScaffoldError(f"the stack file has a model {scaffold.name!r} already; choose another name")
    if inside and not inside[-1].endswith("\n"):
        inside[-1] += "\n"
    entry = "".join(indent + line for line in scaffold.entry.splitlines(keepends=True))
    return "".join([head + "\n", *inside, entry, *after])


def write(scaffold: Scaffold, repository: Path, stack_file: Path) -> list[Path]:
    """Writes the folder and the entry, both or neither, and returns what was written."""
    folder = repository / "model_code" / scaffold.code
    if folder.exists():
        raise ScaffoldError(f"{folder} exists; choose another name or remove it")
    if not stack_file.is_file():
        raise ScaffoldError(f"no stack file {stack_file}; --stack takes one of those in {stack_file.parent.name}/")
    text = with_entry(stack_file.read_text(), scaffold)
    staging = Path(tempfile.mkdtemp(dir=repository, prefix=".scaffold-"))
    try:
        new, stack = staging / scaffold.code, staging / stack_file.name
        new.mkdir()
        for file, content in {"__init__.py": "", **scaffold.files}.items():
            (new / file).write_text(content)
        stack.write_text(text)
        shutil.copymode(stack_file, stack)
        new.rename(folder)
        try:
            stack.replace(stack_file)
        except BaseException:
            shutil.rmtree(folder)
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [*(folder / file for file in sorted(scaffold.files)), stack_file]


def _split(lines: list[str], indent: int) -> tuple[list[str], list[str]]:
    """The lines deeper than `indent` that follow, and the rest; blank lines between stay with the rest."""
    end = 0
    for number, line in enumerate(lines):
        if line.strip() and _indent(line) <= indent:
            break
        if line.strip():
            end = number + 1
    return lines[:end], lines[end:]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
