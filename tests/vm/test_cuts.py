#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The power is cut at random instants of an apply: after the next boot the machine is the old one or the new one.

A cut is the end of the emulator: what the guest had not brought to its disk is gone. EGVM_CUTS says how many (about
two minutes each, beside another guest), EGVM_SEED repeats a run's choices; to the instant only as far as an emulator can."""

from __future__ import annotations

import os
import random
import re
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from egvm.appliance import IN_WORLD  # noqa: E402
from egvm.story import Story, main  # noqa: E402

CUTS = int(os.environ.get("EGVM_CUTS") or 2)
SEED = int(os.environ.get("EGVM_SEED") or random.randrange(1 << 30))
JOURNAL = "/var/lib/eligate/journal"
KINDS = ("example-psk", "example-eap")

# Everything that an apply may change, and what it must not; without what tells when and how often.
PICTURE = f"""
find /etc/swanctl /etc/strongswan.d /etc/strongswan.conf /etc/systemd/network /etc/sysctl.d /var/lib/eligate -type f |
  grep -v -e /state.json -e /generation- | sort | xargs -d '\\n' sha256sum
find /etc/swanctl /etc/strongswan.d /var/lib/eligate | sort | grep -v /generation- | xargs -d '\\n' stat -c '%a %U:%G %n'
nft list ruleset | sed -E 's/packets [0-9]+ bytes [0-9]+//'
ip -br address | sort
ip rule
ip route
ip route show table 8470 | grep -v 'proto 85'
ip -d link show eligate0 | grep -o 'mtu [0-9]*\\|if_id [0-9a-fx]*'
grep . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/accept_redirects /proc/sys/net/ipv4/conf/*/send_redirects
swanctl --list-conns
swanctl --list-sas | grep -oE 'eligate-[0-9]+: #[0-9]+, [A-Z]+|(local|remote) +[0-9./ ]+$'
"""
# The way in and the way out, for people: the LAN's side of the appliance, and the line's web host.
PEOPLE = f"""
{IN_WORLD} nsenter --net=/run/netns/eg-terminal ping -c 1 -W 3 192.168.1.1 >/dev/null || exit 1
{IN_WORLD} nsenter --net=/proc/1/ns/net curl -sS --max-time 5 -o /dev/null http://198.51.100.80/ || exit 2
"""


class Cuts(Story):
    maxDiff = None
    name = "cuts"
    deadline = 900.0 + 480.0 * CUTS
    pictures: dict[str, list[str]]
    kind = KINDS[0]
    lasts = 0.0  # seconds from the journal's beginning to the apply's end

    def picture(self) -> list[str]:
        """What is new with each tunnel (its assigned address, numbers, which gateway) is no difference."""
        said = re.sub(r"10\.200\.[12]\.\d+", "ASSIGNED", self.guest.out(PICTURE, 120.0))
        # charon puts the address on the WAN where no other of its SAs has it.
        said = re.sub(r"(?m)^(wan0\S* .*?)(?: +ASSIGNED/32)+", r"\1", said)
        # The surroundings' cards have new hardware addresses with each boot.
        said = re.sub(r"(?m)@\w+|fe80::\S+|\s+$", "", said)
        return re.sub(r"eligate-[0-9]+: #[0-9]+", "eligate-N", said).splitlines()

    def other(self) -> str:
        return KINDS[1 - KINDS.index(self.kind)]

    def begin(self, kind: str) -> object:
        """An apply that has begun to change something."""
        self.guest.papers(kind)
        running = self.guest.start("eligate apply --yes --json")
        self.guest.run(f"for i in $(seq 2000); do [ -e {JOURNAL} ] && exit; sleep 0.01; done; exit 1", 60.0)
        return running

    def test_01_both_states(self) -> None:
        """What the machine is like with either papers, and how long the way from one to the other takes."""
        type(self).pictures = {}
        self.guest.boot()
        for kind in KINDS[::-1]:
            self.guest.papers(kind)
            self.committed()
            self.passes(30.0)
            self.pictures[kind] = self.picture()
        self.assertNotEqual(*self.pictures.values())
        durations = []
        for kind in KINDS[::-1]:
            # As in the cuts: while the rest of a boot is still at work, or no cut comes late enough.
            self.guest.reboot(wait=False)
            self.passes(240.0)
            running = self.begin(kind)
            begun = time.monotonic()
            self.assertEqual(self.guest.finish(running, 90.0, "an apply").code, 0)
            durations.append(time.monotonic() - begun)
            self.passes(30.0)
            self.assertEqual(self.picture(), self.pictures[kind])
        type(self).lasts = max(durations)
        self.note(f"an apply changes things for {self.lasts:.1f} s")

    def cut(self, dice: random.Random) -> str:
        self.after("test_01")
        before = self.succeeds("status --json").json["generation"]
        self.begin(self.other())
        after = dice.uniform(0.0, 1.05 * self.lasts)
        time.sleep(after)
        self.guest.cut_power()
        self.guest.boot(wait=False)
        self.guest.wait("the line", "ip -br address show wan0 | grep -q 192.168.3.", 240.0)
        self.guest.wait("people to get through", PEOPLE, 30.0)
        self.guest.wait("what was begun to be decided", f"test ! -e {JOURNAL}", 120.0)
        took = self.passes(150.0)
        if took > 40.0:  # right, but why so late?
            print(f"\n--- passed after {took:.0f} s\n{self.guest.journal(200)}\n---", file=sys.stderr)
        status = self.succeeds("status --json").json
        is_new = status["generation"] == before + 1
        self.assertIn(status["generation"], (before, before + 1))
        type(self).kind = self.other() if is_new else self.kind
        self.assertEqual(status["drift"], [])
        self.assertEqual(self.picture(), self.pictures[self.kind])
        self.nothing_leaked()
        self.guest.papers(self.kind)
        self.assertEqual(self.succeeds("apply --yes --json").json["result"], "unchanged")
        anew = self.guest.run("journalctl -b -t eligate | grep -c 'begun anew'", check=False).out.strip()
        return (f"cut after {after:.2f} s: {'new' if is_new else 'old'}, passes after {took:.0f} s"
                f"{', begun anew' if anew != '0' else ''}")

    def test_03_terminal_gets_through(self) -> None:
        self.after("test_01")
        self.terminal_gets_through()

    def test_04_nothing_was_denied(self) -> None:
        self.after("test_01")
        self.assertEqual(self.denied(), [])


def _add() -> None:
    for number in range(1, CUTS + 1):
        def one(self: Cuts, number: int = number) -> None:
            if number == 1:
                self.note(f"seed {SEED}")
            self.note(self.cut(random.Random(SEED + number)))
        setattr(Cuts, f"test_02_cut_{number:03}", one)


_add()

if __name__ == "__main__":
    main()
