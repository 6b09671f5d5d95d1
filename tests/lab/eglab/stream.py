# SPDX-License-Identifier: Apache-2.0
"""A stream of pings in the background, whose losses are counted afterwards."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from types import TracebackType

from .lab import Lab
from .process import LabError, start_time, wait_until


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
        # -O says which packet was unanswered when the next one left.
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
        log = programs.log_of(self._name)
        pid = programs.pid(self._name)
        # What is on its way when the stream ends is not lost; a second is enough for it to come, on a busy machine too.
        late = _late(log.read_text())
        try:
            wait_until("late answers", lambda: late <= _answered(log.read_text()), 1.0)
        except LabError:
            pass  # so they are lost
        if pid is not None:
            os.kill(pid, signal.SIGINT)  # ping prints its summary and ends
            wait_until(f"{self._name} to end", lambda: start_time(pid) is None, 3.0)
        text = log.read_text()
        programs.stop(self._name)
        summary = re.search(r"(\d+) packets transmitted", text)
        lost = len(late - _answered(text)) + len(_REFUSED.findall(text))
        self._count = Count(int(summary.group(1)) if summary else 0, lost)
        return self._count

    def count(self) -> Count:
        """What the stopped stream saw."""
        return self._count or self.stop()

    def __enter__(self) -> Stream:
        return self.start()

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self._count is None:
            self.stop()


_REFUSED = re.compile(r"^From |Operation not permitted|Network is unreachable|No route to host", re.M)


def _late(text: str) -> set[str]:
    return set(re.findall(r"no answer yet for icmp_seq=(\d+)", text))


def _answered(text: str) -> set[str]:
    return set(re.findall(r"bytes from [^\n]*icmp_seq=(\d+)", text))
