"""How far a pool of nodes grows, and who may use its GPUs."""

from __future__ import annotations

from typing import Any, Final

from catalog.requirements import GPU, allowed, requirements
from policies.declared import Declared, inside, known
from policies.nested import settled
from policies.rule import OWN, ResourceRule, Rule, Settings

POOL: Final = "kubernetes:karpenter.sh/v1:NodePool"
_REQUIREMENTS: Final = "spec.template.spec.requirements"
_COUNTED: Final = ("cpu", "memory", GPU)


def has_gpus(pool: Declared) -> bool:
    """Whether a pool may start nodes with GPUs. Raises UnknownError, and ValueError for what Karpenter refuses."""
    asked = requirements(settled(pool.at(_REQUIREMENTS), _REQUIREMENTS))
    return any(each.accelerator == "gpu" for each in allowed(tuple(asked)))


def _ends(resource: Declared, _settings: Settings) -> str | None:
    limits: Any = known(resource.at("spec.limits"), "spec.limits") or {}
    if not any(each in limits for each in _COUNTED):
        return "no spec.limits: no end to its nodes"
    return f"GPUs without a limit of {GPU}" if GPU not in limits and has_gpus(resource) else None


def _kept(resource: Declared, _settings: Settings) -> str | None:
    taints = settled(resource.at("spec.template.spec.taints"), "spec.template.spec.taints") or ()
    keeps = any(inside(each, "key") == GPU and inside(each, "effect") == "NoSchedule" for each in taints)
    return None if keeps or not has_gpus(resource) else f"GPUs without the taint {GPU}:NoSchedule"


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.65",
        name="takeoff-65-pools-have-an-end",
        severity="high",
        frameworks=(OWN,),
        title="a pool of nodes grows to a limit",
        allowed=f"spec.limits with {', '.join(_COUNTED)}; {GPU} where its types have GPUs",
        fix="set `limits` of the pool in the stack file",
        source="https://karpenter.sh/docs/concepts/nodepools/#speclimits",
        types=(POOL,),
        check=_ends,
    ),
    ResourceRule(
        control="Takeoff.65",
        name="takeoff-65-gpus-are-kept-apart",
        severity="medium",
        frameworks=(OWN,),
        title="nobody is on a GPU node by accident",
        allowed=f"the taint {GPU} with effect NoSchedule on a pool whose types have GPUs",
        fix="add the taint to spec.template.spec.taints (`accelerator: nvidia` of the pool in the stack file sets it)",
        source="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#example-use-cases",
        types=(POOL,),
        check=_kept,
    ),
)
