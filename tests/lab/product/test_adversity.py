#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What else may happen in the middle of a change: strongSwan dies or hangs.

`cut` (tests/sweep) holds eligate at one call while it happens."""

from __future__ import annotations

import os
import signal
import unittest
from collections.abc import Callable
from pathlib import Path

from product import (DONE, ELIGATE, INCOMPLETE, LAB, ROLLED_BACK, Answer, ProductTest, Running, a, eligate, root,
                     snapshot, tear_down_module, write_site)
from eglab import appliance
from eglab.process import wait_until

CUT = Path(os.environ.get("CUT") or ELIGATE.parent / "cut")
tearDownModule = tear_down_module

# Where it happens in a first apply: what `cut list` calls the call.
PLACES = ("renameat /etc/swanctl/conf.d/.eligate.conf.new", "RTM_NEWRULE", "load-conn", "initiate")


def start_charon() -> None:
    """As systemd does: the daemon, and then its own loader."""
    appliance.start_charon(LAB.programs)
    LAB.wait_for_charon(a.CLINIC)
    LAB.run(a.CLINIC, ["swanctl", "--load-all", "--noprompt"])


class Adversity(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")

    def place(self, call: str) -> int:
        """The number of the first such call in a first apply."""
        running = Running("apply", "--yes", under=(str(CUT), "list", "--to", str(LAB.state / "points"), "--"))
        self.assertEqual(running.finish().exit, DONE)
        rows = [row.split("\t") for row in (LAB.state / "points").read_text().splitlines()]
        self.succeeds("remove", "--yes")
        return next(int(row[0]) for row in rows if row[0].isdigit() and call in " ".join(row[2:4]))

    def while_at(self, number: int, happens: Callable[[], None], seconds: float = 90.0) -> Answer:
        """A first apply that is held before that call until it has happened."""
        points = LAB.state / "points"
        points.unlink(missing_ok=True)
        running = Running("apply", "--yes", "--json",
                          under=(str(CUT), "stop", str(number), "before", "--to", str(points), "--"))
        wait_until("eligate to stand still", lambda: points.exists() and "stopped" in points.read_text(), 30.0)
        happens()
        running.process.send_signal(signal.SIGCONT)
        return running.finish(seconds)

    def charon_gone(self) -> None:
        LAB.programs.stop(appliance.CHARON)

    def test_charon_dies(self) -> None:
        """What it held is gone with it, and nothing of ours makes it again when it is started."""
        before = snapshot.take(LAB)
        for call in PLACES:
            with self.subTest(call=call):
                answer = self.while_at(self.place(call), self.charon_gone)
                # Nothing has to be done by hand for a daemon that is not there.
                self.assertEqual(answer.exit, ROLLED_BACK, answer)
                start_charon()
                after = eligate("restore", "--json")
                self.assertEqual((after.exit, after.json["unfinished"]), (DONE, False), after)
                self.assertEqual([row for row in snapshot.diff(before, snapshot.take(LAB))
                                  if not any(word in row for word in (" processes", "ifindex", "fe80::"))], [], answer)
                self.assertEqual(eligate("status", "--json").json["result"], "not_applied")

    def test_charon_hangs(self) -> None:
        """It takes the calls and answers none of them; each wait has its end."""
        before = snapshot.take(LAB)
        pid = LAB.programs.pid(appliance.CHARON)
        # Two of them: each takes as long as charon is waited for, 15 s.
        for call in PLACES[::2]:
            with self.subTest(call=call):
                answer = self.while_at(self.place(call), lambda: os.kill(pid, signal.SIGSTOP))
                os.kill(pid, signal.SIGCONT)
                # What is in its memory nobody can say, nor change.
                self.assertEqual(answer.exit, INCOMPLETE, answer)
                self.assertTrue(answer.json["leftover"], answer)
                after = eligate("restore", "--json")
                self.assertEqual((after.exit, after.json["unfinished"]), (DONE, False), after)
                self.assert_unchanged(before, answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
