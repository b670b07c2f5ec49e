"""`python -m model_code.container fetch`: a version's artifact from S3 to where the server looks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from model_code import artifact
from model_code.errors import UnusableError
from model_code.fetch.bucket import Place, download
from model_code.fetch.credentials import credentials
from model_code.paths import Paths


class FetchError(UnusableError):
    """An artifact that is none, or another one than was asked for."""


def main(environment: Mapping[str, str]) -> None:
    """Makes SM_MODEL_DIR (/opt/ml/model) with the files of TAKEOFF_ARTIFACT, all of them or none.

    AWS_REGION is the bucket's region, TAKEOFF_MODEL_VERSION the first 12 hex digits of the archive's SHA-256. A folder
    that is there already is whole, since it appears at once, and this pod's, whose version never changes. Raises
    FetchError, and OSError for what another try may mend: the container is then started again.
    """
    folder = Paths.of(environment).model
    if folder.exists():
        return
    place, version = _place(environment), environment.get("TAKEOFF_MODEL_VERSION", "")
    archive = folder.parent / artifact.NAME
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        download(place, credentials(environment), archive, limit=artifact.LIMIT)
        if (got := artifact.version(artifact.sha256(archive))) != version:
            raise FetchError(
                f"{place.uri}: got an archive of version {got}; allowed: {version or 'none'}, as asked for"
            )
        artifact.unpack(archive, folder)
    except artifact.ArtifactError as error:
        raise FetchError(f"{place.uri}: {error}") from error
    finally:
        Path(archive).unlink(missing_ok=True)


def _place(environment: Mapping[str, str]) -> Place:
    uri, region = environment.get("TAKEOFF_ARTIFACT", ""), environment.get("AWS_REGION", "")
    found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]+)/(.+)", uri)
    if found is None:
        raise FetchError(f"TAKEOFF_ARTIFACT: got {uri!r}; allowed: s3://BUCKET/KEY")
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-[0-9]", region):
        raise FetchError(f"AWS_REGION: got {region!r}; allowed: the bucket's region, such as us-east-1")
    return Place(bucket=found[1], key=found[2], region=region, endpoint=environment.get("AWS_ENDPOINT_URL_S3", ""))
