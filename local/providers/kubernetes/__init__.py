"""The `kubernetes` resource provider of the local stack: server-side apply of any kind against the local API server."""
