# SPDX-License-Identifier: Apache-2.0
"""A stream of pings in the background, whose losses are counted afterwards."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from types import TracebackType

from .lab import Lab
from .process import start_time, wait_until


@dataclass(frozen=True)
class Count:
    sent: int
    lost: int


class Stream:
    """`with Stream(lab, place, address) as stream: ...`, then stream.count()."""

    def __init__(self, lab: Lab, place: str, address: str, interval: float = 0.02) -> None:
        self._lab = lab
        self._name = f"{place}.stream-{address}"
        self._place = place
        # -O says which packet was unanswered when the next one left: the one in flight at the end is no loss.
        self._argv = ["ping", "-n", "-O", "-i", str(interval), address]
        self._count: Count | None = None

    def start(self) -> Stream:
        """Start and return once the first answer has come, so that the stream is known to work."""
        log = self._lab.programs.log_of(self._name)
        log.unlink(missing_ok=True)
        self._lab.programs.start(self._name, self._place,
                                 self._lab.argv(self._place, ["stdbuf", "-oL", *self._argv]))
        wait_until(f"an answer in the stream {self._name}", lambda: "bytes from" in log.read_text(), 5.0)
        return self

    def stop(self) -> Count:
        programs = self._lab.programs
        pid = programs.pid(self._name)
        if pid is not None:
            os.kill(pid, signal.SIGINT)  # ping prints its summary and ends
            wait_until(f"{self._name} to end", lambda: start_time(pid) is None, 3.0)
        text = programs.log_of(self._name).read_text()
        programs.stop(self._name)
        summary = re.search(r"(\d+) packets transmitted", text)
        self._count = Count(int(summary.group(1)) if summary else 0, _lost(text))
        return self._count

    def count(self) -> Count:
        """What the stopped stream saw."""
        return self._count or self.stop()

    def __enter__(self) -> Stream:
        return self.start()

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self._count is None:
            self.stop()


def _lost(text: str) -> int:
    late = set(re.findall(r"no answer yet for icmp_seq=(\d+)", text))
    answered = set(re.findall(r"bytes from [^\n]*icmp_seq=(\d+)", text))
    refused = len(re.findall(r"^From |Operation not permitted|Network is unreachable|No route to host", text, re.M))
    return len(late - answered) + refused
