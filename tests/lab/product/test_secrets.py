#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Secrets stay secret: canaries in every one of them, looked for in everything that anybody can see."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import threading
import unittest
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from product import (DONE, ELIGATE, INTERRUPTED, LAB, ROLLED_BACK, Answer, ProductTest, Running, a, eligate, faults,
                     list_sas, papers, root, snapshot, tear_down_module, write_profile, write_site, shipped_profile)
from eglab import appliance
from eglab.process import run, wait_until

tearDownModule = tear_down_module

WRONG_PSK = "CANARY-wrong-psk-90a1"
WRONG_PASSWORD = "CANARY-wrong-eap-77fe"
KINDS = ("example-psk", "example-eap", "example-certificate", "example-certificate:pkcs12")


def needles() -> dict[str, bytes]:
    """Every secret as it could turn up: plainly, as base64, and as strongSwan's and TOML's notation of it."""
    found = {}
    for secret in (*papers.CANARIES, WRONG_PSK, WRONG_PASSWORD):
        found[secret] = secret.encode()
        # What base64 of the secret looks like at each of the three places where it may begin in a longer text.
        for shift in range(3):
            text = base64.b64encode(b"\0" * shift + secret.encode())
            found[f"{secret} in base64, shifted {shift}"] = text[4 if shift else 0:len(text) // 4 * 4 - 4]
        found[f"{secret} in hex"] = secret.encode().hex().encode()
    for number, row in enumerate((LAB.state / "pki/client.key.pem").read_text().splitlines()):
        if "-----" not in row and len(row) > 30:
            found[f"private key, line {number}"] = row.encode()
    key = f"{LAB.state}/pki/client.key.pem"
    raw = base64.b64decode(run(["sh", "-c", f"openssl pkcs8 -topk8 -nocrypt -in {key} -outform der | base64 -w0"]))
    found["private key, bytes"] = raw[len(raw) // 2:len(raw) // 2 + 16]
    found["private key, hex"] = raw[len(raw) // 2:len(raw) // 2 + 16].hex().encode()
    return found


def secrets_in(content: bytes, known: dict[str, bytes]) -> list[str]:
    return [name for name, needle in known.items() if needle in content]


class Watch(threading.Thread):
    """Looks again and again while something runs, as fast as it can."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._look = look
        self._end = threading.Event()
        self.rounds = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._end.is_set():
                self._look()
                self.rounds += 1
        except BaseException as failure:  # told to the test, which runs in another thread
            self.failure = failure

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._end.set()
        self.join(5.0)
        if self.failure is not None:
            raise self.failure


class Processes:
    """Command lines and environments of every process that lives while we look."""

    def __init__(self, known: dict[str, bytes]) -> None:
        self._known = known
        self.found: set[str] = set()
        self.programs: set[str] = set()

    def look(self) -> None:
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            for name in ("cmdline", "environ"):
                try:
                    content = Path("/proc", entry, name).read_bytes()
                except OSError:
                    continue
                if name == "cmdline":
                    self.programs.add(os.path.basename(content.split(b"\0")[0].decode(errors="replace")))
                self.found |= {f"{secret} in {name} of {entry}" for secret in secrets_in(content, self._known)}


class Modes:
    """Who may read what eligate writes, at every instant at which we look."""

    _FOLDERS = ("var/lib/eligate", "etc/swanctl/conf.d", "etc/swanctl/private", "etc/swanctl", "run", "tmp")

    def __init__(self, known: dict[str, bytes]) -> None:
        self._known = known
        self._root = root()
        self._before = {entry.path for folder in self._FOLDERS for entry in self._entries(folder)}
        self.seen: dict[str, set[int]] = {}
        self.open_to_others: set[str] = set()

    def _entries(self, folder: str) -> list[os.DirEntry]:
        try:
            with os.scandir(self._root / folder) as entries:
                return list(entries)
        except OSError:
            return []

    def look(self) -> None:
        try:
            mode = (self._root / "var/lib/eligate").lstat().st_mode & 0o7777
            self.seen.setdefault("/var/lib/eligate", set()).add(mode)
        except OSError:
            pass
        for folder in self._FOLDERS:
            for entry in self._entries(folder):
                if entry.path not in self._before:
                    self._judge(entry, f"/{folder}/{entry.name}")

    def _judge(self, entry: os.DirEntry, name: str) -> None:
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
            self.seen.setdefault(name, set()).add(mode & 0o7777)
            if mode & 0o077 and entry.is_file(follow_symlinks=False):
                content = Path(entry.path).read_bytes()
                if secrets_in(content, self._known):
                    self.open_to_others.add(f"{name} {mode:o}")
        except OSError:
            pass  # gone again


class Secrets(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        self.known = needles()

    def silent(self, answer: Answer) -> Answer:
        self.assertEqual(secrets_in(answer.out.encode() + answer.err.encode(), self.known), [], answer.argv)
        return answer

    def logs_are_silent(self) -> None:
        log = appliance.log_file(LAB.programs).read_bytes()
        self.assertGreater(len(log), 1000)
        self.assertEqual(secrets_in(log + LAB.programs.log_of(appliance.CHARON).read_bytes(), self.known), [])

    def every_command(self) -> None:
        for lang in ("ja", "en"):
            for argv in (("check",), ("plan",), ("verify",), ("status",), ("profile", "show", "example-psk"),
                         ("apply", "--yes")):
                self.silent(eligate(*argv, "--lang", lang))
                self.silent(eligate(*argv, "--lang", lang, "--json"))

    def test_needles_are_found_where_they_are(self) -> None:
        """The search itself: the site's own files hold each secret."""
        for kind in KINDS:
            write_site(kind)
            folder = root() / "etc/eligate"
            content = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
            for secret in papers.INTAKE[kind][1].values():
                self.assertIn(secret, secrets_in(content, self.known))
            self.assertIn("private key, line 1", secrets_in(content, self.known))
        text = base64.b64encode(b"xy" + papers.PSK.encode() + b"z")
        self.assertEqual(len(secrets_in(text, self.known)), 1)

    def test_outputs_when_all_is_well(self) -> None:
        for kind in KINDS:
            with self.subTest(kind=kind):
                write_site(kind)
                for lang in ("ja", "en"):
                    self.silent(eligate("plan", "--lang", lang))
                self.silent(eligate("plan", "--json"))
                self.assertEqual(self.silent(eligate("apply", "--yes", "--json")).exit, DONE)
                self.every_command()
                self.logs_are_silent()
                self.assertEqual(self.silent(eligate("remove", "--yes", "--json")).exit, DONE)
                self.logs_are_silent()

    def test_outputs_when_it_fails(self) -> None:
        wrong_key = (LAB.state / "pki/terminal.key.pem").read_bytes()
        for kind, changed in (("example-psk", {"psk": WRONG_PSK}), ("example-eap", {"eap_password": WRONG_PASSWORD}),
                              ("example-certificate:pkcs12", {"pkcs12_password": WRONG_PSK}),
                              ("example-psk", {"psk": WRONG_PSK + "\\u0000"}),
                              ("example-psk", {"psk": WRONG_PSK, "pskk": WRONG_PASSWORD}),
                              ("example-psk", {"psk": WRONG_PSK + '" x'}), ("example-certificate", {})):
            with self.subTest(kind=kind, changed=changed):
                write_site(kind, secrets=changed)
                if kind == "example-certificate":
                    (root() / "etc/eligate/client.key.pem").write_bytes(wrong_key)
                for lang in ("ja", "en"):
                    self.assertNotEqual(self.silent(eligate("apply", "--yes", "--lang", lang)).exit, DONE)
                    self.silent(eligate("check", "--lang", lang))
                    self.silent(eligate("plan", "--lang", lang))
                self.assertNotEqual(self.silent(eligate("apply", "--yes", "--json")).exit, DONE)
                self.silent(eligate("check", "--json"))
                self.logs_are_silent()

    def test_secret_in_the_wrong_place(self) -> None:
        """Typed into site.toml by mistake, or into the profile: refused, and not repeated on the screen."""
        write_site("example-psk", intake={"psk": papers.PSK})
        for argv in (("check",), ("check", "--json"), ("apply", "--yes"), ("check", "--lang", "ja")):
            self.assertEqual(self.silent(eligate(*argv)).exit, 3)
        write_site("example-psk")
        write_profile(shipped_profile("example-psk").replace('"{psk}"', f'"{papers.PSK}"'))
        for argv in (("check",), ("check", "--json"), ("apply", "--yes"), ("check", "--lang", "ja")):
            self.assertEqual(self.silent(eligate(*argv)).exit, 3)

    @contextmanager
    def watched(self):
        processes, modes = Processes(self.known), Modes(self.known)
        with Watch(processes.look) as looking, Watch(modes.look) as watching:
            yield processes, modes
        self.assertGreater(looking.rounds, 3)
        self.assertGreater(watching.rounds, 20)
        self.assertIn(ELIGATE.name, processes.programs)
        self.assertEqual(processes.found, set())
        self.assertEqual(modes.open_to_others, set())

    def private_from_the_first_instant(self, modes: Modes) -> None:
        for name, seen in modes.seen.items():
            if name == "/var/lib/eligate":
                self.assertEqual(seen, {0o700}, name)
            elif "zz-eligate.conf" not in name and "eligate-ca-" not in name:  # those are nobody's secret
                self.assertEqual(seen - {0o600}, set(), name)
        for needed in ("/var/lib/eligate", "/var/lib/eligate/journal"):
            self.assertIn(needed, modes.seen)

    def test_while_it_works(self) -> None:
        """With a umask that would let everybody read and write."""
        for kind in KINDS:
            for fault, code in (("centre-tls-dead", ROLLED_BACK), ("", DONE)):
                with self.subTest(kind=kind, fault=fault):
                    write_site(kind)
                    faults.set_faults(LAB, [fault] if fault else [])
                    with self.watched() as (_, modes):
                        running = Running("apply", "--yes", "--json", umask=0)
                        answer = running.finish()
                    self.assertEqual(self.silent(answer).exit, code, answer)
                    self.private_from_the_first_instant(modes)
            for path in ("var/lib/eligate/state.json", "etc/swanctl/conf.d/eligate.conf"):
                about = (root() / path).stat()
                self.assertEqual((about.st_mode & 0o7777, about.st_uid, about.st_gid), (0o600, 0, 0), path)
            with self.watched():
                self.assertEqual(eligate("remove", "--yes").exit, DONE)

    def test_stopped_in_the_middle(self) -> None:
        """What lies there when the machine stands still: the journal holds secrets, for root alone."""
        faults.set_faults(LAB, ["centre-dns-dead"])
        for kind in KINDS:
            with self.subTest(kind=kind):
                write_site(kind)
                before = snapshot.take(LAB)
                running = Running("apply", "--yes", umask=0)
                wait_until("the tunnel", lambda: any(sa["state"] == "ESTABLISHED" for sa in list_sas()))
                os.kill(running.pid, signal.SIGSTOP)
                try:
                    self.look_at_stopped(running, before)
                finally:
                    running.process.send_signal(signal.SIGINT)
                    running.process.send_signal(signal.SIGCONT)
                    answer = running.finish()
                self.assertEqual(self.silent(answer).exit, INTERRUPTED)

    def test_nobody_looks_into_it(self) -> None:
        """The kernel gives what must not be dumped to root, whosever process it is; a full pipe keeps it waiting."""
        for program, owner in ((["cat", "/dev/zero"], 65534), ([str(ELIGATE), "--help"], 0)):
            reading, writing = os.pipe()
            os.set_blocking(writing, False)
            with self.assertRaises(BlockingIOError):
                while True:
                    os.write(writing, b" " * 4096)
            os.set_blocking(writing, True)
            waiting = subprocess.Popen(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *program],
                                       stdout=writing)
            try:
                os.close(writing)
                about = Path("/proc", str(waiting.pid))
                name = os.path.basename(program[0])[:15]
                wait_until(f"{name} to write into the full pipe", lambda: (about / "comm").read_text().strip() == name
                           and (about / "syscall").read_text().split()[:2] == ["1", "0x1"])
                self.assertEqual((about / "environ").stat().st_uid, owner, name)
            finally:
                waiting.kill()
                waiting.wait()
            os.close(reading)

    def look_at_stopped(self, running: Running, before: snapshot.Picture) -> None:
        picture = snapshot.take(LAB)
        fresh = {path: about for path, about in picture["files"].items() if path not in before["files"]}
        self.assertIn("/var/lib/eligate/journal", fresh)
        for path, about in fresh.items():
            content = root() / path.lstrip("/")
            holds = content.is_file() and secrets_in(content.read_bytes(), self.known)
            if holds or path.startswith("/var/lib/eligate/"):
                self.assertEqual((about["mode"][-4:], about["owner"]), ("0600", "0:0"), path)
        self.assertEqual(fresh["/var/lib/eligate"]["mode"], "040700")
        proc = Path("/proc", str(running.pid))
        limit = next(row for row in (proc / "limits").read_text().splitlines() if row.startswith("Max core file size"))
        self.assertEqual(limit.split()[4:6], ["0", "0"])
        for descriptor in (proc / "fd").iterdir():
            target = os.readlink(descriptor)
            self.assertNotIn("memfd", target)
            self.assertNotIn("(deleted)", target)


if __name__ == "__main__":
    unittest.main(verbosity=2)
