"""Keys, roles and statements."""

from __future__ import annotations

from tests.local.edges.edge import MODEL_MAY, PERMISSIONS, STACK, Sabotage

ACCESS = "tests/unit/components/test_access.py::test_"
KEY_IS = f"{STACK}the_key_rotates_and_has_an_alias_and_a_long_farewell"
KEY, ROLE, STATEMENT = "components/key.py", "components/role.py", "components/statement.py"

EDGES = (
    Sabotage("key-rotation", "kms.Key", KEY, "enable_key_rotation=True,", "", KEY_IS),
    Sabotage("key-farewell", "kms.Key", KEY, "deletion_window_in_days=deletion_days,", "", KEY_IS),
    Sabotage("key-policy", "kms.Key", KEY, '{"AWS": f"arn:{site.partition}:iam::{site.account}:root"}', '"*"', KEY_IS),
    Sabotage(
        "key-alias",
        "kms.Alias",
        KEY,
        'aws.kms.Alias(name, name=f"alias/{site.name(name)}", target_key_id=key.key_id, opts=child)',
        "",
        KEY_IS,
    ),
    Sabotage(
        "trust-condition",
        "iam.Role",
        ROLE,
        '{"aws:SourceAccount": account, **tags}',
        "{**tags}",
        f"{PERMISSIONS}a_role_is_assumed_by_its_service_alone",
    ),
    Sabotage(
        "trust-service",
        "iam.Role",
        ROLE,
        '"Principal": {"Service": service}',
        '"Principal": "*"',
        f"{PERMISSIONS}a_role_is_assumed_by_its_service_alone",
    ),
    Sabotage(
        "role-policy",
        "iam.RolePolicy",
        ROLE,
        "[statement.document() for statement in self._statements]",
        "[]",
        f"{ACCESS}statements_become_one_policy_that_the_ready_arn_waits_for",
    ),
    Sabotage(
        "ready-arn-waits",
        "iam.RolePolicy",
        ROLE,
        "pulumi.Output.all(self._role.arn, *waited)",
        "pulumi.Output.all(self._role.arn)",
        "tests/contract/test_components.py::test_whoever_takes_a_role_waits_for_its_policy",
    ),
    Sabotage(
        "ready-arn-waits-for-managed",
        "iam.RolePolicyAttachment",
        ROLE,
        "[inline.id, *(each.id for each in attached)]",
        "[inline.id]",
        "tests/unit/components/test_cluster.py::test_the_roles_policies_and_the_log_come_before_the_cluster",
    ),
    Sabotage(
        "role-is-sealed",
        "Role",
        ROLE,
        "self._sealed = True",
        "",
        f"{ACCESS}a_permission_granted_after_the_role_was_handed_out_is_refused",
    ),
    Sabotage(
        "role-needs-permissions",
        "Role",
        ROLE,
        "if not self._statements:",
        "if False:",
        f"{ACCESS}a_role_without_permissions_is_not_handed_out",
    ),
    Sabotage(
        "no-wildcard-action",
        "Statement",
        STATEMENT,
        '[action for action in self.actions if "*" in action]',
        "[]",
        f"{ACCESS}a_statement_wider_than_it_must_be_is_refused",
    ),
    Sabotage(
        "no-wildcard-resource",
        "Statement",
        STATEMENT,
        'if "*" in self.resources and scopable:',
        "if False:",
        f"{ACCESS}a_statement_wider_than_it_must_be_is_refused",
    ),
    Sabotage("statement-conditions", "Statement", STATEMENT, "if self.conditions:", "if False:", MODEL_MAY),
)
