from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from local.toolchain import build
from local.toolchain.go import Go
from local.toolchain.progress import Progress

# Plays Go: each build says so, waits at the gate if there is one, and writes what it was asked to write.
FAKE_GO = """
here=$(dirname "$0")
case $1 in
list) seq 20000 ;;
build)
    echo build >> "$here/builds"; echo $$ > "$here/pid"; echo pulumi/pkg >&2
    [ ! -p "$here/gate" ] || cat "$here/gate" >&2
    [ ! -f "$here/broken" ] || { echo undefined: everything >&2; exit 1; }
    for target; do [ "$before" = -o ] && echo engine > "$target"; before=$target; done ;;
mod) echo '{"Dir": "'"$here"'/sdk"}' ;;
esac
"""


@pytest.fixture
def fake_go(
    toolchain: Path, executable: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    script = tmp_path / "go" / "sdk" / "python" / "cmd" / build.EXEC_SCRIPT
    script.parent.mkdir(parents=True)
    script.write_text("run the program")
    command = executable("go/go", FAKE_GO)
    monkeypatch.setattr(build, "find_or_install", lambda _progress: Go(command, private=False))
    return command.parent


def test_a_build_leaves_the_engine_and_its_script_and_says_how_long_it_took(
    fake_go: Path, progress: Progress, screen: io.StringIO
) -> None:
    engine = build.build(progress)
    assert sorted(file.name for file in engine.parent.iterdir()) == ["pulumi", build.EXEC_SCRIPT]
    assert engine.with_name(build.EXEC_SCRIPT).read_text() == "run the program"
    assert "compiling: 1 of at most 20000 packages" in screen.getvalue()
    assert f"built Pulumi {build.VERSION} in 0 s" in screen.getvalue()


def test_a_second_build_finds_the_first_ones_engine(fake_go: Path, progress: Progress) -> None:
    assert build.build(progress) == build.build(progress)
    assert (fake_go / "builds").read_text() == "build\n"


def test_an_interrupt_ends_the_compiler_and_the_next_run_builds(fake_go: Path, progress: Progress) -> None:
    class Interrupted(Progress):
        def tick(self, text: str) -> None:
            if text.startswith("compiling"):
                raise KeyboardInterrupt

    os.mkfifo(fake_go / "gate")
    with pytest.raises(KeyboardInterrupt):
        build.build(Interrupted(io.StringIO()))
    with pytest.raises(ProcessLookupError):
        os.kill(int((fake_go / "pid").read_text()), 0)
    assert not (build.folder() / "pulumi").exists()
    (fake_go / "gate").unlink()
    assert build.build(progress).read_text() == "engine\n"


def test_a_run_beside_a_build_says_that_it_waits_and_uses_its_engine(fake_go: Path) -> None:
    building, waiting = threading.Event(), threading.Event()

    class First(Progress):
        def tick(self, text: str) -> None:
            if text.startswith("compiling"):
                building.set()

    class Second(Progress):
        def say(self, text: str) -> None:
            assert text == f"another run is at work: building Pulumi {build.VERSION}; waiting for it"
            waiting.set()

    os.mkfifo(fake_go / "gate")
    found: list[Path] = []
    runs = [
        threading.Thread(target=lambda kind=kind: found.append(build.build(kind(io.StringIO()))))
        for kind in (First, Second)
    ]
    runs[0].start()
    assert building.wait(30)
    runs[1].start()
    assert waiting.wait(30)
    (fake_go / "gate").write_text("go on\n")
    for run in runs:
        run.join(30)
    assert found == [build.folder() / "pulumi"] * 2
    assert (fake_go / "builds").read_text() == "build\n"


def test_a_build_that_fails_shows_the_compilers_last_lines_and_leaves_no_engine(
    fake_go: Path, progress: Progress
) -> None:
    (fake_go / "broken").touch()
    with pytest.raises(RuntimeError, match=r"(?s)`go build` in .* failed:.*undefined: everything"):
        build.build(progress)
    assert not (build.folder() / "pulumi").exists()


@pytest.mark.usefixtures("fake_go")
def test_a_full_disk_is_refused_before_anything_is_compiled(
    progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build.shutil, "disk_usage", lambda _path: build.shutil._ntuple_diskusage(9e9, 7e9, 2e9))
    with pytest.raises(RuntimeError, match=r"needs 5 GB .* got 2\.0 GB"):
        build.build(progress)


@pytest.mark.usefixtures("fake_go")
def test_the_script_alone_is_fetched_for_an_engine_without_a_language_host(progress: Progress) -> None:
    script = build.exec_script(progress)
    assert script.read_text() == "run the program"
    assert [file.name for file in build.folder().iterdir()] == [build.EXEC_SCRIPT]


def test_the_folder_of_a_build_changes_with_its_flags_and_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {build.folder()}
    monkeypatch.setattr(build.platform, "machine", lambda: "another")
    folders.add(build.folder())
    monkeypatch.setattr(build, "_FLAGS", ["-race"])
    folders.add(build.folder())
    assert len(folders) == 3
    assert all(len(each.name) == 16 for each in folders)


def test_progress_rewrites_one_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch, screen: io.StringIO) -> None:
    monkeypatch.setattr(screen, "isatty", lambda: True)
    progress = Progress(screen)
    progress.tick("1 of 2")
    progress.tick("2 of 2")
    progress.say("built")
    assert screen.getvalue() == "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[Kbuilt\n"


def test_progress_thins_out_where_there_is_no_terminal(screen: io.StringIO) -> None:
    progress = Progress(screen, plain_period=3600)
    progress.tick("1 of 2")
    progress.say("built")
    assert screen.getvalue() == "built\n"
