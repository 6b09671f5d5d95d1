#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""No packet for the eligibility network leaves in the clear while eligate is at work, whatever goes wrong meanwhile, and
nobody on the line is asked for one of its names. Terminal and appliance talk without a pause, and the terminal asks the
appliance's forwarder; the line counts what reaches it unencrypted, and hears what it is asked."""

from __future__ import annotations

import os
import signal
import socket
import unittest
from collections.abc import Iterator
from contextlib import contextmanager

from product import (DONE, INTERRUPTED, LAB, ROLLED_BACK, ProductTest, Running, a, edit, eligate, faults, line,
                     list_sas, root, tear_down_module, write_site)
from eglab import appliance, dns, places, provider
from eglab.asked import Asked
from eglab.chatter import TARGETS, Chatter
from eglab.process import wait_until
from eglab.vici import Vici

tearDownModule = tear_down_module

# In every phase at least so many packets, and questions to the forwarder, however short it is.
ENOUGH, ENOUGH_QUESTIONS = 100, 20
FORWARDER = ('[intake]', '[lan.forwarder]\nother = "line"\n\n[intake]')


def of_the_network(names: list[str]) -> list[str]:
    zones = (*a.CENTRE_ZONES, a.CENTRE_REVERSE_ZONE)
    return [name for name in names if any(name == zone or name.endswith(f".{zone}") for zone in zones)]


class Leaks(ProductTest):
    senders: tuple[Chatter, ...] = ()
    asked: Asked

    def tried(self) -> int:
        return sum(sender.tried for sender in self.senders)

    def questions(self) -> int:
        return sum(sender.questions for sender in self.senders)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """From the end of the one before: what is still on its way belongs to it, and none of it may leak either."""
        begun, before = self.tried(), self.questions()
        yield
        wait_until("packets", lambda: self.tried() - begun >= ENOUGH and self.questions() - before >= ENOUGH_QUESTIONS)
        leaked = line.leaked(LAB.programs) - self.leaked
        names = of_the_network(self.asked.names())
        print(f"leak {name}: in the clear: {leaked} of {self.tried() - begun} packets sent, asked on the line: {len(names)}",
              flush=True)
        self.assertEqual(leaked, 0, f"{name}: {line.leaks(LAB.programs)}")
        self.assertEqual(sorted(set(names)), [], name)

    def site(self, kind: str, **changed: dict[str, str]) -> None:
        write_site(kind, **changed)
        edit("/etc/eligate/site.toml", FORWARDER)

    def ends(self, code: int, *argv: str) -> None:
        answer = eligate(*argv)
        self.assertEqual(answer.exit, code, answer)

    def is_through(self) -> None:
        """From behind the tunnel, and to what the forwarder is asked."""
        wait_until("an answer", answers)
        wait_until("an answer of the forwarder", lambda: answers(a.LAN_ADDRESS))

    def is_restored(self, name: str) -> None:
        """By what the timer runs."""
        with self.phase(name):
            self.ends(DONE, "restore")
            self.is_through()

    def test_the_counting_counts(self) -> None:
        """Without eligate the appliance sends them to its default route, questions among them."""
        with Asked() as asked, Chatter(a.CLINIC):
            wait_until("a leak", lambda: line.leaked(LAB.programs) > self.leaked)
            wait_until("a question", lambda: of_the_network(asked.names()) != [])
        self.leaked = line.leaked(LAB.programs)

    def test_a_life(self) -> None:
        """The terminal sends from before the first apply until after the removal, the appliance while it is committed:
        forwarding is switched on behind the firewall, and off before it goes."""
        self.site("example-psk")
        with Asked() as self.asked, Chatter(a.TERMINAL, forwarder=a.LAN_ADDRESS) as terminal:
            self.senders = (terminal,)
            self.first_apply()
            with Chatter(a.CLINIC) as clinic:
                self.senders = (terminal, clinic)
                self.changes()
                self.interrupted()
                self.forwarder_lost()
                self.tunnel_lost()
                # The XFRM interface takes what it drops, but for what the forwarder asks (packaging/updown); a route that is
                # not there refuses all of it at once.
                self.assertEqual(set(clinic.refused), {a.CENTRE_DNS} if a.XFRM else {address for (address, _), _ in TARGETS})
                self.somebody_else()
            self.senders = (terminal,)
            with self.phase("remove"):
                self.succeeds("remove", "--yes")

    def first_apply(self) -> None:
        for fault in ("centre-tls-dead", "ts-refused"):
            with self.phase(f"failed first apply ({fault})"):
                faults.set_faults(LAB, [fault])
                self.ends(ROLLED_BACK, "apply", "--yes")
        faults.set_faults(LAB, [])
        with self.phase("first apply"):
            self.ends(DONE, "apply", "--yes")
            self.is_through()

    def changes(self) -> None:
        for name, kind, changed, code in (("other papers", "example-eap", {}, DONE),
                                          ("failed apply", "example-psk", {"psk": "CANARY-another"}, ROLLED_BACK)):
            with self.phase(name):
                self.site(kind, secrets=changed)
                self.ends(code, "apply", "--yes")
        with self.phase("rollback"):
            self.ends(DONE, "rollback", "--yes")
        with self.phase("another terminal"):
            self.site("example-psk")
            edit("/etc/eligate/site.toml", ('["192.168.1.50"]', '["192.168.1.50", "192.168.1.51"]'))
            self.ends(DONE, "apply", "--yes")

    def interrupted(self) -> None:
        with self.phase("interrupted apply"):
            self.site("example-eap")
            faults.set_faults(LAB, ["centre-dns-dead"])
            running = Running("apply", "--yes")
            wait_until("the new tunnel", lambda: any(sa.get("remote-id") == "gw.example.net" and "@" in sa["local-id"]
                                                     for sa in list_sas()))
            running.process.send_signal(signal.SIGINT)
            answer = running.finish()
            self.assertEqual(answer.exit, INTERRUPTED, answer)
            faults.set_faults(LAB, [])
            self.is_through()

    def end_tunnels(self) -> None:
        with Vici(LAB.root(a.CLINIC) / "run/charon.vici") as charon:
            for sa in list_sas():
                charon.request("terminate", {"ike-id": sa["uniqueid"], "force": "yes"})
        wait_until("no tunnel", lambda: not any(sa["state"] == "ESTABLISHED" for sa in list_sas()))

    def forwarder_lost(self) -> None:
        with self.phase("forwarder killed"):
            os.kill(int((root() / "run/eligate-forwarder/pid").read_text()), signal.SIGKILL)
            wait_until("its end", lambda: not answers(a.LAN_ADDRESS))
        self.is_restored("forwarder back")

    def tunnel_lost(self) -> None:
        with self.phase("tunnel lost"):
            self.end_tunnels()
            self.assertFalse(answers())
        self.is_restored("tunnel back")
        with self.phase("gateway restarts"):
            for gateway in a.GATEWAYS:
                LAB.programs.stop(provider.charon_name(gateway))
            self.assertFalse(answers())
            for gateway in a.GATEWAYS:
                provider.start(LAB.programs, LAB.state, gateway, LAB.root(gateway.place))
            LAB.wait_for_charon(a.PROVIDER, a.PROVIDER2)
            for gateway in a.GATEWAYS:
                provider.load(LAB.programs, LAB.state, gateway, LAB.root(gateway.place))
            # What dead peer detection finds out after a while.
            self.end_tunnels()
            self.ends(DONE, "restore")
            self.is_through()
        with self.phase("charon killed"):
            # Its device goes away with it; ours stays, and leads nowhere.
            os.kill(LAB.programs.pid(appliance.CHARON), signal.SIGKILL)
            wait_until("its end", lambda: LAB.programs.pid(appliance.CHARON) is None)
            wait_until("the device's end", lambda: (a.TUNNEL in LAB.run(a.CLINIC, ["ip", "-br", "link"])) == a.XFRM)
            # Where the kernel keeps the SAs of a charon that could not end them: what comes back is ESP in UDP, and without
            # charon's socket nobody takes it out. Its threads end one after the other, the last one with the socket.
            wait_until("its socket's end", lambda: not LAB.run(a.CLINIC, ["ss", "-Hunl", "sport = :4500"]))
            self.assertFalse(answers())
        with self.phase("charon starts again"):
            LAB.restart_charon()
            self.is_through()

    def somebody_else(self) -> None:
        """Where the firewall is gone the routes still lead into the tunnel or nowhere, and the other way round."""
        with self.phase("nft flush ruleset"):
            LAB.run(a.CLINIC, ["nft", "flush", "ruleset"])
        self.is_restored("firewall back")
        with self.phase("tunnel lost without a firewall"):
            LAB.run(a.CLINIC, ["nft", "flush", "ruleset"])
            self.end_tunnels()
            self.assertFalse(answers())
        self.is_restored("both back")
        with self.phase("rules of routing deleted"):
            for rule in LAB.run(a.CLINIC, ["ip", "rule"]).splitlines():
                number = rule.split(":")[0]
                if number not in ("0", "220", "32766", "32767"):
                    LAB.run(a.CLINIC, ["ip", "rule", "del", "pref", number])
            self.end_tunnels()
            self.assertFalse(answers())
        self.is_restored("rules back")


class LateAnswers(ProductTest):
    """What comes out of the tunnel for an address that the appliance no longer has: charon takes the old one away while
    answers are under way. The appliance forwards, so its default route would have them."""

    def no_longer_has(self, address: str) -> None:
        for row in LAB.run(a.CLINIC, ["ip", "-o", "-4", "address"]).splitlines():
            if f" {address}/32 " in row:
                LAB.run(a.CLINIC, ["ip", "address", "del", f"{address}/32", "dev", row.split()[1]])

    def filter_by_the_way_back(self, how: int) -> None:
        LAB.run(a.CLINIC, ["sysctl", "-q", *(f"net.ipv4.conf.{name}.rp_filter={how}" for name in ("all", a.TUNNEL))], check=False)

    def test_address_taken_away(self) -> None:
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        address = next(sa["local-vips"][0] for sa in list_sas())
        # Without NAT the kernel forgets no connection with the address (nf_nat_masquerade does, but later, in a work queue);
        # without rp_filter, which Debian sets to 2 with systemd alone, it takes the answer though its own way is gone.
        LAB.run(a.CLINIC, ["nft", "flush", "chain", "inet", "eligate", "postrouting"])
        self.filter_by_the_way_back(0)
        self.addCleanup(self.filter_by_the_way_back, 2)
        with places.network_of(a.CENTRE):
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with places.network_of(a.CLINIC):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with server, client:
            server.bind((a.HWEB, 4999))
            server.settimeout(5.0)
            client.sendto(b"a question", server.getsockname())
            came_from = server.recvfrom(64)[1]
            self.assertEqual(came_from[0], address)
            self.no_longer_has(address)
            begun = dropped()
            server.sendto(b"a late answer", came_from)
            wait_until("the firewall to have it", lambda: dropped() > begun, seconds=5.0)
        self.succeeds("restore")
        self.succeeds("remove", "--yes")


def dropped() -> int:
    """Packets from the tunnel that were not for a terminal."""
    chain = LAB.run(a.CLINIC, ["nft", "list", "chain", "inet", "eligate", "answers"])
    return sum(int(row.split("packets ")[1].split()[0]) for row in chain.splitlines() if "ip daddr != @terminals" in row)


def answers(server: str = a.CENTRE_DNS) -> bool:
    try:
        with places.network_of(a.TERMINAL):
            return dns.ask(server, a.HWEB_NAME, timeout=0.3).addresses == (a.HWEB,)
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main(verbosity=2)
