"""Who may talk to whom, as Kubernetes' documentation says it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.network_policies import Peer, allowed

WEB = Peer(address="10.0.0.1", namespace="web", labels={"app": "web"}, around={"team": "a"})
DATA = Peer(address="10.0.0.2", namespace="data", labels={"app": "db"}, around={"team": "b"})
OUTSIDE = Peer(address="203.0.113.7")


def policy(namespace: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "name": "p"}, "spec": {"podSelector": {}, **spec}}


DENY = policy("data", policyTypes=["Ingress"])


def test_without_a_policy_everybody_talks_to_everybody() -> None:
    assert allowed([], WEB, DATA, 5432)
    assert allowed([policy("other", policyTypes=["Ingress", "Egress"])], WEB, DATA, 5432)


def test_a_policy_without_rules_lets_nothing_through_its_way_only() -> None:
    assert not allowed([DENY], WEB, DATA, 5432)
    assert allowed([DENY], DATA, WEB, 80)


def test_types_are_ingress_and_egress_where_it_has_rules() -> None:
    unsaid = policy("data", egress=[])
    assert not allowed([unsaid], WEB, DATA, 1)
    assert not allowed([unsaid], DATA, WEB, 1)


@pytest.mark.parametrize(
    ("peer", "answer"),
    [
        ({"namespaceSelector": {"matchLabels": {"team": "a"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}, True),
        ({"namespaceSelector": {}}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": {"matchLabels": {"app": "x"}}}, False),
        ({"podSelector": {}}, False),  # the policy's own namespace
        ({"ipBlock": {"cidr": "10.0.0.0/24"}}, True),
        ({"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.0.1/32"]}}, False),
        ({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["b"]}]}}, True),
        ({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}, False),
    ],
)
def test_a_rule_speaks_of_its_peers(peer: dict[str, Any], answer: bool) -> None:
    rule = policy("data", policyTypes=["Ingress"], ingress=[{"from": [peer]}])
    assert allowed([DENY, rule], WEB, DATA, 5432) is answer


@pytest.mark.parametrize(
    ("ports", "answer"),
    [
        ([], True),
        ([{"port": 5432}], True),
        ([{"port": 5432, "protocol": "UDP"}], False),
        ([{"port": 5000, "endPort": 6000}], True),
        ([{"port": 80}], False),
        ([{"protocol": "TCP"}], True),
    ],
)
def test_a_rule_speaks_of_its_ports(ports: list[Any], answer: bool) -> None:
    rule = policy("data", policyTypes=["Ingress"], ingress=[{"ports": ports}])
    assert allowed([rule], WEB, DATA, 5432) is answer


def test_both_ends_have_to_agree() -> None:
    opens = policy("data", policyTypes=["Ingress"], ingress=[{}])
    shut = policy("web", policyTypes=["Egress"])
    assert allowed([opens], WEB, DATA, 1)
    assert not allowed([opens, shut], WEB, DATA, 1)


def test_an_address_outside_is_no_namespaces() -> None:
    rule = policy("data", policyTypes=["Ingress"], ingress=[{"from": [{"namespaceSelector": {}}]}])
    assert not allowed([rule], OUTSIDE, DATA, 1)


def test_only_selected_pods_are_cut_off() -> None:
    other = policy("data", policyTypes=["Ingress"])
    other["spec"]["podSelector"] = {"matchLabels": {"app": "else"}}
    assert allowed([other], WEB, DATA, 1)


def test_a_port_by_name_is_not_guessed() -> None:
    rule = policy("data", policyTypes=["Ingress"], ingress=[{"ports": [{"port": "http"}]}])
    with pytest.raises(ValueError, match="port: got 'http'; allowed: a number"):
        allowed([rule], WEB, DATA, 80)
