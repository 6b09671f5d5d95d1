#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a terminal (a pty): colour, width, and no colour where it is not wanted."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
import unittest

from eligate_cli import BINARY, INVALID, PLAIN, CliTest, width


def on_terminal(*arguments: str, env: dict[str, str] | None = None, columns: int = 80) -> tuple[int, str]:
    """Exit code and everything that reached the screen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([BINARY, *arguments], env=PLAIN | {"TERM": "xterm-256color"} | (env or {}),
                               stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen = b""
    deadline = time.monotonic() + 20
    try:
        while time.monotonic() < deadline and select.select([ours], [], [], 20)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:  # EIO: the last descriptor of the other side is closed
                break
            screen += data
        return process.wait(timeout=20), screen.decode("utf-8").replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


class Terminal(CliTest):
    def test_colour_on_a_terminal(self) -> None:
        self.site.write_text("schema = 1\n")
        code, screen = on_terminal("check", *self.ours())
        self.assertEqual(code, INVALID)
        self.assertIn("\x1b[1;31m", screen)

    def test_no_colour_where_it_is_not_wanted(self) -> None:
        self.site.write_text("schema = 1\n")
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", on_terminal("check", *self.ours(), env=env)[1])
        self.assertNotIn("\x1b", on_terminal("check", *self.ours(), "--color", "never")[1])

    def test_text_is_broken_at_the_terminals_width(self) -> None:
        for columns in (60, 80, 100):
            for language in ("en", "ja"):
                _, screen = on_terminal("explain", "USE003", "--lang", language, "--color", "never", columns=columns)
                lines = [width(line) for line in screen.splitlines()]
                self.assertLessEqual(max(lines), columns)
                self.assertGreater(max(lines), 40)

    def test_a_narrow_or_absurd_width_does_no_harm(self) -> None:
        for columns in (0, 1, 10, 65535):
            self.assertIn("USE003", on_terminal("explain", "USE003", columns=columns)[1])


if __name__ == "__main__":
    unittest.main()
