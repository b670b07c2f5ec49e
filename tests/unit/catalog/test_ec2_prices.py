from __future__ import annotations

import datetime
import re

from catalog.ec2_prices import hourly, table
from catalog.instance_types import spec
from catalog.requirements import types


def test_a_price_is_the_tables_and_a_type_that_it_does_not_have_has_none() -> None:
    assert hourly("c7i.large") == 0.08925
    assert hourly("g6.xlarge") == 0.8048
    assert hourly("c7i.huge") is None
    assert hourly("nonsense") is None


def test_the_table_says_when_where_and_from_what_it_is() -> None:
    found = table()
    assert datetime.date.fromisoformat(found.dated) < datetime.date(2026, 11, 24)
    assert found.region == "us-east-1"
    assert re.search(r"v\d+\.\d+\.\d+", found.source)


def test_all_but_a_named_few_of_the_known_types_have_a_price() -> None:
    without = {each.instance_type.partition(".")[0] for each in types() if hourly(each.instance_type) is None}
    assert without <= {"g7"}


def test_a_larger_size_of_a_family_without_accelerators_never_costs_less() -> None:
    for each in types():
        for other in types():
            same = each.instance_type.partition(".")[0] == other.instance_type.partition(".")[0]
            found = spec(each.instance_type)
            if same and found and found.accelerator == "none" and each.vcpu < other.vcpu:
                assert (hourly(each.instance_type) or 0) < (hourly(other.instance_type) or 0)
