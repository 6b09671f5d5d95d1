# SPDX-License-Identifier: Apache-2.0
"""A small VICI client for looking (strongSwan 5.9.8, plugins/vici/README.md); independent of eligate's own."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from types import TracebackType

CMD_REQUEST, CMD_RESPONSE, CMD_UNKNOWN, EVENT_REGISTER, EVENT_UNREGISTER, EVENT_CONFIRM, EVENT_UNKNOWN, EVENT = range(8)
SECTION_START, SECTION_END, KEY_VALUE, LIST_START, LIST_ITEM, LIST_END = range(1, 7)

Message = dict[str, "str | bytes | list | Message"]


class ViciError(OSError):
    """charon does not speak as expected, or refused."""


def encode(message: Message) -> bytes:
    parts = []
    for key, value in message.items():
        name = bytes([len(key)]) + key.encode()
        if isinstance(value, dict):
            parts += [bytes([SECTION_START]), name, encode(value), bytes([SECTION_END])]
        elif isinstance(value, list):
            parts += [bytes([LIST_START]), name]
            parts += [bytes([LIST_ITEM]) + _sized(item) for item in value]
            parts.append(bytes([LIST_END]))
        else:
            parts += [bytes([KEY_VALUE]), name, _sized(value)]
    return b"".join(parts)


def _sized(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(raw)) + raw


def _text(raw: bytes) -> str | bytes:
    """Text where it is text; DER stays bytes."""
    return raw.decode() if raw.isascii() and b"\0" not in raw else raw


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def more(self) -> bool:
        return self._at < len(self._raw)

    def take(self, size: int) -> bytes:
        piece = self._raw[self._at:self._at + size]
        if len(piece) != size:
            raise ViciError("a message that ends in the middle")
        self._at += size
        return piece

    def name(self) -> str:
        return self.take(self.take(1)[0]).decode()

    def value(self) -> str | bytes:
        return _text(self.take(struct.unpack(">H", self.take(2))[0]))


def decode(raw: bytes) -> Message:
    reader = _Reader(raw)
    root: Message = {}
    open_sections = [root]
    while reader.more():
        kind = reader.take(1)[0]
        if kind == SECTION_START:
            fresh: Message = {}
            open_sections[-1][reader.name()] = fresh
            open_sections.append(fresh)
        elif kind == SECTION_END and len(open_sections) > 1:
            open_sections.pop()
        elif kind == KEY_VALUE:
            key = reader.name()
            open_sections[-1][key] = reader.value()
        elif kind == LIST_START:
            key = reader.name()
            open_sections[-1][key] = _items(reader)
        else:
            raise ViciError(f"element {kind} out of place")
    return root


def _items(reader: _Reader) -> list[str | bytes]:
    items = []
    while (kind := reader.take(1)[0]) == LIST_ITEM:
        items.append(reader.value())
    if kind != LIST_END:
        raise ViciError(f"element {kind} inside a list")
    return items


class Vici:
    """One connection to a charon; every wait ends after `timeout` seconds."""

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))

    def __enter__(self) -> Vici:
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.close()

    def _send(self, kind: int, name: str, payload: bytes = b"") -> None:
        packet = bytes([kind, len(name)]) + name.encode() + payload
        self._socket.sendall(struct.pack(">I", len(packet)) + packet)

    def _receive(self) -> bytes:
        (size,) = struct.unpack(">I", self._exactly(4))
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            piece = self._socket.recv(size - len(parts))
            if not piece:
                raise ViciError("charon hung up")
            parts += piece
        return bytes(parts)

    def request(self, command: str, message: Message | None = None) -> Message:
        return self._talk(command, message, [])

    def stream(self, command: str, event: str, message: Message | None = None) -> list[Message]:
        """A command that answers with a row of events."""
        rows: list[Message] = []
        self._send(EVENT_REGISTER, event)
        if self._receive()[0] != EVENT_CONFIRM:
            raise ViciError(f"charon knows no event {event}")
        self._talk(command, message, rows)
        self._send(EVENT_UNREGISTER, event)
        while self._receive()[0] == EVENT:
            pass
        return rows

    def _talk(self, command: str, message: Message | None, rows: list[Message]) -> Message:
        self._send(CMD_REQUEST, command, encode(message or {}))
        while True:
            packet = self._receive()
            if packet[0] == CMD_RESPONSE:
                return decode(packet[1:])
            if packet[0] != EVENT:
                raise ViciError(f"charon knows no command {command}")
            rows.append(decode(packet[2 + packet[1]:]))
