#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What the ladder sees from where a terminal stands: through the appliance, from an address that nobody has, and
nothing of it stays. And what it hears on the line meanwhile: packets in the clear, the network's names."""

from __future__ import annotations

import os
import signal
import socket
import threading
import unittest
from collections.abc import Callable

from product import (DONE, FAILED, LAB, ROLLED_BACK, Answer, ProductTest, Running, a, edit, eligate, faults, line,
                     root, shipped_profile, snapshot, tear_down_module, write_profile, write_site)
from eglab import dns, places
from eglab.process import run, wait_until
from eglab.stream import Stream

tearDownModule = tear_down_module

ONE = f'terminals = ["{a.TERMINAL_ADDRESS}"]'
WHOLE = f'terminals = "lan"\nprefix = "{a.LAN_PREFIX}"'
FREE = "192.168.1.200"
# A second network of the clinic.
LAN2_ADDRESS, TERMINAL2, FREE2 = "192.168.2.1", "192.168.2.50", "192.168.2.200"
SERVICES = ("dns.pweb", "dns.ntp", "tls.", "ntp.", "proxy.", "tcp.")

OTHER_FIREWALL = """table inet other {{
  chain {hook} {{
    type filter hook {hook} priority 0; policy {policy};
    {rules}
  }}
}}
"""
OTHER_NAT = """table ip other {{
  chain {hook} {{
    type nat hook {hook} priority {priority}; policy accept;
    {rules}
  }}
}}
"""


def there(*argv: str, **how: str) -> str:
    return LAB.run(a.CLINIC, list(argv), **how)


def ports() -> list[str]:
    """The interfaces by which places come in, looked at in an instant."""
    return [name for name in os.listdir(root() / "sys/class/net") if name.startswith("eglan")]


def is_entered() -> bool:
    """A place stands, and the way to it."""
    return "eglan" in (root().parent / "net/route").read_text()


def traces(*addresses: str) -> list[str]:
    """Everything in the kernel that speaks of a place, or of its address."""
    rows = [row for command in (("-o", "link"), ("-o", "addr"), ("route", "show", "table", "all"), ("rule",), ("neigh",))
            for row in there("ip", *command).splitlines()]
    rows += [row for row in run(["ip", "-n", a.TERMINAL, "neigh"]).splitlines()]
    return [row for row in rows if "eglan" in row or any(word in row for word in (addresses or (FREE,)))]


def namespaces() -> set[str]:
    """Of networks, whoever is in them."""
    return set(run(["lsns", "--noheadings", "--raw", "--type", "net", "--output", "NS"]).split())


def from_there(answer: Answer) -> dict[str, dict]:
    rows = answer.json.get("checks") or answer.json["verify"]["checks"]
    return {row["id"]: row for row in rows if row["id"].startswith(("lan.", "leak."))}


def our_rules() -> list[str]:
    return [row.split(":")[0] for row in there("ip", "rule").splitlines() if 210 <= int(row.split(":")[0]) <= 221]


class Talker(threading.Thread):
    """Says the same to somebody without a pause, until the block's end."""

    def __init__(self, place: str, target: tuple[str, int], what: bytes, device: str = "") -> None:
        super().__init__(daemon=True)
        with places.network_of(place):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if device:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self._target, self._what = target, what
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.wait(0.005):
            try:
                self._socket.sendto(self._what, self._target)
            except OSError:
                pass  # kept in, as it should be

    def __enter__(self) -> Talker:
        self.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._end.set()
        self.join(5.0)
        self._socket.close()


class PlaceTest(ProductTest):
    def tearDown(self) -> None:
        self.doCleanups()
        super().tearDown()

    def site(self, probe: str | None = FREE, terminals: str = ONE, **changed: dict[str, str]) -> None:
        write_site("example-psk", **changed)
        edit("/etc/eligate/site.toml", (ONE, terminals + (f'\nprobe = "{probe}"' if probe else "")))

    def applied(self) -> Answer:
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual(answer.json["result"], "committed", answer)
        return answer

    def seen_from(self, answer: Answer, address: str, gateway: str = a.LAN_ADDRESS) -> None:
        """Every service once more from there, and nothing on the line."""
        rows = answer.json.get("checks") or answer.json["verify"]["checks"]
        services = {row["id"] for row in rows if row["id"].startswith(SERVICES)}
        found = from_there(answer)
        self.assertTrue(services)
        self.assertEqual(set(found), {"lan.forwarding", "leak.destinations", "leak.dns"} | {f"lan.{one}" for one in services})
        self.assertEqual({row["status"] for row in found.values()}, {"pass"}, answer)
        evidence = found["lan.forwarding"]["evidence"]
        self.assertEqual((evidence["from"], evidence["by"]), (address, gateway), answer)

    def not_seen(self, answer: Answer, **evidence: str) -> None:
        """It says why it does not look, and the rest stands as it is."""
        found = from_there(answer)
        forwarding = found.pop("lan.forwarding")
        self.assertEqual((forwarding["status"], forwarding["code"], forwarding["party"], forwarding["evidence"]),
                         ("warn", "VRF090", "site", evidence), answer)
        self.assertEqual({row["status"] for name, row in found.items() if name.startswith("lan.")}, {"skip"}, answer)
        self.assertEqual({row["status"] for name, row in found.items() if name.startswith("leak.")}, {"pass"}, answer)

    def nothing_stays(self, seconds: float = 1.0) -> None:
        wait_until("the place to go", lambda: not ports(), seconds)
        self.assertEqual(traces(), [])


class FreeAddress(PlaceTest):
    def test_named(self) -> None:
        self.site()
        self.seen_from(self.applied(), FREE)
        self.nothing_stays()
        # Whoever forwards sees what comes in there.
        there("nft", "-f", "-", stdin=OTHER_FIREWALL.format(
            hook="forward", policy="accept", rules=f'iifname "eglan*" ip saddr {FREE} ip daddr 10.20.0.0/16 counter'))
        before, networks = snapshot.take(LAB), namespaces()
        self.seen_from(self.succeeds("verify", "--json"), FREE)
        self.nothing_stays()
        self.assert_unchanged(before)
        self.assertEqual(namespaces(), networks)
        counted = there("nft", "list", "table", "inet", "other").split("packets ")[1].split()[0]
        self.assertGreater(int(counted), 0)

    def test_none_but_a_live_terminals(self) -> None:
        self.site(probe=None)
        self.not_seen(self.applied(), **{"in use": a.TERMINAL_ADDRESS})
        answer = self.succeeds("verify", "--json")
        self.not_seen(answer, **{"in use": a.TERMINAL_ADDRESS})
        self.assertEqual(traces(FREE), [])

    def test_of_a_range(self) -> None:
        """Whoever is there answers; the one address that nobody has is taken."""
        run(["ip", "-n", a.TERMINAL, "-batch", "-"],
            stdin="\n".join(f"addr add 192.168.1.{last}/24 dev eth0" for last in (51, 53)))
        self.site(probe=None, terminals='terminals = ["192.168.1.50-192.168.1.53"]')
        self.seen_from(self.applied(), "192.168.1.52")
        self.assertEqual(traces("192.168.1.52"), [])
        run(["ip", "-n", a.TERMINAL, "addr", "add", "192.168.1.52/24", "dev", "eth0"])
        answer = self.succeeds("verify", "--json")
        taken = answer.check("lan.forwarding")["evidence"]["in use"].split(", ")
        self.assertEqual(sorted(taken), [f"192.168.1.{last}" for last in range(50, 54)])

    def test_somebodys(self) -> None:
        for probe, evidence in ((a.TERMINAL_ADDRESS, {"in use": a.TERMINAL_ADDRESS}),
                                (a.LAN_ADDRESS, {"in use": a.LAN_ADDRESS}),
                                ("192.168.9.9", {"not on the LAN": "192.168.9.9"})):
            with self.subTest(probe=probe):
                self.site(probe=probe)
                self.not_seen(self.succeeds("apply", "--yes", "--json"), **evidence)
                self.not_seen(self.succeeds("verify", "--json"), **evidence)
        self.assertEqual(ports(), [])

    def test_routed(self) -> None:
        """No address is assigned: the place's own arrives at the centre."""
        write_profile(shipped_profile("example-psk").replace('"assigned"', '"routed"'))
        for probe, seen_from in ((FREE, FREE), (None, "192.168.1.254")):
            with self.subTest(probe=probe):
                self.site(probe, WHOLE, intake={"connection_id": "RT00000001"})
                self.seen_from(self.applied(), seen_from)
                self.seen_from(self.succeeds("verify", "--json"), seen_from)
                self.succeeds("remove", "--yes")
                self.assertEqual(traces(seen_from), [])

    def test_named_later(self) -> None:
        """Whoever follows the advice sees that it helps, also where nothing else changes."""
        self.site(None, WHOLE)
        self.seen_from(self.applied(), "192.168.1.254")
        self.site(FREE, WHOLE)
        self.succeeds("apply", "--yes")
        self.seen_from(self.succeeds("verify", "--json"), FREE)

    def test_routed_to_the_appliance_alone(self) -> None:
        """The provider has another address on file: what the appliance asks is answered, what a terminal asks is not."""
        write_profile(shipped_profile("example-psk").replace('"assigned"', '"routed"'))
        self.site(FREE, WHOLE, intake={"connection_id": "RT00000001"})
        for gateway in a.GATEWAYS:
            LAB.run(gateway.place, ["nft", "-f", "-"], stdin=OTHER_FIREWALL.format(
                hook="forward", policy="accept", rules=f"ip saddr {FREE} drop"))
            self.addCleanup(LAB.run, gateway.place, ["nft", "delete", "table", "inet", "other"])
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual(answer.exit, ROLLED_BACK, answer)
        self.assertEqual((answer.json["error"]["code"], answer.json["error"]["party"]), ("VRF092", "provider"), answer)
        self.assertEqual(answer.check("lan.forwarding")["evidence"]["from"], FREE)


class SeveralNetworks(PlaceTest):
    def setUp(self) -> None:
        super().setUp()
        run(["ip", "-batch", "-"], stdin=f"link add lan1 netns {a.CLINIC} type veth peer name eth1 netns {a.TERMINAL}")
        self.addCleanup(run, ["ip", "-n", a.TERMINAL, "link", "del", "eth1"])
        run(["ip", "-n", a.CLINIC, "-batch", "-"], stdin=f"addr add {LAN2_ADDRESS}/24 dev lan1\nlink set lan1 up")
        run(["ip", "-n", a.TERMINAL, "-batch", "-"], stdin=f"addr add {TERMINAL2}/24 dev eth1\nlink set eth1 up")

    def of_interfaces(self, interfaces: str, probe: str | None) -> None:
        self.site(probe=probe, terminals=f'terminals = ["{a.TERMINAL_ADDRESS}", "{TERMINAL2}"]')
        edit("/etc/eligate/site.toml", ('interface = "lan0"', f"interface = {interfaces}"))

    def test_place_on_either(self) -> None:
        for probe, gateway in ((FREE, a.LAN_ADDRESS), (FREE2, LAN2_ADDRESS)):
            with self.subTest(probe=probe):
                self.of_interfaces('["lan0", "lan1"]', probe)
                self.succeeds("apply", "--yes")
                self.seen_from(self.succeeds("verify", "--json"), probe, gateway)
                self.assertEqual(traces(probe), [])

    def test_only_the_listed_interface(self) -> None:
        self.of_interfaces('"lan0"', FREE2)
        self.not_seen(self.applied(), **{"not on the LAN": FREE2})

    def test_one_that_is_not_there(self) -> None:
        before = snapshot.take(LAB)
        self.of_interfaces('["lan0", "lan9"]', FREE)
        before["files"] = snapshot.take(LAB)["files"]
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual((answer.exit, answer.json["error"]["evidence"]), (FAILED, {"lan": "lan9"}), answer)
        self.assert_unchanged(before)


class OtherFirewall(PlaceTest):
    """Of somebody else on the same machine: the tunnel itself is proven, and a terminal would not get through."""

    def rolls_back(self, code: str, hook: str, rules: str, policy: str = "accept") -> Answer:
        there("nft", "-f", "-", stdin=OTHER_FIREWALL.format(hook=hook, policy=policy, rules=rules))
        self.site()
        before = snapshot.take(LAB)
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual(answer.exit, ROLLED_BACK, answer)
        self.assertEqual((answer.json["error"]["code"], answer.json["error"]["party"]), (code, "appliance"), answer)
        self.assertEqual(answer.check("esp.both-ways")["status"], "pass", answer)
        forwarding = answer.check("lan.forwarding")
        self.assertEqual((forwarding["status"], forwarding["code"]), ("fail", code), answer)
        self.assertEqual(forwarding["evidence"]["from"], FREE)
        self.assertEqual({row["status"] for name, row in from_there(answer).items()
                          if name.startswith("lan.") and name != "lan.forwarding"}, {"skip"}, answer)
        self.assert_unchanged(before)
        self.nothing_stays()
        there("nft", "delete", "table", "inet", "other")
        self.applied()
        return answer

    def test_forwards_nothing(self) -> None:
        """As Docker leaves it."""
        self.rolls_back("VRF091", "forward", "", "drop")

    def test_rejects_what_comes_from_elsewhere(self) -> None:
        """With an ICMP error of the appliance's own, which is no answer."""
        self.rolls_back("VRF091", "forward", f'iifname != "lan0" oifname "{a.TUNNEL}" reject')

    def test_beside_a_terminal_at_work(self) -> None:
        """Whose packets get through: they are nothing of the ladder's."""
        self.site()
        self.applied()
        there("nft", "-f", "-", stdin=OTHER_FIREWALL.format(
            hook="forward", policy="accept", rules=f'iifname != "lan0" oifname "{a.TUNNEL}" drop'))
        with Stream(LAB, a.TERMINAL, a.HWEB):
            answer = eligate("verify", "--json")
        self.assertEqual((answer.exit, answer.check("lan.forwarding")["code"]), (ROLLED_BACK, "VRF091"), answer)

    def bent(self, code: str, hook: str, priority: str, rules: str) -> Answer:
        """By somebody else's NAT; what `apply` says of it."""
        there("nft", "-f", "-", stdin=OTHER_NAT.format(hook=hook, priority=priority, rules=rules))
        self.addCleanup(there, "nft", "delete", "table", "ip", "other")
        self.site()
        answer = eligate("apply", "--yes", "--json", "--lang", "en")
        self.assertEqual((answer.exit, answer.json["error"]["code"], answer.json["error"]["party"]),
                         (ROLLED_BACK, code, "appliance"), answer)
        return answer

    def test_answers_in_the_providers_place(self) -> None:
        """A resolver of the appliance's own, to which a terminal's questions are bent: an answer, but not by the tunnel."""
        answer = self.bent("VRF091", "prerouting", "dstnat", f"ip saddr {FREE} udp dport 53 dnat to {a.HOME_GATEWAY}")
        self.assertIn("in the provider's place", answer.json["error"]["message"], answer)

    def test_another_source(self) -> None:
        """With which a terminal's packets find no tunnel; to the provider all of them come from one address."""
        self.bent("VRF089", "postrouting", "srcnat - 10", f"ip saddr {FREE} snat to {a.WAN_ADDRESS}")

    def test_lets_some_ports_pass(self) -> None:
        """It is this machine that stops them, and neither the centre nor the line is called."""
        there("nft", "-f", "-", stdin=OTHER_FIREWALL.format(
            hook="forward", policy="accept", rules=f'oifname "{a.TUNNEL}" tcp dport 443 reject with tcp reset'))
        self.site()
        before = snapshot.take(LAB)
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual((answer.exit, answer.json["error"]["code"], answer.json["error"]["party"]),
                         (ROLLED_BACK, "VRF099", "appliance"), answer)
        self.assertEqual(answer.check("lan.forwarding")["status"], "pass", answer)
        self.assertEqual(answer.check(f"tls.{a.HWEB_NAME}")["status"], "pass", answer)
        self.assertEqual(answer.check(f"lan.tls.{a.HWEB_NAME}")["code"], "VRF099", answer)
        self.assert_unchanged(before)

    def test_drops_answers(self) -> None:
        self.rolls_back("VRF093", "forward", f'iifname "{a.TUNNEL}" drop')


class AtOnce(PlaceTest):
    """A place has one address, whoever looks from it."""

    def setUp(self) -> None:
        super().setUp()
        self.site()
        self.applied()
        self.before = snapshot.take(LAB)

    def truthful(self, answer: Answer) -> bool:
        """Seen from there, or left to the one that stands there: its address is in use."""
        self.assertEqual(answer.exit, DONE, answer)
        if answer.check("lan.forwarding")["status"] == "pass":
            self.seen_from(answer, FREE)
            return True
        self.not_seen(answer, **{"in use": FREE})
        return False

    def test_two_begin_together(self) -> None:
        for _ in range(5):
            both = [Running("verify", "--json") for _ in range(2)]
            answers = [one.finish() for one in both]
            self.assertTrue(any([self.truthful(answer) for answer in answers]), "at least one of them looked")
        self.nothing_stays()
        self.assert_unchanged(self.before)

    def test_one_beside_another(self) -> None:
        first = Running("verify", "--json")
        wait_until("its place", is_entered, every=0.0005)
        os.kill(first.pid, signal.SIGSTOP)
        try:
            second = eligate("verify", "--json")
        finally:
            os.kill(first.pid, signal.SIGCONT)
        self.truthful(second)
        self.truthful(first.finish())
        self.nothing_stays()
        self.assert_unchanged(self.before)

    def test_ended_in_the_middle(self) -> None:
        for sign in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=sign.name):
                # With a DNS behind the tunnel that is silent, the ladder stays there for a while.
                faults.set_faults(LAB, ["centre-dns-dead"])
                running = Running("verify", "--json")
                wait_until("its place", is_entered, every=0.0005)
                running.process.send_signal(sign)
                running.process.wait(5.0)
                self.nothing_stays()
                running.finish()
                faults.set_faults(LAB, [])
                self.assert_unchanged(self.before)
                self.seen_from(self.succeeds("verify", "--json"), FREE)


class OnTheLine(PlaceTest):
    """What leaves while the ladder is climbed."""

    def setUp(self) -> None:
        super().setUp()
        self.site()
        self.applied()

    def slowly(self) -> None:
        """The time server is silent, so that a ladder takes three seconds."""
        LAB.run(a.CENTRE, ["nft", "-f", "-"], stdin=OTHER_FIREWALL.format(
            hook="input", policy="accept", rules="udp dport 123 drop"))
        self.addCleanup(LAB.run, a.CENTRE, ["nft", "delete", "table", "inet", "other"])

    def verify_and(self, act: Callable[[], None]) -> Answer:
        """A ladder in which this happens once the terminal's place stands."""
        running = Running("verify", "--json")
        wait_until("its place", is_entered, every=0.0005)
        act()
        return running.finish()

    def open_up(self) -> None:
        there("nft", "delete", "table", "inet", "eligate")
        for priority in our_rules():
            there("ip", "rule", "del", "priority", priority)

    def test_packets_in_the_clear(self) -> None:
        """Somebody takes the guard away: the only test here that leaks, and on purpose."""
        with Talker(a.CLINIC, (a.HWEB, 443), b"never in the clear", "wan0"):
            self.assertEqual(self.succeeds("verify", "--json").check("leak.destinations")["status"], "pass")
            self.assertEqual(line.leaked(LAB.programs), self.leaked)
            self.slowly()
            answer = self.verify_and(self.open_up)
            self.assertEqual(answer.exit, ROLLED_BACK, answer)
            leaked = answer.check("leak.destinations")
            self.assertEqual((leaked["status"], leaked["code"], leaked["party"]), ("fail", "VRF096", "appliance"), answer)
            self.assertEqual(leaked["evidence"]["interface"], "wan0")
            # Not only the talker's: whatever was under way goes the same way.
            self.assertRegex(leaked["evidence"]["first"], r"^[0-9.]+ > 10\.20\.[0-9.]+$")
            self.assertGreater(int(leaked["evidence"]["packets"]), 0)
            self.assertGreater(line.leaked(LAB.programs), self.leaked, "the line has seen them, too")
            self.doCleanups()
            self.succeeds("restore")
            self.leaked = line.leaked(LAB.programs)
            self.assertEqual(self.succeeds("verify", "--json").check("leak.destinations")["status"], "pass")

    def test_names_asked_outside(self) -> None:
        """By a terminal that has the line's resolver in its settings, or by a program of the appliance's own."""
        for place, name in ((a.TERMINAL, a.PWEB_NAME), (a.CLINIC, a.PWEB_NAME), (a.CLINIC, "OQS-pdl.ORG")):
            with self.subTest(place=place, name=name):
                with Talker(place, (a.HOME_GATEWAY, 53), dns.question(name, 1, None)):
                    answer = self.succeeds("verify", "--json")
                row = answer.check("leak.dns")
                self.assertEqual((row["status"], row["code"], row["party"]), ("warn", "VRF098", "site"), answer)
                self.assertEqual(row["evidence"], {"interface": "wan0", "name": name.lower()})
                self.assertEqual(answer.check("leak.destinations")["status"], "pass", answer)

    def test_other_names(self) -> None:
        for name in (a.WEB_NAME, "notoqs-pdl.org", "oqs-pdl.org.example.com"):
            with self.subTest(name=name), Talker(a.CLINIC, (a.HOME_GATEWAY, 53), dns.question(name, 1, None)):
                self.seen_from(self.succeeds("verify", "--json"), FREE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
