"""What a pod may be: held to what it asks for, one image for ever, and nothing of its node's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from policies.declared import Declared, Unknown, inside, known
from policies.nested import settled
from policies.podded import PODS, containers, spec
from policies.rule import OWN, ResourceRule, Rule, Settings

_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
_STANDARD: Final = "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"
_HOST: Final = ("hostNetwork", "hostPID", "hostIPC")
_PROFILES: Final = ("RuntimeDefault", "Localhost")


def _held(resource: Declared, settings: Settings) -> str | None:
    for name, container in containers(resource):
        asked = settled(container.get("resources"), f"{name}.resources") or {}
        for side in ("requests", "limits"):
            if missing := [each for each in settings["resources"] if each not in (asked.get(side) or {})]:
                return f"{name} without resources.{side} of {', '.join(missing)}"
    return None


def _pinned(resource: Declared, _settings: Settings) -> str | None:
    for name, container in containers(resource):
        image = str(known(container.get("image"), f"{name}.image"))
        if not _DIGEST.search(image):
            return f"{name} from {image}"
    return None


def _restricted(resource: Declared, _settings: Settings) -> str | None:
    pod = spec(resource)
    wrong = [*_of_pod(pod), *(got for name, each in containers(resource) for got in _of(name, each, pod))]
    return wrong[0] if wrong else None


def _of_pod(pod: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key} true" for key in _HOST if _at(pod, key) is True)
    for volume in known(pod.get("volumes"), "volumes") or ():
        if "hostPath" in known(volume, "volumes"):
            yield f"volume {volume.get('name')} of the node's own files"


def _of(name: str, container: Mapping[str, Any], pod: Mapping[str, Any]) -> Iterator[str]:
    """What of a container the profile does not allow; where a container says nothing, its pod speaks for it."""
    own = "securityContext"
    if _at(container, f"{own}.privileged") is True:
        yield f"{name} privileged"
    if _at(container, f"{own}.allowPrivilegeEscalation") is not False:
        yield f"{name} without allowPrivilegeEscalation: false"
    if "ALL" not in _listed(container, f"{own}.capabilities.drop"):
        yield f"{name} without capabilities.drop: [ALL]"
    if added := [each for each in _listed(container, f"{own}.capabilities.add") if each != "NET_BIND_SERVICE"]:
        yield f"{name} with capabilities {', '.join(added)}"
    if _either(container, pod, f"{own}.runAsNonRoot") is not True or _either(container, pod, f"{own}.runAsUser") == 0:
        yield f"{name} as root, or without runAsNonRoot: true"
    if _either(container, pod, f"{own}.seccompProfile.type") not in _PROFILES:
        yield f"{name} without seccompProfile"
    if any(port.get("hostPort") for port in _listed(container, "ports") if isinstance(port, Mapping)):
        yield f"{name} with a hostPort"


def _either(container: Mapping[str, Any], pod: Mapping[str, Any], path: str) -> Any:
    found = _at(container, path)
    return _at(pod, path) if found is None else found


def _listed(value: Mapping[str, Any], path: str) -> Sequence[Any]:
    found = _at(value, path) or ()
    return [known(each, path) for each in found]


def _at(value: Mapping[str, Any], path: str) -> Any:
    found = inside(value, path)
    return known(found, path) if isinstance(found, Unknown) else found


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.59",
        name="takeoff-59-containers-are-held",
        severity="medium",
        frameworks=(OWN,),
        title="a container says what it needs, and is held to it",
        allowed="resources.requests and resources.limits of setting `resources` in every container",
        fix="set both: what asks for nothing is placed anywhere, and what has no limit takes its neighbours' memory",
        source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        settings={"resources": ["cpu", "memory"]},
        types=tuple(PODS),
        check=_held,
    ),
    ResourceRule(
        control="Takeoff.60",
        name="takeoff-60-containers-by-digest",
        severity="high",
        frameworks=(OWN,),
        title="a container's image is named by its digest",
        allowed="repository@sha256: and 64 hexadecimal digits",
        fix="name the image by the digest that the registry gave it; a tag is another image tomorrow",
        source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
        types=tuple(PODS),
        check=_pinned,
    ),
    ResourceRule(
        control="Takeoff.61",
        name="takeoff-61-pods-are-restricted",
        severity="high",
        frameworks=(OWN,),
        title="a pod has nothing of its node's",
        allowed="what the Pod Security profile `restricted` allows: not root, no capability but NET_BIND_SERVICE, no "
        "privilege escalation, a seccomp profile, nothing of the host's",
        fix="set the securityContext of pod and containers, and use another volume",
        source=_STANDARD,
        types=tuple(PODS),
        check=_restricted,
    ),
)
