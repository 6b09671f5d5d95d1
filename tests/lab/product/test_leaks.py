#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""No packet for the eligibility network leaves in the clear while eligate is at work, whatever goes wrong meanwhile.
Terminal and appliance talk without a pause; the line counts what reaches it unencrypted."""

from __future__ import annotations

import signal
import socket
import threading
import unittest

from product import (DONE, INTERRUPTED, LAB, ROLLED_BACK, ProductTest, Running, a, edit, eligate, faults, line,
                     list_sas, tear_down_module, write_site)
from by_hand import ask
from eglab import appliance, places
from eglab.process import wait_until
from eglab.vici import Vici

tearDownModule = tear_down_module

TARGETS = ((a.CENTRE_DNS, 53), (a.HWEB, 443), (a.PWEB_PREFIX.split("/")[0].replace(".0", ".1"), 123))


class Chatter(threading.Thread):
    """UDP packets to several hosts of the eligibility network, a thousand a second or so."""

    def __init__(self, place: str) -> None:
        super().__init__(daemon=True)
        with places.network_of(place):
            self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in TARGETS]
        self._end = threading.Event()
        self.sent = self.refused = 0

    def run(self) -> None:
        while not self._end.wait(0.001):
            for probe, target in zip(self._sockets, TARGETS):
                try:
                    probe.sendto(b"never in the clear", target)
                    self.sent += 1
                except OSError:
                    self.refused += 1

    def __enter__(self) -> Chatter:
        self.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._end.set()
        self.join(5.0)
        for probe in self._sockets:
            probe.close()


class Leaks(ProductTest):
    def none_so_far(self, what: str) -> None:
        self.assertEqual(line.leaked(LAB.programs), self.leaked, what)

    def test_the_counting_counts(self) -> None:
        """Without eligate the appliance sends them to its default route."""
        with Chatter(a.CLINIC):
            wait_until("a leak", lambda: line.leaked(LAB.programs) > self.leaked)
        self.leaked = line.leaked(LAB.programs)

    def test_terminal_from_the_first_apply_to_the_removal(self) -> None:
        """Forwarding is switched on behind the firewall, and off before it goes."""
        write_site("example-psk")
        with Chatter(a.TERMINAL) as terminal:
            for fault in ("centre-tls-dead", "ts-refused", ""):
                faults.set_faults(LAB, [fault] if fault else [])
                answer = eligate("apply", "--yes")
                self.assertEqual(answer.exit, ROLLED_BACK if fault else DONE, answer)
                self.none_so_far(fault)
            self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
            self.succeeds("remove", "--yes")
            self.none_so_far("remove")
        self.assertGreater(terminal.sent, 100)

    def test_everything_while_it_is_committed(self) -> None:
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        with Chatter(a.TERMINAL) as terminal, Chatter(a.CLINIC) as clinic:
            self.other_papers()
            self.interrupted()
            self.tunnel_lost()
            self.strongswan_restarts()
            self.assertGreater(min(terminal.sent, clinic.sent), 100)
            # The XFRM interface takes what it drops; a route that is not there refuses it at once.
            self.assertEqual(clinic.refused == 0, a.XFRM)

    def other_papers(self) -> None:
        for kind, changed, code in (("example-eap", {}, DONE), ("example-psk", {"psk": "CANARY-another"}, ROLLED_BACK),
                                    ("example-psk", {}, DONE)):
            write_site(kind, secrets=changed)
            answer = eligate("apply", "--yes")
            self.assertEqual(answer.exit, code, answer)
            self.none_so_far(kind)
        edit("/etc/eligate/site.toml", ('["192.168.1.50"]', '["192.168.1.50", "192.168.1.51"]'))
        self.succeeds("apply", "--yes")
        self.none_so_far("terminals")

    def interrupted(self) -> None:
        write_site("example-eap")
        faults.set_faults(LAB, ["centre-dns-dead"])
        running = Running("apply", "--yes")
        wait_until("the new tunnel", lambda: any(sa.get("remote-id") == "gw.example.net" and "@" in sa["local-id"]
                                                 for sa in list_sas()))
        running.process.send_signal(signal.SIGINT)
        answer = running.finish()
        self.assertEqual(answer.exit, INTERRUPTED, answer)
        faults.set_faults(LAB, [])
        self.none_so_far("interrupted")
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))

    def tunnel_lost(self) -> None:
        with Vici(LAB.root(a.CLINIC) / "run/charon.vici") as charon:
            for sa in list_sas():
                charon.request("terminate", {"ike-id": sa["uniqueid"], "force": "yes"})
        wait_until("no tunnel", lambda: not any(sa["state"] == "ESTABLISHED" for sa in list_sas()))
        with self.assertRaises(OSError):
            ask(a.HWEB_NAME, timeout=0.3)
        self.none_so_far("no tunnel")

    def strongswan_restarts(self) -> None:
        """charon's device goes away with it; ours stays, and leads nowhere."""
        LAB.programs.stop(appliance.CHARON)
        self.assertEqual(a.TUNNEL in LAB.run(a.CLINIC, ["ip", "-br", "link"]), a.XFRM)
        with self.assertRaises(OSError):
            ask(a.HWEB_NAME, timeout=0.3)
        self.none_so_far("no strongSwan")
        LAB.restart_charon()
        wait_until("the tunnel", lambda: any(sa["state"] == "ESTABLISHED" and sa["child-sas"] for sa in list_sas()))
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        self.none_so_far("restarted")


if __name__ == "__main__":
    unittest.main(verbosity=2)
