"""What endpoints leave in buckets: the captured share of their traffic, and asynchronous answers."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.meter import Inputs, given

_RULES = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_DAYS_IN_MONTH = 730 / 24


def kept(config: Inputs, request_gb: float, answer_gb: float) -> list[tuple[str, float]]:
    """The S3 addresses to which an endpoint with this config writes → GB a month, of all its requests and answers.

    Headers and encoding are not counted. Raises NotYetKnownError.
    """
    found = []
    if given(config, "dataCaptureConfig.enableCapture", False):
        modes = "".join(str(one.get("captureMode")) for one in given(config, "dataCaptureConfig.captureOptions", ()))
        taken = request_gb * ("Input" in modes) + answer_gb * ("Output" in modes)
        share = float(given(config, "dataCaptureConfig.initialSamplingPercentage", 100)) / 100
        found.append((str(given(config, "dataCaptureConfig.destinationS3Uri", "")), share * taken))
    if answers := given(config, "asyncInferenceConfig.outputConfig.s3OutputPath"):
        found.append((str(answers), answer_gb))
    return found


def months(place: str, resources: Sequence[tuple[str, Inputs]], otherwise: float) -> float:
    """For how many months a bucket's rules keep what is written to an S3 address; `otherwise` where none says."""
    bucket, prefix = split(place)
    for token, inputs in resources:
        if token == _RULES and inputs.get("bucket") == bucket:
            for rule in given(inputs, "rules", ()):
                days = given(rule, "expiration.days")
                if days and f"{prefix.rstrip('/')}/".startswith(str(given(rule, "filter.prefix", ""))):
                    return float(days) / _DAYS_IN_MONTH
    return otherwise


def split(place: str) -> tuple[str, str]:
    """`s3://bucket/prefix` → bucket and prefix."""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    return bucket, prefix
