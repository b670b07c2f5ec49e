from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from local.cloud.processes import free_port
from local.cluster import door, namespace

NOBODY = 65534
# Enters a namespace, says where it is, and answers on a port there until its standard input closes.
INSIDE = """
import ctypes, os, socket, sys, threading
from pathlib import Path
from local.cluster import door, namespace
if user := int(sys.argv[3]):
    os.setgroups([]), os.setgid(user), os.setuid(user)
    # A process that became another user cannot write its own /proc files; one that begins as that user can.
    ctypes.CDLL(None).prctl(4, 1)
namespace.enter()
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
door.Door(Path(sys.argv[1]))
def greet():
    with listener.accept()[0] as accepted:
        accepted.sendall(b"from inside")
threading.Thread(target=greet, daemon=True).start()
print(Path("/proc/self/ns/net").stat().st_ino, os.getuid(), flush=True)
sys.stdin.read()
"""


def inside(path: Path, port: int, user: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", INSIDE, str(path), str(port), str(user)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def own() -> int:
    return Path("/proc/self/ns/net").stat().st_ino


@pytest.mark.usefixtures("alone")
def test_what_listens_inside_is_reached_by_the_door_and_not_from_the_machines_loopback(tmp_path: Path) -> None:
    # Deeper than a socket's address is long.
    path = tmp_path / ("deep" * 30) / "door"
    path.parent.mkdir()
    port = free_port()
    with inside(path, port) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline().split()[0]) != own()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with door.connect(path, port, 5) as opened:
            assert opened.recv(100) == b"from inside"
        with pytest.raises(ConnectionRefusedError, match=rf"port {port + 1} behind .*Connection refused"):
            door.connect(path, port + 1, 5)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.usefixtures("alone")
def test_another_process_can_join_the_namespace(tmp_path: Path) -> None:
    join = "import sys; from local.cluster import namespace; namespace.join(int(sys.argv[1])); "
    join += "from pathlib import Path; print(Path('/proc/self/ns/net').stat().st_ino)"
    with inside(tmp_path / "door", free_port()) as process:
        assert process.stdout is not None
        where = process.stdout.readline().split()[0]
        joined = subprocess.run([sys.executable, "-c", join, str(process.pid)], capture_output=True, text=True)
        assert joined.stdout.split() == [where], joined.stderr
        assert process.stdin is not None
        process.stdin.close()


def test_a_namespace_of_a_process_that_is_gone_is_refused_by_its_pid() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    with pytest.raises(namespace.NamespaceError, match=f"process {gone.pid} cannot be entered"):
        namespace.join(gone.pid)


@pytest.mark.usefixtures("alone")
def test_asking_whether_there_is_a_namespace_leaves_the_asking_process_where_it_is() -> None:
    before = own()
    assert namespace.refusal() is None
    assert own() == before


@pytest.mark.parametrize("refused", [{1}, {1, 2}])
def test_a_user_without_the_right_takes_it_from_a_user_namespace_or_is_told_what_would_help(
    refused: set[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[int] = []

    def call(_name: str, flags: int) -> None:
        calls.append(flags)
        if len(calls) in refused:
            raise PermissionError(1, "Operation not permitted")

    written: dict[str, str] = {}
    monkeypatch.setattr(namespace, "_call", call)
    monkeypatch.setattr(namespace, "_raise_loopback", lambda: None)
    monkeypatch.setattr(Path, "write_text", lambda path, text: written.__setitem__(path.name, text))
    if len(refused) == 2:
        with pytest.raises(namespace.NamespaceError, match=r"CAP_SYS_ADMIN.*apparmor_restrict_unprivileged_userns=0"):
            namespace.enter()
        return
    namespace.enter()
    # Its network alone first; then with it a user namespace in which it stays who it is.
    assert calls == [0x40000000, 0x50000000]
    assert written == {
        "setgroups": "deny",
        "uid_map": f"{os.getuid()} {os.getuid()} 1",
        "gid_map": f"{os.getgid()} {os.getgid()} 1",
    }


@pytest.mark.usefixtures("alone")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user; another user is one already")
def test_a_user_without_rights_gets_a_namespace_and_stays_that_user() -> None:
    # pytest's own folders are closed to other users, and every pytest that starts closes them again.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        with inside(Path(folder) / "door", free_port(), user=NOBODY) as process:
            assert process.stdout is not None
            where, user = process.stdout.readline().split()
            assert int(where) != own()
            assert int(user) == NOBODY
            assert process.stdin is not None
            process.stdin.close()


def test_another_kind_of_machine_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(namespace.NamespaceError, match="Linux's; got darwin"):
        namespace.enter()
