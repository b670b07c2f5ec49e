"""Money: what is counted and in whose name, what has no price, budgets and who hears of them."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

COSTS = "tests/unit/catalog/test_cost.py::test_"
STATES = "tests/unit/catalog/test_statement.py::test_"
SPENDS = "tests/unit/catalog/test_spending.py::test_"
GUARDS = "tests/unit/components/test_cost_guard.py::test_"
STATEMENT, USAGE, METER, SPENDING = (f"catalog/{name}.py" for name in ("statement", "usage", "meter", "spending"))
KEPT, GUARD = "catalog/kept.py", "components/cost_guard.py"

_NAMED = f"{STATES}what_has_no_price_is_named_by_model_and_in_no_sum"
_EVERY = f"{STATES}every_item_names_its_model_owner_and_pool_and_the_sums_are_those_of_the_price_list"
_STORED = f"{STATES}captures_are_stored_for_the_share_that_is_taken_and_the_days_that_the_rules_say"
_WRITES = f"{GUARDS}a_budget_writes_at_four_fifths_spent_and_when_the_month_is_expected_to_break_it"
_TELLS = f"{GUARDS}the_stack_tells_its_people_a_model_its_owner_and_both_the_topic_for_warnings"
_UNPROVEN = f"{SPENDS}a_budget_is_not_kept_by_leaving_something_without_a_price"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "cost-minimum",
        "autoscaling counts at its minimum",
        USAGE,
        'if token == _TARGET and parts[:2] == ["endpoint", endpoint]:',
        "if False:",
        f"{COSTS}autoscaling_counts_at_its_minimum_for_its_own_variant",
    ),
    (
        "cost-unpriced",
        "a dimension without a price is named",
        STATEMENT,
        "bill.unknown.setdefault(share.model, set()).add(share.dimension)",
        "pass",
        _NAMED,
    ),
    (
        "cost-unknown-type",
        "a type without a price is named",
        STATEMENT,
        "                meter.unknown(token)",
        "                pass",
        _NAMED,
    ),
    (
        "cost-native-types",
        "a type of AWS's other provider is named",
        STATEMENT,
        '_PROVIDERS = ("aws:", "aws-native:")',
        '_PROVIDERS = ("aws:",)',
        _NAMED,
    ),
    (
        "cost-not-known-yet",
        "a quantity that only the deployment brings is named",
        STATEMENT,
        'meter.unknown(f"{token} ({error})")',
        "pass",
        f"{STATES}a_quantity_that_is_known_only_later_is_named_and_not_guessed",
    ),
    (
        "cost-of-its-model",
        "each model has its own usage",
        STATEMENT,
        "usage.get(meter.model, Assumptions())",
        "Assumptions()",
        f"{STATES}usage_is_that_of_its_own_model",
    ),
    ("cost-model", "a cost is its model's", METER, "model or PLATFORM", "PLATFORM", _EVERY),
    (
        "cost-owner",
        "a cost is its owner's",
        METER,
        "model or PLATFORM, owner, pool",
        'model or PLATFORM, "", pool',
        _EVERY,
    ),
    (
        "cost-pool",
        "a variant is a pool",
        USAGE,
        'meter.add(f"hosting:{kind}", count * HOURS, pool)',
        'meter.add(f"hosting:{kind}", count * HOURS)',
        _EVERY,
    ),
    ("cost-capture-share", "captures cost their share", KEPT, "share * taken)", "taken)", _STORED),
    (
        "cost-capture-term",
        "captures cost while they are kept",
        KEPT,
        "return float(days) / _DAYS_IN_MONTH",
        "return 1.0",
        _STORED,
    ),
    (
        "cost-difference-removed",
        "what goes is a saving",
        STATEMENT,
        "for name in before.keys() | after.keys():",
        "for name in after.keys():",
        f"{STATES}a_difference_tells_what_is_new_removed_and_changed_in_dollars_and_percent",
    ),
    (
        "budget-gate",
        "a broken budget is found",
        SPENDING,
        "if got > allowed or missing:",
        "if missing:",
        f"{SPENDS}each_budget_that_breaks_says_what_it_got_what_was_allowed_and_where_that_stands",
    ),
    (
        "budget-gate-unpriced",
        "an unproven budget is found",
        SPENDING,
        "if got > allowed or missing:",
        "if got > allowed:",
        _UNPROVEN,
    ),
    (
        "pilot-ratio",
        "production is compared with its pilot",
        SPENDING,
        "inside=LEAST_PILOTS <= ratio <= MOST_PILOTS",
        "inside=ratio <= MOST_PILOTS",
        f"{SPENDS}production_is_sane_at_three_to_five_pilots",
    ),
    (
        "budget-stack",
        "budgets.Budget",
        GUARD,
        'f"user:{tag}${value}"',
        'f"{tag}${value}"',
        f"{GUARDS}a_budget_counts_a_month_of_dollars_of_everything_with_the_stacks_tag",
    ),
    (
        "budget-model",
        "budgets.Budget",
        GUARD,
        "in sorted(args.models.items()):\n            self._budget",
        "in sorted(()):\n            self._budget",
        f"{GUARDS}a_model_with_a_budget_has_one_of_its_own_over_its_own_tag",
    ),
    ("budget-forecast", "budgets.Budget", GUARD, '((80, "ACTUAL"), (100, "FORECASTED"))', '((80, "ACTUAL"),)', _WRITES),
    ("budget-notices", "budgets.Budget", GUARD, '"subscriber_email_addresses": sorted(set(email)),', "", _TELLS),
    ("budget-topic", "budgets.Budget", GUARD, "if self._alerts:", "if False:", _TELLS),
    (
        "budget-addresses",
        "CostGuard",
        GUARD,
        "if not 1 <= len(set(self.email)) <= _MOST_ADDRESSES:",
        "if False:",
        f"{GUARDS}what_aws_would_refuse_or_never_write_to_is_refused",
    ),
)
EDGES = tuple(Sabotage(*each) for each in _TAKEN)
