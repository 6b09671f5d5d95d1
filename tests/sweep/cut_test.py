# SPDX-License-Identifier: Apache-2.0
"""Runs small programs under cut, in a folder of their own."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

CUT = Path(os.environ["CUT"]).resolve()
KILLED, OWN_FAILURE = 137, 125


class CutTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.report = self.folder / "report"

    def cut(self, *words: str, command: list[str], around: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        deed = [str(CUT), *words, "--to", str(self.report), "--", *command]
        return subprocess.run([*around, *deed], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)

    def shell(self, *words: str, script: str) -> subprocess.CompletedProcess:
        return self.cut(*words, command=["sh", "-c", script])

    def python(self, *words: str, script: str, around: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        command = [sys.executable, "-I", "-S", "-B", "-c", textwrap.dedent(script)]
        done = self.cut(*words, command=command, around=around)
        self.assertNotIn("Traceback", done.stderr)
        return done

    def lines(self) -> list[list[str]]:
        return [line.split("\t") for line in self.report.read_text().splitlines()]

    def points(self) -> list[str]:
        """Call, what and outcome of each line, without the folder's name."""
        return [" ".join(line[2:]).replace(f"{self.folder}/", "") for line in self.lines()]
