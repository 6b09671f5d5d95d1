#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A second apply changes nothing, and what only looks never does: proved by watching files, kernel and charon."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import unittest
from contextlib import ExitStack, closing, contextmanager
from collections.abc import Iterator
from pathlib import Path

from product import (LAB, Answer, ProductTest, a, eligate, root, snapshot, tear_down_module, write_site)
from eglab import appliance
from eglab.process import wait_until
from eglab.stream import Stream

tearDownModule = tear_down_module

_libc = ctypes.CDLL(None, use_errno=True)
# Everything that writes, creates, deletes, renames or changes the mode: not opening, not reading.
_EVENTS = {0x2: "modify", 0x4: "attrib", 0x8: "close_write", 0x40: "moved_from", 0x80: "moved_to", 0x100: "create",
           0x200: "delete", 0x400: "delete_self", 0x800: "move_self"}
_IS_DIR = 0x40000000


class FileWatch:
    """inotify on whole trees of the appliance; a folder that appears is an event by itself."""

    def __init__(self, *trees: str) -> None:
        self._fd = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._names: dict[int, str] = {}
        for tree in trees:
            for folder, _, _ in os.walk(root() / tree.lstrip("/")):
                if "/run/.over" not in folder:
                    self._add(Path(folder))

    def _add(self, folder: Path) -> None:
        watch = _libc.inotify_add_watch(self._fd, os.fsencode(folder), sum(_EVENTS))
        if watch < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {folder}")
        self._names[watch] = "/" + str(folder.relative_to(root()))

    def seen(self) -> list[str]:
        """What has happened since the last question."""
        rows = []
        while True:
            try:
                raw = os.read(self._fd, 65536)
            except BlockingIOError:
                return rows
            at = 0
            while at < len(raw):
                watch, mask, _, size = struct.unpack_from("iIII", raw, at)
                name = raw[at + 16:at + 16 + size].rstrip(b"\0").decode()
                what = "+".join(word for bit, word in _EVENTS.items() if mask & bit)
                rows.append(f"{what} {self._names.get(watch, '?')}/{name}")
                at += 16 + size

    def close(self) -> None:
        os.close(self._fd)


class Monitor:
    """A program that prints what changes in the kernel. A change of our own marks where the watching begins and
    ends: whatever stands between the two marks happened meanwhile."""

    def __init__(self, argv: list[str], mark: list[list[str]], words: str) -> None:
        self._mark, self._words = mark, words
        self._log = LAB.state / "log" / f"monitor-{argv[0]}.log"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(LAB.argv(a.CLINIC, ["stdbuf", "-oL", *argv]), stdout=log,
                                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self._at = 0
        wait_until(f"{argv[0]} to watch", self._sees_mark, 5.0)
        self.rows()

    def _sees_mark(self) -> bool:
        for argv in self._mark:
            LAB.run(a.CLINIC, argv)
        return self._words in self._log.read_text()

    def rows(self) -> list[str]:
        """What it printed since the last question, without the marks."""
        before = self._log.read_text().count(self._words)
        for argv in self._mark:
            LAB.run(a.CLINIC, argv)
        # Both marks, the one that comes and the one that goes.
        wait_until("the mark", lambda: self._log.read_text().count(self._words) >= before + 2, 5.0)
        text = self._log.read_text()
        fresh, self._at = text[self._at:], len(text)
        return [row for row in fresh.splitlines() if self._words not in row and row.strip()]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(5.0)


def ip_monitor() -> Monitor:
    """Not neighbours: those come and go by themselves."""
    where = ["192.0.2.77/32", "dev", "lo", "table", "99"]
    return Monitor(["ip", "monitor", "link", "address", "route", "rule", "netconf", "nexthop"],
                   [["ip", "route", "add", *where], ["ip", "route", "del", *where]], "192.0.2.77")


def nft_monitor() -> Monitor:
    table = ["table", "ip", "marker"]
    return Monitor(["nft", "monitor"], [["nft", "add", *table], ["nft", "delete", *table]], " ".join(table))


class Quiet(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")
        self.succeeds("apply", "--yes")

    @contextmanager
    def nothing_happens(self) -> Iterator[None]:
        """Watches everything there is to watch while the block runs."""
        with ExitStack() as watching:
            monitors = [watching.enter_context(closing(monitor())) for monitor in (ip_monitor, nft_monitor)]
            charon = appliance.log_file(LAB.programs)
            stream = watching.enter_context(Stream(LAB, a.TERMINAL, a.HWEB, interval=0.005))
            before = snapshot.take(LAB)
            for monitor in monitors:
                monitor.rows()
            said = charon.read_text()
            files = watching.enter_context(closing(FileWatch("/etc", "/var/lib/eligate", "/run")))
            yield
            self.assertEqual(files.seen(), [])
            for monitor in monitors:
                self.assertEqual([row for row in monitor.rows() if not row.startswith("# new generation")], [])
            self.assertEqual(charon.read_text()[len(said):], "", "charon was told to do something")
            self.assertEqual(snapshot.diff(before, snapshot.take(LAB), times=True), [])
        count = stream.count()
        self.assertEqual(count.lost, 0)
        self.assertGreater(count.sent, 10)

    def test_second_apply(self) -> None:
        with self.nothing_happens():
            for argv in (("apply", "--yes", "--json"), ("apply", "--yes", "--lang", "ja"), ("apply",)):
                answer = self.succeeds(*argv)
                if "--json" in argv:
                    self.assertEqual((answer.json["result"], answer.json["actions"]), ("unchanged", []), answer)

    def test_same_papers_written_again(self) -> None:
        write_site("example-psk")
        with self.nothing_happens():
            self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")

    def test_what_only_looks(self) -> None:
        with self.nothing_happens():
            for argv in (("plan",), ("plan", "--exit-code"), ("plan", "--json"), ("check",), ("check", "--json"),
                         ("verify",), ("verify", "--json"), ("status",), ("status", "--json"), ("profile", "list"),
                         ("profile", "show", "example-psk"), ("explain", "IKE014"), ("--help",),
                         ("restore",), ("restore", "--json")):
                self.succeeds(*argv)

    def test_plan_of_a_change(self) -> None:
        """A plan with everything in it still changes nothing."""
        write_site("example-certificate")
        with self.nothing_happens():
            answer: Answer = eligate("plan", "--exit-code", "--json")
            self.assertEqual(answer.exit, 4, answer)
            self.assertGreater(len(answer.json["actions"]), 5)
            self.assertEqual(eligate("apply").exit, 1, "without a terminal and without --yes")

    def test_the_watching_sees(self) -> None:
        """The watch itself: each kind of change makes it fail."""
        conf = root() / "etc/swanctl/conf.d/eligate.conf"
        # On the kernel's dataplane a new CHILD_SA sets the address anew, and that is seen before charon's log.
        told = "charon was told|inet 10.200.1.10/32 scope global eligate0"
        for seen, change in (
                ("close_write", lambda: conf.write_bytes(conf.read_bytes())),
                ("attrib", lambda: conf.chmod(0o600)),
                ("add chain inet eligate x", lambda: LAB.run(a.CLINIC, "nft add chain inet eligate x".split())),
                ("192.0.2.1 dev lo", lambda: LAB.run(a.CLINIC, ["ip", "route", "add", "192.0.2.1/32", "dev", "lo"])),
                ("lookup 77", lambda: LAB.run(a.CLINIC, ["ip", "rule", "add", "pref", "9", "lookup", "77"])),
                (told, lambda: LAB.run(a.CLINIC, ["swanctl", "--load-conns"])),
                (told, lambda: LAB.run(a.CLINIC, ["swanctl", "--rekey", "--child", "eligate"]))):
            with self.assertRaisesRegex(AssertionError, seen), self.nothing_happens():
                change()


class CertificateIsQuiet(Quiet):
    """The papers with the most state of their own: key, certificates, authority."""

    test_what_only_looks = test_plan_of_a_change = test_the_watching_sees = None

    def setUp(self) -> None:
        ProductTest.setUp(self)
        write_site("example-certificate:pkcs12")
        self.succeeds("apply", "--yes")

    def test_same_papers_written_again(self) -> None:
        write_site("example-certificate:pkcs12")
        with self.nothing_happens():
            self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")


if __name__ == "__main__":
    unittest.main(verbosity=2)
