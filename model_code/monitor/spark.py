"""The same look at one window on Spark, where a model's captures are too many for one machine (EMR Serverless).

    spark-submit --py-files code.zip spark.py s3://…/input s3://…/output

reads below the first folder what a processing job is given as its inputs (settings/settings.json, and by input a
manifest of objects), and writes the same report.json, report.html and state.json below the second. Captures and
outcomes are read and sketched where executors are, and joined by inference id; the driver puts the parts together and
judges them by the job's own code. Metrics go to the driver's standard output.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import boto3

from model_code.contract import ModelSpec
from model_code.drift.profile import Profile
from model_code.gates.places import Places
from model_code.monitor import captures, parts
from model_code.monitor.__main__ import Gathered, run
from model_code.monitor.outcomes import lines_of
from model_code.monitor.parts import Placed, Work
from model_code.monitor.settings import Settings
from model_code.monitor.state import State
from model_code.monitor.window import first_answers

_EACH = 32  # objects of a part: a task takes seconds, and what is merged of it is of one size
_MOST = 2_048  # parts
_SETTINGS = PurePosixPath("settings/settings.json")
_RESULTS = ("state.json", "report.json", "report.html")


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object in S3, and its name below the folder that its manifest lists."""

    bucket: str
    key: str
    name: PurePosixPath
    earlier: bool = False
    """Whether it is of hours before the window's."""


def main(arguments: Sequence[str], context: Any) -> int:
    """Looks at one window: 0 done, whatever was found; 2 it cannot, and standard error says why."""
    if len(arguments) != 2 or not all(one.startswith("s3://") for one in arguments):
        print(f"takeoff: got {' '.join(arguments)}; allowed: two folders, s3://…/input s3://…/output", file=sys.stderr)
        return 2
    source, target = arguments
    with tempfile.TemporaryDirectory() as folder:
        places = Places(root=Path(folder), message=Path(folder) / "message")
        fetch(source, places.root / "input")
        captured, arrived = (manifest(source, name) for name in ("captures", "outcomes"))
        status = run(places, partial(gather, context, captured, arrived))
        if status == 0:
            bucket, prefix = _split(target)
            for name in _RESULTS:
                body = (places.root / "output" / name).read_bytes()
                _s3().put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=body)
    return status


def gather(
    context: Any,
    captured: Sequence[Stored],
    arrived: Sequence[Stored],
    spec: ModelSpec,
    settings: Settings,
    baseline: Profile | None,
    before: State,
) -> Gathered:
    """What one pass over all captures and outcomes finds, by as many parts as there is work for."""
    own, earlier = in_turn(captured, settings.start)
    answers = before.answers
    if answers is None:
        answers = first_answers(files(own), spec, settings, baseline)
    work = context.broadcast(Work(spec=spec, settings=settings, baseline=baseline, answers=answers))
    seen, came = _parts(context, [*own, *earlier]), _parts(context, arrived)
    asked = seen.mapPartitionsWithIndex(partial(_requests, work, seen.getNumPartitions())).persist()
    true = came.mapPartitionsWithIndex(partial(_outcomes, work)).persist()
    keyed = [one.filter(_has_id).reduceByKey(Placed.first) for one in (true, asked)]
    window, found = keyed[0].leftOuterJoin(keyed[1]).mapPartitions(partial(_joined, work)).treeReduce(_both)
    window = window.merge(asked.filter(_is_sum).values().treeReduce(_merged))
    return window, found.merge(true.filter(_is_sum).values().treeReduce(_merged))


def in_turn(captured: Sequence[Stored], start: datetime) -> tuple[list[Stored], list[Stored]]:
    """Captures as one pass reads them: those of the window's hours, and those of earlier hours from the newest.

    Which matters where an inference id was given twice: the outcome is of the first.
    """
    by_name = {one.name: one for one in captured}
    own, earlier = captures.split(by_name, start)
    before = [replace(by_name[PurePosixPath(name)], earlier=True) for name in chain(*earlier)]
    return [by_name[PurePosixPath(name)] for name in own], before


def fetch(source: str, root: Path) -> None:
    """The small inputs, as files where a processing job finds them: settings, baseline, the last window's state."""
    bucket, prefix = _split(source)
    wanted = [Stored(bucket=bucket, key=f"{prefix}/{_SETTINGS}", name=_SETTINGS)]
    for name in ("baseline", "previous"):
        wanted += [
            Stored(bucket=one.bucket, key=one.key, name=PurePosixPath(name, one.name)) for one in manifest(source, name)
        ]
    for one in wanted:
        path = root / one.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_body(one))


def manifest(source: str, name: str) -> list[Stored]:
    """The objects of one input, in the order in which a job reads its files.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html (ManifestFile)
    """
    bucket, prefix = _split(source)
    first, *names = json.loads(_body(Stored(bucket=bucket, key=f"{prefix}/{name}.manifest", name=PurePosixPath())))
    at, _, folder = str(first["prefix"]).removeprefix("s3://").partition("/")
    listed = sorted(PurePosixPath(one) for one in names)
    # Not `absent`, which stands for an input without objects.
    return [Stored(bucket=at, key=f"{folder}{one}", name=one) for one in listed if one.suffix in (".json", ".jsonl")]


def files(objects: Iterable[Stored]) -> Iterator[tuple[str, Path]]:
    """Each object's variant, and itself as a file that is there until the next one is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object"
        for one in objects:
            path.write_bytes(_body(one))
            yield captures.variant(one.name), path


def _parts(context: Any, objects: Sequence[Stored]) -> Any:
    """The objects in order, in parts: an RDD."""
    count = min(_MOST, max(context.defaultParallelism, -(-len(objects) // _EACH)))
    return context.parallelize(objects, max(1, min(count, len(objects))))


def _requests(work: Any, count: int, part: int, objects: Iterator[Stored]) -> Iterator[tuple[str, Any]]:
    both = list(objects)
    own, earlier = ([one for one in both if one.earlier is before] for before in (False, True))
    return parts.requests(work.value, part, count, files(own), files(earlier))


def _outcomes(work: Any, part: int, objects: Iterator[Stored]) -> Iterator[tuple[str, Any]]:
    return parts.outcomes(work.value, part, lines_of(path for _, path in files(objects)))


def _joined(work: Any, pairs: Iterator[tuple[str, tuple[Any, Any]]]) -> Iterator[Gathered]:
    return iter([parts.joined(work.value, (pair for _, pair in pairs))])


def _has_id(item: tuple[str, Any]) -> bool:
    return item[0] != ""


def _is_sum(item: tuple[str, Any]) -> bool:
    return item[0] == ""


def _merged(first: Any, second: Any) -> Any:
    return first.merge(second)


def _both(first: Gathered, second: Gathered) -> Gathered:
    return first[0].merge(second[0]), first[1].merge(second[1])


@cache
def _s3() -> Any:
    return boto3.client("s3")


def _body(one: Stored) -> bytes:
    body: bytes = _s3().get_object(Bucket=one.bucket, Key=one.key)["Body"].read()
    return body


def _split(url: str) -> tuple[str, str]:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return bucket, prefix.rstrip("/")


if __name__ == "__main__":
    from pyspark.sql import SparkSession

    # By its name, as executors import it: what the script itself defines they would have to be sent.
    from model_code.monitor import spark

    with SparkSession.builder.appName("takeoff-monitor").getOrCreate() as session:
        STATUS = spark.main(sys.argv[1:], session.sparkContext)
    sys.exit(STATUS)
