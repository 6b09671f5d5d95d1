#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that nobody should hand over: huge, deep, blocking, unreadable, no text at all."""
import os
import time
import unittest

from eligate_cli import DONE, INVALID, CliTest, Outcome, run


class Hostile(CliTest):
    def refused(self, *files: str, code: str = "PRF") -> Outcome:
        start = time.monotonic()
        outcome = run("check", *files)
        self.assert_code(outcome, INVALID)
        self.assertIn(f"error[{code}", outcome.text)
        self.assertEqual(outcome.err, b"")
        # Far above what it takes, far below what a person would call hanging.
        self.assertLess(time.monotonic() - start, 10)
        return outcome

    def test_ten_megabytes(self) -> None:
        self.refused(str(self.file("big.toml", b'schema = 1\n' + b'a = "' + b"x" * 10_000_000 + b'"\n')))
        self.refused(str(self.file("lines.toml", b"# comment\n" * 1_000_000)))

    def test_ten_thousand_deep(self) -> None:
        depth = 10_000
        for name, text in (("arrays", "a = " + "[" * depth + "]" * depth),
                           ("tables", "a = " + "{a=" * depth + "1" + "}" * depth),
                           ("dotted", "a" + ".a" * depth + " = 1"),
                           ("header", "[a" + ".a" * depth + "]")):
            with self.subTest(name=name):
                self.refused(str(self.file(name + ".toml", text + "\n")))

    def test_a_folder_instead_of_a_file(self) -> None:
        self.refused(str(self.folder))
        outcome = run("check", "--site", str(self.folder), "--secrets", str(self.secrets))
        self.assert_code(outcome, INVALID)

    def test_a_file_that_is_not_there(self) -> None:
        outcome = self.refused(str(self.folder / "nowhere.toml"), code="PRF001")
        self.assertIn("nowhere.toml", outcome.text)

    def test_secrets_that_others_may_read_are_told_of(self) -> None:
        for mode, told in ((0o600, False), (0o400, False), (0o640, True), (0o604, True)):
            with self.subTest(mode=f"{mode:o}"):
                self.secrets.chmod(mode)
                outcome = run("check", *self.ours())
                self.assert_code(outcome, DONE)
                self.assertEqual("warning[PRF049]" in outcome.text, told, outcome)

    def test_a_fifo_without_a_writer_does_not_block(self) -> None:
        fifo = self.folder / "fifo.toml"
        os.mkfifo(fifo)
        self.refused(str(fifo))

    def test_a_fifo_that_never_ends_is_not_read(self) -> None:
        fifo = self.folder / "endless.toml"
        os.mkfifo(fifo)
        writer = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, writer)
        os.write(writer, b"a = 1\n" * 1000)
        self.refused(str(fifo))

    def test_devices(self) -> None:
        for device in ("/dev/zero", "/dev/null", "/dev/tty"):
            with self.subTest(device=device):
                self.refused(device)

    def test_bytes_that_are_no_utf8(self) -> None:
        for name, content in (("latin", b'name = "caf\xe9"\n'), ("overlong", b'name = "\xc0\xaf"\n'),
                              ("surrogate", b'name = "\xed\xa0\x80"\n'), ("cut", b'name = "\xe5\xb1')):
            with self.subTest(name=name):
                outcome = self.refused(str(self.file(name + ".toml", content)))
                self.assertRegex(outcome.text, r"\.toml:1:\d+: ")

    def test_nul_and_escape_sequences_never_reach_the_terminal(self) -> None:
        for name, content in (("nul", b'schema = 1\nid = "a\0b"\n'), ("escape", b'schema = 1\nid = "\x1b]0;owned\x07"\n'),
                              ("bidi", 'schema = 1\nid = "\u202eabc"\n'.encode())):
            with self.subTest(name=name):
                outcome = self.refused(str(self.file(name + ".toml", content)))
                for forbidden in (b"\0", b"\x1b", b"\x07", "\u202e".encode()):
                    self.assertNotIn(forbidden, outcome.out)

    def test_a_file_name_never_reaches_the_terminal_as_it_is(self) -> None:
        outcome = self.refused(str(self.file("x\x1b[2J.toml", "?")))
        self.assertNotIn(b"\x1b", outcome.out)

    def test_a_file_that_may_not_be_read(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("becomes nobody with setpriv, which needs root")
        self.folder.chmod(0o755)
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        outcome = run("check", "--site", str(self.site), "--secrets", str(self.secrets), prefix=nobody)
        self.assert_code(outcome, INVALID)
        self.assertIn(str(self.secrets), outcome.text)
        self.assertNotIn("CANARY", outcome.text)

    def test_a_link_in_the_last_place_is_not_followed_to_a_secret(self) -> None:
        link = self.folder / "link.toml"
        link.symlink_to(self.secrets)
        outcome = run("check", str(link))
        self.assertNotIn(b"CANARY", outcome.out + outcome.err)

    def test_many_files_are_all_judged(self) -> None:
        files = [str(self.file(f"f{i}.toml", f"schema = {i}\n")) for i in range(50)]
        outcome = run("check", *files)
        self.assert_code(outcome, INVALID)
        for name in files:
            self.assertIn(name, outcome.text)

    def test_nothing_was_changed_by_all_this(self) -> None:
        before = sorted((p.name, p.stat().st_mtime_ns) for p in self.folder.iterdir())
        self.assert_code(self.check(), DONE)
        self.assertEqual(before, sorted((p.name, p.stat().st_mtime_ns) for p in self.folder.iterdir()))


if __name__ == "__main__":
    unittest.main()
