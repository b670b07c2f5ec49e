"""What a row of the table says about one Pulumi resource type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Served = Literal["moto", "ours", "record"]
Names = frozenset[str]
NONE: Names = frozenset()


@dataclass(frozen=True)
class Call:
    """One API operation that carries some of a resource's properties.

    Properties find their member by name (case and plural ignored). `renames` names the rest: Pulumi path → member path
    (`loggingConfiguration.logDestination` → `destinations.cloudWatchLogsLogGroup.logGroupArn`);
    an empty path says that calling the operation is all there is to send.
    """

    op: str
    renames: Mapping[str, str] = field(default_factory=dict)
    properties: Names = NONE
    """The only properties carried; empty: every one that finds a member."""
    into: str = ""
    """Member path that wraps the properties, e.g. `LifecycleConfiguration`."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Member paths that are always sent with this value."""
    arguments: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    """More arguments, from the properties, of which some may be unknown: for what no rename can say."""
    switch: str = ""
    """Property that decides: false or absent calls `undo` instead. Empty: the only one of `properties`."""
    undo: str = ""


@dataclass(frozen=True)
class Read:
    """One API operation that reads some of a resource's properties back."""

    op: str
    at: str = ""
    """Path of the part of the response that describes the resource."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Pulumi property → path below `at`, where it is not the member that the create or update call sends."""
    pick: tuple[str, str] | None = None
    """In a list: (member, Pulumi property) of the one entry that is this resource."""
    arguments: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    """More arguments, from the state."""
    optional: bool = False
    """Not found means that this part is unset, not that the resource is gone."""


@dataclass(frozen=True)
class Tagging:
    """The operations by which a service tags a resource that exists.

    Without `tag` the update calls carry the tags; without `list` they are in what is read of the resource. `kind` is
    EC2's word for the resource, under which its create call takes them: a resource that a kill left is known by them.
    """

    tag: str = ""
    untag: str = ""
    list: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Wait:
    """After create and update, poll the first read until `status` is `ready`; `failed` ends with `reason`."""

    status: str
    ready: Names
    failed: Names = NONE
    reason: str = ""
    gone: bool = False
    """After delete, poll until it is gone."""


@dataclass(frozen=True)
class Autoname:
    """The property that the official plugin fills with `<resource name>-<7 hex>` where the program gives none."""

    property: str = "name"
    prefix: str = ""
    lower: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One Pulumi resource type: which API operations serve it, and what AWS and the official plugin say of it."""

    type: str
    """Pulumi's type token, `aws:sagemaker/model:Model`."""
    served_by: Served
    """moto, ours (local/cloud), or record: stored and validated, no behaviour claimed."""
    service: str
    """botocore's service name."""
    create: Call
    read: tuple[Read, ...]
    update: tuple[Call, ...] = ()
    """Calls for changes in place; each runs if a property that it carries changed."""
    extra: tuple[Call, ...] = ()
    """Calls for what `create` does not carry: run after it if asked for, and at changes in place."""
    delete: Call | None
    """None where the official plugin does no more than forget it."""
    keys: Mapping[str, str]
    """API members that address the resource, in any operation that has them → the state's property (or `id`), or
    `=` and a constant."""
    id: str
    """The resource's id from its properties, e.g. `{role}:{name}`, the `{account}` and a `{hash}` of the inputs."""
    imported: str = ""
    """What a resource is imported by, where the official plugin asks for more than its id."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Computed property → path in what was read, or a template of properties: `arn:aws:s3:::{bucket}`."""
    answer: Mapping[str, str] = field(default_factory=dict)
    """Computed property → path in the create call's response, where that is another than in what is read."""
    inner: Mapping[str, str] = field(default_factory=dict)
    """Computed member of an object that the program gives (`vpcConfig.vpcId`) → path in what was read."""
    replace: Names
    """Property paths whose change replaces (Terraform's ForceNew)."""
    replace_if_new: Names = NONE
    """Properties whose coming or going replaces, while another value of theirs does not."""
    autoname: Autoname | None = Autoname()
    tagging: Tagging | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """The official plugin's defaults: shown in the state, and sent when a property is removed."""
    computed: Names = NONE
    """Property paths that AWS fills where the program says nothing (Terraform's Computed): taking one out of the
    program changes nothing."""
    cleared: Mapping[str, Any] = field(default_factory=dict)
    """What to send when a property is removed that has no default, where leaving it out would keep it."""
    local: Names = NONE
    """Properties that steer the plugin and are never sent."""
    unread: Names = NONE
    """Properties that no read returns."""
    secrets: Names = NONE
    """Properties that are always secret in the state."""
    json: Names = NONE
    """Properties that hold a JSON document: checked, and compared by meaning."""
    spelled: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Property → what is read of it, in the official plugin's spelling."""
    texts: Names = NONE
    """Property paths at which Pulumi spells a number or a truth as text."""
    schema: str = ""
    """AWS's resource schema; for a part of what AWS calls one resource, `AWS::S3::Bucket#` and the definition in it
    that describes the part, nothing if that is the whole."""
    schema_names: Mapping[str, str] = field(default_factory=dict)
    """Pulumi path → schema property, where neither the name nor the API member says it."""
    allowed: Mapping[str, str] = field(default_factory=dict)
    """Pulumi path → the file below cfn-lint's `extensions` that lists the values allowed per region."""
    beyond: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    """Pulumi path → values that the API takes although the schema (CloudFormation's) does not."""
    wait: Wait | None = None
    gone_when: tuple[str, Names] = ("", NONE)
    """(path, values): read back like this, the resource counts as deleted."""
    read_more: Callable[[Any, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]] | None = None
    """Runs with the service's client, the state and what the reads returned; adds what no single call returns."""
    after_create: Callable[[Any, Mapping[str, Any]], None] | None = None
    """Runs with the service's client and the state after the create call."""
    before_update: Callable[[Any, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]], None] | None = None
    """Runs with the service's client, the old and the new properties and the state before the update calls."""
    before_delete: Callable[[Any, Mapping[str, Any]], None] | None = None
    """Runs with the service's client and the state before the delete call."""

    @property
    def calls(self) -> tuple[Call, ...]:
        return (self.create, *self.update, *self.extra)
