"""Serves the provider for as long as the engine lives."""

from local.toolchain.parent import die_with_parent

die_with_parent()  # before the imports below: the engine may die while they run

from local.providers.aws.client import forget_environment  # noqa: E402
from local.providers.aws.provider import AwsProvider  # noqa: E402
from local.providers.serve import serve  # noqa: E402

if __name__ == "__main__":
    forget_environment()
    serve(AwsProvider())
