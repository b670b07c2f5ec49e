from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.cluster import build
from local.toolchain import go
from local.toolchain.go import Go
from local.toolchain.progress import Progress
from tests.local.cluster.conftest import PARTS

# Plays Go: says which program it builds, or fails where a file named `broken-<program>` lies beside it.
FAKE_GO = """#!/bin/sh
here=$(dirname "$0")
case $1 in
list) seq 20000 ;;
build)
    for target; do [ "$before" = -o ] && out=$target; before=$target; done
    name=$(basename "$out" .partial)
    echo "$name" >> "$here/builds"; echo "$GOCACHE" > "$here/cache"; mkdir -p "$GOCACHE"; echo some/package >&2
    [ ! -f "$here/broken-$name" ] || { echo undefined: everything >&2; exit 1; }
    echo program > "$out" ;;
mod) echo '{"Dir": "'"$here"'/source"}' ;;
esac
"""


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "go"
    for name in build._STAGES:
        stage = here / "source" / "kustomize" / "stage" / f"{name}.yaml"
        stage.parent.mkdir(parents=True, exist_ok=True)
        stage.write_text(f"stage: {name}\n")
    for place in build._DEFINITIONS:
        (here / "source" / place).mkdir(parents=True)
        (here / "source" / place / f"{place.partition('/')[0]}.yaml").write_text("kind: X\n")
    (here / "go").write_text(FAKE_GO)
    (here / "go").chmod(0o755)
    found = Go(here / "go", private=False)
    monkeypatch.setattr(build, "CLUSTER", tmp_path / "cluster")
    monkeypatch.setattr(go, "find_or_install", lambda _progress, _module: found)
    return here


def test_a_build_leaves_every_program_the_stages_and_the_definitions(fake_go: Path, progress: Progress) -> None:
    folder = build.build(progress)
    assert sorted(each.name for each in folder.iterdir()) == sorted([*PARTS, build.STAGES, build.DEFINITIONS])
    assert (folder / build.STAGES).read_text().count("---") == len(build._STAGES) - 1
    assert sorted(each.name for each in (folder / build.DEFINITIONS).iterdir()) == ["kwok.yaml", "pkg.yaml"]
    assert build.build(progress) == folder
    assert (fake_go / "builds").read_text().split() == list(build._PROGRAMS)


def test_progress_says_which_program_of_how_many_is_compiled(
    fake_go: Path, progress: Progress, screen: io.StringIO
) -> None:
    build.build(progress)
    assert "compiling kube-apiserver (2 of 6): 1 of at most 20000 packages" in screen.getvalue()
    assert f"built Kubernetes {build.VERSION}" in screen.getvalue()


def test_a_build_that_failed_goes_on_where_it_stopped(fake_go: Path, progress: Progress) -> None:
    (fake_go / "broken-kwok").touch()
    with pytest.raises(RuntimeError, match=r"(?s)`go build` in .* failed:.*undefined: everything"):
        build.build(progress)
    assert build.present() is None
    (fake_go / "broken-kwok").unlink()
    assert build.build(progress)
    built = (fake_go / "builds").read_text().split()
    assert (built.count("etcd"), built.count("kwok"), built.count("karpenter")) == (1, 2, 1)


@pytest.mark.parametrize("keep", [True, False])
def test_gos_build_cache_lies_in_the_ignored_folder_and_goes_when_it_is_not_wanted(
    keep: bool, fake_go: Path, progress: Progress
) -> None:
    build.build(progress, keep_cache=keep)
    cache = Path((fake_go / "cache").read_text().strip())
    assert cache == build.CLUSTER / "go-cache"
    assert cache.exists() is keep


def changed_pins(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = here.with_name("module")
    other.mkdir()
    (other / "go.mod").write_text((build.MODULE / "go.mod").read_text() + "\n")
    (other / "go.sum").write_bytes((build.MODULE / "go.sum").read_bytes())
    monkeypatch.setattr(build, "MODULE", other)


def changed_flags(_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_flags", lambda: ["-race"])


def changed_stages(_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_STAGES", build._STAGES[:1])


@pytest.mark.parametrize("change", [changed_pins, changed_flags, changed_stages])
def test_other_pins_flags_or_stages_are_another_build(
    change: Callable[[Path, pytest.MonkeyPatch], None],
    fake_go: Path,
    progress: Progress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = build.build(progress)
    change(fake_go, monkeypatch)
    assert build.present() is None
    assert build.build(progress) != before


@pytest.mark.usefixtures("fake_go")
def test_a_full_disk_is_refused_before_anything_is_compiled(
    progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=2e9))
    with pytest.raises(RuntimeError, match=r"needs 5 GB .* got 2\.0 GB.*AWS half"):
        build.build(progress)


def test_the_pinned_go_can_build_the_cluster() -> None:
    assert tuple(int(part) for part in go.pinned().split(".")) >= go.needed(build.MODULE)


def test_the_pins_of_kubernetes_and_its_parts_agree() -> None:
    text = (build.MODULE / "go.mod").read_text()
    assert f"k8s.io/api => k8s.io/api v0.{build.VERSION.partition('.')[2]}" in text
    assert all(f"\t{package}\n" in text for package in build._PROGRAMS.values())
