#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What else may happen in the middle of a change: strongSwan dies or hangs, memory runs out, the clock jumps.

`cut` (tests/sweep) holds eligate at one call while it happens; `jump` is preloaded and moves the clock of the day."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import unittest
from collections.abc import Callable
from pathlib import Path

from product import (DONE, ELIGATE, FAILED, INCOMPLETE, LAB, ROLLED_BACK, Answer, ProductTest, Running, a, eligate,
                     list_sas, root, snapshot, tear_down_module, write_site)
from eglab import appliance
from eglab.process import wait_until

CUT = Path(os.environ.get("CUT") or ELIGATE.parent / "cut")
JUMP = CUT.parent / "jump.so"
tearDownModule = tear_down_module

# As in the sweep: every so manieth action, beginning at a random one.
STRIDE = int(os.environ.get("EGSWEEP_STRIDE") or 1)
SEED = int(os.environ.get("EGSWEEP_SEED") or random.randrange(1 << 30))
NOTED = "fsync /var/lib/eligate/journal"


def start_charon() -> None:
    """As systemd does: the daemon, and then its own loader."""
    appliance.start_charon(LAB.programs)
    LAB.wait_for_charon(a.CLINIC)
    LAB.run(a.CLINIC, ["swanctl", "--load-all", "--noprompt"])


class Adversity(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")

    def actions(self, stride: int = 1) -> list[tuple[int, str]]:
        """Of each action of a first apply the first call, right after the journal's note of it; after the last, the
        proof's."""
        running = Running("apply", "--yes", under=(str(CUT), "list", "--to", str(LAB.state / "points"), "--"))
        self.assertEqual(running.finish().exit, DONE)
        rows = [row.split("\t") for row in (LAB.state / "points").read_text().splitlines()]
        calls = [" ".join(row[2:4]) for row in rows if row[0].isdigit()]
        self.succeeds("remove", "--yes")
        # Points are counted from 1 on.
        found = [(number + 1, calls[number]) for number in range(1, len(calls)) if calls[number - 1] == NOTED]
        self.assertGreater(len(found), 8, calls)
        self.charon_is_asked = 1 + next(number for number, call in enumerate(calls)
                                        if call.startswith("sendto ") and "RTM_" not in call)
        return found[random.Random(SEED).randrange(stride)::stride]

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
        actions = self.actions()
        for number, call in actions:
            with self.subTest(call=call):
                answer = self.while_at(number, self.charon_gone)
                # Nothing has to be done by hand for a daemon that is not there.
                self.assertEqual(answer.exit, ROLLED_BACK, answer)
                start_charon()
                after = eligate("restore", "--json")
                self.assertEqual((after.exit, after.json["unfinished"]), (DONE, False), after)
                self.assertEqual([row for row in snapshot.diff(before, snapshot.take(LAB))
                                  if not any(word in row for word in (" processes", "ifindex", "fe80::"))], [], answer)
                self.assertEqual(eligate("status", "--json").json["result"], "not_applied")
        print(f"\nstrongSwan died: {len(actions)} times", flush=True)

    def test_charon_hangs(self) -> None:
        """It takes the calls and answers none of them; each wait has its end."""
        before = snapshot.take(LAB)
        pid = LAB.programs.pid(appliance.CHARON)
        # Each takes as long as charon is waited for, 15 s.
        actions = self.actions(STRIDE if STRIDE == 1 else 2 * STRIDE)
        for number, call in actions:
            with self.subTest(call=call):
                answer = self.while_at(number, lambda: os.kill(pid, signal.SIGSTOP))
                os.kill(pid, signal.SIGCONT)
                # What is in its memory nobody can say, nor change; where it was never asked, that is nothing.
                incomplete = number > self.charon_is_asked
                self.assertEqual(answer.exit, INCOMPLETE if incomplete else ROLLED_BACK, answer)
                self.assertEqual(bool(answer.json["leftover"]), incomplete, answer)
                after = eligate("restore", "--json")
                self.assertEqual((after.exit, after.json["unfinished"]), (DONE, False), after)
                self.assert_unchanged(before, answer)
        print(f"\nstrongSwan hung: {len(actions)} times, seed {SEED}", flush=True)

    def old_or_new(self, before: snapshot.Picture, answer: Answer) -> bool:
        """After what the timer does: as it was, or applied and proven. Then it is as it was again."""
        after = eligate("restore", "--json")
        self.assertEqual((after.exit, after.json["unfinished"]), (DONE, False), after)
        applied = eligate("status", "--json").json["result"] == "up"
        if applied:
            self.succeeds("verify")
            self.succeeds("remove", "--yes")
        self.assert_unchanged(before, answer)
        return applied

    def test_memory_runs_out(self) -> None:
        """Less and less of it: from what is enough down to what a process cannot even begin with."""
        before = snapshot.take(LAB)
        enough, ends = 400, {}
        for megabytes in range(enough, 4, -6):
            with self.subTest(megabytes=megabytes):
                answer = Running("apply", "--yes", under=("prlimit", f"--as={megabytes << 20}", "--")).finish()
                applied = self.old_or_new(before, answer)
                self.assertEqual(applied, answer.exit == DONE, answer)
                if answer.exit in (FAILED, ROLLED_BACK):
                    self.assertTrue(answer.said.strip(), "without a word")
                ends.setdefault(answer.exit, []).append(megabytes)
        print(f"\nmemory: {', '.join(f'exit {code}: {len(sizes)}' for code, sizes in sorted(ends.items()))}", flush=True)
        self.assertIn(DONE, ends)
        self.assertIn(ROLLED_BACK, ends, "never in the middle of a change")

    def test_clock_jumps(self) -> None:
        """An hour and a month, there and back, at one reading after the other."""
        before = snapshot.take(LAB)
        hour, month = 3600, 30 * 24 * 3600
        tried = 0
        for at in (1, 2, 3, 5, 8, 13, 21):
            for by in (-month, -hour, hour, month):
                with self.subTest(at=at, by=by):
                    under = ("env", f"LD_PRELOAD={JUMP}", f"JUMP_AT={at}", f"JUMP_BY={by}")
                    answer = Running("apply", "--yes", under=under).finish()
                    self.assertIn(answer.exit, (DONE, ROLLED_BACK), answer)
                    self.assertEqual(self.old_or_new(before, answer), answer.exit == DONE, answer)
                    # An hour is no reason.
                    self.assertTrue(answer.exit == DONE or abs(by) == month, answer)
                    tried += 1
        print(f"\nclock: {tried} jumps", flush=True)


class Negotiating(ProductTest):
    """An apply was cut off; charon has begun to negotiate by what it left, and the gateway has answered, when it is put
    back: ended there, the gateway would keep an SA that nobody has, and send into the void."""

    def test_put_back_meanwhile(self) -> None:
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        write_site("example-eap")
        points = LAB.state / "points"
        running = Running("apply", "--yes", under=(str(CUT), "list", "--to", str(points), "--"))
        self.assertEqual(running.finish().exit, DONE)
        initiate = next(row.split("\t")[0] for row in points.read_text().splitlines() if "\tinitiate\t" in row)
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        write_site("example-eap")
        self.assertEqual(Running("apply", "--yes", under=(str(CUT), "kill", initiate, "before", "--to", str(points),
                                                          "--")).finish().exit, 137)
        # The gateway's answers to IKE_AUTH are lost for a while.
        LAB.run(a.LINE, ["nft", "-f", "-"], stdin="table ip late { chain late { type filter hook forward priority -20; "
                                                  "udp sport 4500 drop; }; }")
        self.addCleanup(LAB.run, a.LINE, ["nft", "delete", "table", "ip", "late"], check=False)
        charon = subprocess.Popen(LAB.argv(a.CLINIC, ["swanctl", "--initiate", "--ike", "eligate-1", "--child",
                                                      "eligate"]),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(charon.wait)
        wait_until("the gateway's answer", lambda: any(
            sa["state"] == "CONNECTING" and sa["responder-spi"].strip("0") for sa in list_sas()), 10.0)
        ends = threading.Timer(1.5, LAB.run, (a.LINE, ["nft", "delete", "table", "ip", "late"]))
        ends.start()
        answer = self.succeeds("restore", "--json")
        ends.join()
        self.assertEqual(answer.json["result"], "put_back", answer)
        self.succeeds("verify")
        self.assertEqual(len(list_sas()), 1)
        self.assertEqual([len(list_sas(gateway.place)) for gateway in a.GATEWAYS], [1, 0], "the gateways have no other")
        self.succeeds("remove", "--yes")


if __name__ == "__main__":
    unittest.main(verbosity=2)
