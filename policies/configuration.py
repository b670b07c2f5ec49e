"""The policy configuration of an environment: levels, settings and exemptions by rule, in the engine's own format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from policies.rule import Rule, Settings

Level = Literal["advisory", "mandatory", "remediate", "disabled"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
FOLDER: Final = Path(__file__).with_name("environments")
# Keys of a rule's entry that are not settings of its own.
_LEVEL, _EXEMPTIONS = "enforcementLevel", "exemptions"


class ConfigurationError(ValueError):
    """A policy configuration that no rule can be judged under: all that is wrong with it, a line each."""


@dataclass(frozen=True)
class Configuration:
    """What an environment sets. What it does not set is mandatory, with the rule's defaults and no exemption."""

    entries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    everywhere: Level = "mandatory"

    def level(self, rule: Rule) -> Level:
        """A rule's level; only a remedy can remediate, so that `remediate` of a rule is `mandatory`."""
        found = cast(Level, self._entry(rule).get(_LEVEL, self.everywhere))
        return "mandatory" if found == "remediate" else found

    def settings(self, rule: Rule) -> Settings:
        """A rule's settings: its defaults, overlaid by what the environment sets."""
        given = {key: value for key, value in self._entry(rule).items() if key in rule.settings}
        return {**rule.settings, **given}

    def exemptions(self, rule: Rule) -> Any:
        """A rule's exemptions as they are written, right or wrong."""
        return self._entry(rule).get(_EXEMPTIONS, [])

    def _entry(self, rule: Rule) -> Mapping[str, Any]:
        return self.entries.get(rule.name, {})


def configuration(content: Mapping[str, Any], settings: Mapping[str, Settings]) -> Configuration:
    """The configuration that a file holds. `settings` are all policies' names with their settings' defaults.

    Raises ConfigurationError: a policy or a setting that nobody has, a level that is none, a setting of another type
    than its default. The engine overlooks the first two, and a rule that was misspelt would stay as it was.
    """
    levels = {name: {_LEVEL: entry} if isinstance(entry, str) else entry for name, entry in content.items()}
    wrong = [line for name, entry in levels.items() for line in _wrong(name, entry, {**settings, "all": {}})]
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    everywhere = cast(Level, levels.pop("all", {}).get(_LEVEL, "mandatory"))
    return Configuration(levels, everywhere)


def environment(stack: str) -> Mapping[str, Any]:
    """What policies/environments says of a stack; nothing, so that all is mandatory, where it has no file.

    Raises ConfigurationError where the file is no JSON object.
    """
    path = FOLDER / f"{stack}.json"
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise ConfigurationError(f"{path.name}: got no JSON ({error}); allowed: a JSON object") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path.name}: got {content!r}; allowed: a JSON object")
    return content


def _wrong(name: str, entry: Any, settings: Mapping[str, Settings]) -> Iterable[str]:
    where = "fix: the policy configuration (policies/environments/<stack>.json)"
    if name not in settings:
        close = _closest(name, settings)
        yield f"{name}: got a policy that nobody has; allowed: a policy's name or `all` (closest: {close}); {where}"
        return
    if not isinstance(entry, Mapping):
        yield f"{name}: got {entry!r}; allowed: a level or an object; {where}"
        return
    for key, value in entry.items():
        if key == _LEVEL and value not in LEVELS:
            yield f"{name}: {key}: got {value!r}; allowed: {', '.join(LEVELS)}; {where}"
        elif key not in {*settings[name], _LEVEL, _EXEMPTIONS}:
            own = ", ".join([*settings[name], _EXEMPTIONS])
            yield f"{name}: got setting {key!r}; allowed: {own}; {where}"
        elif key in settings[name] and not _alike(value, settings[name][key]):
            yield f"{name}: {key}: got {value!r}; allowed: {json_type(settings[name][key])}; {where}"


def json_type(default: Any) -> str:
    """What JSON calls the type of a setting, as its default shows it."""
    for kind, name in ((bool, "boolean"), (int | float, "number"), (str, "string"), (Mapping, "object")):
        if isinstance(default, kind):
            return name
    return "array"


def _alike(value: Any, default: Any) -> bool:
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    return value is not None and json_type(value) == json_type(default)


def _closest(name: str, names: Iterable[str]) -> str:
    return next(iter(get_close_matches(name, sorted(names), n=1, cutoff=0)), "")
