# SPDX-License-Identifier: Apache-2.0
"""What the guest tests share: one guest for a class of tests that build on one another, in the order of their names."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
import unittest
from pathlib import Path

from . import debs, ready
from .appliance import Answer, Appliance
from .image import GuestError
from .ready import APT, INSTALL  # noqa: F401

RELEASE = os.environ.get("EGVM_RELEASE", "bookworm")


class Story(unittest.TestCase):
    """Tests of one class share a guest and its disk; what they need from an earlier one they say by `after`."""

    guest: Appliance
    deadline = 2700.0
    name = "story"
    bare = False  # True: the package is not installed yet
    done: set[str]
    sent = 0  # packets, when it was last looked whether any had leaked

    @classmethod
    def setUpClass(cls) -> None:
        cls.done = set()
        cls._scratch = tempfile.TemporaryDirectory()
        cls.deb = debs.package()
        cls.older = debs.older(cls.deb, Path(cls._scratch.name))
        base = None if cls.bare else ready.installed(RELEASE, cls.deb)
        cls.guest = Appliance(RELEASE, [cls.deb, cls.older], name=cls.name, deadline=cls.deadline, base=base)
        cls.addClassCleanup(cls._scratch.cleanup)
        cls.addClassCleanup(cls.guest.close)

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        begun, bad = time.monotonic(), len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > bad:
            why = (result.failures + result.errors)[-1][1]
            print(f"\n{why}\n--- the appliance after {self._testMethodName}\n{self.guest.journal()}\n---", file=sys.stderr)
        else:
            type(self).done.add(self._testMethodName)
        print(f"{time.monotonic() - begun:29.1f} s", file=sys.stderr, flush=True)
        return result

    def after(self, *names: str) -> None:
        for name in names:
            if not any(name in test for test in self.done):
                self.skipTest(f"builds on {name}, which failed")

    def note(self, text: str) -> None:
        print(f"[{text}]", file=sys.stderr, end=" ", flush=True)

    # --- what the tests ask ----------------------------------------------------------------------------------

    def install(self, deb: Path) -> None:
        self.guest.run(f"{INSTALL} /srv/eg/payload/{deb.name}", 400.0)

    def committed(self) -> Answer:
        apply = self.succeeds("apply --yes --json")
        self.assertEqual(apply.json["result"], "committed", apply)
        return apply

    def succeeds(self, words: str, seconds: float = 240.0) -> Answer:
        answer = self.guest.eligate(words, seconds)
        self.assertEqual(answer.exit, 0, answer)
        return answer

    def passes(self, seconds: float = 90.0) -> float:
        """The ladder passes within this time; returns after how many seconds it did."""
        begun = time.monotonic()
        while True:
            answer = self.guest.eligate("verify --json")
            if answer.exit == 0:
                self.assertEqual(answer.json["result"], "pass", answer)
                return time.monotonic() - begun
            if time.monotonic() - begun > seconds:
                self.fail(f"no proven tunnel after {seconds:g} s\n{answer}\n{self._failed(answer)}")
            time.sleep(1.0)

    @staticmethod
    def _failed(answer: Answer) -> str:
        try:
            return "\n".join(json.dumps(row, ensure_ascii=False) for row in answer.json["checks"]
                             if row["status"] not in ("pass", "warn"))
        except (ValueError, KeyError):
            return ""

    def terminal_gets_through(self) -> None:
        self.guest.surroundings("terminal", seconds=240.0)

    def forwarder_answers(self, seconds: float = 60.0) -> None:
        """The terminals' forwarder has names of both sides."""
        begun = time.monotonic()
        while not all(row["addresses"] for row in self.asked_forwarder().values()):
            if time.monotonic() - begun > seconds:
                self.fail(f"the forwarder does not answer after {seconds:g} s: {self.asked_forwarder()}")

    def asked_forwarder(self) -> dict:
        return json.loads(self.guest.surroundings("forwarder").out)

    def nothing_leaked(self) -> None:
        """Since this boot began, although gateway and terminal sent all the time; a line says it of what came last."""
        counts = self._counts_of_some_traffic()
        sent = sum(each["sent"] + each["refused"] for each in counts["sent"].values())
        phase = re.sub(r"^test_\w+?_(?=[a-z])", "", self._testMethodName).replace("_", " ")
        print(f"\nleak {phase}: in the clear: {counts['leaked']} of {self._sent_since_last(sent)} packets sent",
              file=sys.stderr, flush=True)
        self.assertEqual((counts["leaked"], counts["captured"]), (0, []), counts)

    def _counts_of_some_traffic(self, least: int = 20, seconds: float = 60.0) -> dict:
        """A sender begins with the boot, and the test may be as quick."""
        begun = time.monotonic()
        while True:
            counts = self.guest.counts()
            if all(each and each["sent"] + each["refused"] > least for each in counts["sent"].values()):
                return counts
            if time.monotonic() - begun > seconds:
                self.fail(f"not everybody sends: {counts}")
            time.sleep(0.5)

    def _sent_since_last(self, sent: int) -> int:
        """The counters begin anew with each boot."""
        before = type(self).sent if sent >= type(self).sent else 0
        type(self).sent = sent
        return sent - before

    def denied(self) -> list[str]:
        """What AppArmor forbade us, since the machine's first boot."""
        rows = self.guest.run("journalctl --no-pager -o cat | grep 'apparmor=\"DENIED\"' || true").out.splitlines()
        return [row for row in rows if "eligate" in row or "updown" in row]


def main() -> None:
    try:
        unittest.main(module="__main__", verbosity=2, failfast=False)
    except GuestError as failure:
        raise SystemExit(f"guest: {failure}") from None
