"""Predictions without a pause while something happens, and what became of each."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_THREADS, _PAUSE = 4, 0.02


@dataclass
class Load:
    """Requests answered, by the version that answered; requests that failed, by error."""

    answered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


@contextmanager
def load(client: Any, endpoint: str, rows: Sequence[Sequence[float]]) -> Iterator[Load]:
    """Ask from four threads while the block runs. `client` must not retry: a failed request has to be seen."""
    seen, over = Load(), threading.Event()

    def ask(first: int) -> None:
        number = first
        while not over.is_set():
            body = json.dumps({"instances": [rows[number % len(rows)]]})
            number += _THREADS
            try:
                answer = client.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)
                answer["Body"].read()
                seen.answered[answer.get("CustomAttributes", "").removeprefix("version=")] += 1
            except (ClientError, BotoCoreError) as error:
                seen.failed[type(error).__name__ + str(error)[-80:]] += 1
            over.wait(_PAUSE)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(_THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
