"""The errors that a provider of AWS's resources expects."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from local.providers import failures
from local.providers.aws.lifecycle import NotSettledError
from local.state import NotLocalError

EXPECTED: Final = (ClientError, BotoCoreError, NotLocalError, NotSettledError, OSError, ValueError, LookupError)
answering = failures.answering(*EXPECTED)
