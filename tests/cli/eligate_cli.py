# SPDX-License-Identifier: Apache-2.0
"""Runs the real binary for the tests beside this file."""
from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unicodedata
import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

BINARY = os.environ["ELIGATE"]
SOURCE = Path(os.environ["ELIGATE_SOURCE"])
PROVIDERS = SOURCE / "profiles" / "providers"

DONE, FAILED, USAGE, INVALID = 0, 1, 2, 3
COMMANDS = ("check", "plan", "apply", "confirm", "verify", "status", "history", "rollback", "remove", "restore",
            "explain", "profile", "profile list", "profile show", "profile check")

# Nothing of the caller's locale or terminal may decide a test.
PLAIN = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
# Sanitizer builds need their options.
PLAIN |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}

SITE = """\
schema  = 1
profile = "example-psk"
[clinic]
name = "山田医院"
[line]
kind = "catv"
[lan]
interface = "eth1"
terminals = ["192.168.1.50"]
[intake]
connection_id = "AB12345678"
[services]
eligibility = true
billing     = false
"""
SECRETS = """\
schema = 1
[secrets]
psk = "CANARY-psk-7f3a9c"
"""


@dataclass
class Outcome:
    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")

    @property
    def errors(self) -> str:
        return self.err.decode("utf-8")

    @property
    def record(self) -> dict[str, Any]:
        return json.loads(self.text)


def run(*arguments: str | bytes, env: dict[str, str] | None = None, data: bytes = b"", timeout: float = 20,
        prefix: Sequence[str] = (), **streams: Any) -> Outcome:
    """A timeout is a failure: nothing of what is tested here may wait for long."""
    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    process = subprocess.Popen([*prefix, BINARY, *arguments], env=PLAIN | (env or {}), stdin=subprocess.PIPE, **kept)
    try:
        out, err = process.communicate(data, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Outcome(process.returncode, out or b"", err or b"")


def width(line: str) -> int:
    """Columns on a terminal, by Python's own tables."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class CliTest(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="eligate-cli-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.site = self.file("site.toml", SITE)
        self.secrets = self.file("secrets.toml", SECRETS)
        self.secrets.chmod(0o600)

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ours(self) -> list[str]:
        """Options that point to this test's site and secrets."""
        return ["--site", str(self.site), "--secrets", str(self.secrets)]

    def check(self, *arguments: str) -> Outcome:
        return run("check", *self.ours(), *arguments)

    def assert_code(self, outcome: Outcome, code: int) -> None:
        self.assertEqual(outcome.code, code, f"{outcome.out[-2000:]!r}\n{outcome.err[-2000:]!r}")
