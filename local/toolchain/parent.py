"""A plugin must not outlive the engine that started it."""

from __future__ import annotations

import os
import signal
import threading
import time


def die_with_parent(period: float = 0.5) -> None:
    """Kill this process and all that it started once its parent is gone, however the parent ended.

    Seen: after an engine was killed, hosts, programs and providers lived on for hours. Polling is portable, and Linux's
    PR_SET_PDEATHSIG would not do: it fires when the parent's *thread* ends, and Go retires threads as it likes.
    """
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    threading.Thread(target=_watch, args=(os.getppid(), period), daemon=True).start()


def _watch(parent: int, period: float) -> None:
    while os.getppid() == parent:
        time.sleep(period)
    end_group()


def end_group() -> None:
    """End this process and all that it started, now and without a word."""
    os.killpg(0, signal.SIGKILL)
