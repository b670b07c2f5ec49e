"""Rules on endpoint configs and shadow tests: how many instances, and what they write under which key.

Titles, severities and what fails are AWS's: the page below, read on 2026-11-23.
"""

from __future__ import annotations

from typing import Any, Final

from catalog.instance_types import has_local_storage
from policies import endpoints
from policies.declared import Declared, given, inside, known
from policies.nested import customer_key, rows
from policies.rule import AI, FSBP, OWN, ResourceRule, Rule, Settings

_PAGE = "https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html"
_CONFIG = (endpoints.CONFIG,)
_EXPERIMENT = ("aws-native:sagemaker:InferenceExperiment",)


def _one_instance(config: Declared, _settings: Settings) -> str | None:
    """AWS asks about production variants on instances: shadows and serverless variants are free."""
    counts = {
        row.get("variantName"): known(row.get("initialInstanceCount"), "productionVariants.initialInstanceCount")
        for row in rows(config, "productionVariants")
        if not given(row.get("serverlessConfig"))
    }
    few = {name: count for name, count in counts.items() if not isinstance(count, int | float) or count < 2}
    return ", ".join(f"{name} with {_count(count)}" for name, count in few.items()) or None


def _count(count: Any) -> str:
    return "no initialInstanceCount" if count is None else f"{count:g} instance" + ("" if count == 1 else "s")


def _storage(config: Declared, _settings: Settings) -> str | None:
    """What an endpoint writes without a key of yours: disks, captures, answers, core dumps.

    SageMaker encrypts the disks of some types itself and refuses a key for them (catalog/instance_types.py).
    """
    every = endpoints.variants(config)
    types = [known(row.get("instanceType"), "instanceType") for row in every if given(row.get("instanceType"))]
    capture = known(config.at("dataCaptureConfig.enableCapture"), "dataCaptureConfig.enableCapture")
    wanted = {
        "kmsKeyArn": bool(types) and not any(has_local_storage(str(each)) for each in types),
        "dataCaptureConfig.kmsKeyId": given(config.at("dataCaptureConfig")) and capture is not False,
        "asyncInferenceConfig.outputConfig.kmsKeyId": given(config.at("asyncInferenceConfig")),
    }
    found = [f"no {path}" for path, asked in wanted.items() if asked and not customer_key(config.at(path))]
    dumps = [row.get("coreDumpConfig") for row in every if given(row.get("coreDumpConfig"))]
    found += ["no coreDumpConfig.kmsKeyId" for dump in dumps if not customer_key(inside(dump, "kmsKeyId"))]
    return ", ".join(found) or None


def _experiment_disks(experiment: Declared, _settings: Settings) -> str | None:
    return None if customer_key(experiment.at("kmsKey")) else f"kmsKey {experiment.at('kmsKey') or 'not set'}"


def _experiment_data(experiment: Declared, _settings: Settings) -> str | None:
    """AWS asks only where captured data is stored at all."""
    if not given(experiment.at("dataStorageConfig")) or customer_key(experiment.at("dataStorageConfig.kmsKey")):
        return None
    return f"dataStorageConfig.kmsKey {experiment.at('dataStorageConfig.kmsKey') or 'not set'}"


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="SageMaker.4",
        name="sagemaker-4-endpoint-has-two-instances",
        severity="medium",
        frameworks=(AI, FSBP),
        title="Production variants of an endpoint start with more than one instance",
        allowed="initialInstanceCount 2 or more for each production variant on instances",
        fix="`instances: 2` (or `scaling.minimum: 2`) of the variant in the stack file",
        source=f"{_PAGE}#sagemaker-4",
        types=_CONFIG,
        check=_one_instance,
    ),
    ResourceRule(
        control="SageMaker.23",
        name="sagemaker-23-experiment-disks-have-your-key",
        severity="medium",
        frameworks=(AI,),
        title="Inference experiments encrypt their instances' volumes with a customer managed key",
        allowed="kmsKey of a key of yours",
        fix="kms_key=key.arn",
        source=f"{_PAGE}#sagemaker-23",
        types=_EXPERIMENT,
        check=_experiment_disks,
    ),
    ResourceRule(
        control="SageMaker.24",
        name="sagemaker-24-experiment-data-has-your-key",
        severity="medium",
        frameworks=(AI,),
        title="Inference experiments encrypt what they capture with a customer managed key",
        allowed="dataStorageConfig.kmsKey of a key of yours",
        fix='data_storage_config={"kms_key": key.arn, ...}',
        source=f"{_PAGE}#sagemaker-24",
        types=_EXPERIMENT,
        check=_experiment_data,
    ),
    ResourceRule(
        control="Takeoff.21",
        name="takeoff-21-endpoint-writes-under-your-key",
        severity="high",
        frameworks=(OWN,),
        title="Disks, captures, asynchronous answers and core dumps of endpoints are encrypted with your key",
        allowed="a key of yours for each; none for disks of types that SageMaker encrypts itself",
        fix="kms_key_arn=key.arn, and kms_key_id in data_capture_config and output_config",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html",
        types=_CONFIG,
        check=_storage,
    ),
)
