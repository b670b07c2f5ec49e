"""How a program enters the cluster: as the IAM role that it runs as, by an access entry."""

from __future__ import annotations

import json


def kubeconfig(name: str, endpoint: str, authority: str, region: str) -> str:
    """A kubeconfig whose tokens the AWS command-line interface makes; `authority` is PEM in base64.

    https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html
    """
    command = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    api = "client.authentication.k8s.io/v1beta1"
    user = {"exec": {"apiVersion": api, "command": "aws", "args": command, "interactiveMode": "Never"}}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, sort_keys=True)
