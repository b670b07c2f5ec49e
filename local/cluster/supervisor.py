"""The process that a cluster lives under: it enters the namespace, starts the parts in order and ends them in order."""

from __future__ import annotations

import datetime
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from local.cloud.processes import birth
from local.cluster import certificates, health, namespace, parts
from local.cluster.api import Api, ApiError
from local.cluster.build import DEFINITIONS, STAGES
from local.cluster.children import Children, StartError
from local.cluster.door import Door
from local.cluster.layout import Layout
from local.cluster.record import Record

PATIENCE = 120.0
_PERIOD = 0.05
# The API server goes after all who talk to it, and waits for etcd's answers when it goes.
_LAST = ("kube-apiserver", "etcd")
_CLIENTS = ("admin", "scheduler", "controller-manager", "kwok", "karpenter")


class _Stopped(Exception):  # noqa: N818  # no error: somebody asked
    """Somebody asked for an end while the cluster was starting."""


class Supervisor:
    """One cluster from its start to its end."""

    def __init__(self, layout: Layout, programs: Path, record: Record, stop: threading.Event) -> None:
        self._layout, self._programs, self._record, self._stop = layout, programs, record, stop
        self._began = time.monotonic()
        self._children = Children(layout, programs)
        self._tls = layout.user("admin").context()
        self._api = Api(layout.user("admin"))

    def start(self) -> None:
        """Start every part as soon as what it needs is there; pods are accepted afterwards. Raises StartError."""
        layout, programs = self._layout, self._programs
        self._begin(parts.etcd(layout))()
        self._begin(parts.api_server(layout))()
        stages = programs / STAGES
        begun = [self._begin(each) for each in (parts.scheduler(layout), parts.controller_manager(layout))]
        begun.append(self._begin(parts.kwok(layout, stages)))
        defined = health.define(self._api, programs / DEFINITIONS)
        self._await(health.established(self._api, defined), "definitions")
        # Karpenter ends at once where its kinds are not served yet.
        begun.append(self._begin(parts.karpenter(layout)))
        for wait in begun:
            wait()
        self._await(lambda: health.has_account(self._api), "service accounts")
        self._record = replace(self._record, ready=True).write(layout)

    def watch(self) -> None:
        """Return when somebody asks for an end. Raises StartError when a part ends by itself."""
        while not self._stop.wait(1):
            self._children.require_alive()

    def end(self) -> None:
        """End every part."""
        self._children.end(_LAST)

    def fail(self, why: str) -> None:
        """Leave the reason for those who ask."""
        self._record = replace(self._record, ready=False, failed=why).write(self._layout)

    def _begin(self, part: parts.Part) -> Callable[[], None]:
        """Start a part; what is returned waits until it is ready."""
        self._children.begin(part)
        self._record = replace(self._record, processes=self._children.pids()).write(self._layout)
        return lambda: self._await(lambda: health.answers(part.ready, self._tls), part.name)

    def _await(self, ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            self._children.require_alive()
            if time.monotonic() > deadline:
                raise StartError(f"{what} was not ready within {PATIENCE:g} s; {self._children.tail(what)}")
            if self._stop.wait(_PERIOD):
                raise _Stopped
        self._record = self._record.step(what, time.monotonic() - self._began).write(self._layout)


def main(root: str, programs: str, wanted: str) -> int:
    """Be the supervisor of the cluster in a folder until SIGTERM; 1 when it could not start or ended by itself."""
    layout, stop = Layout(Path(root)), threading.Event()
    record = Record(pid=os.getpid(), birth=birth(os.getpid()) or "", wanted=wanted).write(layout)
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stop.set())
    try:
        namespace.enter()
        Door(layout.door)
        _prepare(layout)
    except (namespace.NamespaceError, OSError) as error:
        replace(record, failed=str(error)).write(layout)
        return 1
    supervisor, failed = Supervisor(layout, Path(programs), record, stop), ""
    try:
        supervisor.start()
        supervisor.watch()
    except _Stopped:
        pass
    except (StartError, ApiError, OSError) as error:
        failed = str(error)
    finally:
        supervisor.end()
    if failed:
        supervisor.fail(failed)
    return 1 if failed else 0


def _prepare(layout: Layout) -> None:
    certificates.ensure(layout.certificates, datetime.datetime.now(datetime.UTC))
    for name in _CLIENTS:
        layout.user(name).write(parts.kubeconfig(layout, name))
    replace(layout.user("admin"), door=layout.door).write(layout.kubeconfig)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
