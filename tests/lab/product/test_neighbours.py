#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Somebody else's firewall on the same machine, as Docker, firewalld and an administrator with iptables-nft write them:
ours stands beside it and neither touches the other; what theirs keeps from the terminals is found before the commit, and
what the remedy says helps."""

from __future__ import annotations

import re
import unittest
from contextlib import ExitStack

from product import (LAB, ROLLED_BACK, Answer, ProductTest, a, edit, eligate, faults, line, list_sas, snapshot,
                     tear_down_module, write_site)
from by_hand import ask, fetch, with_card
from eglab.chatter import Chatter
from eglab.process import wait_until
from eglab.stream import Stream

tearDownModule = tear_down_module

FREE = "192.168.1.200"
ENOUGH = 100
# What a terminal needs, in each of their words; the second is for the ladder's own terminal.
OUT = (f'iifname "lan0" oifname "{a.TUNNEL}"', f'iifname "eglan*" oifname "{a.TUNNEL}"')
BACK = f'iifname "{a.TUNNEL}" ct state related,established'

DOCKER_FILTER = """table ip filter {{
  chain DOCKER {{
    iifname != "docker0" oifname "docker0" counter drop
  }}
  chain DOCKER-FORWARD {{
    counter jump DOCKER-CT
    counter jump DOCKER-ISOLATION-STAGE-1
    counter jump DOCKER-BRIDGE
    iifname "docker0" counter accept
  }}
  chain DOCKER-BRIDGE {{
    oifname "docker0" counter jump DOCKER
  }}
  chain DOCKER-CT {{
    oifname "docker0" ct state related,established counter accept
  }}
  chain DOCKER-ISOLATION-STAGE-1 {{
    iifname "docker0" oifname != "docker0" counter jump DOCKER-ISOLATION-STAGE-2
  }}
  chain DOCKER-ISOLATION-STAGE-2 {{
    oifname "docker0" counter drop
  }}
  chain FORWARD {{
    type filter hook forward priority filter; policy drop;
    counter jump DOCKER-USER
    counter jump DOCKER-FORWARD
  }}
  chain DOCKER-USER {{
    {allowed}
    counter return
  }}
}}
"""
DOCKER_NAT = """table ip nat {
  chain DOCKER {
    iifname "docker0" counter return
  }
  chain PREROUTING {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local counter jump DOCKER
  }
  chain OUTPUT {
    type nat hook output priority -100; policy accept;
    ip daddr != 127.0.0.0/8 fib daddr type local counter jump DOCKER
  }
  chain POSTROUTING {
    type nat hook postrouting priority srcnat; policy accept;
    oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade
  }
}
"""

IPTABLES_FILTER = """table ip filter {{
  chain INPUT {{
    type filter hook input priority filter; policy drop;
    ct state related,established counter accept
    iifname "lo" counter accept
    ip protocol icmp counter accept
    iifname "lan0" counter accept
  }}
  chain FORWARD {{
    type filter hook forward priority filter; policy drop;
    ct state related,established counter accept
    iifname "lan0" oifname "wan0" counter accept
    {allowed}
    limit rate 5/minute burst 5 packets counter log prefix "FORWARD: "
    counter reject with icmp host-prohibited
  }}
  chain OUTPUT {{
    type filter hook output priority filter; policy accept;
  }}
}}
"""
IPTABLES_NAT = """table ip nat {
  chain POSTROUTING {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan0" counter masquerade
  }
}
"""

FIREWALLD = """table inet firewalld {{
  chain mangle_PREROUTING {{
    type filter hook prerouting priority mangle + 10; policy accept;
  }}
  chain nat_POSTROUTING {{
    type nat hook postrouting priority srcnat + 10; policy accept;
    jump nat_POSTROUTING_ZONES
  }}
  chain nat_POSTROUTING_ZONES {{
    oifname "wan0" goto nat_POST_external
    return
  }}
  chain nat_POST_external {{
    meta nfproto ipv4 oifname != "lo" masquerade
  }}
  chain filter_PREROUTING {{
    type filter hook prerouting priority filter + 10; policy accept;
    icmpv6 type {{ nd-router-advert, nd-neighbor-solicit }} accept
    meta nfproto ipv6 fib saddr . mark . iif oif missing drop
  }}
  chain filter_INPUT {{
    type filter hook input priority filter + 10; policy accept;
    ct state {{ established, related }} accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_ZONES
    reject with icmpx admin-prohibited
  }}
  chain filter_FORWARD {{
    type filter hook forward priority filter + 10; policy accept;
    ct state {{ established, related }} accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    ip6 daddr {{ ::/96, ::ffff:0.0.0.0/96, 2002::/24, 2002:a00::/24 }} reject with icmpv6 addr-unreachable
    jump filter_FORWARD_ZONES
    reject with icmpx admin-prohibited
  }}
  chain filter_OUTPUT {{
    type filter hook output priority filter + 10; policy accept;
    ct state {{ established, related }} accept
    oifname "lo" accept
  }}
  chain filter_FORWARD_POLICIES_pre {{
    iifname "lan0" oifname "wan0" jump filter_FWD_clinic
    {allowed}
  }}
  chain filter_FWD_clinic {{
    accept
  }}
  chain filter_FWD_terminals {{
    accept
  }}
  chain filter_INPUT_ZONES {{
    iifname "lan0" goto filter_IN_internal
    iifname "wan0" goto filter_IN_external
    goto filter_IN_public
  }}
  chain filter_FORWARD_ZONES {{
    iifname "lan0" goto filter_FWD_internal
    iifname "wan0" goto filter_FWD_external
    goto filter_FWD_public
  }}
  {zones}
}}
"""
FIREWALLD_ZONE = """chain filter_IN_{name} {{
    jump filter_IN_{name}_allow
    meta l4proto {{ icmp, icmpv6 }} accept
    reject with icmpx admin-prohibited
  }}
  chain filter_IN_{name}_allow {{
    tcp dport 22 ct state {{ new, untracked }} accept
  }}
  chain filter_FWD_{name} {{
    jump filter_FORWARD_POLICIES_pre
    jump filter_FWD_{name}_allow
    reject with icmpx admin-prohibited
  }}
  chain filter_FWD_{name}_allow {{
    {intra}
  }}
"""
# While it loads itself anew, nothing new passes.
FIREWALLD_WAITS = """table inet firewalld_policy_drop {
  chain filter_INPUT {
    type filter hook input priority 9; policy drop;
    ct state { established, related } accept
  }
  chain filter_FORWARD {
    type filter hook forward priority 9; policy drop;
    ct state { established, related } accept
  }
  chain filter_OUTPUT {
    type filter hook output priority 9; policy drop;
    ct state { established, related } accept
  }
}
"""


def nft(*argv: str, stdin: str | None = None) -> str:
    return LAB.run(a.CLINIC, ["nft", *(argv or ("-f", "-"))], stdin=stdin)


def listed(table: str) -> str:
    """To the byte but for what its counters have counted; with handles, which are others where it was made anew."""
    return nft("-s", "-a", "list", "table", *table.split())


def without_rules(picture: snapshot.Picture) -> snapshot.Picture:
    return {part: value for part, value in picture.items() if part != "nft"}


class Events:
    """`with Events() as events: ...`, then what the kernel said of its tables, one list of lines for each transaction."""

    def __init__(self) -> None:
        self._name = f"{a.CLINIC}.stream-nft-monitor"
        self._log = LAB.programs.log_of(self._name)
        self._transactions: list[list[str]] = []

    def _marked(self, mark: str) -> bool:
        """A table of nobody's, there and gone: what the monitor has said of it is behind everything before."""
        nft(stdin=f"table ip {mark}\ndelete table ip {mark}\n")
        return f"delete table ip {mark}\n# new generation" in self._log.read_text()

    def __enter__(self) -> Events:
        self._log.unlink(missing_ok=True)
        LAB.programs.start(self._name, a.CLINIC, LAB.argv(a.CLINIC, ["nft", "monitor"]))
        wait_until("the monitor", lambda: self._marked("begun"))
        return self

    def __exit__(self, *ignored: object) -> None:
        wait_until("the last events", lambda: self._marked("ended"))
        LAB.programs.stop(self._name)
        rows: list[str] = []
        for row in self._log.read_text().splitlines():
            if row.startswith("# new generation"):
                self._transactions.append(rows)
                rows = []
            else:
                rows.append(row)

    def of(self, table: str) -> list[list[str]]:
        found = [[row for row in rows if re.search(rf"\b{table}\b", row)] for rows in self._transactions]
        return [rows for rows in found if rows]


class Neighbour:
    """What is the same beside each of them."""

    tables: tuple[str, ...]
    # What it is allowed, one thing after the other, and what is said of a terminal's packets as long as the rest is missing.
    remedies: tuple[tuple[tuple[str, ...], str | None], ...]
    # Whether the clinic's internet goes through it.
    is_router: bool

    def text(self, allowed: str) -> str:
        raise NotImplementedError

    def rows(self, allowed: tuple[str, ...]) -> str:
        return "\n    ".join(f"{row} counter accept" for row in allowed)

    def load(self, allowed: tuple[str, ...]) -> None:
        nft(stdin=self.text(self.rows(allowed)))

    def unload(self) -> None:
        for table in self.tables:
            nft("delete", "table", *table.split())

    def reload(self, allowed: tuple[str, ...]) -> None:
        """As the program does it, or `systemctl restart`; in between there is nothing of it."""
        self.unload()
        self.load(allowed)

    @property
    def enough(self) -> tuple[str, ...]:
        return self.remedies[-1][0]

    def setUp(self) -> None:
        super().setUp()
        LAB.run(a.CLINIC, ["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"])
        self.site(a.TERMINAL_ADDRESS)

    def site(self, *terminals: str) -> None:
        write_site("example-psk")
        addresses = ", ".join(f'"{terminal}"' for terminal in terminals)
        edit("/etc/eligate/site.toml", (f'["{a.TERMINAL_ADDRESS}"]', f'[{addresses}]\nprobe = "{FREE}"'))

    def theirs(self) -> list[str]:
        return [listed(table) for table in self.tables]

    def applied(self) -> Answer:
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual(answer.json["result"], "committed", answer)
        return answer

    def works(self) -> None:
        self.assertIn("1312345678", fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/terminal", *with_card()))
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        self.internet_works()

    def internet_works(self) -> None:
        if self.is_router:
            LAB.run(a.TERMINAL, ["curl", "-sS", "--max-time", "5", "--output", "/dev/null", f"http://{a.WEB_HOST}/"])

    def refused(self, code: str) -> None:
        """Found from where a terminal stands alone; the machine is as it was, and theirs was not touched."""
        before, theirs = snapshot.take(LAB), self.theirs()
        with Events() as events:
            answer = eligate("apply", "--yes", "--json")
        self.assertEqual((answer.exit, answer.json["error"]["code"], answer.json["error"]["party"]),
                         (ROLLED_BACK, code, "appliance"), answer)
        self.assertEqual(answer.check("esp.both-ways")["status"], "pass", answer)
        forwarding = answer.check("lan.forwarding")
        self.assertEqual((forwarding["status"], forwarding["evidence"]["from"]), ("fail", FREE), answer)
        self.assertEqual(self.theirs(), theirs)
        self.not_touched(events)
        self.assert_unchanged(before)
        self.internet_works()

    def not_touched(self, events: Events) -> None:
        for table in self.tables:
            self.assertEqual(events.of(table), [])

    def test_what_the_remedy_says(self) -> None:
        self.load(self.remedies[0][0])
        self.internet_works()
        for allowed, code in self.remedies:
            with self.subTest(allowed=allowed):
                self.reload(allowed)
                if code:
                    self.refused(code)
        before, theirs = snapshot.take(LAB), self.theirs()
        answer = self.applied()
        for check in ("lan.forwarding", f"lan.tls.{a.HWEB_NAME}", "leak.destinations"):
            self.assertEqual(answer.check(check)["status"], "pass", answer)
        self.works()
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
        self.succeeds("remove", "--yes")
        self.assertEqual(self.theirs(), theirs)
        self.assert_unchanged(before)
        self.internet_works()

    def test_replaced_at_once(self) -> None:
        """By the next apply, by one that fails, by a rollback: no packet is lost, and at no time is there none of ours."""
        self.load(self.enough)
        self.applied()
        theirs, first = self.theirs(), nft("-s", "list", "table", "inet", "eligate")
        with Events() as events, Stream(LAB, a.TERMINAL, a.HWEB) as stream:
            self.site(a.TERMINAL_ADDRESS, "192.168.1.51")
            self.applied()
            self.assertNotEqual(nft("-s", "list", "table", "inet", "eligate"), first)
            self.site(a.TERMINAL_ADDRESS, "192.168.1.52")
            faults.set_faults(LAB, ["centre-tls-dead"])
            answer = eligate("apply", "--yes", "--json")
            self.assertEqual((answer.exit, answer.json["error"]["code"]), (ROLLED_BACK, "VRF080"), answer)
            faults.set_faults(LAB, [])
            self.succeeds("rollback", "--yes")
            self.succeeds("verify")
        self.assertEqual(stream.count().lost, 0)
        self.assertGreater(stream.count().sent, 20)
        self.assertEqual(nft("-s", "list", "table", "inet", "eligate"), first)
        self.assertEqual(self.theirs(), theirs)
        self.not_touched(events)
        ours = events.of("inet eligate")
        self.assertEqual(len(ours), 4, "there and back, there, back")
        for rows in ours:
            kept = [row for row in rows if row in ("delete table inet eligate", "add table inet eligate")]
            self.assertEqual(kept[-2:], ["delete table inet eligate", "add table inet eligate"], rows)
        self.works()

    def test_theirs_loaded_anew(self) -> None:
        """Beside a terminal at work; and beside a tunnel that is lost, so that everything has to be kept in."""
        self.applied_before_theirs()
        before, ours = snapshot.take(LAB), listed("inet eligate")
        with Events() as events, Stream(LAB, a.TERMINAL, a.HWEB) as stream:
            for _ in range(3):
                self.reload(self.enough)
            self.succeeds("verify")
        self.assertEqual(stream.count().lost, 0)
        self.assertEqual(events.of("inet eligate"), [])
        self.assertEqual(listed("inet eligate"), ours)
        self.assertEqual(snapshot.diff(without_rules(before), without_rules(snapshot.take(LAB))), [])
        self.assertEqual(self.succeeds("restore", "--json").json["result"], "standing")
        self.assertEqual(self.succeeds("status", "--json").json["drift"], [])
        with Chatter(a.TERMINAL) as terminal, Chatter(a.CLINIC) as clinic:
            self.end_tunnels()
            for _ in range(3):
                begun = terminal.tried, clinic.tried
                self.reload(self.enough)
                wait_until("packets", lambda begun=begun: min(terminal.tried - begun[0], clinic.tried - begun[1]) >= ENOUGH)
            self.assertEqual(line.leaked(LAB.programs), self.leaked)
        self.assertEqual(listed("inet eligate"), ours)
        self.succeeds("restore")
        wait_until("the tunnel", answers)
        self.works()

    def test_allowed_no_more(self) -> None:
        """What theirs keeps out again is found, also where a terminal that has its connection already goes on."""
        self.applied_before_theirs()
        ours = listed("inet eligate")
        for at_work in (False, True):
            with self.subTest(at_work=at_work), ExitStack() as beside:
                self.reload(self.enough)
                if at_work:
                    beside.enter_context(Stream(LAB, a.TERMINAL, a.HWEB))
                self.reload(())
                answer = eligate("verify", "--json")
                self.assertEqual((answer.exit, answer.check("lan.forwarding")["code"]), (ROLLED_BACK, "VRF091"), answer)
                self.assertEqual(answer.check("leak.destinations")["status"], "pass", answer)
        self.unload()
        self.succeeds("verify")
        self.assertEqual(listed("inet eligate"), ours)

    def applied_before_theirs(self) -> None:
        """Who was there first makes no difference."""
        self.applied()
        self.load(self.enough)
        self.works()

    def end_tunnels(self) -> None:
        LAB.run(a.CLINIC, ["swanctl", "--terminate", "--ike", "eligate-1", "--force"])
        wait_until("no tunnel", lambda: not any(sa["state"] == "ESTABLISHED" for sa in list_sas()))


def answers() -> bool:
    try:
        return ask(a.HWEB_NAME, timeout=0.3).addresses == (a.HWEB,)
    except OSError:
        return False


class Docker(Neighbour, ProductTest):
    """It forwards nothing that is not a container's, answers neither."""

    tables = ("ip filter", "ip nat")
    remedies = (((), "VRF091"), (OUT, "VRF093"), ((*OUT, BACK), None))
    is_router = False

    def text(self, allowed: str) -> str:
        return DOCKER_FILTER.format(allowed=allowed) + DOCKER_NAT


class Firewalld(Neighbour, ProductTest):
    """With the LAN in its zone internal and the line in external; what comes in by no zone's interface is public."""

    tables = ("inet firewalld",)
    remedies = (((), "VRF091"), (OUT, None))
    is_router = True

    def rows(self, allowed: tuple[str, ...]) -> str:
        return "\n    ".join(f"{row} jump filter_FWD_terminals" for row in allowed)

    def text(self, allowed: str) -> str:
        zones = "".join(FIREWALLD_ZONE.format(name=name, intra=intra) for name, intra in (
            ("internal", 'oifname "lan0" accept'), ("external", 'oifname "wan0" accept'), ("public", "")))
        return FIREWALLD.format(allowed=allowed, zones=zones)

    def reload(self, allowed: tuple[str, ...]) -> None:
        nft(stdin=FIREWALLD_WAITS)
        nft(stdin="delete table inet firewalld\n" + self.text(self.rows(allowed)))
        nft("delete", "table", "inet", "firewalld_policy_drop")


class Iptables(Neighbour, ProductTest):
    """An administrator's own rules, by iptables-nft."""

    tables = ("ip filter", "ip nat")
    remedies = (((), "VRF091"), (OUT, None))
    is_router = True

    def text(self, allowed: str) -> str:
        return IPTABLES_FILTER.format(allowed=allowed) + IPTABLES_NAT


if __name__ == "__main__":
    unittest.main(verbosity=2)
