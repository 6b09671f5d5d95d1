#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Self test of building the lab and taking it away, half finished and broken ones too."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from by_hand import HERE, LAB, expert
from eglab import addresses as a
from eglab import appliance, papers, places, snapshot
from eglab.lab import state_of_standing
from eglab.process import run, start_time, wait_until


def tearDownModule() -> None:
    LAB.down()



class UpAndDown(unittest.TestCase):
    def nothing_is_left(self) -> None:
        self.assertEqual(places.standing(), [])
        self.assertIsNone(state_of_standing())
        self.assertEqual(LAB.programs.records(), {})
        self.assertFalse((LAB.state / "place").exists())
        self.assertNotIn("eg-", run(["ip", "netns", "list"]))
        self.assertNotIn(str(LAB.state), Path("/proc/self/mountinfo").read_text())
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and start_time(int(process.name)) is not None:
                try:
                    words = (process / "cmdline").read_bytes().decode(errors="replace")
                except OSError:
                    continue
                self.assertNotIn(f"{LAB.state}/", words)
                self.assertFalse(words.startswith("charon-systemd"), words)

    def test_second_up_finds_the_first(self) -> None:
        LAB.up()
        before = LAB.programs.records()
        self.assertFalse(LAB.up())
        self.assertEqual(LAB.programs.records(), before)

    def test_up_rebuilds_a_broken_lab(self) -> None:
        LAB.up()
        LAB.programs.stop("eg-centre.nginx")
        os.kill(LAB.programs.pid(appliance.CHARON), signal.SIGKILL)
        wait_until("charon to die", lambda: LAB.programs.pid(appliance.CHARON) is None)
        self.assertTrue(LAB.up())

    def test_reset_gives_a_fresh_appliance(self) -> None:
        LAB.up()
        expert("psk")
        papers.write_site(LAB.root(a.CLINIC), LAB.state / "pki", "example-psk")
        LAB.reset()
        fresh = snapshot.take(LAB)
        self.assertEqual(fresh["strongswan"]["sas"], {})
        self.assertEqual([path for path in fresh["files"] if "eligate" in path or "expert" in path], [])
        self.assertTrue(LAB.stands())
        expert("psk")

    def test_restarted_charon_loads_its_files(self) -> None:
        LAB.up()
        LAB.reset()
        expert("psk")
        LAB.restart_charon()
        self.assertIn("clinic", snapshot.take(LAB)["strongswan"]["connections"])
        LAB.run(a.CLINIC, ["swanctl", "--initiate", "--child", "clinic", "--timeout", "5"])

    def test_down_leaves_nothing(self) -> None:
        LAB.up()
        expert("psk")
        self.assertTrue(LAB.down())
        self.nothing_is_left()
        self.assertFalse(LAB.down())

    def test_down_after_a_killed_up(self) -> None:
        LAB.down()
        for wanted in (2, len(a.PLACES)):
            building = subprocess.Popen([str(HERE / "lab"), "--state", str(LAB.state), "up"], stdout=subprocess.DEVNULL)
            wait_until("a half finished up", lambda count=wanted: len(places.standing()) >= count, every=0.001)
            building.kill()
            building.wait()
            self.assertTrue(LAB.down())
            self.nothing_is_left()

    def test_a_failed_up_names_the_program_and_leaves_nothing(self) -> None:
        LAB.down()
        with tempfile.TemporaryDirectory() as scratch:
            broken = Path(scratch, "tinyproxy")
            broken.write_text("#!/bin/sh\necho no proxy today >&2\nexit 3\n")
            broken.chmod(0o755)
            tried = subprocess.run([str(HERE / "lab"), "--state", str(LAB.state), "up"], capture_output=True, text=True,
                                   env={**os.environ, "PATH": f"{scratch}:{os.environ['PATH']}"}, check=False)
        self.assertEqual(tried.returncode, 1)
        self.assertIn("eg-centre.tinyproxy", tried.stderr)
        self.assertIn("no proxy today", tried.stderr)
        self.nothing_is_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
