"""The Pod Security profile `restricted`, written from the table of Kubernetes' documentation: what a pod breaks of it.

https://kubernetes.io/docs/concepts/security/pod-security-standards/ (version 1.34; Linux pods)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
_SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
}
_HANDLERS = ("livenessProbe", "readinessProbe", "startupProbe")
_PROFILES = {"RuntimeDefault", "Localhost"}


def breaks(spec: Mapping[str, Any]) -> list[str]:
    """The controls that a pod's spec does not keep, by the table's names."""
    return sorted({*_whole_pod(spec), *(name for each in _containers(spec) for name in _container(each, spec))})


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in ("containers", "initContainers", "ephemeralContainers"):
        yield from spec.get(key) or ()


def _whole_pod(spec: Mapping[str, Any]) -> Iterator[str]:
    context = spec.get("securityContext") or {}
    yield from _context(context)
    if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        yield "Host Namespaces"
    for volume in spec.get("volumes") or ():
        if not set(volume) - {"name"} <= _VOLUMES:
            yield "Volume Types"
    if any(each["name"] not in _SYSCTLS for each in context.get("sysctls") or ()):
        yield "Sysctls"


def _container(one: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
    own, pod = one.get("securityContext") or {}, spec.get("securityContext") or {}
    yield from _context(own)
    if own.get("privileged"):
        yield "Privileged Containers"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "Privilege Escalation"
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield "Running as Non-root"
    if own.get("seccompProfile", pod.get("seccompProfile") or {}).get("type") not in _PROFILES:
        yield "Seccomp"
    capabilities = own.get("capabilities") or {}
    dropped, added = capabilities.get("drop") or (), set(capabilities.get("add") or ())
    if "ALL" not in dropped or not added <= {"NET_BIND_SERVICE"}:
        yield "Capabilities"
    if own.get("procMount", "Default") != "Default":
        yield "/proc Mount Type"
    if any(port.get("hostPort") for port in one.get("ports") or ()):
        yield "Host Ports"
    hooks = one.get("lifecycle") or {}
    for handler in (
        *(one.get(key) or {} for key in _HANDLERS),
        *(hooks.get(k) or {} for k in ("preStop", "postStart")),
    ):
        if any((handler.get(kind) or {}).get("host") for kind in ("httpGet", "tcpSocket")):
            yield "Host Probes / Lifecycle Hooks"


def _context(context: Mapping[str, Any]) -> Iterator[str]:
    """What a pod's and a container's security context have in common."""
    if context.get("runAsNonRoot") is False:
        yield "Running as Non-root"
    if context.get("runAsUser") == 0:
        yield "Running as Non-root user"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield "HostProcess"
    if (context.get("seccompProfile") or {}).get("type", "RuntimeDefault") not in _PROFILES:
        yield "Seccomp"
    if (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault") not in _PROFILES:
        yield "AppArmor"
    linux = context.get("seLinuxOptions") or {}
    if linux.get("type") not in _SELINUX or linux.get("user") or linux.get("role"):
        yield "SELinux"
