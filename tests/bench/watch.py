# SPDX-License-Identifier: Apache-2.0
"""What a program does with the files of a folder, and when, as the kernel tells it from outside (inotify(7)).

No hook in the program, and nothing that slows it down."""

from __future__ import annotations

import ctypes
import os
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path

CLOSE_WRITE, CLOSE_NOWRITE, OPEN, CREATE, DELETE, IGNORED = 0x8, 0x10, 0x20, 0x100, 0x200, 0x8000
_HEADER = struct.Struct("iIII")
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Event:
    at: float
    what: int
    name: str


class Watch:
    """While it is open, events of the folder are noted."""

    def __init__(self, folder: Path) -> None:
        self._fd = _libc.inotify_init1(os.O_CLOEXEC)
        mask = CLOSE_WRITE | CLOSE_NOWRITE | OPEN | CREATE | DELETE
        self._watch = _libc.inotify_add_watch(self._fd, bytes(folder), mask)
        if self._watch < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {folder}")
        self.events: list[Event] = []
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Watch:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Told in its turn (IGNORED), behind everything before it; so is the end of the folder itself.
        _libc.inotify_rm_watch(self._fd, self._watch)
        self._reader.join()
        os.close(self._fd)

    def _read(self) -> None:
        while True:
            data = os.read(self._fd, 65536)
            now, at = time.perf_counter(), 0
            while at < len(data):
                _, mask, _, length = _HEADER.unpack_from(data, at)
                name = data[at + _HEADER.size:at + _HEADER.size + length].rstrip(b"\0").decode()
                at += _HEADER.size + length
                if mask & IGNORED:
                    return
                self.events.append(Event(now, mask, name))


@dataclass(frozen=True)
class Span:
    begun: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


def journal_writes(events: list[Event]) -> list[Span]:
    """Each writing of eligate's journal, from its opening to its closing, with every fsync(2) in between: first the
    whole of it, then one span a record. Only the fsync of the folder that it is removed from is not seen."""
    spans, opened = [], None
    for event in events:
        if (event.what, event.name) == (CREATE, ".journal.new") or (
                opened is None and (event.what, event.name) == (OPEN, "journal")):
            opened = event.at
        elif event.name == "journal" and event.what in (CLOSE_WRITE, CLOSE_NOWRITE) and opened is not None:
            if event.what == CLOSE_WRITE:
                spans.append(Span(opened, event.at))
            opened = None
    return spans
