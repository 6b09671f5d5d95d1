# SPDX-License-Identifier: Apache-2.0
"""What the line's resolver is asked: every question that arrives from the clinic, over UDP and TCP."""

from __future__ import annotations

import secrets
import socket
import threading

from . import addresses as a
from . import dns, places
from .process import wait_until

_IPV4 = 0x0800
_UDP, _TCP = 17, 6


def _question_in(packet: bytes) -> str | None:
    """The name that an IPv4 packet to port 53 asks for."""
    if len(packet) < 40 - 12 or packet[0] >> 4 != 4:
        return None
    segment = packet[4 * (packet[0] & 15):]
    if len(segment) < 8 or segment[2:4] != b"\0\x35":
        return None
    if packet[9] == _UDP:
        return dns.name_asked_for(segment[8:])
    # A question fits into one segment, behind its length.
    return dns.name_asked_for(segment[4 * (segment[12] >> 4) + 2:]) if packet[9] == _TCP and len(segment) >= 20 else None


class Asked:
    """`with Asked() as asked: ...`, then asked.names(); the wire is looked at, so that whoever answers does not matter."""

    def __init__(self) -> None:
        with places.network_of(a.LINE):
            self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IPV4))
        self._wire.bind(("clinic0", _IPV4))
        self._wire.settimeout(0.1)
        self._end = threading.Event()
        self._heard: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        while not self._end.is_set():
            try:
                name = _question_in(self._wire.recv(65536))
            except TimeoutError:
                continue
            if name is not None:
                self._heard.append(name)

    def names(self) -> list[str]:
        """Whatever was asked for before now, in order: a question of the appliance's own marks the end."""
        mark = f"{secrets.token_hex(8)}.mark.invalid"
        with places.network_of(a.CLINIC), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.sendto(dns.question(mark, 1, None), (a.HOME_GATEWAY, 53))
        wait_until("the mark", lambda: mark in self._heard, 5.0)
        return [name for name in self._heard[:self._heard.index(mark)] if not name.endswith(".mark.invalid")]

    def __enter__(self) -> Asked:
        self._listener.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._end.set()
        self._listener.join(5.0)
        self._wire.close()
