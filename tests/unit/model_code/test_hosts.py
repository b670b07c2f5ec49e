"""One training job on several hosts: real processes over loopback, the same model, and failures that are said."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from model_code import hosts as module
from model_code import training
from model_code.algorithms import TABULAR
from model_code.breast_cancer import data
from model_code.breast_cancer.spec import SPEC
from model_code.hosts import Hosts, HostsError
from model_code.paths import SettingError


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environments(count: int, folder: Path, algorithm: str = "logistic-regression", **more: Any) -> list[dict[str, str]]:
    names, port = [f"algo-{at + 1}" for at in range(count)], free_port()
    return [
        {
            "TAKEOFF_MODEL_CODE": "breast_cancer",
            "SM_HOSTS": json.dumps(names),
            "SM_CURRENT_HOST": name,
            "SM_MASTER_ADDR": "127.0.0.1",
            "SM_MASTER_PORT": str(port),
            "SM_MODEL_DIR": str(folder / name),
            "SM_OUTPUT_DATA_DIR": str(folder / "output/data"),
            "SM_HPS": json.dumps({"algorithm": algorithm, **more}),
        }
        for name in names
    ]


def processes(given: list[dict[str, str]]) -> list[tuple[int, str]]:
    """The exit status and output of a train command for each environment, all at once."""
    command = [sys.executable, "-m", "model_code.container", "train"]
    started = [
        subprocess.Popen(
            command, env={**os.environ, **one}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for one in given
    ]
    said = [one.communicate(timeout=60)[0] for one in started]
    return [(one.returncode, text) for one, text in zip(started, said, strict=True)]


def answers(folder: Path) -> Any:
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    return session.run(["probabilities"], {"inputs": data.held_out()[0]})[0]


def test_three_processes_make_the_model_that_one_makes_and_one_of_them_writes_it(tmp_path: Path) -> None:
    done = processes(environments(3, tmp_path / "three"))
    assert [status for status, _ in done] == [0, 0, 0], done
    assert [path.name for path in (tmp_path / "three").iterdir()] == ["algo-1"]
    together = json.loads((tmp_path / "three/algo-1/metadata.json").read_bytes())
    assert processes(environments(1, tmp_path / "one"))[0][0] == 0
    alone = json.loads((tmp_path / "one/algo-1/metadata.json").read_bytes())
    assert (together["hosts"], alone["hosts"]) == (3, 1)
    assert together["rows"] == alone["rows"]
    for name, value in alone["metrics"].items():
        assert together["metrics"][name] == pytest.approx(value, abs=1e-3)
    assert np.abs(answers(tmp_path / "three/algo-1") - answers(tmp_path / "one/algo-1")).max() < 0.01
    assert (tmp_path / "three/algo-1/model.onnx").read_bytes() != (tmp_path / "one/algo-1/model.onnx").read_bytes()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"algorithm": "gradient-boosting"}, "got 2 hosts, allowed: 1 with gradient-boosting"),
        ({"tune": 2}, "got 2 hosts, allowed: 1 with tune"),
    ],
)
def test_what_cannot_be_shared_is_refused(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        training.train(SPEC, data.load, TABULAR, environments(2, tmp_path, **more)[0])


def test_every_host_works_on_its_own_rows_and_all_rows_are_worked_on() -> None:
    """Each answers with its rank and a bit of its own: the sum is right only if each was asked once."""
    names, port = ["a", "b", "c"], free_port()
    group = [Hosts(names=names, current=name, address=("127.0.0.1", port)) for name in names]
    threads = [threading.Thread(target=one.serve, args=("job", lambda x, r=one.rank: x * 10**r)) for one in group[1:]]
    for thread in threads:
        thread.start()
    with group[0].sum("job", lambda x: x) as total:
        assert total(np.array([1.0, 2.0])).tolist() == [111.0, 222.0]
        assert total(np.array([3.0])).tolist() == [333.0]
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_hosts_of_different_jobs_do_not_add_up() -> None:
    first, other = pair()
    failed: list[BaseException] = []
    thread = threading.Thread(target=caught, args=(lambda: other.serve("theirs", lambda x: x), failed))
    thread.start()
    with pytest.raises(HostsError, match="works on theirs, this one on mine"), first.sum("mine", lambda x: x):
        pass
    thread.join(10)
    assert isinstance(failed[0], HostsError)


def test_a_host_that_dies_ends_the_job_with_a_reason() -> None:
    first, other = pair()

    def dying(_: Any) -> Any:
        raise RuntimeError("out of memory")

    failed: list[BaseException] = []
    thread = threading.Thread(target=caught, args=(lambda: other.serve("job", dying), failed))
    thread.start()
    with pytest.raises(HostsError, match="went away"), first.sum("job", lambda x: x) as total:
        total(np.zeros(1))
    thread.join(10)
    assert str(failed[0]) == "out of memory"


def test_a_host_that_never_comes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAIT", 0.2)
    first, other = pair()
    with pytest.raises(HostsError, match=r"b did not come within 0\.2 s"), first.sum("job", lambda x: x):
        pass
    with pytest.raises(HostsError, match=r"a at .* was not reached"):
        other.serve("job", lambda x: x)


def test_somebody_else_on_the_port_is_no_host() -> None:
    first, _ = pair()

    def shout() -> None:
        with socket.create_connection(first.address, timeout=10) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            stranger.recv(1)

    thread = threading.Thread(target=lambda: caught(lambda: eventually(shout), []))
    thread.start()
    with pytest.raises(HostsError, match="is the port somebody else's"), first.sum("job", lambda x: x):
        pass
    thread.join(10)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SM_HOSTS": "algo-1"}, "SM_HOSTS must be a JSON array"),
        ({"SM_HOSTS": "[]"}, "got \\[\\]"),
        ({"SM_HOSTS": '["a", "a"]'}, "different names"),
        ({"SM_HOSTS": '["a", "b"]', "SM_CURRENT_HOST": "c"}, "got 'c', allowed: one of SM_HOSTS, a, b"),
        ({"SM_HOSTS": '["a", "b"]', "SM_MASTER_PORT": "http"}, "SM_MASTER_PORT a number"),
    ],
)
def test_hosts_that_make_no_sense_are_refused(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Hosts.of(environment)


def test_without_any_word_of_hosts_there_is_one_and_it_is_first() -> None:
    alone = Hosts.of({})
    assert (list(alone.names), alone.first, alone.address) == (["algo-1"], True, ("algo-1", 7777))


def pair() -> tuple[Hosts, Hosts]:
    address = ("127.0.0.1", free_port())
    first, other = (Hosts(names=["a", "b"], current=name, address=address) for name in ("a", "b"))
    return first, other


def caught(call: Any, failed: list[BaseException]) -> None:
    try:
        call()
    except Exception as error:
        failed.append(error)


def eventually(call: Any) -> None:
    for _ in range(100):
        try:
            call()
            return
        except ConnectionRefusedError:
            threading.Event().wait(0.02)
    raise TimeoutError("nobody listened")
