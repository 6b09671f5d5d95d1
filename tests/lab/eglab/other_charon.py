# SPDX-License-Identifier: Apache-2.0
"""Answers on /run/charon.vici as another daemon or version of strongSwan would: other_charon.py DAEMON VERSION."""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from eglab.vici import CMD_REQUEST, CMD_RESPONSE, CMD_UNKNOWN, encode  # noqa: E402

SOCKET = Path("/run/charon.vici")


def answers(daemon: str, version: str) -> dict[str, dict]:
    return {"version": {"daemon": daemon, "version": version},
            "stats": {"uptime": {"since": "now"}, "plugins": ["kernel-libipsec", "kernel-netlink", "socket-default",
                                                             "updown", "eap-mschapv2"]},
            "get-algorithms": {"aead": {"AES_GCM_16": "x"}, "encryption": {"AES_CBC": "x"},
                               "integrity": {"HMAC_SHA2_256_128": "x"},
                               "prf": {"PRF_HMAC_SHA2_384": "x", "PRF_HMAC_SHA2_256": "x"},
                               "dh": {"ECP_384": "x", "MODP_2048": "x"}}}


def exactly(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def serve(peer: socket.socket, known: dict[str, dict]) -> None:
    while True:
        packet = exactly(peer, struct.unpack(">I", exactly(peer, 4))[0])
        if packet[0] != CMD_REQUEST:
            return
        name = packet[2:2 + packet[1]].decode()
        answer = bytes([CMD_RESPONSE]) + encode(known[name]) if name in known else bytes([CMD_UNKNOWN])
        peer.sendall(struct.pack(">I", len(answer)) + answer)


def main() -> None:
    SOCKET.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(SOCKET))
        listener.listen(3)
        while True:
            peer, _ = listener.accept()
            with peer:
                try:
                    serve(peer, answers(*sys.argv[1:3]))
                except OSError:
                    pass
                except EOFError:
                    pass


if __name__ == "__main__":
    main()
