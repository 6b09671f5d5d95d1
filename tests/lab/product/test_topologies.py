#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""How the appliance stands in the clinic: on one wire beside the clinic's own router."""

from __future__ import annotations

import errno
import socket
import unittest

from product import LAB, ProductTest, a, edit, tear_down_module, write_site
from by_hand import fetch, with_card
from eglab import dns, places
from eglab.process import run, wait_until

tearDownModule = tear_down_module

# The desk of the one-armed clinic: a terminal and somebody who is not listed, in the line's own network.
DESK, STRANGER = "192.168.3.50", "192.168.3.51"
FREE = "192.168.3.200"
KEPT_OUT = errno.EHOSTUNREACH
# What reaches the internet of what belongs into the tunnel; the line's own counter looks at a wire that is a switch here.
WATCH = """
table ip watch {
  counter leaked {}
  chain out {
    type filter hook forward priority -300; policy accept;
    oifname "isp0" ip daddr 10.0.0.0/8 counter name leaked drop
  }
}
"""


def tcp(source: str, device: str) -> int:
    """How a connection from this terminal to the server ends: 0, or the kernel's error."""
    with places.network_of(a.TERMINAL):
        stream = socket.socket()
    with stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        stream.bind((source, 0))
        stream.settimeout(5.0)
        return stream.connect_ex((a.HWEB, 443))


def batch(place: str, *lines: str) -> None:
    run(["ip", "-n", place, "-batch", "-"], stdin="\n".join(lines))


class OneArmed(ProductTest):
    """Line, terminals and appliance on one wire, which ends in the clinic's own router."""

    def setUp(self) -> None:
        super().setUp()
        batch(a.LINE, f"link add desk0 type veth peer name desk0 netns {a.TERMINAL}", "link add switch0 type bridge",
              "link set desk0 master switch0 up", f"addr del {a.HOME_GATEWAY}/24 dev clinic0",
              "link set clinic0 master switch0", f"addr add {a.HOME_GATEWAY}/24 dev switch0", "link set switch0 up")
        batch(a.TERMINAL, "link set eth0 down", f"addr add {DESK}/24 dev desk0", f"addr add {STRANGER}/24 dev desk0",
              "link set desk0 up", f"route add default via {a.HOME_GATEWAY}")
        LAB.run(a.LINE, ["nft", "-f", "-"], stdin=WATCH)
        write_site("example-psk")
        edit("/etc/eligate/site.toml", ('interface = "lan0"', 'interface = "wan0"'),
             (f'["{a.TERMINAL_ADDRESS}"]', f'["{DESK}"]'))

    def tearDown(self) -> None:
        """Before the lab is given back as it was: that finds its own default route taken."""
        batch(a.LINE, "link del desk0", "link del switch0")
        LAB.run(a.LINE, ["nft", "delete", "table", "ip", "watch"])
        run(["ip", "-n", a.LINE, "route", "del", "10.20.0.0/16"], check=False)
        super().tearDown()

    def internet_works(self) -> None:
        LAB.run(a.TERMINAL, ["curl", "-sS", "--max-time", "5", "--output", "/dev/null", f"http://{a.WEB_HOST}/"])

    def gets_through(self) -> None:
        self.assertIn("1312345678", fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/terminal", *with_card()))
        fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/large", "--output", "/dev/null")
        self.assertEqual(tcp(STRANGER, "desk0"), KEPT_OUT)
        self.internet_works()

    def nothing_in_the_clear(self) -> None:
        self.assertIn("packets 0 bytes 0", LAB.run(a.LINE, ["nft", "list", "counter", "ip", "watch", "leaked"]))

    def life(self) -> None:
        """From apply to remove; the router's line is watched, the clinic's internet always works."""
        self.internet_works()
        self.succeeds("apply", "--yes")
        self.succeeds("verify")
        self.gets_through()
        LAB.run(a.CLINIC, ["swanctl", "--terminate", "--ike", "eligate-1", "--force"])
        self.assertNotEqual(tcp(DESK, "desk0"), 0, "without a tunnel nobody answers")
        self.internet_works()
        self.succeeds("restore")
        wait_until("the tunnel", lambda: tcp(DESK, "desk0") == 0)
        self.gets_through()
        self.nothing_in_the_clear()
        self.succeeds("remove", "--yes")
        self.internet_works()

    def test_place_and_forwarder(self) -> None:
        """The terminal's place is on the line's own network, and so is the forwarder."""
        edit("/etc/eligate/site.toml", (f'["{DESK}"]', f'["{DESK}"]\nprobe = "{FREE}"\n\n[lan.forwarder]'))
        batch(a.TERMINAL, f"route add 10.20.0.0/16 via {a.WAN_ADDRESS}")
        self.succeeds("apply", "--yes")
        answer = self.succeeds("verify", "--json")
        for check in ("lan.forwarding", "dns.forwarder", f"lan.tls.{a.HWEB_NAME}", "leak.destinations", "leak.dns"):
            self.assertEqual(answer.check(check)["status"], "pass", answer)
        self.assertEqual(answer.check("lan.forwarding")["evidence"]["by"], a.WAN_ADDRESS)
        with places.network_of(a.TERMINAL):
            for name, address in ((a.HWEB_NAME, a.HWEB), (a.WEB_NAME, a.WEB_HOST)):
                for tcp in (False, True):
                    self.assertEqual(dns.ask(a.WAN_ADDRESS, name, source=DESK, tcp=tcp).addresses, (address,))
                    with self.assertRaises(OSError) as said:
                        dns.ask(a.WAN_ADDRESS, name, source=STRANGER, tcp=tcp)
                    self.assertEqual(said.exception.errno, KEPT_OUT)
        self.gets_through()
        self.nothing_in_the_clear()
        self.succeeds("remove", "--yes")

    def test_terminal_has_the_route(self) -> None:
        batch(a.TERMINAL, f"route add 10.20.0.0/16 via {a.WAN_ADDRESS}")
        self.life()

    def test_router_has_the_route(self) -> None:
        """To a terminal that heeds the router's redirects, and to one that does not."""
        batch(a.LINE, f"route add 10.20.0.0/16 via {a.WAN_ADDRESS}")
        # In this order: the terminal remembers what it was told.
        for heeded in ("0", "1"):
            with self.subTest(redirects=heeded):
                LAB.run(a.TERMINAL, ["sysctl", "-q", "-w", f"net.ipv4.conf.all.accept_redirects={heeded}",
                                     f"net.ipv4.conf.desk0.accept_redirects={heeded}"])
                self.life()


if __name__ == "__main__":
    unittest.main(verbosity=2)
