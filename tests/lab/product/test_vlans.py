#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A clinic of several networks behind one appliance, which is also its router: a LAN with VLANs, and several prefixes on
one interface.

The second network is VLAN 20 of the same wire. Where the kernel that the lab runs on has no 8021q it is a wire of its own with
the names of a VLAN, lan0.20 and eth0.20, which the test says; Debian's kernel has it (tests/vm)."""

from __future__ import annotations

import errno
import socket
import unittest
from dataclasses import dataclass

from product import (FAILED, LAB, Answer, ProductTest, a, edit, eligate, snapshot, tear_down_module, write_site)
from by_hand import fetch, with_card
from eglab import dns, places
from eglab.process import run, wait_until

tearDownModule = tear_down_module

KEPT_OUT = errno.EHOSTUNREACH


@dataclass(frozen=True)
class Network:
    """One of the clinic's: a listed terminal, somebody who is not, and an address that nobody has."""

    stem: str
    lan: str
    terminals: str

    def host(self, last: int) -> str:
        return f"{self.stem}.{last}"

    @property
    def prefix(self) -> str:
        return f"{self.stem}.0/24"

    @property
    def appliance(self) -> str:
        return self.host(1)

    @property
    def terminal(self) -> str:
        return self.host(50)

    @property
    def stranger(self) -> str:
        return self.host(51)

    @property
    def free(self) -> str:
        return self.host(200)


Person = tuple[str, Network]
FIRST = Network("192.168.1", "lan0", "eth0")
TAGGED = Network("192.168.20", "lan0.20", "eth0.20")
BESIDE = Network("192.168.30", "lan0", "eth0")
# In the clinic's router, as one has it.
ROUTER = """
table ip router {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan0" masquerade
  }
}
"""


def listed(words: list[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def tcp(source: str) -> int:
    """How a connection from this terminal to the server ends: 0, or the kernel's error."""
    with places.network_of(a.TERMINAL):
        stream = socket.socket()
    with stream:
        stream.bind((source, 0))
        stream.settimeout(5.0)
        return stream.connect_ex((a.HWEB, 443))


def ask(name: str, server: str, source: str, **how) -> dns.Answer:
    with places.network_of(a.TERMINAL):
        return dns.ask(server, name, source=source, **how)


def listeners() -> set[str]:
    """Where somebody answers DNS in the appliance's place."""
    return {row.split()[4] for row in LAB.run(a.CLINIC, ["ss", "-Hlntu", "sport = :53"]).splitlines()}


def tag(place: str, wire: str, name: str) -> bool:
    """VLAN 20 of this wire; false where the kernel has no 8021q. It loads the module for whoever asks."""
    said = run(["ip", "-n", place, "link", "add", "link", wire, "name", name, "type", "vlan", "id", "20"], check=False)
    if said and "Unknown device type" not in said:
        raise AssertionError(said)
    return not said


class ClinicTest(ProductTest):
    """Two networks; each terminal's packets leave by its own."""

    networks: tuple[Network, Network]

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(LAB.run, a.TERMINAL, ["ip", "route", "flush", "table", "20"], check=False)
        self.wire()
        first, second = self.networks
        run(["ip", "-n", a.CLINIC, "-batch", "-"], stdin="\n".join((
            f"addr add {second.appliance}/24 dev {second.lan}", f"link set {second.lan} up")))
        run(["ip", "-n", a.TERMINAL, "-batch", "-"], stdin="\n".join((
            f"addr add {first.stranger}/24 dev {first.terminals}", f"addr add {second.terminal}/24 dev {second.terminals}",
            f"addr add {second.stranger}/24 dev {second.terminals}", f"link set {second.terminals} up",
            f"route add default via {second.appliance} dev {second.terminals} table 20",
            f"rule add pref 20 from {second.prefix} lookup 20")))
        self.addCleanup(run, ["ip", "-n", a.TERMINAL, "rule", "del", "pref", "20"])
        LAB.run(a.CLINIC, ["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"])
        LAB.run(a.CLINIC, ["nft", "-f", "-"], stdin=ROUTER)
        wait_until("the appliance's links to settle", lambda: places.settled(a.CLINIC))

    def tearDown(self) -> None:
        """Before the lab is given back as it was."""
        self.doCleanups()
        super().tearDown()

    def wire(self) -> None:
        """The second network's, where it has one of its own."""

    def site(self, terminals: str = "", probe: str = "") -> None:
        """terminals: one of each network where nothing else is said; probe: in the second where nothing else is said."""
        first, second = self.networks
        lans = [first.lan] if first.lan == second.lan else [first.lan, second.lan]
        write_site("example-psk")
        edit("/etc/eligate/site.toml",
             ('interface = "lan0"', f'interface = {listed(lans)}\nprefix = {listed([first.prefix, second.prefix])}'),
             (f'["{a.TERMINAL_ADDRESS}"]', (terminals or listed([first.terminal, second.terminal]))
              + f'\nprobe = "{probe or second.free}"\n\n[lan.forwarder]'))

    def applied(self) -> Answer:
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual(answer.json["result"], "committed", answer)
        return answer

    def internet_works(self) -> None:
        for network in self.networks:
            for source in (network.terminal, network.stranger):
                said = LAB.run(a.TERMINAL, ["curl", "-sS", "--max-time", "5", "--interface", source, f"http://{a.WEB_HOST}/"])
                self.assertIn("internet works", said, source)

    def gets_through(self, *which: Person) -> None:
        """Names by the appliance's address on the asker's own network, and then there."""
        for source, network in which:
            for name, address in ((a.HWEB_NAME, a.HWEB), (a.WEB_NAME, a.WEB_HOST)):
                for tcp_too in (False, True):
                    answer = ask(name, network.appliance, source, tcp=tcp_too)
                    self.assertEqual(answer.addresses, (address,), (name, source, tcp_too))
            how = ("--interface", source, "--resolve", f"{a.HWEB_NAME}:443:{a.HWEB}")
            self.assertIn("1312345678", fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/terminal", *how, *with_card()), source)
            fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/large", *how, "--output", "/dev/null")

    def kept_out(self, *which: Person) -> None:
        for source, network in which:
            self.assertEqual(tcp(source), KEPT_OUT, source)
            for tcp_too in (False, True):
                with self.assertRaises(OSError) as said:
                    ask(a.HWEB_NAME, network.appliance, source, tcp=tcp_too)
                self.assertEqual(said.exception.errno, KEPT_OUT, (source, tcp_too))

    def seen_from(self, answer: Answer, address: str, gateway: str) -> None:
        for check in ("dns.forwarder", f"lan.tls.{a.HWEB_NAME}", f"lan.dns.{a.PWEB_NAME}", "leak.destinations", "leak.dns"):
            self.assertEqual(answer.check(check)["status"], "pass", answer)
        forwarding = answer.check("lan.forwarding")
        self.assertEqual((forwarding["status"], forwarding["evidence"]["from"], forwarding["evidence"]["by"]),
                         ("pass", address, gateway), answer)
        asked = "".join(answer.check("dns.forwarder")["evidence"])
        for network in self.networks:
            self.assertIn(network.appliance, asked)

    def life(self) -> None:
        """From apply to remove; the clinic's internet works all the time, for whoever is not listed, too."""
        first, second = self.networks
        self.internet_works()
        before = snapshot.take(LAB)
        self.seen_from(self.applied(), second.free, second.appliance)
        self.assertEqual(listeners(), {f"{network.appliance}:53" for network in self.networks})
        self.gets_through((first.terminal, first), (second.terminal, second))
        self.kept_out((first.stranger, first), (second.stranger, second))
        self.internet_works()
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
        LAB.run(a.CLINIC, ["swanctl", "--terminate", "--ike", "eligate-1", "--force"])
        for network in self.networks:
            self.assertNotEqual(tcp(network.terminal), 0, "without a tunnel nobody answers")
        self.internet_works()
        self.succeeds("restore")
        wait_until("the tunnel", lambda: all(tcp(network.terminal) == 0 for network in self.networks))
        self.gets_through((first.terminal, first), (second.terminal, second))
        self.seen_from(self.succeeds("verify", "--json"), second.free, second.appliance)
        self.succeeds("remove", "--yes")
        self.assert_unchanged(before)
        self.internet_works()

    def everybody(self) -> None:
        """Whom no list names, too; and the look goes from either network."""
        first, second = self.networks
        self.site('"lan"', first.free)
        self.seen_from(self.applied(), first.free, first.appliance)
        everyone = [(source, network) for network in self.networks for source in (network.terminal, network.stranger)]
        self.gets_through(*everyone)
        self.site('"lan"')
        self.succeeds("apply", "--yes")
        self.seen_from(self.succeeds("verify", "--json"), second.free, second.appliance)
        # Of one network alone, while both are the LAN.
        self.site(listed([second.prefix]))
        self.applied()
        self.assertEqual(listeners(), {f"{second.appliance}:53"})
        self.gets_through((second.terminal, second), (second.stranger, second))
        for source in (first.terminal, first.stranger):
            self.assertEqual(tcp(source), KEPT_OUT)
        self.internet_works()


class Vlans(ClinicTest):
    networks = (FIRST, TAGGED)

    def wire(self) -> None:
        if tag(a.CLINIC, FIRST.lan, TAGGED.lan):
            self.addCleanup(run, ["ip", "-n", a.CLINIC, "link", "del", TAGGED.lan])
            self.assertTrue(tag(a.TERMINAL, FIRST.terminals, TAGGED.terminals))
            self.addCleanup(run, ["ip", "-n", a.TERMINAL, "link", "del", TAGGED.terminals])
            print("802.1Q tags ... ", end="", flush=True)
            return
        print("a wire instead of 802.1Q tags ... ", end="", flush=True)
        run(["ip", "-batch", "-"], stdin=f"link add {TAGGED.lan} netns {a.CLINIC} type veth "
                                         f"peer name {TAGGED.terminals} netns {a.TERMINAL}")
        self.addCleanup(run, ["ip", "-n", a.TERMINAL, "link", "del", TAGGED.terminals])

    def test_life(self) -> None:
        self.site()
        self.life()

    def test_everybody(self) -> None:
        self.everybody()

    def test_without_the_second(self) -> None:
        """What the site file does not say is not the LAN, though it is the appliance's."""
        self.site()
        self.applied()
        edit("/etc/eligate/site.toml", (listed([FIRST.lan, TAGGED.lan]), listed([FIRST.lan])),
             (listed([FIRST.terminal, TAGGED.terminal]), listed([FIRST.terminal])), (TAGGED.free, FIRST.free))
        self.applied()
        self.assertEqual(listeners(), {f"{FIRST.appliance}:53"})
        self.gets_through((FIRST.terminal, FIRST))
        self.assertEqual(tcp(TAGGED.terminal), KEPT_OUT)
        self.internet_works()

    def test_one_that_is_not_there(self) -> None:
        self.site()
        for applied in (False, True):
            with self.subTest(applied=applied):
                edit("/etc/eligate/site.toml", (f'"{TAGGED.lan}"', '"lan0.21"'))
                before = snapshot.take(LAB)
                for argv in (("plan", "--json"), ("apply", "--yes", "--json")):
                    answer = eligate(*argv)
                    error = answer.json["error"]
                    self.assertEqual((answer.exit, error["code"], error["party"], error["evidence"]),
                                     (FAILED, "SYS009", "site", {"lan": "lan0.21"}), answer)
                    self.assert_unchanged(before, answer)
                self.site()
                self.succeeds("apply", "--yes")
                self.gets_through((FIRST.terminal, FIRST), (TAGGED.terminal, TAGGED))


class SeveralPrefixes(ClinicTest):
    networks = (FIRST, BESIDE)

    def test_life(self) -> None:
        self.site()
        self.life()

    def test_everybody(self) -> None:
        self.everybody()


if __name__ == "__main__":
    unittest.main(verbosity=2)
