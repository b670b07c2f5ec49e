"""Providers for tests, of the emulated account that the tests of local/cloud share."""

from __future__ import annotations

import pytest

from local.providers.aws.client import Account
from tests.local.cloud.conftest import cloud, new_cloud, repository  # noqa: F401 (fixtures)
from tests.local.cloud.emulated import Cloud
from tests.local.providers.plugin import Plugin


@pytest.fixture(scope="session")
def account(cloud: Cloud) -> Account:  # noqa: F811 (a fixture)
    """The provider's own clients of the shared account."""
    return Account(cloud.endpoint)


@pytest.fixture
def plugin(account: Account) -> Plugin:
    """A provider whose stack tags everything."""
    return Plugin(account, {"owner": "tests"})
