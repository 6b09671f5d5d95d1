# SPDX-License-Identifier: Apache-2.0
"""The smallest DNS question that the lab needs: A records over UDP (with or without EDNS) and TCP."""

from __future__ import annotations

import secrets
import socket
import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    rcode: int
    truncated: bool
    size: int
    addresses: tuple[str, ...]


def question(name: str, identifier: int, edns: int | None) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    head = struct.pack(">HHHHHH", identifier, 0x0100, 1, 0, 0, 1 if edns else 0)
    option = b"\0" + struct.pack(">HHIH", 41, edns, 0, 0) if edns else b""
    return head + labels + b"\0" + struct.pack(">HH", 1, 1) + option


def _skip_name(reply: bytes, at: int) -> int:
    while reply[at] and reply[at] < 0xC0:
        at += reply[at] + 1
    return at + (2 if reply[at] else 1)


def _read(reply: bytes, identifier: int) -> Answer:
    got, flags, questions, answers = struct.unpack(">HHHH", reply[:8])
    if got != identifier:
        raise OSError("an answer to another question")
    at = 12
    for _ in range(questions):
        at = _skip_name(reply, at) + 4
    addresses = []
    for _ in range(answers):
        at = _skip_name(reply, at)
        kind, _, _, length = struct.unpack(">HHIH", reply[at:at + 10])
        if kind == 1:
            addresses.append(socket.inet_ntoa(reply[at + 10:at + 14]))
        at += 10 + length
    return Answer(flags & 15, bool(flags & 0x0200), len(reply), tuple(addresses))


def ask(server: str, name: str, *, edns: int | None = None, tcp: bool = False, timeout: float = 1.0) -> Answer:
    """Ask in the namespace of the calling thread; OSError when there is no answer in time."""
    identifier = secrets.randbelow(65536)
    message = question(name, identifier, edns)
    if not tcp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(timeout)
            probe.connect((server, 53))
            probe.send(message)
            return _read(probe.recv(65535), identifier)
    with socket.create_connection((server, 53), timeout=timeout) as probe:
        probe.sendall(struct.pack(">H", len(message)) + message)
        stream = probe.makefile("rb")
        (size,) = struct.unpack(">H", stream.read(2))
        return _read(stream.read(size), identifier)
