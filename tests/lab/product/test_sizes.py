#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Between terminal and server every size gets through or is told why not, on lines of every kind: nothing just vanishes."""

from __future__ import annotations

import errno
import json
import socket
import struct
import threading
import unittest
from collections.abc import Iterator
from contextlib import contextmanager

from product import LAB, ProductTest, a, faults, tear_down_module, write_site
from eglab import places

tearDownModule = tear_down_module

PORT = 7007
IP_MTU_DISCOVER, PMTUDISC_DONT, PMTUDISC_DO = 10, 0, 2
# Of an IPv4 packet with UDP.
HEADERS = 28
# Each size around those of packets, then in steps that meet no multiple of a segment twice.
TCP_SIZES = (*range(500, 1600), *range(1600, 65536, 997), 65536)


class Echo:
    """A server behind the tunnel. TCP: a size, and so many bytes each way. UDP: answers with how much came, in a
    datagram of the size that was asked for."""

    def __init__(self) -> None:
        with places.network_of(a.CENTRE):
            self._listener = socket.create_server((a.HWEB, PORT))
            self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._datagrams.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT)
            self._datagrams.bind((a.HWEB, PORT))
        for one in (self._listener, self._datagrams):
            one.settimeout(0.2)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._streams, self._answer_datagrams)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """A socket lives on where a thread waits in it."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()
        self._datagrams.close()

    def _streams(self) -> None:
        while not self._over.is_set():
            try:
                stream, _ = self._listener.accept()
            except TimeoutError:
                continue
            stream.settimeout(None)
            with stream, stream.makefile("rwb") as file:
                while head := file.read(4):
                    file.write(file.read(struct.unpack(">I", head)[0]))
                    file.flush()

    def _answer_datagrams(self) -> None:
        while not self._over.is_set():
            try:
                what, sender = self._datagrams.recvfrom(65535)
            except TimeoutError:
                continue
            self._datagrams.sendto(struct.pack(">I", len(what)).ljust(struct.unpack(">I", what[:4])[0], b"\0"), sender)


def tunnel_mtu() -> int:
    return json.loads(LAB.run(a.CLINIC, ["ip", "-j", "link", "show", a.TUNNEL]))[0]["mtu"]


class Sizes(ProductTest):
    @contextmanager
    def server(self) -> Iterator[None]:
        echo = Echo()
        try:
            yield
        finally:
            echo.close()

    def tcp(self, sizes: tuple[int, ...]) -> None:
        with places.network_of(a.TERMINAL):
            stream = socket.create_connection((a.HWEB, PORT), 5.0)
        with stream, stream.makefile("rb") as answers:
            stream.settimeout(5.0)
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for size in sizes:
                stream.sendall(struct.pack(">I", size) + b"x" * size)
                self.assertEqual(len(answers.read(size)), size)

    def ask(self, probe: socket.socket, size: int, answer: int) -> int:
        """How much arrived there; or minus the error that the sender was told."""
        try:
            probe.send(struct.pack(">I", answer).ljust(size, b"\0"))
            got = probe.recv(65535)
        except OSError as failure:
            if failure.errno is None:
                self.fail(f"a datagram of {size} bytes vanished")
            return -failure.errno
        self.assertEqual(len(got), answer)
        return struct.unpack(">I", got[:4])[0]

    def udp(self, large_answers: bool) -> None:
        """To the path's limit, and above it an ICMP message; in pieces everything passes."""
        limit = tunnel_mtu() - HEADERS
        with places.network_of(a.TERMINAL):
            probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with probe:
            probe.settimeout(3.0)
            probe.connect((a.HWEB, PORT))
            probe.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DO)
            for size in (*range(4, limit, 7), *range(limit - 16, limit + 1)):
                self.assertEqual(self.ask(probe, size, size), size)
            for size in range(limit + 1, 1500 - HEADERS + 1, 5):
                self.assertEqual(self.ask(probe, size, 4), -errno.EMSGSIZE, f"{size} with a limit of {limit}")
            probe.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT)
            for size in (limit + 1, 1472, 1473, 2000, 4096, 8000):
                self.assertEqual(self.ask(probe, size, size if large_answers else 4), size)

    def on_line(self, fault: str) -> None:
        write_site("example-psk")
        if fault:
            faults.set_faults(LAB, [fault])
        self.succeeds("apply", "--yes")
        with self.server():
            self.tcp(TCP_SIZES if not fault else TCP_SIZES[800:])
            # Which pieces the provider's gateway makes of an answer is not ours to say, and here nobody tells it.
            self.udp(large_answers=fault != "mtu-black-hole")

    def test_line_of_1500(self) -> None:
        self.on_line("")

    def test_line_of_1492(self) -> None:
        self.on_line("line-mtu-1492")

    def test_line_of_1460(self) -> None:
        self.on_line("line-mtu-1460")

    def test_line_of_1454(self) -> None:
        self.on_line("line-mtu-1454")

    @unittest.skipUnless(a.XFRM, "kernel-libipsec's device is of 1400 bytes, whatever the line carries (README.md)")
    def test_line_that_says_nothing(self) -> None:
        self.on_line("mtu-black-hole")


if __name__ == "__main__":
    unittest.main(verbosity=2)
