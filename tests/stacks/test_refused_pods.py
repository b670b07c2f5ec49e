"""What a stack file with a cluster cannot say, in dev, staging and prod: one line, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.config import ConfigError, parse
from tests.stacks import podded

Told = dict[str, Any]
ENVIRONMENTS = ("dev", "staging", "prod")
SHARED: Told = {
    "accelerator": "nvidia",
    "types": ["g6.xlarge"],
    "sharing": {"kind": "time-slicing", "replicas": 4},
    "min": 0,
    "max": 2,
}


def pool(told: Told, name: str, **change: Any) -> None:
    told["nodePools"][name] |= change


def more(told: Told, name: str, **block: Any) -> None:
    told["nodePools"][name] = block


def pods(told: Told, **change: Any) -> None:
    told["models"]["vision"]["pods"] |= change


def job(told: Told, **change: Any) -> None:
    told["models"]["vision"]["jobs"]["again"] |= change


def cpu_pods(told: Told) -> None:
    """The model answers on CPU, so that its pool may be bought as anything."""
    told["models"]["vision"]["accelerator"] = "none"
    told["models"]["vision"]["pods"] = {
        "pool": "general",
        "cpu": "2",
        "memory": "4Gi",
        "replicas": {"min": 2, "max": 4},
    }


# What is wrong → (how to make it wrong, the key path that the message begins with, a part of what is allowed)
PARSED: dict[str, tuple[Callable[[Told], object], str, str]] = {
    "a pool's name in capitals": (
        lambda t: more(t, "GPU", families=["m7i"], limits={"cpu": 8}),
        "nodePools.GPU",
        "match pattern",
    ),
    "a pool's name that ends in a hyphen": (
        lambda t: more(t, "a-", families=["m7i"], limits={"cpu": 8}),
        "nodePools.a-",
        "match pattern",
    ),
    "a pool's name that is too long": (
        lambda t: more(t, "x" * 31, families=["m7i"], limits={"cpu": 8}),
        f"nodePools.{'x' * 31}",
        "at most 30",
    ),
    "a pool called as a tier of another": (
        lambda t: more(t, "gpu-2", families=["m7i"], limits={"cpu": 8}),
        "nodePools.gpu-2",
        "another name",
    ),
    "a family that nobody makes": (
        lambda t: pool(t, "general", families=["m7i", "m99"]),
        "nodePools.general.families",
        "such as m",
    ),
    "a type that nobody makes": (
        lambda t: pool(t, "gpu", types=["g6.tiny"]),
        "nodePools.gpu.types",
        "such as g6.",
    ),
    "families and types": (lambda t: pool(t, "general", types=["m7i.large"]), "nodePools.general", "or types"),
    "neither families nor types": (lambda t: t["nodePools"]["general"].pop("families"), "nodePools.general", "types"),
    "GPUs among types without": (
        lambda t: pool(t, "general", families=["m7i", "g6"]),
        "nodePools.general.families",
        "a pool of their own",
    ),
    "types without GPUs among those with": (
        lambda t: pool(t, "gpu", types=["g6.xlarge", "m7i.xlarge"]),
        "nodePools.gpu.types",
        "a pool of their own",
    ),
    "a GPU pool without a limit in GPUs": (
        lambda t: pool(t, "gpu", limits={"cpu": 64}),
        "nodePools.gpu.limits.gpu",
        "how many GPUs",
    ),
    "a pool without limits": (lambda t: pool(t, "general", limits={}), "nodePools.general.limits", "cpu, memory"),
    "a limit below one node": (
        lambda t: pool(t, "general", limits={"cpu": 1}),
        "nodePools.general.limits",
        "cpu 2 or more",
    ),
    "a limit in GPUs without any": (
        lambda t: pool(t, "general", limits={"cpu": 8, "gpu": 1}),
        "nodePools.general.limits.gpu",
        "cpu and memory",
    ),
    "sharing on a CPU pool": (
        lambda t: more(t, "shared", **{**SHARED, "accelerator": "none", "types": ["m7i.large"]}),
        "nodePools.shared.sharing",
        "a pool of NVIDIA GPUs",
    ),
    "sharing on an elastic pool": (
        lambda t: pool(t, "gpu", sharing=SHARED["sharing"]),
        "nodePools.gpu.sharing",
        "Karpenter does not know shared",
    ),
    "a GPU that cannot be cut so": (
        lambda t: more(t, "shared", **{**SHARED, "sharing": {"kind": "mig", "profile": "1g.10gb"}}),
        "nodePools.shared.sharing",
        "none of these types can be cut",
    ),
    "max below min": (lambda t: more(t, "shared", **{**SHARED, "min": 3}), "nodePools.shared.max", "min or more"),
    "min without max": (
        lambda t: more(t, "shared", **{k: v for k, v in SHARED.items() if k != "max"}),
        "nodePools.shared.sharing",
        "min and max beside it",
    ),
    "a node group without a reason": (
        lambda t: more(t, "shared", **{k: v for k, v in SHARED.items() if k != "sharing"}),
        "nodePools.shared.max",
        "sharing or reservation",
    ),
    "limits of a node group": (
        lambda t: more(t, "shared", **SHARED, limits={"gpu": 2}),
        "nodePools.shared.limits",
        "max is the limit",
    ),
    "an image without the driver": (
        lambda t: more(t, "shared", **SHARED, ami="AL2023_x86_64_STANDARD"),
        "nodePools.shared.ami",
        "NVIDIA's driver",
    ),
    "an image whose plugin is not ours to set": (
        lambda t: more(t, "shared", **SHARED, ami="BOTTLEROCKET_x86_64_NVIDIA"),
        "nodePools.shared.ami",
        "AL2023",
    ),
    "an image in an elastic pool": (
        lambda t: pool(t, "gpu", ami="AL2023_x86_64_NVIDIA"),
        "nodePools.gpu.ami",
        "images of its own",
    ),
    "types of another processor": (
        lambda t: pool(t, "general", families=["m7g"]),
        "nodePools.general.families",
        "`architecture: arm64`",
    ),
    "a zone of another region": (
        lambda t: pool(t, "general", zones=["eu-west-1a"]),
        "nodePools.general.zones",
        "zones of us-east-1",
    ),
    "most pods below fewest": (
        lambda t: pods(t, replicas={"min": 3, "max": 2}),
        "models.vision.pods.replicas.max",
        "3 or more",
    ),
    "GPUs counted by CPU": (
        lambda t: pods(t, scaleOn="cpu", replicas={"min": 1, "max": 2}),
        "models.vision.pods.scaleOn",
        "a metric of",
    ),
    "a pool that nobody declares": (lambda t: pods(t, pool="gpus"), "models.vision.pods.pool", "one of general, gpu"),
    "a job's pool that nobody declares": (
        lambda t: job(t, pool="night"),
        "models.vision.jobs.again.pool",
        "one of general, gpu",
    ),
    "pods without GPUs of a model with them": (
        lambda t: pods(t, gpu=0, scaleOn="cpu"),
        "models.vision.accelerator",
        "with GPUs, and none without",
    ),
    "pods without a cluster": (lambda t: t.pop("cluster"), "models.vision.pods", "a `cluster` block"),
    "a cluster without pods": (lambda t: t["models"].pop("vision"), "cluster", "a model with `serving: kubernetes`"),
    "a cluster without a network": (lambda t: t.pop("network"), "cluster", "a `network` block"),
    "a version that AWS no longer supports": (
        lambda t: t["cluster"].update(version="1.33"),
        "cluster.version",
        "in standard support",
    ),
    "an API for everybody": (
        lambda t: t["cluster"].update(accessCidrs=["0.0.0.0/0"]),
        "cluster.accessCidrs[0]",
        "/16 or narrower",
    ),
    "charts without a pool for their pods": (
        lambda t: (
            t["nodePools"].pop("general"),
            t["models"]["vision"].pop("jobs"),
            t["cluster"].update(kedaVersion="2.21.1"),
        ),
        "cluster.kedaVersion",
        "a pool with accelerator none as well",
    ),
    "overlapping ranges that reach the API": (
        lambda t: t["cluster"].update(accessCidrs=["203.0.113.0/24", "203.0.113.128/25"]),
        "cluster.accessCidrs",
        "share no address",
    ),
    "a network that overlaps another": (
        lambda t: t["network"].update(reserved=[t["network"]["cidr"]]),
        "network.cidr",
        "does not overlap reserved[0]",
    ),
    "a network that overlaps SageMaker's hosts": (
        lambda t: t["network"].update(cidr="172.17.0.0/20", reserved=[]),
        "network.cidr",
        "SageMaker's own hosts",
    ),
}

# What only the pools and pods together show: the program says it, for either half.
PROVEN: dict[str, tuple[Callable[[Told], object], str, str]] = {
    "no pool holds it: without GPUs": (
        lambda t: pods(t, pool="general"),
        "models.vision: pods: pool: got 'general': size: ",
        "",
    ),
    "more GPUs than the largest type has": (
        lambda t: pods(t, gpu=8),
        "models.vision: pods: pool: got 'gpu': size: ",
        "",
    ),
    "more cores than the largest type has": (
        lambda t: pods(t, cpu="90"),
        "models.vision: pods: pool: got 'gpu': size: ",
        "",
    ),
    "a missing toleration": (
        lambda t: job(t, pool="gpu"),
        "models.vision: jobs.again: pool: got 'gpu': toleration: ",
        "nvidia.com/gpu",
    ),
    "a quota below one replica": (
        lambda t: t["models"]["vision"].update(quota={"cpu": "2", "memory": "64Gi", "gpu": 2}),
        "models.vision: quota: got cpu 2 below 3",
        "a quota that holds one replica of pods",
    ),
    "a quota without GPUs for pods with them": (
        lambda t: t["models"]["vision"].update(quota={"cpu": "20", "memory": "64Gi"}),
        "models.vision: quota: got gpu 0 below 1",
        "a quota that holds one replica of pods",
    ),
    "a quota below one of the job's": (
        lambda t: (
            job(t, cpu="4"),
            t["models"]["vision"].update(quota={"cpu": "3", "memory": "64Gi", "gpu": 1}),
        ),
        "models.vision: quota: got cpu 3 below 4",
        "a quota that holds one replica of jobs.again",
    ),
}


def refused(told: Told, environment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(told, environment)
    return str(caught.value)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_file_is_fine_as_it_is(environment: str) -> None:
    assert parse(podded.read(environment), environment).cluster


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("mistake", PARSED)
def test_a_mistake_is_one_line_with_key_got_allowed_and_file(mistake: str, environment: str) -> None:
    make, path, allowed = PARSED[mistake]
    told = podded.read(environment)
    make(told)
    line = refused(told, environment)
    assert line.count("\n") == 0
    assert line.startswith(f"takeoff:{path}: got ")
    assert allowed in line.partition("; allowed: ")[2]
    assert line.endswith(f"fix it in stacks/Pulumi.{environment}.yaml")


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_spot_alone_under_what_answers_is_refused_where_data_is_protected(environment: str) -> None:
    told = podded.read(environment)
    cpu_pods(told)
    pool(told, "general", capacity="spot")
    line = refused(told, environment)
    assert line.startswith("takeoff:nodePools.general.capacity: got spot without fallback, for vision in production; ")
    assert "allowed: spot-then-on-demand, or on-demand; " in line


def test_spot_alone_is_devs_to_choose_and_a_jobs_everywhere() -> None:
    told = podded.read("dev")
    cpu_pods(told)
    pool(told, "general", capacity="spot")
    parse(told, "dev")
    for environment in ENVIRONMENTS:
        told = podded.read(environment)
        pool(told, "general", capacity="spot")
        parse(told, environment)


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_an_open_api_is_refused_where_data_is_protected(environment: str) -> None:
    told = podded.read(environment)
    told["cluster"]["accessCidrs"] = ["203.0.113.0/24"]
    line = refused(told, environment)
    assert line.startswith("takeoff:cluster.accessCidrs: got 203.0.113.0/24; allowed: none where `protect` is set")


@pytest.mark.parametrize("half", ["", "-apps"])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("mistake", PROVEN)
def test_what_would_not_land_on_its_pool_is_refused_by_either_half(mistake: str, environment: str, half: str) -> None:
    make, said, detail = PROVEN[mistake]
    told = podded.read(environment)
    make(told)
    with pytest.raises(ConfigError) as caught:
        podded.applied(environment, told, suffix=half)
    line = str(caught.value)
    assert line.count("\n") == 0
    assert line.startswith(f"takeoff:{said}")
    assert detail in line
    assert "; allowed: " in line
    assert line.endswith(f"fix it in stacks/Pulumi.{environment}.yaml")
