"""Rules on monitor jobs of all four kinds and on the schedules that start them.

Titles, severities and what fails are AWS's: the page below, read on 2026-11-23.
"""

from __future__ import annotations

from typing import Final

from catalog.instance_types import has_local_storage
from policies.declared import Declared, given, known
from policies.nested import customer_key, true
from policies.rule import AI, FSBP, OWN, Framework, ResourceRule, Rule, Settings
from policies.rules.sagemaker_monitoring.kinds import KINDS, OUTPUTS, Kind

_PAGE = "https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html"
_CALM, _CLOSED = "enableNetworkIsolation", "enableInterContainerTrafficEncryption"
_SCHEDULE = ("aws:sagemaker/monitoringSchedule:MonitoringSchedule", "aws-native:sagemaker:MonitoringSchedule")
_INLINE = "monitoringScheduleConfig.monitoringJobDefinition"


def _isolated(job: Declared, _settings: Settings) -> str | None:
    return None if true(job, f"networkConfig.{_CALM}") else f"networkConfig.{_CALM} not true"


def _encrypted(job: Declared, _settings: Settings) -> str | None:
    return None if true(job, f"networkConfig.{_CLOSED}") else f"networkConfig.{_CLOSED} not true"


def _encrypted_if_several(job: Declared, settings: Settings) -> str | None:
    """AWS's own exception: a job on one instance has no traffic between instances."""
    path = "jobResources.clusterConfig.instanceCount"
    count = known(job.at(path), path)
    return None if isinstance(count, int | float) and count < 2 else _encrypted(job, settings)


def _schedule(schedule: Declared, flag: str) -> str | None:
    """A schedule that names a job definition is judged by that definition's own control."""
    definition = known(schedule.at(_INLINE), _INLINE)
    if not given(definition):
        return None
    path = f"{_INLINE}.networkConfig.{flag}"
    return None if true(schedule, path) else f"monitoringJobDefinition.networkConfig.{flag} not true"


def _schedule_isolated(schedule: Declared, _settings: Settings) -> str | None:
    return _schedule(schedule, _CALM)


def _schedule_encrypted(schedule: Declared, _settings: Settings) -> str | None:
    return _schedule(schedule, _CLOSED)


def _monitor(job: Declared, _settings: Settings) -> str | None:
    """What is missing of a monitor job, wherever it is written: isolation, traffic, disk and answer."""
    if job.type in _SCHEDULE:
        if not given(job.at(_INLINE)):
            return None
        at, cluster, output = f"{_INLINE}.", "monitoringResources.clusterConfig", "monitoringOutputConfig"
    else:
        at, cluster, output = "", "jobResources.clusterConfig", OUTPUTS[job.type]
    flags = [f"networkConfig.{flag}" for flag in (_CALM, _CLOSED)]
    found = [f"{flag} not true" for flag in flags if not true(job, at + flag)]
    keys = [f"{output}.kmsKeyId"]
    instance_type = job.at(f"{at}{cluster}.instanceType")
    if not (isinstance(instance_type, str) and has_local_storage(instance_type)):
        keys.insert(0, f"{cluster}.volumeKmsKeyId")
    found += [f"no key of yours as {key}" for key in keys if not customer_key(job.at(at + key))]
    return ", ".join(found) or None


def _rules(kind: Kind) -> list[Rule]:
    """The two controls of one kind of monitor job."""
    standards: tuple[Framework, ...] = (AI, FSBP) if kind.fsbp else (AI,)
    isolation, encryption = (control.rpartition(".")[2] for control in (kind.isolation, kind.encryption))
    return [
        ResourceRule(
            control=kind.isolation,
            name=f"sagemaker-{isolation}-{kind.slug}-is-isolated",
            severity=kind.severity,
            frameworks=standards,
            title=f"{kind.title} have network isolation",
            allowed=f"networkConfig.{_CALM} true",
            fix='network_config={"enable_network_isolation": True, ...}; a definition cannot be changed, only replaced',
            source=f"{_PAGE}#sagemaker-{isolation}",
            types=kind.types,
            check=_isolated,
        ),
        ResourceRule(
            control=kind.encryption,
            name=f"sagemaker-{encryption}-{kind.slug}-encrypts-traffic",
            severity="medium",
            frameworks=(AI,),
            title=f"{kind.title} encrypt the traffic between containers",
            allowed=f"networkConfig.{_CLOSED} true" + ("" if kind.alone else ", or one instance"),
            fix='network_config={"enable_inter_container_traffic_encryption": True, ...}',
            source=f"{_PAGE}#sagemaker-{encryption}",
            types=kind.types,
            check=_encrypted if kind.alone else _encrypted_if_several,
        ),
    ]


RULES: Final[tuple[Rule, ...]] = (
    *(rule for kind in KINDS for rule in _rules(kind)),
    ResourceRule(
        control="SageMaker.14",
        name="sagemaker-14-monitoring-schedule-is-isolated",
        severity="medium",
        frameworks=(AI,),
        title="Monitoring schedules have network isolation",
        allowed=f"networkConfig.{_CALM} true in the schedule's job definition, or a definition by name",
        fix='network_config={"enable_network_isolation": True, ...} in monitoring_job_definition',
        source=f"{_PAGE}#sagemaker-14",
        types=_SCHEDULE,
        check=_schedule_isolated,
    ),
    ResourceRule(
        control="SageMaker.22",
        name="sagemaker-22-monitoring-schedule-encrypts-traffic",
        severity="medium",
        frameworks=(AI, FSBP),
        title="Monitoring schedules encrypt the traffic between containers",
        allowed=f"networkConfig.{_CLOSED} true in the schedule's job definition, or a definition by name",
        fix='network_config={"enable_inter_container_traffic_encryption": True, ...} in monitoring_job_definition',
        source=f"{_PAGE}#sagemaker-22",
        types=_SCHEDULE,
        check=_schedule_encrypted,
    ),
    ResourceRule(
        control="Takeoff.3",
        name="takeoff-3-monitor-jobs-are-isolated-and-encrypted",
        severity="high",
        frameworks=(OWN,),
        title="Monitor jobs of every kind run isolated, with traffic, disk and answers encrypted",
        allowed="both flags of networkConfig true, and keys of yours for the volume and the output",
        fix="network_config with both flags, volume_kms_key_id and kms_key_id; the volume's key not on types with "
        "disks of their own",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MonitoringNetworkConfig.html",
        types=(*(type_ for kind in KINDS for type_ in kind.types), *_SCHEDULE),
        check=_monitor,
    ),
)
