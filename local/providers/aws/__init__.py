"""The `aws` resource provider of the local stack: a table of resource types over the emulated account's API."""

from local.providers.aws.row import Served


def served_rows() -> list[tuple[str, Served]]:
    """Every resource type and who serves it: moto, ours, or record."""
    from local.providers.aws.table import TABLE

    return [(token, row.served_by) for token, row in sorted(TABLE.items())]
