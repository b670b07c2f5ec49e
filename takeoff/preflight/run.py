"""`takeoff preflight`: the plan, the account, and what the one finds in the other."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

from takeoff.preflight import addresses, names, permissions, quotas, singletons, zones
from takeoff.preflight.account import Account
from takeoff.preflight.finding import Finding, Unknown, unknown
from takeoff.preflight.planned import Plan, of, parse
from takeoff.stack import CommandError


def preview(stack: str) -> Plan:
    """What the stack will have, asked of the engine. Raises CommandError."""
    command = ["pulumi", "preview", "--json", "--show-sames", "--stack", stack, "--non-interactive"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError("pulumi: not on PATH; for an emulated account use `make shell`") from None
    if done.returncode:
        said = done.stderr.strip() or _diagnostics(done.stdout)
        raise CommandError(f"`{' '.join(command[:3])}` on stack {stack} failed: {said}")
    return parse(json.loads(done.stdout))


def check(plan: Plan, account: Account) -> list[Finding]:
    """Every finding, check by check. Reads the account and changes nothing."""
    return [
        *_quotas(plan, account),
        *_singletons(plan, account),
        *_zones(plan, account),
        *addresses.judge(plan.resources, plan.models, account.free_addresses(_subnets(plan))),
        *names.judge_lengths(plan.resources),
        *names.judge_buckets({name: account.owner(name) for name in names.new_buckets(plan.resources)}),
        *_permissions(plan, account),
    ]


def _quotas(plan: Plan, account: Account) -> list[Finding]:
    planned, listed, found = plan.resources, account.sagemaker_quotas(), []
    live, batch = quotas.endpoint_instances(plan.models), quotas.transform_instances(plan.models)
    found += quotas.judge_instances(live, "endpoint", "old and new fleet together", listed)
    found += quotas.judge_instances(batch, "transform job", "all batches at once", listed)
    counted = [type_ for type_ in quotas.COUNTED if of(planned, type_, new=True)]
    found += quotas.judge_counted(planned, account.counted(counted), account.counted_quotas(counted))
    groups = of(planned, quotas.NODES)
    vcpus = account.vcpus({each for group in groups for each in group.inputs.get("instanceTypes") or []})
    if isinstance(vcpus, Unknown):
        return [*found, unknown("quota", "vCPUs of nodes", vcpus)]
    needed = quotas.node_vcpus(planned, vcpus) + quotas.pool_vcpus(plan.pools)
    return [*found, *quotas.judge_vcpus(needed, account.vcpu_quotas())] if needed else found


def _singletons(plan: Plan, account: Account) -> list[Finding]:
    roles, settings = singletons.linked_roles(plan.resources), singletons.settings(plan.resources)
    return [
        *(singletons.judge_linked_roles(roles, account.linked_roles()) if roles else []),
        *singletons.judge_settings(settings, account.settings(settings)),
    ]


def _zones(plan: Plan, account: Account) -> list[Finding]:
    planned = plan.resources
    wanted = zones.planned_zones(planned)
    if not wanted:
        return []
    return [
        *zones.judge_zones(wanted, account.zones()),
        *zones.judge_offerings("instance type", wanted, account.type_zones(zones.instance_types(planned, plan.models))),
        *zones.judge_offerings("VPC endpoint service", wanted, account.service_zones(zones.services(planned))),
    ]


def _permissions(plan: Plan, account: Account) -> list[Finding]:
    wanted = permissions.actions(plan.resources)
    return permissions.judge(wanted, account.denied(wanted), permissions.unlisted(plan.resources))


def _subnets(plan: Plan) -> Sequence[str]:
    wanted = addresses.need(plan.resources, plan.models)
    return wanted.existing if wanted else ()


def _diagnostics(output: str) -> str:
    """The engine's errors, which a JSON preview carries on stdout."""
    try:
        told = json.loads(output).get("diagnostics", [])
    except ValueError:
        return output.strip()
    return "; ".join(each["message"].strip() for each in told if each.get("severity") == "error")
