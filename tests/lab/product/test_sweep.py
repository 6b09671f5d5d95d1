#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Killed at every system call that changes something, and once more while that is put back: old or new, no mixture.

`cut` (tests/sweep) ends eligate right before or right after one such call; then runs what the timer runs. EGSWEEP_STRIDE
takes every so manieth point only; EGSWEEP_SEED chooses the points of the second kill.
"""

from __future__ import annotations

import copy
import os
import random
import unittest
from pathlib import Path

from product import (DONE, ELIGATE, LAB, ProductTest, Running, a, eligate, list_sas, root, shipped_profile, snapshot,
                     tear_down_module, write_profile, write_site)

CUT = Path(os.environ.get("CUT") or ELIGATE.parent / "cut")
STRIDE = int(os.environ.get("EGSWEEP_STRIDE") or 1)
KILLED = 137
swept: dict[str, int] = {}


def tearDownModule() -> None:
    tear_down_module()
    for name, count in swept.items():
        print(f"kill points: {count} ({name})", flush=True)
    print(f"kill points: {sum(swept.values())}", flush=True)


def comparable(picture: snapshot.Picture) -> snapshot.Picture:
    """Without what is new with every tunnel (numbers, keys), when something was committed, and the lock's file."""
    picture = copy.deepcopy(picture)
    for name in ("/var/lib/eligate/state.json", "/run/eligate.lock", "/run"):
        picture["files"].pop(name, None)
    # The folder's own link count and the like are no part of it: what it holds is.
    sas = picture["strongswan"]["sas"].values()
    picture["strongswan"]["sas"] = sorted(
        f"{sa['remote-id']} {sa['state']} {sa.get('local-vips')} "
        + " ".join(f"{child['name']} {child['state']} {child.get('local-ts')} {child.get('remote-ts')}"
                   for child in sa["children"].values())
        for sa in sas)
    return picture


class Sweep(ProductTest):
    """Each test: what was there before, the command that is killed, and what it leads to."""

    def cut(self, *words: str, command: tuple[str, ...]) -> int:
        """One command under `cut`; its exit code."""
        running = Running(*command, under=(str(CUT), *words, "--to", str(LAB.state / "points"), "--"))
        running.process.communicate(timeout=120)
        return running.process.returncode

    def points(self) -> list[str]:
        rows = [row.split("\t") for row in (LAB.state / "points").read_text().splitlines()]
        return [" ".join(row[1:4]) for row in rows if row[0].isdigit()]

    def picture(self) -> snapshot.Picture:
        return comparable(snapshot.take(LAB))

    def recover(self) -> None:
        answer = eligate("restore", "--json")
        self.assertEqual((answer.exit, answer.json["unfinished"]), (DONE, False), answer)

    def generation(self) -> int | None:
        return eligate("status", "--json").json["generation"]

    def pictures(self, prepare, command: tuple[str, ...]) -> tuple[snapshot.Picture, snapshot.Picture, list[str]]:
        """What the machine is before and after the whole command, and the calls in between."""
        prepare()
        old = self.picture()
        self.assertEqual(self.cut("list", command=command), DONE)
        points, new = self.points(), self.picture()
        self.assertNotEqual(snapshot.diff(old, new), [], "the command changes nothing")
        return old, new, points

    def kill_and_recover(self, number: int, when: str, command: tuple[str, ...], dice: random.Random) -> None:
        self.assertIn(self.cut("kill", str(number), when, command=command), (KILLED, DONE))
        if dice.random() < 0.25:
            # A recovery that has fewer calls than the dice say is a whole one.
            self.cut("kill", str(dice.randrange(1, 60)), dice.choice(("before", "after")), command=("restore", "--json"))
        self.recover()

    def sweep(self, name: str, prepare, command: tuple[str, ...]) -> None:
        seed = int(os.environ.get("EGSWEEP_SEED") or random.randrange(1 << 30))
        dice = random.Random(seed)
        old, new, points = self.pictures(prepare, command)
        print(f"{name}: {len(points)} calls, seed {seed}", flush=True)
        wrong = 0
        prepare()
        for number in range(1, len(points) + 1, STRIDE):
            for when in ("before", "after"):
                right = changed = False
                with self.subTest(point=number, when=when, call=points[number - 1]):
                    before = self.generation()
                    self.kill_and_recover(number, when, command, dice)
                    changed = self.generation() != before
                    self.assertEqual(snapshot.diff(new if changed else old, self.picture()), [],
                                     f"should be as {'after' if changed else 'before'} the command")
                    swept[name] = swept.get(name, 0) + 1
                    right = True
                wrong += not right
                self.assertLess(wrong, 5, "enough")
                if not right:  # whatever it is now: the next point begins afresh
                    LAB.reset()
                    old, new, points = self.pictures(prepare, command)
                if changed or not right:
                    prepare()

    def committed(self) -> None:
        write_site("example-psk")
        self.succeeds("apply", "--yes")

    def test_first_apply(self) -> None:
        def prepare() -> None:
            write_site("example-psk")
            self.succeeds("remove", "--yes")
        self.sweep("first apply", prepare, ("apply", "--yes"))

    def test_change_of_profile(self) -> None:
        def prepare() -> None:
            self.committed()
            write_site("example-eap")
        self.sweep("change of profile", prepare, ("apply", "--yes"))

    def test_change_of_gateway(self) -> None:
        def prepare() -> None:
            (root() / "etc/eligate/profiles/example-psk.toml").unlink(missing_ok=True)
            self.committed()
            write_profile(shipped_profile("example-psk").replace(
                '["vpn1.example.net", "vpn2.example.net"]', '["vpn2.example.net"]'))
        self.sweep("change of gateway", prepare, ("apply", "--yes"))

    def test_remove(self) -> None:
        self.sweep("remove", self.committed, ("remove", "--yes"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
