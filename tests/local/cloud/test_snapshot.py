"""The snapshot file: whole or not there, the one before it when it is damaged, and words when neither will do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.cloud import snapshot
from local.cloud.account import Account
from local.cloud.snapshot import Snapshot, SnapshotError


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """A snapshot of the account "new", with the account "old" before it."""
    made = Snapshot(tmp_path, Account())
    for content in (b"old", b"new"):
        monkeypatch.setattr(snapshot, "_dump", lambda content=content: content)
        made.save()
    monkeypatch.setattr(snapshot, "_install", lambda content: {content.decode(): 1})
    return made


def test_the_newest_snapshot_is_restored(stored: Snapshot) -> None:
    assert stored.restore() == {"new": 1}


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b.replace(b"5.", b"6.", 1)])
def test_a_damaged_or_foreign_snapshot_falls_back_to_the_one_before(stored: Snapshot, damage: object) -> None:
    stored.path.write_bytes(damage(stored.path.read_bytes()))  # type: ignore[operator]
    assert stored.restore() == {"old": 1}


def test_without_a_readable_snapshot_it_is_said_what_to_do_and_nothing_is_overwritten(stored: Snapshot) -> None:
    for path in (stored.path, stored.previous):
        path.write_bytes(b"nonsense")
    with pytest.raises(SnapshotError, match=r"(?s)cannot be restored.*snapshot:.*snapshot.previous:.*Move .* aside"):
        stored.restore()
    assert stored.path.read_bytes() == b"nonsense"


def test_an_account_without_a_snapshot_is_empty(tmp_path: Path) -> None:
    assert Snapshot(tmp_path, Account()).restore() == {}


def test_a_disk_that_takes_no_more_leaves_the_snapshot_whole_and_is_said(
    stored: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        stored.start()
        stored.stop()
    assert "No space left on device" in stored.status()["error"]
    assert stored.path.read_bytes() == before
    stored.save()
    assert stored.status()["error"] is None


def test_the_moment_on_the_disk_is_that_at_which_the_account_was_taken_not_that_at_which_it_was_written(
    stored: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = datetime.now(UTC)
    assert datetime.fromisoformat(stored.status()["taken"]) < asked
    during = []

    def dump() -> bytes:
        during.append(datetime.now(UTC))
        return b"newer"

    monkeypatch.setattr(snapshot, "_dump", dump)
    stored.save()
    status = stored.status()
    assert asked < datetime.fromisoformat(status["taken"]) <= during[0] <= datetime.fromisoformat(status["written"])


def test_a_write_that_failed_changes_no_moment(stored: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stored.status()["taken"]
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stored.save()
    assert stored.status()["taken"] == before
