"""`python -m policies.proof.required`: writes required.json, the inputs without which pulumi-aws refuses a resource.

It reads the SDK's source, of the types that properties.json names and of those that may go with them; nothing of it is
imported. A test compares the file with the installed SDK.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from policies.proof.properties import properties
from policies.proof.refused import FILE

# Of these nothing is mutated, but they cannot be without what may be deleted.
ALSO = ("aws:kms/alias:Alias", "aws:cloudwatch/eventTarget:EventTarget", "aws:s3/bucketPolicy:BucketPolicy")
# A module's name that is a word of Python's has a line after it.
_FOLDERS = {"lambda": "lambda_"}


def required() -> dict[str, list[str]]:
    """The required inputs by type: `bucket`, `rules`, and of what they hold `rule.defaultRetention.mode`, sorted."""
    types = {each.type for each in properties() if each.type.startswith("aws:")} | set(ALSO)
    return {type_: sorted(set(_of(type_))) for type_ in sorted(types)}


def _of(type_: str) -> Iterator[str]:
    module, name = type_.split(":")[1].split("/")
    folder = _sdk() / _FOLDERS.get(module, module)
    source = (folder / f"{_snake(name)}.py").read_text()
    classes = _classes(source)
    start = classes.get(f"{type_.split(':')[2]}Args") or classes[f"{type_.split(':')[2]}InitArgs"]
    yield from _paths(start, _inputs(folder), "", ())


def _paths(body: ast.ClassDef, inputs: Mapping[str, ast.ClassDef], before: str, seen: tuple[str, ...]) -> Iterator[str]:
    names = _names(body)
    init = next(each for each in body.body if isinstance(each, ast.FunctionDef) and each.name == "__init__")
    for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True):
        path = before + names[argument.arg]
        if default is None:
            yield path
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        inner = re.search(r"'(\w+Args)'", annotation)
        if inner and inner[1] in inputs and inner[1] not in seen:
            many = "[*]" if "Sequence" in annotation else ""
            yield from _paths(inputs[inner[1]], inputs, f"{path}{many}.", (*seen, inner[1]))


def _names(body: ast.ClassDef) -> dict[str, str]:
    """The engine's name of each argument: what its getter says, else its own."""
    names: dict[str, str] = {}
    for each in body.body:
        if isinstance(each, ast.FunctionDef) and each.name != "__init__":
            getter = re.search(r"pulumi\.getter\(name='(\w+)'\)", " ".join(ast.unparse(d) for d in each.decorator_list))
            names.setdefault(each.name, getter[1] if getter else each.name)
    return names


@cache
def _inputs(folder: Path) -> Mapping[str, ast.ClassDef]:
    file = folder / "_inputs.py"
    return _classes(file.read_text()) if file.exists() else {}


def _classes(source: str) -> dict[str, ast.ClassDef]:
    return {each.name: each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _sdk() -> Path:
    found = find_spec("pulumi_aws")
    if found is None or found.origin is None:
        raise RuntimeError("required.json: got no pulumi_aws beside this Python; allowed: the one of requirements.txt")
    return Path(found.origin).parent


def text() -> str:
    """The file as it should be."""
    return json.dumps(required(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
