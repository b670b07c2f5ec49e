"""Pulumi's provider protocol, answered from the table."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from local.providers.aws import check, diff, functions, refresh
from local.providers.aws.client import Account
from local.providers.aws.failures import EXPECTED, answering
from local.providers.aws.lifecycle import Lifecycle
from local.providers.aws.shapes import dig
from local.providers.aws.table import TABLE
from local.providers.failures import abort_half_made
from local.providers.values import UNKNOWN, Properties, decode, encode
from local.state import REGION, State

VERSION = "7.51.1"  # of the official plugin, whose place this one takes
_SOME, _NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The `aws` provider of the local stack. Every call runs in a thread of its own."""

    def __init__(self, account: Callable[[], Account] | None = None) -> None:
        self._open = account or (lambda: Account.open(State.current()))
        self._account: Account | None = None
        self._default_tags: dict[str, str] = {}
        self._cancelled = threading.Event()
        self._lifecycles: dict[str, Lifecycle] = {}

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        changed = request.old_inputs != request.news
        return provider_pb2.DiffResponse(changes=_SOME if changed else _NONE)

    @answering
    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        config, _ = decode(request.args)
        self._default_tags = check.default_tags(config)
        self._account = self._open()
        if config.get("region", REGION) != REGION:
            raise ValueError(
                f"aws:region: got {config['region']!r}, allowed {REGION!r}: the emulated account has one region"
            )
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._cancelled.set()
        return empty_pb2.Empty()

    @answering
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        arguments, _ = decode(request.args)
        result, secrets = functions.invoke(self._here, request.tok, arguments)
        return provider_pb2.InvokeResponse(**{"return": encode(result, secrets)})

    @answering
    def Check(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        life = self._lifecycle(request.type)
        (news, secrets), (olds, _) = decode(request.news), decode(request.olds)
        inputs = check.with_name(life.row, news, olds, request.name, request.randomSeed)
        problems = check.problems(life.binding, inputs, secrets)
        failures = [provider_pb2.CheckFailure(reason=problem) for problem in problems]
        return provider_pb2.CheckResponse(inputs=encode(inputs, secrets), failures=failures)

    @answering
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        row = self._lifecycle(request.type).row
        (state, _), (olds, _), (news, _) = decode(request.olds), decode(request.old_inputs), decode(request.news)
        found = diff.changes(row, olds, news)
        if row.tagging and not any(path.startswith("tags") for path in found):
            tags = check.all_tags(self._default_tags, news)
            found |= {} if tags == state.get("tagsAll", {}) else {"tagsAll": "update"}
        replaces = [path for path, kind in found.items() if diff.replaces(row, path, kind)]
        detailed = {
            path: provider_pb2.PropertyDiff(
                kind=provider_pb2.PropertyDiff.Kind.Value(kind.upper() + ("_REPLACE" if path in replaces else "")),
                inputDiff=path != "tagsAll",
            )
            for path, kind in found.items()
        }
        return provider_pb2.DiffResponse(
            changes=_SOME if found else _NONE,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and diff.name_is_taken(row, olds, news),
            diffs=sorted({path.split(".")[0].split("[")[0] for path in found}),
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    @answering
    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        life = self._lifecycle(request.type)
        inputs, secrets = decode(request.properties)
        sent = self._tagged(life, inputs)
        if request.preview:
            planned = self._planned(life, inputs, dict.fromkeys(life.row.outputs, UNKNOWN))
            planned = life.with_inner(planned, dict.fromkeys(life.row.inner, UNKNOWN))
            return provider_pb2.CreateResponse(properties=encode(planned, secrets | life.row.secrets))
        state = life.create(sent)
        later = {name for call in life.row.extra for name in call.properties} | {"tags", "__defaults"}
        begun = {name: value for name, value in state.items() if name not in later}
        settled = self._settled(life, request, context, state, begun, lambda: life.complete(sent, state))
        return provider_pb2.CreateResponse(id=state["id"], properties=settled)

    @answering
    def Read(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        life = self._lifecycle(request.type)
        (known, secrets), (inputs, _) = decode(request.properties), decode(request.inputs)
        found = refresh.refresh(life, request.id, inputs, known, self._default_tags)
        if found is None:
            return provider_pb2.ReadResponse()
        inputs, state = found
        secrets |= life.row.secrets
        found_id = state["id"] if "id" in life.row.outputs else state.pop("id")
        return provider_pb2.ReadResponse(
            id=found_id, properties=encode(state, secrets), inputs=encode(inputs, secrets & inputs.keys())
        )

    @answering
    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        life = self._lifecycle(request.type)
        (known, _), (olds, _), (news, secrets) = decode(request.olds), decode(request.old_inputs), decode(request.news)
        sent = self._tagged(life, news)
        if request.preview:
            planned = self._planned(life, news, {name: known[name] for name in life.row.outputs if name in known})
            planned = life.with_inner(planned, {path: dig(known, path) for path in life.row.inner})
            return provider_pb2.UpdateResponse(properties=encode(planned, secrets | life.row.secrets))
        # The state, not the old inputs: after an update that failed the engine holds those for done.
        before = {name: known[name] for name in olds if name in known} | {"tags": known.get("tagsAll") or {}}
        before = life.with_inner(before, dict.fromkeys(life.row.inner))
        state = {"id": request.id} | known
        settled = self._settled(life, request, context, state, known, lambda: life.update(before, sent, state))
        return provider_pb2.UpdateResponse(properties=settled)

    @answering
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        state, _ = decode(request.properties)
        self._lifecycle(request.type).delete({"id": request.id} | state, request.timeout)
        return empty_pb2.Empty()

    @property
    def _here(self) -> Account:
        if self._account is None:
            self._account = self._open()
        return self._account

    def _lifecycle(self, token: str) -> Lifecycle:
        if token not in TABLE:
            raise LookupError(
                f"the local aws provider has no row for {token}: see local/providers/aws/README.md to add one"
            )
        if token not in self._lifecycles:
            self._lifecycles[token] = Lifecycle(TABLE[token], self._here, self._cancelled)
        return self._lifecycles[token]

    def _tagged(self, life: Lifecycle, inputs: Properties) -> Properties:
        return inputs | {"tags": check.all_tags(self._default_tags, inputs)} if life.row.tagging else inputs

    def _planned(self, life: Lifecycle, inputs: Properties, outputs: Properties) -> Properties:
        """What a preview can say: inputs, defaults, all tags; the rest is known after apply."""
        given = {name: value for name, value in inputs.items() if name != "__defaults"}
        tags = {"tagsAll": self._tagged(life, inputs)["tags"]} if life.row.tagging else {}
        return {**life.row.defaults, **outputs, **given, **tags}

    def _settled(
        self,
        life: Lifecycle,
        request: Any,
        context: Any,
        state: Properties,
        kept: Properties,
        finish: Callable[[], None],
    ) -> Any:
        """The state to record, once the resource is finished and ready.

        If that fails the engine records `kept`: what is surely so, which the next update compares with what is wanted.
        """
        inputs, secrets = decode(
            request.news if isinstance(request, provider_pb2.UpdateRequest) else request.properties
        )
        secrets |= life.row.secrets
        try:
            finish()
            life.settle(state, request.timeout)
            raw = life.fetch(state) or {}
            settled = life.state(inputs, state, raw)
            if life.row.tagging:
                settled["tagsAll"] = life.tags(state | settled, raw)
        except EXPECTED as error:
            abort_half_made(context, request, kept | {"id": state["id"]}, secrets, str(error), id_=state["id"])
        return encode(settled, secrets)
