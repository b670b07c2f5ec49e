from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local.toolchain import build, engine, go

Executable = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("3.245.0", (3, 245, 0)),
        ("v3.246.1-alpha.7", (3, 246, 1)),
        ("v3.246.1+dirty", (3, 246, 1)),
        ("v3.246", None),
        ("command not found", None),
        ("", None),
    ],
)
def test_the_version_an_engine_prints_is_understood_or_refused(text: str, version: engine.Version | None) -> None:
    assert engine.parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "fits"),
    [((3, 244, 9), False), ((3, 245, 0), True), ((3, 259, 0), True), ((3, 999, 0), True), ((4, 0, 0), False)],
)
def test_an_engine_fits_from_the_least_version_up_to_the_next_major(version: engine.Version, fits: bool) -> None:
    assert engine.fits(version) is fits


@pytest.mark.usefixtures("toolchain")
def test_the_first_engine_on_the_path_that_fits_is_taken(executable: Executable) -> None:
    old = executable("old/pulumi", "echo v3.200.0")
    new = executable("new/pulumi", "echo v3.250.0")
    assert engine.present({"PATH": f"{old.parent}:{new.parent}"}) == new


@pytest.mark.usefixtures("toolchain")
def test_our_own_wrapper_on_the_path_is_not_mistaken_for_an_engine(executable: Executable) -> None:
    shim = executable("shim/pulumi", f"{engine.SHIM_MARK}\necho v3.250.0")
    assert engine.present({"PATH": str(shim.parent)}) is None


def test_the_wrapper_that_is_installed_carries_the_mark_that_tells_it_from_an_engine() -> None:
    assert engine.SHIM_MARK in (Path(engine.__file__).with_name("shim.sh")).read_text()[:200]


@pytest.mark.usefixtures("toolchain")
def test_a_built_engine_is_found_when_the_path_has_none() -> None:
    built = build.folder() / "pulumi"
    assert engine.present({"PATH": ""}) is None
    built.parent.mkdir(parents=True)
    built.touch()
    assert engine.present({"PATH": ""}) == built


def test_an_engine_is_asked_for_its_version_once_until_the_file_changes(
    toolchain: Path, executable: Executable
) -> None:
    calls = toolchain.with_name("calls")
    path = executable("pulumi", f"echo x >> {calls}; echo v3.250.0")
    assert [engine.version_of(path) for _ in range(3)] == [(3, 250, 0)] * 3
    assert calls.read_text() == "x\n"
    executable("pulumi", f"echo x >> {calls}; echo v3.251.11")
    assert engine.version_of(path) == (3, 251, 11)


def test_asking_an_engine_for_its_version_leaves_the_persons_pulumi_home_alone(
    toolchain: Path, executable: Executable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_HOME", "/home/somebody/.pulumi")
    path = executable("pulumi", f"echo $PULUMI_HOME > {toolchain.with_name('home')}; echo v3.250.0")
    engine.version_of(path)
    assert toolchain.with_name("home").read_text().startswith(str(toolchain))


@pytest.mark.parametrize(
    ("text", "version"),
    [("go version go1.26.8 linux/amd64", (1, 26, 8)), ("go version go1.30rc1 darwin/arm64", (1, 30, 0)), ("no", None)],
)
def test_the_version_that_go_prints_is_understood_or_refused(text: str, version: go.Version | None) -> None:
    assert go.parse_version(text) == version


@pytest.mark.usefixtures("toolchain")
@pytest.mark.parametrize(("version", "taken"), [("1.26.0", True), ("1.27", True), ("1.25.9", False), ("2.0", True)])
def test_go_from_the_path_is_used_only_if_it_can_build_the_engine(
    version: str, taken: bool, executable: Executable
) -> None:
    path = executable("bin/go", f"echo go version go{version} linux/amd64")
    found = go.present({"PATH": str(path.parent)})
    assert (found == go.Go(path, private=False)) is taken


def test_the_pinned_go_can_build_the_engine() -> None:
    assert tuple(int(part) for part in go.pinned().split(".")) >= go.needed()


def test_a_private_go_writes_nothing_outside_the_toolchain_folder(toolchain: Path) -> None:
    env = go.Go(Path("go"), private=True).environment({"HOME": "/home/somebody", "GOCACHE": "/home/somebody/cache"})
    assert {key: env[key].startswith(str(toolchain)) for key in ("HOME", "GOCACHE", "GOPATH", "GOMODCACHE")} == {
        "HOME": True, "GOCACHE": True, "GOPATH": True, "GOMODCACHE": True,
    }  # fmt: skip


def test_what_a_person_set_for_go_cannot_change_what_is_built() -> None:
    theirs = {"GOFLAGS": "-mod=mod", "GOOS": "windows", "GOTOOLCHAIN": "auto", "GOPROXY": "https://proxy.example"}
    env = go.Go(Path("go"), private=False).environment(theirs)
    assert env == {
        "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0",
        "GOPROXY": "https://proxy.example",
    }  # fmt: skip


def test_a_file_without_its_pin_says_which_line_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "go.mod"
    file.write_text("module x\n")
    with pytest.raises(RuntimeError, match=r"go\.mod has no line like '\^go"):
        go.read_pin(file, r"^go (\d+)")
