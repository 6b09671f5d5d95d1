#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Killed at every system call that changes something, and once more while that is put back: old or new, no mixture.
The same where such a call fails.

`cut` (tests/sweep) ends eligate right before or right after one such call, or lets it fail; then runs what the timer
runs. EGSWEEP_STRIDE takes every so manieth point only, beginning at a random one; EGSWEEP_SEED repeats a run's choices.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
import unittest
from collections.abc import Callable
from pathlib import Path

from product import (DONE, ELIGATE, FAILED, INCOMPLETE, LAB, PENDING, ROLLED_BACK, ProductTest, Running, a, edit, eligate,
                     root, shipped_profile, snapshot, tear_down_module, write_profile, write_site)

CUT = Path(os.environ.get("CUT") or ELIGATE.parent / "cut")
STRIDE = int(os.environ.get("EGSWEEP_STRIDE") or 1)
KILLED = 137
ERRORS = ("ENOSPC", "EIO", "EROFS", "ENOMEM", "EPERM")
GENERATION = "/var/lib/eligate/generation-"
# A change that is held keeps its journal, and what it replaced.
NEW_EACH_TIME = ("/run/eligate.lock", "/run/eligate-forwarder", "/run/eligate-forwarder/pid", *(f"/var/lib/eligate/{name}" for name in ("state.json", "journal", "earlier.json")))
swept: dict[str, int] = {}


def tearDownModule() -> None:
    tear_down_module()
    for what in ("kill", "fault"):
        counts = {name: count for name, count in swept.items() if name.startswith(what)}
        for name, count in counts.items():
            print(f"{count:5} {name}", flush=True)
        print(f"{what} points: {sum(counts.values())}", flush=True)


def comparable(picture: snapshot.Picture) -> snapshot.Picture:
    """Without what is new with every tunnel (numbers, keys), when something was committed, and the lock's file."""
    picture = copy.deepcopy(picture)
    for name in list(picture["files"]):
        if name in NEW_EACH_TIME or name.startswith(GENERATION):
            del picture["files"][name]
    # Who watches over a change that is held. A forwarder is another process each time; that it runs, and once, counts.
    picture["processes"] = sorted(re.sub(r"^\d+ dnsmasq$", "dnsmasq", row) for row in picture["processes"]
                                  if not row.endswith(" eligate"))
    sas = picture["strongswan"]["sas"].values()
    picture["strongswan"]["sas"] = sorted(
        f"{sa['remote-id']} {sa['state']} {sa.get('local-vips')} "
        + " ".join(f"{child['name']} {child['state']} {child.get('local-ts')} {child.get('remote-ts')}"
                   for child in sa["children"].values())
        for sa in sas)
    if a.XFRM:
        for kind in ("addr", "link", "route"):
            picture[kind] = [row for row in map(as_any_link, picture[kind]) if row]
    return picture


def as_any_link(row: str) -> str:
    """On the kernel's dataplane a link that was made again has another number and another IPv6 address of its own, and
    charon puts the assigned address on the WAN only where `eligate0` does not have it already."""
    value = json.loads(row)
    if value.get("ifname") == a.TUNNEL:
        value["ifindex"] = 0
    pools = tuple(gateway.pool_prefix.rpartition(".")[0] + "." for gateway in a.GATEWAYS)
    value["addr_info"] = [one for one in value.get("addr_info", [])
                          if not (value["ifname"] == a.TUNNEL and one["local"].startswith("fe80:"))
                          and not (value["ifname"] == "wan0" and one["local"].startswith(pools))]
    target = value.get("dst", "")
    own = value.get("table") == "local" and ((value.get("dev") == a.TUNNEL and target.startswith("fe80:"))
                                             or (value.get("dev") == "wan0" and target.startswith(pools)))
    return "" if own else json.dumps(value, sort_keys=True)


class SweepTest(ProductTest):
    def cut(self, *words: str, command: tuple[str, ...]) -> int:
        """One command under `cut`; its exit code."""
        running = Running(*command, under=(str(CUT), *words, "--to", str(LAB.state / "points"), "--"))
        self.said = "".join(running.process.communicate(timeout=120))
        rows = [row.split("\t") for row in (LAB.state / "points").read_text().splitlines()]
        self.met = [row for row in rows if row[0].isdigit()]
        return running.process.returncode

    def points(self) -> list[str]:
        return [" ".join(row[1:4]) for row in self.met]

    def picture(self) -> snapshot.Picture:
        return comparable(snapshot.take(LAB))

    def generation(self) -> int | None:
        return eligate("status", "--json").json["generation"]

    def generations_are_the_committed_ones(self) -> None:
        """Nothing is kept of one that never was committed, and of each that was something."""
        committed = self.generation() or 0
        kept = [name for name in snapshot.take(LAB)["files"] if name.startswith(GENERATION)]
        numbers = {end: sorted(int(name[len(GENERATION):-len(end)]) for name in kept if name.endswith(end))
                   for end in (".json", ".secrets")}
        self.assertEqual(numbers[".json"], list(range(max(1, committed - 19), committed + 1)))
        self.assertEqual(numbers[".secrets"], list(range(max(1, committed - 4), committed + 1)))

    def recover(self) -> None:
        answer = eligate("restore", "--json")
        self.assertEqual((answer.exit, answer.json["unfinished"]), (DONE, False), answer)

    def pictures(self, prepare: Callable[[], None], command: tuple[str, ...]
                 ) -> tuple[snapshot.Picture, snapshot.Picture, list[str]]:
        """What the machine is before and after the whole command, and the calls in between."""
        prepare()
        old = self.picture()
        self.assertIn(self.cut("list", command=command), (DONE, PENDING))
        points = self.points()
        # A forwarder that was started under `cut` ends with it; the timer's run starts it again.
        self.recover()
        new = self.picture()
        self.assertNotEqual(snapshot.diff(old, new), [], "the command changes nothing")
        return old, new, points

    def sweep(self, name: str, prepare: Callable[[], None], command: tuple[str, ...], *manners: str) -> None:
        """disturb() in each of the manners at every point; afterwards the machine is the old or the new one."""
        seed = int(os.environ.get("EGSWEEP_SEED") or random.randrange(1 << 30))
        self.dice = random.Random(seed)
        old, new, points = self.pictures(prepare, command)
        self.listed = points
        print(f"{name}: {len(points)} calls, seed {seed}", flush=True)
        prepare()
        wrong = 0
        for number in range(1 + self.dice.randrange(STRIDE), len(points) + 1, STRIDE):
            for manner in manners if self.concerns(points[number - 1]) else ():
                right = changed = False
                with self.subTest(point=number, manner=manner, call=points[number - 1]):
                    before = self.generation()
                    said = self.disturb(number, manner, command)
                    self.recover()
                    changed = self.generation() != before
                    self.generations_are_the_committed_ones()
                    self.assertEqual(snapshot.diff(new if changed else old, self.picture()), [],
                                     f"{said}, should be as {'after' if changed else 'before'} the command")
                    swept[name] = swept.get(name, 0) + 1
                    right = True
                wrong += not right
                self.assertLess(wrong, 5, "enough")
                if not right:  # whatever it is now: the next point begins afresh
                    LAB.reset()
                    old, new, points = self.pictures(prepare, command)
                if changed or not right:
                    prepare()

    def fail_at(self, number: int, *words: str, command: tuple[str, ...]) -> int:
        """cut() that lets this call fail; what it met is told where that was another one than the list's."""
        def plain(point: str) -> str:
            return re.sub(r"generation-\d+", "generation-", point)
        code = self.cut("fail", str(number), *words, command=command)
        hit = next((" ".join(row[1:4]) for row in self.met if row[0] == str(number)), "nothing")
        if plain(hit) not in (plain(self.listed[number - 1]), "nothing"):
            print(f"point {number} was `{hit}` this time, not `{self.listed[number - 1]}`. All of them:",
                  *(" ".join(row) for row in self.met), sep="\n  ", flush=True)
        return code

    def concerns(self, point: str) -> bool:
        """Whether disturbing it there makes sense."""
        return True

    def disturb(self, number: int, manner: str, command: tuple[str, ...]) -> str:
        raise NotImplementedError

    def nothing_yet(self) -> None:
        write_site("example-psk")
        self.succeeds("remove", "--yes")

    def committed(self) -> None:
        (root() / "etc/eligate/profiles/example-psk.toml").unlink(missing_ok=True)
        write_site("example-psk")
        self.succeeds("apply", "--yes")

    def another_profile(self) -> None:
        self.committed()
        write_site("example-eap")

    def another_gateway(self) -> None:
        self.committed()
        write_profile(shipped_profile("example-psk").replace(
            '["vpn1.example.net", "vpn2.example.net"]', '["vpn2.example.net"]'))

    def a_forwarder(self) -> None:
        """The terminals are about to get one."""
        self.committed()
        edit("/etc/eligate/site.toml", ("[intake]", '[lan.forwarder]\nother = "line"\n\n[intake]'))

    def no_forwarder(self) -> None:
        """They are about to lose it."""
        self.a_forwarder()
        self.succeeds("apply", "--yes")
        write_site("example-psk")

    def many_destinations(self) -> None:
        """So many routes and rules that the kernel gets each kind in more than one message."""
        self.committed()
        more = ", ".join(f'"10.21.{number}.0/30"' for number in range(200))
        write_profile(shipped_profile("example-psk").replace('"10.20.0.0/16"', f'"10.20.0.0/16", {more}'))


class Killed(SweepTest):
    def disturb(self, number: int, manner: str, command: tuple[str, ...]) -> str:
        code = self.cut("kill", str(number), manner, command=command)
        self.assertIn(code, (KILLED, DONE, PENDING))
        if self.dice.random() < 0.25:
            # A recovery that has fewer calls than the dice say is a whole one.
            self.cut("kill", str(self.dice.randrange(1, 60)), self.dice.choice(("before", "after")),
                     command=("restore", "--json"))
        return "killed"

    def sweep_both(self, name: str, prepare: Callable[[], None], *command: str) -> None:
        self.sweep(f"kill: {name}", prepare, command, "before", "after")

    def test_first_apply(self) -> None:
        self.sweep_both("first apply", self.nothing_yet, "apply", "--yes")

    def test_change_of_profile(self) -> None:
        self.sweep_both("change of profile", self.another_profile, "apply", "--yes")

    def test_change_of_gateway(self) -> None:
        self.sweep_both("change of gateway", self.another_gateway, "apply", "--yes")

    def test_many_destinations(self) -> None:
        self.sweep_both("many destinations", self.many_destinations, "apply", "--yes")

    def test_forwarder(self) -> None:
        self.sweep_both("a forwarder", self.a_forwarder, "apply", "--yes")

    def test_forwarder_goes(self) -> None:
        self.sweep_both("no forwarder any more", self.no_forwarder, "apply", "--yes")

    def test_remove(self) -> None:
        self.sweep_both("remove", self.committed, "remove", "--yes")

    def no_longer_held(self) -> None:
        """A change of profile is about to be held."""
        if eligate("status", "--json").json["hold"]:
            self.succeeds("rollback", "--yes")
        self.another_profile()

    def held(self) -> None:
        self.no_longer_held()
        self.assertEqual(eligate("apply", "--yes", "--hold-for", "10m").exit, PENDING)

    def test_hold(self) -> None:
        self.sweep_both("a change that is held", self.no_longer_held, "apply", "--yes", "--hold-for", "10m")

    def test_give_up(self) -> None:
        self.sweep_both("a held change that is given up", self.held, "rollback", "--yes")


class Failing(SweepTest):
    """One call fails, and everything else works: nothing is left to do by hand, so the exit code is never 6."""

    def one_gateway(self) -> None:
        """Else a command that fails to reach the first gateway rightly ends with the second."""
        for name in ("example-psk", "example-eap"):
            write_profile(shipped_profile(name).replace('["vpn1.example.net", "vpn2.example.net"]',
                                                        '["vpn1.example.net"]'), name)

    def nothing_yet(self) -> None:
        self.one_gateway()
        super().nothing_yet()

    def committed(self) -> None:
        self.one_gateway()
        write_site("example-psk")
        self.succeeds("apply", "--yes")

    def disturb(self, number: int, manner: str, command: tuple[str, ...]) -> str:
        error, before = self.dice.choice(ERRORS), self.generation()
        code = self.fail_at(number, error, command=command)
        self.assertIn(code, (DONE, FAILED, ROLLED_BACK), error)
        self.assertEqual(self.generation() != before, code == DONE, f"{error}, exit {code}")
        return f"{error}, exit {code}"

    def test_first_apply(self) -> None:
        self.sweep("fault: first apply", self.nothing_yet, ("apply", "--yes"), "once")

    def test_change_of_profile(self) -> None:
        self.sweep("fault: change of profile", self.another_profile, ("apply", "--yes"), "once")

    def test_many_destinations(self) -> None:
        self.sweep("fault: many destinations", self.many_destinations, ("apply", "--yes"), "once")

    def test_forwarder(self) -> None:
        self.sweep("fault: a forwarder", self.a_forwarder, ("apply", "--yes"), "once")

    def test_remove(self) -> None:
        self.sweep("fault: remove", self.committed, ("remove", "--yes"), "once")


class FailingForGood(Failing):
    """From one call on the disk stays full, or read-only: the way back finds it so, too."""

    def disturb(self, number: int, manner: str, command: tuple[str, ...]) -> str:
        error, before = self.dice.choice(("ENOSPC", "EDQUOT", "EROFS")), self.generation()
        code = self.fail_at(number, error, "--from", command=command)
        # Of a full disk files can still be taken; a file that was there before cannot be written again, and on a
        # read-only disk neither can be done. Then that is said, step by step, and the timer's run does it later.
        nothing_to_write = error != "EROFS" and before is None
        self.assertIn(code, (DONE, FAILED, ROLLED_BACK) + (() if nothing_to_write else (INCOMPLETE,)), error)
        if code == INCOMPLETE:
            self.assertRegex(self.said, r"Please do by hand:\n +1\. .*file /")
        self.assertEqual(self.generation() != before, code == DONE, f"{error}, exit {code}")
        return f"{error} for good, exit {code}"

    def concerns(self, point: str) -> bool:
        """A disk of files, not the kernel's own."""
        place = point.split(" ")[2]
        return place.startswith("/") and not place.startswith("/proc")

    def test_first_apply(self) -> None:
        self.sweep("fault for good: first apply", self.nothing_yet, ("apply", "--yes"), "for good")

    def test_change_of_profile(self) -> None:
        self.sweep("fault for good: change of profile", self.another_profile, ("apply", "--yes"), "for good")

    def test_remove(self) -> None:
        self.sweep("fault for good: remove", self.committed, ("remove", "--yes"), "for good")

    test_many_destinations = None
    test_forwarder = None


if __name__ == "__main__":
    unittest.main(verbosity=2)
