"""How a program enters a cluster of EKS's."""

from __future__ import annotations

import json

from infra.kubeconfig import kubeconfig

FOUND = json.loads(kubeconfig("takeoff-prod-cluster", "https://abc.example", "Y2E=", "eu-west-1"))


def test_it_names_one_cluster_by_its_address_and_its_authority_and_chooses_it() -> None:
    (cluster,), (context,) = FOUND["clusters"], FOUND["contexts"]
    assert cluster["cluster"] == {"server": "https://abc.example", "certificate-authority-data": "Y2E="}
    assert FOUND["current-context"] == context["name"]
    assert context["context"] == {"cluster": cluster["name"], "user": context["name"]}
    assert FOUND["users"][0]["name"] == context["context"]["user"]


def test_it_holds_no_credential_but_asks_aws_for_a_token_as_whoever_runs_it() -> None:
    (user,) = FOUND["users"]
    assert user["user"].keys() == {"exec"}
    asked = user["user"]["exec"]
    words = " ".join([asked["command"], *asked["args"]])
    assert words == "aws --region eu-west-1 eks get-token --cluster-name takeoff-prod-cluster --output json"
    # https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
    assert (asked["apiVersion"], asked["interactiveMode"]) == ("client.authentication.k8s.io/v1beta1", "Never")


def test_the_same_cluster_is_the_same_text_so_that_no_preview_shows_a_change() -> None:
    assert kubeconfig("a", "https://a", "eA==", "r") == kubeconfig("a", "https://a", "eA==", "r")
