"""What pickle cannot do by itself in moto's backends: keys, SSM's parameters, S3's versions, indexes, executions."""

from __future__ import annotations

import copyreg
import threading
from collections import defaultdict
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.s3 import models as s3_models
from moto.ssm.models import ParameterDict
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import Execution

from local.cloud import metric_columns

VERSIONED: Any = getattr(s3_models, "_VersionedKeyStore")  # noqa: B009  moto exports no name for it


def teach_pickle() -> None:
    """What pickle cannot do by itself: see above; executions hold threads."""
    copyreg.pickle(type(rsa.generate_private_key(65537, 1024)), _reduce_key)  # noqa: S505
    copyreg.pickle(type(ec.generate_private_key(ec.SECP256R1())), _reduce_key)
    copyreg.pickle(ParameterDict, _reduce_parameters)
    copyreg.pickle(VERSIONED, _reduce_versions)
    # ECR's backend holds one; nobody holds it while a snapshot is taken.
    copyreg.pickle(type(threading.RLock()), lambda _: (threading.RLock, ()))
    # Lambda's index by ARN; what it points at is kept alive by what is pickled beside it.
    copyreg.pickle(WeakValueDictionary, lambda index: (WeakValueDictionary, (dict(index),)))
    metric_columns.install()
    execution: Any = Execution
    execution.__getstate__, execution.__setstate__ = _execution_state, _restore_execution


def _reduce_parameters(parameters: Any) -> tuple[Any, ...]:
    """A defaultdict whose constructor takes other arguments than a defaultdict's."""
    return _no_parameters, (), parameters.__dict__, None, iter(list(parameters.items()))


def _no_parameters() -> Any:
    parameters = ParameterDict.__new__(ParameterDict)
    defaultdict.__init__(parameters, list)
    return parameters


def _reduce_versions(store: Any) -> tuple[Any, ...]:
    """A dictionary whose items() tells the newest version of each object alone."""
    return _versions, (dict(store.lists()),)


def _versions(lists: dict[str, list[Any]]) -> Any:
    store = VERSIONED()
    for name, versions in lists.items():
        store.setlist(name, versions)
    return store


def _reduce_key(key: Any) -> tuple[Any, ...]:
    form = serialization.PrivateFormat.PKCS8
    return _load_key, (key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()),)


def _load_key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, None)


def _execution_state(execution: Any) -> dict[str, Any]:
    worker = execution.exec_worker
    events = list(worker.env.event_manager.get_event_history()) if worker and worker.env else []
    state: dict[str, Any] = execution.__dict__ | {"exec_worker": None, "events": events}
    return state


def _restore_execution(execution: Any, state: dict[str, Any]) -> None:
    """What ran when the daemon was killed has nobody to run it any more: AWS's word for that is ABORTED."""
    events = state.pop("events")
    execution.__dict__.update(state)
    manager = SimpleNamespace(get_event_history=lambda: events)
    execution.exec_worker = SimpleNamespace(env=SimpleNamespace(event_manager=manager), stop=lambda **_: None)
    if execution.exec_status == ExecutionStatus.RUNNING:
        execution.exec_status, execution.stop_date = ExecutionStatus.ABORTED, datetime.now(UTC)
        execution.error, execution.cause = "Takeoff.DaemonStopped", "The emulated account stopped while this ran."
