"""Which changes replace an object, as in the official plugin.

From pulumi-kubernetes 4, provider/pkg/provider/diff.go (forceNew); a path covers everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_IDENTITY: Final = ("metadata.name", "metadata.namespace")
_SELECTOR: Final = ("spec.selector",)
_SOURCES: Final = (
    "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs "
    "hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
)
_POD: Final = (
    "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork "
    "hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName "
    "readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName "
    "shareProcessNamespace subdomain terminationGracePeriodSeconds volumes"
)
_CONTAINER: Final = (
    "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext "
    "stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir"
)
_ROLE: Final = ("roleRef",)
_STATEFUL: Final = "podManagementPolicy revisionHistoryLimit selector serviceName volumeClaimTemplates"


def _below(parent: str, names: str) -> tuple[str, ...]:
    return tuple(f"{parent}.{name}" for name in names.split())


_TABLE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("apps/v1", "DaemonSet"): _SELECTOR,
    ("apps/v1", "Deployment"): _SELECTOR,
    ("apps/v1", "StatefulSet"): _below("spec", _STATEFUL),
    ("batch/v1", "Job"): _below("spec", "completions parallelism selector template"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _ROLE,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): _ROLE,
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
    ("v1", "PersistentVolume"): _below("spec", _SOURCES),
    ("v1", "PersistentVolumeClaim"): _below("spec", "accessModes selector storageClassName volumeName"),
    ("v1", "Pod"): (
        *_below("spec", _POD),
        *_below("spec.containers", _CONTAINER),
        *_below("spec.initContainers", _CONTAINER),
    ),
    ("v1", "ResourceQuota"): ("spec.scopes",),
    ("v1", "Secret"): ("type",),
    ("v1", "Service"): ("spec.clusterIP",),
}
# Replaced unless the provider's configuration says otherwise: what reads them does not see a change in place.
_CONTENT: Final = {("v1", "ConfigMap"): ("binaryData", "data"), ("v1", "Secret"): ("stringData", "data")}


def replacing(manifest: Mapping[str, Any], mutable: Iterable[str] = ()) -> tuple[str, ...]:
    """The paths whose change replaces the object; `mutable` are the kinds whose content may change in place."""
    kind = (str(manifest.get("apiVersion")), str(manifest.get("kind")))
    kept = kind[1] in mutable and manifest.get("immutable") is not True
    return (*_IDENTITY, *_TABLE.get(kind, ()), *(() if kept else _CONTENT.get(kind, ())))


def replaces(path: str, entries: Iterable[str]) -> bool:
    """Whether a change at `path`, list positions ignored, is at or below one of the entries."""
    bare = re.sub(r"\[\d+\]", "", path)
    return any(bare == entry or bare.startswith((f"{entry}.", f"{entry}[")) for entry in entries)
