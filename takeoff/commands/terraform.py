"""takeoff terraform-plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from takeoff.stack import CommandError
from takeoff.terraform.plan import convert


def terraform_plan(
    digest: Annotated[Path, typer.Argument(help="what `pulumi preview --json --show-sames` printed")],
) -> None:
    """Print a preview as the JSON of a Terraform plan, for judges that read nothing else; unlisted types on stderr."""
    try:
        plan = convert(json.loads(digest.read_text()))
    except OSError as error:
        raise CommandError(f"DIGEST: got {str(digest)!r}: {error.strerror}; allowed: a file") from error
    except (ValueError, KeyError, TypeError) as error:
        allowed = "what `pulumi preview --json --show-sames` printed"
        raise CommandError(
            f"DIGEST: got {str(digest)!r}, which is no digest ({error!r}); allowed: {allowed}"
        ) from error
    typer.echo(json.dumps(plan.document, indent=1))
    for type_, count in plan.unlisted.items():
        typer.echo(f"takeoff: left out {count} {type_}: takeoff/terraform/names.json does not list it", err=True)
