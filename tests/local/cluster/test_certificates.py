from __future__ import annotations

import datetime
import stat
from pathlib import Path

import pytest
from cryptography import x509

from local.cluster import certificates
from local.cluster.kubeconfig import Kubeconfig
from local.cluster.layout import Layout
from local.state import NotLocalError

NOW = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "certificates"
    assert certificates.ensure(made, NOW)
    return made


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_every_part_has_a_certificate_of_the_authority_with_the_name_that_kubernetes_knows_it_by(folder: Path) -> None:
    authority = read(folder / "ca.crt")
    names = {}
    for part in ("admin", "scheduler", "controller-manager", "kwok", "karpenter", "server"):
        certificate = read(folder / f"{part}.crt")
        certificate.verify_directly_issued_by(authority)
        names[part] = certificate.subject.rfc4514_string()
    assert names == {
        "admin": "CN=admin,O=system:masters",
        "scheduler": "CN=system:kube-scheduler",
        "controller-manager": "CN=system:kube-controller-manager",
        "kwok": "CN=kwok,O=system:masters",
        "karpenter": "CN=karpenter,O=system:masters",
        "server": "CN=kube-apiserver",
    }


def test_a_client_cannot_play_the_server_nor_the_server_a_client(folder: Path) -> None:
    usages = [read(folder / f"{part}.crt").extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
              for part in ("server", "admin")]  # fmt: skip
    assert [[usage._name for usage in each] for each in usages] == [["serverAuth"], ["clientAuth"]]


def test_keys_are_for_their_owner_alone(folder: Path) -> None:
    assert {stat.S_IMODE(key.stat().st_mode) for key in folder.glob("*.key")} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(("days", "renewed"), [(0, False), (334, False), (336, True), (400, True)])
def test_certificates_are_made_anew_in_their_last_month_and_tokens_stay_good(
    days: int, renewed: bool, folder: Path
) -> None:
    before, tokens = (folder / "ca.crt").read_bytes(), (folder / "sa.key").read_bytes()
    assert certificates.ensure(folder, NOW + datetime.timedelta(days=days)) is renewed
    assert ((folder / "ca.crt").read_bytes() != before) is renewed
    assert (folder / "sa.key").read_bytes() == tokens


def test_what_a_killed_run_left_half_made_is_made_again(folder: Path) -> None:
    half = folder.with_name("certificates.partial")
    folder.rename(half)
    (half / "admin.crt").unlink()
    assert certificates.ensure(folder, NOW)
    assert (folder / "admin.crt").exists()
    assert not half.exists()


def test_a_kubeconfig_says_again_what_was_written(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    written = Kubeconfig(
        server="https://127.0.0.1:6443",
        authority=layout.certificates / "ca.crt",
        certificate=layout.certificates / "admin.crt",
        key=layout.certificates / "admin.key",
        door=layout.door,
    )
    path = written.write(layout.kubeconfig)
    assert Kubeconfig.load(path) == written
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Kubeconfig.load(layout.user("kwok").write(tmp_path / "kwok")).door is None


@pytest.mark.parametrize("server", ["https://10.0.0.1:6443", "https://cluster.example", "https://127.0.0.1.example"])
def test_a_server_that_is_not_on_this_machine_is_refused(server: str, tmp_path: Path) -> None:
    path = Kubeconfig(server=server, authority=tmp_path, certificate=tmp_path, key=tmp_path).write(tmp_path / "config")
    with pytest.raises(NotLocalError, match="loopback only"):
        Kubeconfig.load(path)


@pytest.mark.parametrize("text", ["apiVersion: v1\nkind: Config\n", "[]", "{}", '{"clusters": [], "users": []}', "1"])
def test_a_file_that_is_no_kubeconfig_of_ours_is_refused_by_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(ValueError, match=r"config: got a kubeconfig that local/cluster did not write"):
        Kubeconfig.load(tmp_path / "config")
    with pytest.raises(ValueError, match=r"python -m local\.cluster start"):
        Kubeconfig.load(tmp_path / "absent")
