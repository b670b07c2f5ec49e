"""`docker` and `aws` as a buildspec calls them, without a container engine: images go to the local store and to ECR."""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from local.cloud import images
from local.state import State

PROGRAMS = ("docker", "aws")


class ToolError(RuntimeError):
    """What docker or the AWS command line would say before it exits with 1."""


def main(program: str, arguments: list[str]) -> int:
    """Run one command as `docker` or `aws`. TAKEOFF_DOCKER is the folder of this build's tags and logins."""
    given = _parser(program).parse_args(arguments)
    try:
        given.run(given, Host(Path(os.environ["TAKEOFF_DOCKER"]) / "host.json"))
    except (ToolError, images.ImageError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


class Host:
    """What a build's Docker host knows: the digest of each tag, and where it has logged in. It ends with the build."""

    def __init__(self, file: Path) -> None:
        self._file = file
        found = json.loads(file.read_text()) if file.exists() else {}
        self.tags: dict[str, str] = found.get("tags", {})
        self.pushed: dict[str, str] = found.get("pushed", {})
        self.logins: list[str] = found.get("logins", [])

    def save(self) -> None:
        self._file.write_text(json.dumps({"tags": self.tags, "pushed": self.pushed, "logins": self.logins}))

    def digest(self, tag: str) -> str:
        if tag not in self.tags:
            raise ToolError(f"Error response from daemon: No such image: {tag}")
        return self.tags[tag]


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, epilog="This is the local stack's; it has what buildspecs call.")
    commands = parser.add_subparsers(required=True)
    if program == "aws":
        ecr = commands.add_parser("ecr").add_subparsers(required=True)
        password = ecr.add_parser("get-login-password")
        password.add_argument("--region")
        password.set_defaults(run=_password)
        return parser
    build = commands.add_parser("build")
    build.add_argument("--pull", action="store_true")
    build.add_argument("--file", "-f", default="Dockerfile")
    build.add_argument("--tag", "-t", required=True)
    build.add_argument("context", type=Path)
    build.set_defaults(run=_build)
    for name, run, places in (
        ("tag", _tag, ("tag", "other")),
        ("push", _push, ("tag",)),
        ("inspect", _inspect, ("tag",)),
    ):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        for place in places:
            command.add_argument(place)
        if name == "inspect":
            command.add_argument("--format", choices=["{{index .RepoDigests 0}}"], required=True)
    login = commands.add_parser("login")
    login.add_argument("--username", required=True)
    login.add_argument("--password-stdin", action="store_true", required=True)
    login.add_argument("registry")
    login.set_defaults(run=_login)
    return parser


def _password(given: argparse.Namespace, _: Host) -> None:
    token = _ecr(given.region).get_authorization_token()["authorizationData"][0]["authorizationToken"]
    print(base64.b64decode(token).decode().partition(":")[2])


def _login(given: argparse.Namespace, host: Host) -> None:
    if not sys.stdin.read().strip():
        raise ToolError("Error: password is empty")
    host.logins.append(given.registry)
    host.save()
    print("Login Succeeded")


def _build(given: argparse.Namespace, host: Host) -> None:
    file = given.file.removesuffix(".gpu")
    if file != given.file:
        print(f"no GPU here: {file} stands for {given.file}")
    digest = images.build(given.context.resolve(), file, State.current())
    host.tags[given.tag] = digest
    host.save()
    print(f"writing image {digest}\nnaming to {given.tag}")


def _tag(given: argparse.Namespace, host: Host) -> None:
    host.tags[given.other] = host.digest(given.tag)
    host.save()


def _push(given: argparse.Namespace, host: Host) -> None:
    digest = host.digest(given.tag)
    repository, _, tag = given.tag.rpartition(":")
    registry, _, name = repository.partition("/")
    if registry not in host.logins:
        raise ToolError("no basic auth credentials")
    _put(registry, name, tag, digest)
    host.pushed[given.tag] = f"{repository}@{digest}"
    host.save()
    print(f"{tag}: digest: {digest}")


def _put(registry: str, name: str, tag: str, digest: str) -> None:
    ecr = _ecr(registry.split(".")[3])
    try:
        ecr.describe_repositories(repositoryNames=[name])
        ecr.put_image(
            repositoryName=name,
            imageManifest=images.manifest(digest, State.current()),
            imageManifestMediaType=images.MANIFEST,
            imageTag=tag,
            imageDigest=digest,
        )
    except ecr.exceptions.ClientError as error:
        raise ToolError(f"denied: {error.response['Error']['Message']}") from error


def _inspect(given: argparse.Namespace, host: Host) -> None:
    host.digest(given.tag)
    if given.tag not in host.pushed:
        raise ToolError("template parsing error: error calling index: index out of range: 0")
    print(host.pushed[given.tag])


def _ecr(region: str | None) -> Any:
    # Only two of the commands need it, and it takes most of their time.
    import boto3
    from botocore.config import Config

    return boto3.client("ecr", region_name=region, config=Config(retries={"max_attempts": 0}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
