"""Rules over what passes messages and holds records: topics, queues, streams, tables, and the events between them."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.messaging import events, records, resource_policies, topics

RULES: Final[tuple[Rule, ...]] = resource_policies.RULES + topics.RULES + records.RULES + events.RULES
