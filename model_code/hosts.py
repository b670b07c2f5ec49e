"""The hosts of one training job, and how they add up what each made of its share of the rows."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model_code.paths import SettingError, configuration

Floats = NDArray[np.float64]
Share = Callable[[Floats], Floats]
"""From what the first host asks to what a host's own rows make of it."""

_PORT = 7777  # what SageMaker's own training toolkit uses for SM_MASTER_PORT
_WAIT = 300.0  # seconds for the other hosts to begin, and for an answer; they start minutes apart at worst
_LENGTH = struct.Struct("!q")
_MOST = 1 << 26  # bytes of a message: more is somebody else on the port
_END = -1


class HostsError(RuntimeError):
    """A host of the job that is not there, went away, or works on something else."""


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """Who takes part, in an order that all of them know, and which of them this is."""

    names: Sequence[str]
    current: str
    address: tuple[str, int]
    """Where the first host listens."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """By SM_HOSTS and SM_CURRENT_HOST, else SageMaker's resourceconfig.json, else one host alone.

        The first host is reached by its name, or at SM_MASTER_ADDR and SM_MASTER_PORT. Raises SettingError.
        https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
        """
        config = {} if "SM_HOSTS" in environment else configuration("resourceconfig.json")
        try:
            names = (
                json.loads(environment["SM_HOSTS"]) if "SM_HOSTS" in environment else config.get("hosts", ["algo-1"])
            )
            port = int(environment.get("SM_MASTER_PORT", _PORT))
        except ValueError as error:
            raise SettingError(f"SM_HOSTS must be a JSON array of names, SM_MASTER_PORT a number: {error}") from error
        if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
            raise SettingError(f"SM_HOSTS: got {names!r}, allowed: an array of different names")
        names = sorted(map(str, names))
        current = environment.get("SM_CURRENT_HOST", str(config.get("current_host", names[0])))
        if current not in names:
            raise SettingError(f"SM_CURRENT_HOST: got {current!r}, allowed: one of SM_HOSTS, {', '.join(names)}")
        return cls(names=names, current=current, address=(environment.get("SM_MASTER_ADDR", names[0]), port))

    @property
    def rank(self) -> int:
        """This host's place, from 0."""
        return self.names.index(self.current)

    @property
    def first(self) -> bool:
        """Whether this host leads and writes the model; the others write nothing."""
        return self.rank == 0

    @contextlib.contextmanager
    def sum(self, job: str, share: Share) -> Iterator[Share]:
        """On the first host: `share` of every host's rows added up, in the order of the hosts.

        `job` is what all of them must be about. The others `serve` instead. Raises HostsError.
        """
        with contextlib.ExitStack() as stack:
            others = self._others(job, stack)

            def total(asked: Floats) -> Floats:
                for other in others:
                    _send(other, asked.tobytes())
                parts = [share(asked), *(np.frombuffer(_received(other)) for other in others)]
                added: Floats = np.sum(parts, axis=0, dtype=np.float64)
                return added

            yield total
            for other in others:
                _send(other, None)

    def serve(self, job: str, share: Share) -> None:
        """On the other hosts: answers the first one until it is done. Raises HostsError."""
        with self._first() as first:
            _send(first, json.dumps({"rank": self.rank, "job": job}).encode())
            while (asked := _read(first)) is not None:
                _send(first, share(np.frombuffer(asked)).tobytes())

    def _others(self, job: str, stack: contextlib.ExitStack) -> list[socket.socket]:
        missing, found = set(range(1, len(self.names))), dict[int, socket.socket]()
        listener = stack.enter_context(socket.create_server(self.address))
        until = time.monotonic() + _WAIT
        while missing:
            listener.settimeout(max(0.001, until - time.monotonic()))
            try:
                other = stack.enter_context(listener.accept()[0])
            except TimeoutError as error:
                names = ", ".join(self.names[rank] for rank in sorted(missing))
                raise HostsError(f"{names} did not come within {_WAIT:g} s; see the logs of that host") from error
            other.settimeout(_WAIT)
            rank = _rank(_received(other), job, missing)
            missing.remove(rank)
            found[rank] = other
        return [found[rank] for rank in sorted(found)]

    def _first(self) -> socket.socket:
        until = time.monotonic() + _WAIT
        while True:
            try:
                first = socket.create_connection(self.address, timeout=5)
            except OSError as error:  # its name may not resolve yet either
                if time.monotonic() > until:
                    raise HostsError(f"{self.names[0]} at {self.address} was not reached: {error}") from error
                time.sleep(0.2)
            else:
                first.settimeout(_WAIT)
                return first


def _rank(hello: bytes, job: str, missing: Collection[int]) -> int:
    try:
        said = json.loads(hello)
        rank, works_on = said["rank"], said["job"]
    except (ValueError, KeyError, TypeError) as error:
        raise HostsError(f"not a host of the job: it began with {hello[:40]!r}") from error
    if works_on != job or rank not in missing:
        raise HostsError(f"host {rank} works on {works_on}, this one on {job}; {sorted(missing)} are awaited")
    return int(rank)


def _send(to: socket.socket, content: bytes | None) -> None:
    """A message, or the end of all messages."""
    try:
        to.sendall(_LENGTH.pack(_END) if content is None else _LENGTH.pack(len(content)) + content)
    except OSError as error:
        raise HostsError(f"a host of the job went away: {error}; see the logs of the others") from error


def _received(source: socket.socket) -> bytes:
    content = _read(source)
    if content is None:
        raise HostsError("a host of the job ended before it was asked to")
    return content


def _read(source: socket.socket) -> bytes | None:
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    if length == _END:
        return None
    if not 0 <= length <= _MOST:
        raise HostsError(f"a message of {length} bytes, allowed: up to {_MOST}; is the port somebody else's?")
    return _exactly(source, length)


def _exactly(source: socket.socket, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        try:
            part = source.recv(size - len(content))
        except OSError as error:
            raise HostsError(f"a host of the job does not answer: {error}; see its logs") from error
        if not part:
            raise HostsError("a host of the job went away; see its logs for the reason")
        content += part
    return bytes(content)
