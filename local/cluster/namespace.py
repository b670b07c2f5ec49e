"""The network namespace that a cluster lives in: loopback and nothing else, out of reach of the machine's network.

Karpenter opens its metrics and health ports on every interface and cannot be told otherwise, and a person's other
programs need no simulated API server on their loopback. https://man7.org/linux/man-pages/man7/network_namespaces.7.html
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_PROBE = "from local.cluster import namespace; namespace.enter()"


class NamespaceError(RuntimeError):
    """This machine does not let us have a network namespace, and what would change that."""


def enter() -> None:
    """Move this process, before it has threads, into a new network namespace whose loopback is up.

    A user who is not root gets the right to from a user namespace of its own, in which it stays the same user. Raises
    NamespaceError.
    """
    if sys.platform != "linux":
        raise NamespaceError(f"network namespaces are Linux's; got {sys.platform}")
    try:
        _call("unshare", _CLONE_NEWNET)
    except OSError:
        _enter_as_user()
    _raise_loopback()


def join(pid: int) -> None:
    """Move this process, before it has threads, into the namespace of process `pid`. Raises NamespaceError."""
    try:
        if _inode(pid, "user") != _inode(os.getpid(), "user"):
            _enter_namespace_of(pid, "user", _CLONE_NEWUSER)
        _enter_namespace_of(pid, "net", _CLONE_NEWNET)
    except OSError as error:
        raise NamespaceError(f"the network namespace of process {pid} cannot be entered: {error}") from error


def refusal() -> str | None:
    """Why no namespace is to be had on this machine, and what would change that; None when one is.

    Asked of a process that ends with the answer, so that the asking one stays where it is.
    """
    asked = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, check=False)
    return asked.stderr.strip().splitlines()[-1].partition(": ")[2] if asked.returncode else None


def _enter_as_user() -> None:
    user, group = os.getuid(), os.getgid()
    try:
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)
        own = Path("/proc/self")
        (own / "setgroups").write_text("deny")
        (own / "uid_map").write_text(f"{user} {user} 1")
        (own / "gid_map").write_text(f"{group} {group} 1")
    except OSError as error:
        raise NamespaceError(
            f"this machine refuses a network namespace ({error.strerror}); allowed are: running as root with "
            "CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined), or user namespaces for "
            "everybody (Ubuntu 24.04: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0)"
        ) from error


def _raise_loopback() -> None:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            asked = struct.pack("16sH14x", b"lo", 0)
            flags = struct.unpack("16sH14x", fcntl.ioctl(control, _SIOCGIFFLAGS, asked))[1]
            fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))
    except OSError as error:
        raise NamespaceError(f"loopback of the new network namespace cannot be brought up: {error.strerror}") from error


def _enter_namespace_of(pid: int, kind: str, flag: int) -> None:
    descriptor = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("setns", descriptor, flag)
    finally:
        os.close(descriptor)


def _inode(pid: int, kind: str) -> int:
    return Path(f"/proc/{pid}/ns/{kind}").stat().st_ino


def _call(name: str, *arguments: int) -> None:
    """A system call by its C name; os.unshare and os.setns exist from Python 3.12 on."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
