#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Who of the clinic's LAN reaches what: the terminals that the site file lists, the ports that the network file lists."""

from __future__ import annotations

import errno
import socket
import time
import unittest

from product import (HERE, LAB, ROLLED_BACK, ProductTest, a, edit, eligate, list_sas, root, shipped_profile,
                     tear_down_module, write_profile, write_site)
from by_hand import fetch, with_card
from eglab import places
from eglab.lab import tells_time

tearDownModule = tear_down_module

ONE = '["192.168.1.50"]'
# A port where nobody listens: what gets through is refused by the server itself.
UNLISTED = 8443
# What the firewall says (ICMP: administratively prohibited), and a host without such a service.
KEPT_OUT, THROUGH = errno.EHOSTUNREACH, errno.ECONNREFUSED


def tcp(port: int, place: str = a.TERMINAL) -> int:
    """How a connection to the server ends: 0, or the kernel's error."""
    with places.network_of(place):
        stream = socket.socket()
    with stream:
        stream.settimeout(5.0)
        return stream.connect_ex((a.HWEB, port))


def udp(port: int) -> int:
    """The error that comes back to a datagram; nobody answers it."""
    with places.network_of(a.TERMINAL):
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with datagram:
        datagram.settimeout(2.0)
        datagram.connect((a.HWEB, port))
        datagram.send(b"anybody there?")
        try:
            datagram.recv(1)
        except TimeoutError:
            return errno.EAGAIN
        except OSError as said:
            return said.errno
        return 0


def write_network(*changes: tuple[str, str]) -> None:
    """A network file of this appliance's own, which wins over the shipped one."""
    text = (HERE.parents[2] / "profiles/networks/onshikaku.toml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    folder = root() / "etc/eligate/networks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "onshikaku.toml").write_text(text)


class Terminals(ProductTest):
    def applied(self) -> None:
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "committed")

    def test_only_listed_ports(self) -> None:
        write_site("example-psk")
        self.applied()
        self.assertEqual((tcp(UNLISTED), udp(UNLISTED)), (THROUGH, THROUGH), "no service lists its ports: all are open")
        write_network(('id   = "eligibility"\n', 'id   = "eligibility"\nports = ["tcp/443", "tcp/8080", "udp/123"]\n'))
        self.applied()
        self.assertEqual(tcp(443), 0)
        self.assertTrue(tells_time(a.TERMINAL, "10.20.3.7"))
        self.assertIn("1312345678", fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/terminal", *with_card()))
        LAB.run(a.TERMINAL, ["ping", "-c", "1", "-W", "3", a.HWEB])
        begun = time.monotonic()
        self.assertEqual(tcp(UNLISTED), KEPT_OUT)
        self.assertEqual(udp(UNLISTED), KEPT_OUT)
        self.assertLess(time.monotonic() - begun, 2.0, "it is told at once, and need not wait")
        self.assertEqual(tcp(UNLISTED, a.CLINIC), THROUGH, "the appliance itself is not kept from anything")
        self.succeeds("verify")
        self.succeeds("remove", "--yes")

    def test_only_listed_terminals(self) -> None:
        write_site("example-psk")
        listed = ONE
        for terminals, outcome in (('["192.168.1.40-192.168.1.59"]', 0), ('["192.168.1.51-192.168.1.254"]', KEPT_OUT),
                                   ('["192.168.1.51", "192.168.1.32/27", "192.168.1.50"]', 0),
                                   (f'"lan"\nprefix = "{a.LAN_PREFIX}"', 0)):
            with self.subTest(terminals=terminals):
                edit("/etc/eligate/site.toml", (f"terminals = {listed}\n", f"terminals = {terminals}\n"))
                listed = terminals
                self.applied()
                self.assertEqual(tcp(443), outcome)
        self.succeeds("remove", "--yes")

    def test_assigned_address_of_the_lan(self) -> None:
        """A range that the provider gives addresses from: caught by the proof, and everything goes back."""
        write_site("example-psk")
        edit("/etc/eligate/site.toml", (ONE, f'{ONE}\nprefix = ["{a.LAN_PREFIX}", "{a.GATEWAYS[0].pool_prefix}"]'))
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual(answer.exit, ROLLED_BACK, answer)
        self.assertEqual(answer.check("address.assigned")["code"], "VRF037")


class FromTheTunnel(ProductTest):
    """What is behind the tunnel answers, and begins nothing: neither with the appliance nor with the LAN."""

    def begins(self, source: str, target: str) -> int:
        """How a connection from behind the tunnel to a port where nobody listens ends: refused means that it got there."""
        with places.network_of(a.CENTRE):
            stream = socket.socket()
        with stream:
            stream.settimeout(1.5)
            stream.bind((source, 0))
            return stream.connect_ex((target, UNLISTED))

    def nothing_begins(self, target: str) -> None:
        # The second lies within what was negotiated, and outside of what is routed into the tunnel.
        for source in (a.HWEB, a.SECOND_PREFIX_HOST):
            with self.subTest(source=source, target=target):
                self.assertEqual(self.begins(source, target), errno.EAGAIN)
        LAB.run(a.CLINIC, ["nft", "delete", "table", "inet", "eligate"])
        self.assertEqual(self.begins(a.HWEB, target), errno.ECONNREFUSED, "nothing but our table keeps it out")
        self.succeeds("restore")

    def test_assigned_address(self) -> None:
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        self.nothing_begins(next(sa["local-vips"][0] for sa in list_sas()))
        self.succeeds("remove", "--yes")

    def test_routed_lan(self) -> None:
        write_site("example-psk", intake={"connection_id": "RT00000001"})
        write_profile(shipped_profile("example-psk").replace('"assigned"', '"routed"'))
        edit("/etc/eligate/site.toml", ('["192.168.1.50"]', f'["{a.LAN_PREFIX}"]'))
        self.succeeds("apply", "--yes")
        self.nothing_begins(a.TERMINAL_ADDRESS)
        self.nothing_begins(a.LAN_ADDRESS)
        self.succeeds("remove", "--yes")


if __name__ == "__main__":
    unittest.main(verbosity=2)
