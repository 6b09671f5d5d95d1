#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cut counts what the kernel, nft and charon are asked to change, and not what they are only asked."""
from __future__ import annotations

import socket
import textwrap
import threading
import unittest

from cut_test import CutTest

# What the kernel and charon are asked, in Python's own words.
ASK = """
import ctypes, os, socket, struct, sys
def rule(kind):
    header = struct.pack("BBBBBBBBI", socket.AF_INET, 0, 0, 0, 254, 0, 0, 1, 0)
    body = header + struct.pack("HHI", 8, 6, 4711)
    request = struct.pack("IHHII", 16 + len(body), kind, 5, 1, 0) + body
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.send(request)
        return -struct.unpack("i", kernel.recv(4096)[16:20])[0]
def packet(kind, name):
    body = bytes([kind, len(name)]) + name.encode()
    return struct.pack(">I", len(body)) + body
"""


class Conversations(CutTest):
    def test_netlink(self) -> None:
        done = self.python("list", around=("unshare", "--net"), script=ASK + """
rule(34)  # RTM_GETRULE
assert rule(32) == 0
assert rule(33) == 0
# What happens in a network of its own concerns nobody.
assert ctypes.CDLL(None).unshare(0x40000000) == 0
assert rule(32) == 0
""")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.points(), ["sendto RTM_NEWRULE 4711 done", "sendto RTM_DELRULE 4711 done"])

    def test_a_netlink_message_that_is_not_sent(self) -> None:
        self.python("kill", "1", "after", around=("unshare", "--net"), script=ASK + "rule(32)")
        self.assertEqual(self.points(), ["sendto RTM_NEWRULE 4711 done"])
        done = self.python("fail", "1", "ENOMEM", around=("unshare", "--net"), script=ASK + """
try:
    rule(32)
except OSError as fault:
    print(fault.errno)
print(rule(33))
""")
        # ENOMEM, and nothing there to delete: ENOENT.
        self.assertEqual(done.stdout, "12\n2\n")

    def test_the_script_of_nft(self) -> None:
        nft = self.folder / "nft"
        nft.write_text("#!/bin/sh\nwhile read -r line; do :; done\n")
        nft.chmod(0o755)
        for _ in range(3):
            self.python("list", script="""
                import os
                for script in (b"list table inet x", b"add table inet x"):
                    read, write = os.pipe()
                    child = os.fork()
                    if child == 0:
                        os.dup2(read, 0)
                        os.execv(os.path.abspath("nft"), ["nft"])
                    os.close(read)
                    os.write(write, script)
                    os.close(write)
                    os.waitpid(child, 0)
                """)
            self.assertEqual([line[3] for line in self.lines()], [str(nft), str(nft), "nft input"])

    def vici(self, script: str, *words: str) -> bytes:
        """What a server received from the script, which has a connection `charon`."""
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(str(self.folder / "charon.vici"))
        server.listen()
        received = bytearray()

        def serve() -> None:
            connection, _ = server.accept()
            while more := connection.recv(4096):
                received.extend(more)
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        self.python(*words, script=ASK + 'charon = socket.socket(socket.AF_UNIX)\ncharon.connect("charon.vici")\n'
                    + textwrap.dedent(script))
        thread.join(10)
        server.close()
        return bytes(received)

    def test_vici_requests_that_change_charon(self) -> None:
        self.vici("""
            for name in ("list-sas", "version", "get-keys", "load-conn", "unload-shared", "initiate", "stats"):
                charon.send(packet(0, name))
            charon.send(packet(3, "load-me-an-event"))
            """, "list")
        self.assertEqual(self.points(), ["sendto load-conn done", "sendto unload-shared done", "sendto initiate done"])

    def test_a_vici_request_in_pieces_counts_where_it_is_complete(self) -> None:
        self.vici("""
            whole = packet(0, "terminate")
            for piece in (whole[:2], whole[2:4], whole[4:9], whole[9:]):
                charon.send(piece)
            os.write(charon.fileno(), packet(0, "list-sas") + packet(0, "load-key") + whole[:6])
            charon.sendmsg([whole[6:8], whole[8:]])
            """, "list")
        self.assertEqual(self.points(), ["sendto terminate done", "write load-key done", "sendmsg terminate done"])

    def test_a_vici_request_that_is_not_sent(self) -> None:
        script = 'charon.send(packet(0, "load-conn"))\ncharon.send(packet(0, "initiate"))'
        self.assertNotIn(b"initiate", self.vici(script, "kill", "2", "before"))
        (self.folder / "charon.vici").unlink()
        self.assertIn(b"initiate", self.vici(script, "kill", "2", "after"))


if __name__ == "__main__":
    unittest.main()
