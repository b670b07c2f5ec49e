"""The cluster's certificates: one authority, one server, one client for each part, and the key of service accounts."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = datetime.timedelta(days=365)
RENEW = datetime.timedelta(days=30)
# The API server reads a client's groups from its organisations. kwok and Karpenter are administrators, as they are
# wherever they run.
_CLIENTS = {
    "admin": ("system:masters", "admin"),
    "scheduler": ("", "system:kube-scheduler"),
    "controller-manager": ("", "system:kube-controller-manager"),
    "kwok": ("system:masters", "kwok"),
    "karpenter": ("system:masters", "karpenter"),
}
_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
# This machine, and the first address of --service-cluster-ip-range.
_ADDRESSES = ("127.0.0.1", "10.96.0.1")


def ensure(folder: Path, now: datetime.datetime) -> bool:
    """Make the folder's certificates if they are not there or end within 30 days; whether it made them.

    The key of service accounts stays as it was: tokens that a living cluster gave out are signed with it.
    """
    if _ends(folder / "ca.crt") - now > RENEW:
        return False
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    _Authority(partial, now).make()
    for name in ("sa.key", "sa.pub"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, partial / name)
    # All or nothing: half a set would be taken for whole.
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return True


def _ends(certificate: Path) -> datetime.datetime:
    if not certificate.exists():
        return datetime.datetime.min.replace(tzinfo=datetime.UTC)
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


class _Authority:
    """Signs what one folder holds."""

    def __init__(self, folder: Path, now: datetime.datetime) -> None:
        self._folder, self._now = folder, now
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _name("takeoff local cluster")

    def make(self) -> None:
        """Write every certificate and key."""
        root = self._builder(self._name, self._key.public_key())
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        (self._folder / "ca.crt").write_bytes(_pem(root.sign(self._key, hashes.SHA256())))
        _write_key(self._folder / "ca.key", self._key)
        # Scheduler and controller manager show it at their health ports as well.
        self._issue("server", _name("kube-apiserver"), ExtendedKeyUsageOID.SERVER_AUTH)
        for part, (group, user) in _CLIENTS.items():
            self._issue(part, _name(user, group), ExtendedKeyUsageOID.CLIENT_AUTH)
        tokens = ec.generate_private_key(ec.SECP256R1())
        _write_key(self._folder / "sa.key", tokens)
        public = tokens.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (self._folder / "sa.pub").write_bytes(public)

    def _issue(self, part: str, subject: x509.Name, usage: x509.ObjectIdentifier) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._builder(subject, key.public_key())
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if usage == ExtendedKeyUsageOID.SERVER_AUTH:
            names: list[x509.GeneralName] = [x509.DNSName(name) for name in _NAMES]
            names += [x509.IPAddress(ipaddress.ip_address(each)) for each in _ADDRESSES]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        (self._folder / f"{part}.crt").write_bytes(_pem(made.sign(self._key, hashes.SHA256())))
        _write_key(self._folder / f"{part}.key", key)

    def _builder(self, subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            # A machine's clock may be put back a little.
            .not_valid_before(self._now - datetime.timedelta(hours=1))
            .not_valid_after(self._now + VALID)
        )


def _name(common: str, organisation: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
