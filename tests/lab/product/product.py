# SPDX-License-Identifier: Apache-2.0
"""What the product tests share: the binary run on the appliance, its answers, and the machine as it was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from by_hand import LAB  # noqa: E402
from eglab import addresses as a  # noqa: E402
from eglab import faults, line, papers, snapshot  # noqa: E402
from eglab.process import wait_until  # noqa: E402

ELIGATE = Path(os.environ.get("ELIGATE") or HERE.parents[2] / "build/dev/bin/eligate").resolve()

# Every sanitizer finding, whatever the exit code that the test expects; leaks are looked for at the end.
SANITIZER = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
             "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99"}
_FINDING = re.compile(r"(Address|Leak|UndefinedBehavior|Memory|Thread)Sanitizer|runtime error: ")

DONE, FAILED, USAGE, INVALID, PENDING, ROLLED_BACK, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


@dataclass(frozen=True)
class Answer:
    """What one run of eligate said, how it ended and how long it took."""

    argv: tuple[str, ...]
    exit: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> dict:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err

    def check(self, check_id: str) -> dict:
        """One rung, of `verify --json` or inside `apply --json`."""
        record = self.json
        rows = record.get("checks") or (record.get("verify") or {}).get("checks") or []
        return next(row for row in rows if row["id"] == check_id)

    def __str__(self) -> str:
        said = f"{self._short()}\n{self.err}"
        return f"eligate {' '.join(self.argv)}: exit {self.exit} after {self.seconds:.2f} s\n{said}"

    def _short(self) -> str:
        """Of the actions only what they are: their values fill pages."""
        try:
            record = self.json
        except ValueError:
            return self.out
        for row in record.get("actions") or []:
            row.pop("before", None)
            row.pop("after", None)
        return json.dumps(record, ensure_ascii=False)


class Running:
    """eligate at work in the background; finish() hands its answer over."""

    def __init__(self, *argv: str, umask: int = 0o022, under: tuple[str, ...] = ()) -> None:
        self.argv = argv
        self._begun = time.monotonic()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
        self.process = subprocess.Popen(
            LAB.argv(a.CLINIC, [*under, str(ELIGATE), *argv]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", umask=umask,
            env=environment | SANITIZER | {"LANG": "C.UTF-8"})

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def finish(self, seconds: float = 90.0) -> Answer:
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"eligate {' '.join(self.argv)} still ran after {seconds:g} s\n{out}\n{err}") from None
        answer = Answer(self.argv, self.process.returncode, out, err, time.monotonic() - self._begun)
        if _FINDING.search(err):
            raise AssertionError(f"a sanitizer found something\n{answer}")
        return answer


def eligate(*argv: str) -> Answer:
    return Running(*argv).finish()


def root() -> Path:
    """The appliance's / as seen from here."""
    return LAB.root(a.CLINIC)


def write_site(kind: str, **changed: dict[str, str]) -> None:
    """The site's own files; changed: intake={...}, secrets={...}."""
    papers.write_site(root(), LAB.state / "pki", kind, **changed)


def write_profile(text: str, name: str = "example-psk") -> None:
    """An imported provider profile, which wins over the shipped one of the same id."""
    folder = root() / "etc/eligate/profiles"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text)


def shipped_profile(name: str) -> str:
    return (HERE.parents[2] / f"profiles/providers/{name}.toml").read_text()


def edit(path: str, *changes: tuple[str, str]) -> None:
    """Change texts in a file of the appliance; each must be there."""
    file = root() / path.lstrip("/")
    text = file.read_text()
    for old, new in changes:
        if old not in text:
            raise AssertionError(f"{path} has no {old!r}")
        text = text.replace(old, new)
    file.write_text(text)


def list_sas(place: str = a.CLINIC) -> list[dict]:
    """Every IKE_SA of a place's charon, half-open ones included."""
    return LAB.list_sas(place)


class ProductTest(unittest.TestCase):
    """A fresh appliance for each test, in one standing lab for each module; nothing may leak in the clear."""

    maxDiff = None  # a picture that differs is judged by all of its lines

    @classmethod
    def setUpClass(cls) -> None:
        if not ELIGATE.exists():
            raise AssertionError(f"no such binary (environment variable ELIGATE): {ELIGATE}")
        LAB.up()

    def setUp(self) -> None:
        self.leaked = line.leaked(LAB.programs)

    def tearDown(self) -> None:
        self.assertEqual(line.leaked(LAB.programs), self.leaked, f"packets left in the clear: {line.leaks(LAB.programs)}")
        faults.set_faults(LAB, [])
        LAB.reset()

    def succeeds(self, *argv: str) -> Answer:
        answer = eligate(*argv)
        self.assertEqual(answer.exit, DONE, answer)
        return answer

    def assert_unchanged(self, before: snapshot.Picture, why: object = "") -> None:
        """Byte for byte what it was: files, addresses, routes, rules, nft, sysctls, strongSwan."""
        if a.XFRM and '"priority": 209' not in str(before):
            # charon has its script run while eligate goes on; the script looks what has become of the forwarder, and ends.
            wait_until("what the tunnel's end has called", lambda: "209:" not in LAB.run(a.CLINIC, ["ip", "rule"]))
        self.assertEqual(snapshot.diff(before, snapshot.take(LAB)), [], why)


def tear_down_module() -> None:
    LAB.down()
