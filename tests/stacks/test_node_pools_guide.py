"""docs/guides/node-pools.md: what it shows is accepted, declares what it says, and is refused in its words."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from infra.config import ConfigError
from tests.stacks import podded
from tests.tree import ROOT

GUIDE = (ROOT / "docs/guides/node-pools.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def told() -> dict[str, Any]:
    """The dev stack's file with the guide's blocks over it."""
    found = podded.read("dev")
    del found["models"]["vision"]
    for block in blocks("yaml"):
        for key, value in yaml.safe_load(block)["config"].items():
            name = key.removeprefix("takeoff:")
            found[name] = {**found[name], **value} if name == "models" else value
    return found


def test_the_blocks_declare_a_cluster_its_pools_and_a_model_in_pods() -> None:
    whole, apps = podded.applied("dev", told()), podded.applied("dev", told(), suffix="-apps")
    assert whole.one("aws:eks/cluster:Cluster").inputs["vpcConfig"]["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert whole.one("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs["namespace"] == "dev-vision"
    pools = {each.inputs["metadata"]["name"]: each.inputs for each in apps.all("kubernetes:karpenter.sh/v1:NodePool")}
    assert set(pools) == {"dev-general", "dev-gpu-1", "dev-gpu-2"}
    assert [pools[f"dev-gpu-{tier}"]["spec"]["limits"] for tier in (1, 2)] == [{"nvidia.com/gpu": "2"}] * 2
    assert apps.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]["nodeSelector"]
    assert apps.one("kubernetes:batch/v1:CronJob").inputs["spec"]["schedule"] == "0 2 * * *"


def test_a_pod_that_no_node_holds_is_refused_in_the_guides_words() -> None:
    wrong = told()
    wrong["models"]["vision"]["pods"]["gpu"] = 8
    with pytest.raises(ConfigError) as caught:
        podded.applied("dev", wrong)
    (line,) = blocks("text")
    assert str(caught.value).startswith(line.strip())


def test_a_pool_of_gpus_without_a_limit_is_refused_as_the_guide_says() -> None:
    wrong = told()
    del wrong["nodePools"]["gpu"]["limits"]
    with pytest.raises(ConfigError, match=r"nodePools\.gpu\.limits"):
        podded.applied("dev", wrong)
