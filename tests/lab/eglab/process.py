# SPDX-License-Identifier: Apache-2.0
"""Processes of the lab: start, record, find again, stop. Only recorded pids are ever signalled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path


# How many times longer than on a machine of one's own everything may take: in a guest, an emulated one.
PATIENCE = float(os.environ.get("EGLAB_PATIENCE") or 1.0)


class LabError(Exception):
    """Something of the lab does not work; the text is for the person at the terminal."""


class CommandFailed(LabError):
    """A command of the lab failed; carries what it printed."""

    def __init__(self, argv: list[str], code: int, output: str) -> None:
        super().__init__(f"{' '.join(argv)} ended with {code}:\n{output.strip()}")
        self.code = code
        self.output = output


def run(argv: list[str], stdin: str | None = None, timeout: float = 30.0, check: bool = True) -> str:
    """Run a command to its end and return what it printed (both streams)."""
    timeout *= PATIENCE
    done = subprocess.run(
        argv,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        text=True,
        errors="replace",
        check=False,
    )
    if check and done.returncode != 0:
        raise CommandFailed(argv, done.returncode, done.stdout)
    return done.stdout


def wait_until(what: str, ready: Callable[[], bool], seconds: float = 10.0, every: float = 0.02) -> None:
    """Poll until ready() is true; LabError naming what was waited for after the deadline."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(every)


def start_time(pid: int) -> int | None:
    """Start time of a live process in clock ticks, None if it is gone or a zombie; guards against pid reuse."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def session_of(leader: int) -> list[int]:
    """The leader and every process that it started, as far as they stayed in its session."""
    members = [leader]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader:
                members.append(int(entry.name))
    return members


def stop_pids(pids: Iterable[int], seconds: float = 3.0) -> None:
    """End these processes: SIGTERM, then SIGKILL after the deadline; returns when they are gone."""
    left = {pid: born for pid in pids if (born := start_time(pid)) is not None}
    for sign, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
        for pid in left:
            try:
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, sign)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            _reap()
            left = {pid: born for pid, born in left.items() if start_time(pid) == born}
            if left:
                time.sleep(0.01)
        if not left:
            return
    raise LabError(f"processes that do not end: {sorted(left)}")


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


class Programs:
    """The programs of one lab, recorded in <state>/pids.json before anybody relies on them."""

    def __init__(self, state: Path) -> None:
        self._file = state / "pids.json"
        self._log = state / "log"

    def records(self) -> dict[str, dict]:
        try:
            return json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}

    def _write(self, records: dict[str, dict]) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(records, indent=1))
        fresh.replace(self._file)

    def log_of(self, name: str) -> Path:
        return self._log / f"{name}.log"

    def start(self, name: str, place: str, argv: list[str], said: int | None = None) -> int:
        """Start a program in the background in a session of its own; what it prints goes to its log, or to the
        descriptor `said`. Returns its pid."""
        log = os.open(self.log_of(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            pid = os.posix_spawnp(argv[0], argv, os.environ, setsid=True, file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log if said is None else said, 1),
                (os.POSIX_SPAWN_DUP2, log, 2)])
        finally:
            os.close(log)
        self.record(name, place, pid)
        return pid

    def record(self, name: str, place: str, pid: int) -> None:
        self._write(self.records() | {name: {"pid": pid, "born": start_time(pid), "place": place}})

    def pid(self, name: str) -> int | None:
        """The pid of a recorded program that still lives."""
        entry = self.records().get(name)
        if entry is None or entry["born"] is None or start_time(entry["pid"]) != entry["born"]:
            return None
        return entry["pid"]

    def stop(self, *names: str) -> None:
        stop_pids([member for name in names if (pid := self.pid(name)) is not None for member in session_of(pid)])
        self._write({key: value for key, value in self.records().items() if key not in names})

    def stop_all(self) -> None:
        stop_pids([pid for name in self.records() if (pid := self.pid(name)) is not None])
        self._file.unlink(missing_ok=True)

    def tail(self, name: str, lines: int = 15) -> str:
        try:
            text = self.log_of(name).read_text(errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:])
