# SPDX-License-Identifier: Apache-2.0
"""The smallest DNS question that the lab needs: A and PTR records over UDP (with or without EDNS) and TCP."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct
from dataclasses import dataclass

A, PTR = 1, 12
SERVER_FAILURE, NO_SUCH_NAME, REFUSED = 2, 3, 5


@dataclass(frozen=True)
class Answer:
    rcode: int
    truncated: bool
    size: int
    addresses: tuple[str, ...]
    names: tuple[str, ...] = ()


def question(name: str, identifier: int, edns: int | None, kind: int = A) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    head = struct.pack(">HHHHHH", identifier, 0x0100, 1, 0, 0, 1 if edns else 0)
    option = b"\0" + struct.pack(">HHIH", 41, edns, 0, 0) if edns else b""
    return head + labels + b"\0" + struct.pack(">HH", kind, 1) + option


def name_asked_for(message: bytes) -> str | None:
    """Of a question, in lower case; None for whatever is none."""
    if len(message) < 12 or message[2] & 0x80 or message[4:6] == b"\0\0":
        return None
    try:
        return _name(message, 12).lower()
    except (IndexError, ValueError):
        return None


def _skip_name(reply: bytes, at: int) -> int:
    while reply[at] and reply[at] < 0xC0:
        at += reply[at] + 1
    return at + (2 if reply[at] else 1)


def _name(message: bytes, at: int) -> str:
    labels = []
    while message[at]:
        if message[at] >= 0xC0:  # what was said before
            (offset,) = struct.unpack_from(">H", message, at)
            if (offset & 0x3FFF) >= at:
                raise ValueError("a name that leads forward")
            at = offset & 0x3FFF
            continue
        labels.append(message[at + 1:at + 1 + message[at]].decode(errors="replace"))
        at += 1 + message[at]
    return ".".join(labels)


def _read(reply: bytes, identifier: int) -> Answer:
    got, flags, questions, answers = struct.unpack(">HHHH", reply[:8])
    if got != identifier:
        raise OSError("an answer to another question")
    at = 12
    for _ in range(questions):
        at = _skip_name(reply, at) + 4
    addresses, names = [], []
    for _ in range(answers):
        at = _skip_name(reply, at)
        kind, _, _, length = struct.unpack(">HHIH", reply[at:at + 10])
        if kind == A:
            addresses.append(socket.inet_ntoa(reply[at + 10:at + 14]))
        if kind == PTR:
            names.append(_name(reply, at + 10))
        at += 10 + length
    return Answer(flags & 15, bool(flags & 0x0200), len(reply), tuple(addresses), tuple(names))


def ask(server: str, name: str, *, edns: int | None = None, tcp: bool = False, timeout: float = 1.0, kind: int = A,
        source: str = "") -> Answer:
    """Ask in the namespace of the calling thread, from one of its addresses if it has several; OSError when there is
    no answer in time."""
    identifier = secrets.randbelow(65536)
    message = question(name, identifier, edns, kind)
    if not tcp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(timeout)
            probe.bind((source, 0))
            probe.connect((server, 53))
            probe.send(message)
            return _read(probe.recv(65535), identifier)
    with socket.create_connection((server, 53), timeout=timeout, source_address=(source, 0)) as probe:
        probe.sendall(struct.pack(">H", len(message)) + message)
        stream = probe.makefile("rb")
        head = stream.read(2)
        reply = stream.read(struct.unpack(">H", head)[0]) if len(head) == 2 else b""
        if not reply:
            raise ConnectionResetError("the server ends the connection without an answer")
        return _read(reply, identifier)


def ask_backwards(server: str, address: str, **how) -> Answer:
    """Whose an address is."""
    return ask(server, ipaddress.ip_address(address).reverse_pointer, kind=PTR, **how)
