#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What bounds a change from outside: an alarm that ends a run which hangs, and a confirmation by a person."""

from __future__ import annotations

import json
import os
import signal
import time
import unittest
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

from product import (DONE, FAILED, INTERRUPTED, LAB, PENDING, ProductTest, Running, eligate, list_sas, root, snapshot,
                     tear_down_module, write_site)
from eglab import faults

tearDownModule = tear_down_module

CUT = os.environ.get("CUT", "")
JOURNAL = "var/lib/eligate/journal"
KILLED = 137


def wait_for(what: str, is_so: Callable[[], object], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.05)


def change_at_work() -> str:
    """The id in the journal's first record."""
    return json.loads((root() / JOURNAL).read_text().splitlines()[0].split(" ", 1)[1])["id"]


def watchers(change: str) -> list[int]:
    """The processes that watch over a change where no systemd does."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--overdue" in words and change.encode() in words:
            found.append(int(entry.name))
    return found


@contextmanager
def session_from(peer: str) -> Iterator[None]:
    """As sshd tells it."""
    os.environ["SSH_CONNECTION"] = f"{peer} 50123 192.168.1.1 22"
    try:
        yield
    finally:
        del os.environ["SSH_CONNECTION"]


class Deadline(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")
        self.before = snapshot.take(LAB)

    def begun(self, running: Running) -> str:
        wait_for("the first step", lambda: (root() / JOURNAL).exists() and
                 '"doing"' in (root() / JOURNAL).read_text(), 30.0)
        self.assertTrue(running.alive())
        return change_at_work()

    def writing(self) -> str:
        """The number of a point in the middle of an apply, in its own process."""
        points = LAB.state / "points"
        answer = Running("apply", "--yes", under=(CUT, "list", "--to", str(points), "--")).finish()
        self.assertEqual(answer.exit, DONE, answer)
        self.succeeds("remove", "--yes")
        return next(line.split("\t")[0] for line in points.read_text().splitlines() if "renameat\t/etc/swanctl" in line)

    def test_one_that_was_stopped(self) -> None:
        """Ctrl-Z in the middle: it still holds the lock, and does nothing any more."""
        faults.set_faults(LAB, ["centre-silent"])  # the ladder takes its time
        running = Running("apply", "--yes")
        change = self.begun(running)
        os.kill(running.pid, signal.SIGSTOP)
        self.assertEqual(len(watchers(change)), 1)
        # The timer's runs leave it alone; its alarm does not.
        self.assertEqual(self.succeeds("restore", "--json").json["result"], "busy")
        self.succeeds("restore", "--overdue", change)
        self.assertEqual(running.finish().exit, INTERRUPTED)
        faults.set_faults(LAB, [])
        self.assert_unchanged(self.before)
        wait_for("its watcher to end", lambda: not watchers(change), 5.0)

    @unittest.skipUnless(CUT, "needs ptrace(2), which the sanitizers do not get on with")
    def test_one_that_hangs(self) -> None:
        """In a call that never comes back, deaf to SIGTERM."""
        points = LAB.state / "points"
        running = Running("apply", "--yes", under=(CUT, "stop", self.writing(), "before", "--to", str(points), "--"))
        # A SIGTERM before it hangs would be obeyed.
        wait_for("the call that hangs", lambda: "\tstopped " in points.read_text(), 30.0)
        change = self.begun(running)
        answer = self.succeeds("restore", "--overdue", change, "--json")
        self.assertEqual(answer.json["result"], "put_back", answer)
        self.assertGreater(answer.seconds, 30.0)
        self.assertEqual(running.finish().exit, KILLED)
        self.assert_unchanged(self.before, answer)

    def test_the_watcher_outlives_its_run(self) -> None:
        faults.set_faults(LAB, ["centre-silent"])  # the ladder takes its time
        running = Running("apply", "--yes")
        change = self.begun(running)
        os.kill(running.pid, signal.SIGKILL)
        running.process.communicate()
        self.assertEqual(len(watchers(change)), 1)
        faults.set_faults(LAB, [])
        self.assertEqual(self.succeeds("restore", "--json").json["result"], "put_back")
        wait_for("its watcher to end", lambda: not watchers(change), 5.0)
        self.assert_unchanged(self.before)

    def test_a_watcher_does_not_stay_for_the_next_change(self) -> None:
        """It gets no processor while its change ends and the next one begins: there is a journal again when it looks."""
        self.succeeds("apply", "--yes")
        write_site("example-eap")
        self.assertEqual(eligate("apply", "--yes", "--hold-for", "5m").exit, PENDING)
        first = change_at_work()
        asleep = watchers(first)
        self.assertNotEqual(asleep, [])
        for watcher in asleep:
            os.kill(watcher, signal.SIGSTOP)
        self.succeeds("confirm", first)
        write_site("example-psk")
        self.assertEqual(eligate("apply", "--yes", "--hold-for", "5m").exit, PENDING)
        for watcher in asleep:
            os.kill(watcher, signal.SIGCONT)
        wait_for("its watcher to end", lambda: not watchers(first), 5.0)
        self.assertNotEqual(watchers(change_at_work()), [])
        self.succeeds("rollback", "--yes")
        self.succeeds("remove", "--yes")
        self.assert_unchanged(self.before)

    def test_no_alarm_no_change(self) -> None:
        """systemd is there by all signs, and does not answer."""
        sign = root() / "run/systemd/system"
        sign.mkdir(parents=True)
        try:
            answer = eligate("apply", "--yes", "--json")
            self.assertEqual((answer.exit, answer.json["error"]["code"]), (FAILED, "SYS048"), answer)
        finally:
            sign.rmdir()
            sign.parent.rmdir()
        self.assert_unchanged(self.before, answer)


class Hold(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")

    def held(self, *options: str) -> str:
        answer = eligate("apply", "--yes", "--json", *(options or ("--hold-for", "5m")))
        self.assertEqual((answer.exit, answer.json["result"]), (PENDING, "held"), answer)
        return answer.json["hold"]["change"]

    def left_over(self) -> list[str]:
        return [name for name in ("journal", "earlier.json") if (root() / "var/lib/eligate" / name).exists()]

    def test_confirmed(self) -> None:
        before = snapshot.take(LAB)
        change = self.held()
        self.succeeds("verify")
        status = self.succeeds("status", "--json").json
        self.assertEqual((status["result"], status["hold"]["change"], status["drift"]), ("up", change, []))
        self.assertLessEqual(status["hold"]["seconds"], 300)
        for language, word in (("ja", "確定"), ("en", "unless it is confirmed")):
            self.assertIn(word, self.succeeds("status", "--lang", language).out)
        for command in (("apply", "--yes"), ("plan",), ("confirm", "000000")):
            answer = eligate(*command)
            self.assertEqual(answer.exit, FAILED, answer)
            self.assertIn("SYS051" if command[0] == "confirm" else "SYS049", answer.err)
        self.assertEqual(self.succeeds("restore", "--json").json["held"], True)

        self.succeeds("confirm", change)
        self.assertEqual(self.left_over(), [])
        wait_for("the watchers to end", lambda: not watchers(change), 5.0)
        self.assertIsNone(self.succeeds("status", "--json").json["hold"])
        self.assertIn("SYS050", eligate("confirm", change).err)
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
        self.succeeds("remove", "--yes")
        self.assert_unchanged(before)

    def test_not_confirmed(self) -> None:
        """The first apply of a machine: half a minute later nothing of it is there, and nobody did anything."""
        before = snapshot.take(LAB)
        change = self.held("--hold-for", "30s")
        self.assertNotEqual(snapshot.diff(before, snapshot.take(LAB)), [])
        wait_for("the alarm to put it back", lambda: not (root() / "var/lib/eligate").exists(), 50.0)
        self.assert_unchanged(before)
        wait_for("the watchers to end", lambda: not watchers(change), 5.0)
        self.assertIn("SYS050", eligate("confirm", change).err)

    def test_put_back_at_once(self) -> None:
        self.succeeds("apply", "--yes")
        configuration = (root() / "etc/swanctl/conf.d/eligate.conf").read_text()
        write_site("example-eap")
        change = self.held()
        self.assertNotEqual((root() / "etc/swanctl/conf.d/eligate.conf").read_text(), configuration)
        answer = self.succeeds("rollback", "--held", change, "--yes", "--json")
        self.assertEqual(answer.json["result"], "rolled_back", answer)
        self.assertEqual((root() / "etc/swanctl/conf.d/eligate.conf").read_text(), configuration)
        self.assertEqual(self.left_over(), [])
        self.assertEqual([row["number"] for row in self.succeeds("history", "--json").json["generations"]], [1])
        wait_for("the old tunnel", lambda: [sa["state"] for sa in list_sas()] == ["ESTABLISHED"], 30.0)
        self.succeeds("verify")

    def test_session_whose_way_changes(self) -> None:
        with session_from("10.20.0.77"):
            answer = eligate("apply", "--yes", "--json")
            self.assertEqual((answer.exit, answer.json["result"]), (PENDING, "held"), answer)
            self.assertEqual(answer.json["hold"]["seconds"], 300)
            self.assertIn("10.20.0.77", answer.err)
            self.succeeds("rollback", "--yes")
            answer = self.succeeds("apply", "--yes", "--json", "--hold-for", "0")
            self.assertEqual(answer.json["result"], "committed", answer)

    def test_any_other_session(self) -> None:
        with session_from("192.168.1.5"):
            self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "committed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
