"""Where a control of AWS is described."""

from __future__ import annotations


def hub(control: str) -> str:
    """The address of a Security Hub control's text: `S3.5` is at s3-controls.html#s3-5."""
    service, _, number = control.lower().partition(".")
    return f"https://docs.aws.amazon.com/securityhub/latest/userguide/{service}-controls.html#{service}-{number}"
