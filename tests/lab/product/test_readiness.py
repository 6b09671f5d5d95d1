#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What a machine lacks is found before the first change, named with its remedy, all of it at once, and the machine
stays as it was: by `plan`, by `apply`, in both languages."""

from __future__ import annotations

import os
import signal
import subprocess
import unittest
from collections.abc import Callable

from product import (DONE, ELIGATE, FAILED, LAB, Answer, ProductTest, a, eligate, root, snapshot, tear_down_module,
                     write_site)
from eglab import appliance
from eglab.process import wait_until

tearDownModule = tear_down_module

# strongSwan gets five seconds; three on top for a machine that does other things at once.
SILENT = 5.0 + 3.0
OTHER_CHARON = str(appliance.Path(appliance.__file__).with_name("other_charon.py"))
JAPANESE_APPLIANCE = "この装置"


def there(*argv: str) -> str:
    return LAB.run(a.CLINIC, list(argv))


def faults_of(answer: Answer) -> list[str]:
    return [fault["code"] for fault in answer.json["faults"]]


def evidence_of(answer: Answer, code: str) -> dict[str, str]:
    return next(fault["evidence"] for fault in answer.json["faults"] if fault["code"] == code)


class Readiness(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")
        self.before = snapshot.take(LAB)

    def tearDown(self) -> None:
        self.doCleanups()
        super().tearDown()

    def mount(self, *argv: str, at: str) -> None:
        there("mount", *argv, at)
        self.addCleanup(there, "umount", at)

    def refused(self, *codes: str, seconds: float = 10.0) -> Answer:
        """The answer of `apply --json`, after plan and the words for people said the same."""
        plan = eligate("plan", "--json")
        answer = eligate("apply", "--yes", "--json")
        for one in (plan, answer):
            self.assertEqual((one.exit, faults_of(one)), (FAILED, list(codes)), one)
            self.assertEqual(one.json["error"], one.json["faults"][0])
            for fault in one.json["faults"]:
                self.assertEqual(fault["party"], "appliance")
                for key in ("message", "cause", "action", "evidence"):
                    self.assertTrue(fault[key], one)
            self.assertLess(one.seconds, seconds, one)
        people = eligate("apply", "--yes", "--lang", "ja")
        self.assertEqual(people.exit, FAILED, people)
        for word in (*codes, JAPANESE_APPLIANCE):
            self.assertIn(word, people.said)
        return answer

    def as_it_was(self) -> None:
        """Mended, the machine is the same as before, and works."""
        self.doCleanups()
        self.assert_unchanged(self.before)

    def works(self) -> None:
        self.as_it_was()
        self.succeeds("apply", "--yes")

    # --- strongSwan ----------------------------------------------------------------------------------------

    def restart(self, start: Callable[[], object]) -> None:
        LAB.programs.stop(appliance.CHARON)
        start()
        LAB.wait_for_charon(a.CLINIC)

    def with_plugins_off(self, *names: str) -> None:
        self.with_plugins("no", *names)

    def with_plugins(self, load: str, *names: str) -> None:
        file = root() / "etc/strongswan.d/zy-test.conf"
        file.write_text("charon { plugins {\n" + "".join(f"{name} {{ load = {load} }}\n" for name in names) + "} }\n")

        def mend() -> None:
            file.unlink()
            self.restart(lambda: appliance.start_charon(LAB.programs))
        self.addCleanup(mend)
        self.restart(lambda: appliance.start_charon(LAB.programs))

    def test_strongswan_stopped(self) -> None:
        LAB.programs.stop(appliance.CHARON)
        self.refused("IKE001", seconds=3.0)

    def test_strongswan_locked(self) -> None:
        """It accepts the connection and never answers."""
        pid = LAB.programs.pid(appliance.CHARON)
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        self.refused("IKE004", seconds=SILENT)
        self.works()

    def test_strongswan_of_another_kind(self) -> None:
        for daemon, version, code in (("charon-systemd", "5.9.5", "SYS042"), ("charon", "5.9.8", "SYS043"),
                                      ("charon-systemd", "custom", "SYS043")):
            with self.subTest(daemon=daemon, version=version):
                self.restart(lambda d=daemon, v=version: LAB.programs.start(
                    appliance.CHARON, a.CLINIC, LAB.argv(a.CLINIC, ["python3", "-B", OTHER_CHARON, d, v])))
                plan = eligate("plan", "--json")
                self.assertEqual((plan.exit, faults_of(plan)[0]), (FAILED, code), plan)
                self.assertEqual(evidence_of(plan, code), {"program": daemon, "version": version})
                answer = eligate("apply", "--yes", "--json")
                self.assertEqual((answer.exit, answer.json["error"]["code"]), (FAILED, code), answer)

    def test_strongswan_would_write_dns(self) -> None:
        """Not in the way, but the machine's own names are at stake."""
        said = "eligate-resolve.conf"
        self.assertNotIn(said, " ".join(eligate("plan", "--json").json["notes"]))
        self.with_plugins("yes", "resolve")
        self.assertIn(said, " ".join(eligate("plan", "--json").json["notes"]))

    def test_a_minimal_debian(self) -> None:
        """Without Recommends there are neither ECP groups nor AES-GCM."""
        self.with_plugins_off("aesni", "gcm", "openssl", "agent", "gcrypt", "ccm", "chapoly", "curve25519", "ctr", "cmac")
        self.before = snapshot.take(LAB)
        answer = self.refused("IKE029")
        self.assert_unchanged(self.before)
        evidence = evidence_of(answer, "IKE029")
        self.assertEqual(set(evidence["algorithm"].split(", ")), {"AES_GCM_16", "ECP_384"}, answer)
        self.assertEqual(evidence["package"], "libstrongswan-standard-plugins")
        self.doCleanups()
        self.succeeds("apply", "--yes")

    def test_eap_without_its_plugin(self) -> None:
        write_site("example-eap")
        self.with_plugins_off("eap-mschapv2")
        self.before = snapshot.take(LAB)
        evidence = evidence_of(self.refused("SYS031"), "SYS031")
        self.assertEqual(evidence, {"plugin": "eap-mschapv2", "package": "libcharon-extauth-plugins"})
        self.assert_unchanged(self.before)

    # --- another IKE daemon --------------------------------------------------------------------------------

    def test_another_ike_daemon(self) -> None:
        holder = ("import socket, sys, time\n"
                  "held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in (500, 4500)]\n"
                  "for one, port in zip(held, (500, 4500)): one.bind(('', port))\n"
                  "time.sleep(600)\n")
        LAB.programs.stop(appliance.CHARON)
        pid = LAB.programs.start(f"{a.CLINIC}.other-ike", a.CLINIC,
                                 LAB.argv(a.CLINIC, ["/usr/bin/python3", "-c", holder]))
        wait_until("the ports to be taken", lambda: there("ss", "-Huln", "sport = :4500"), 5.0)
        # Alone, as a machine with another daemon is; then beside a charon that came later.
        answer = self.refused("IKE001", "IKE032")
        evidence = evidence_of(answer, "IKE032")
        self.assertEqual((evidence["port"], evidence["pid"]), ("500, 4500", str(pid)), answer)
        program = os.path.realpath("/usr/bin/python3")
        self.assertEqual(evidence["program"], program)
        packages = {row.split(":")[0] for row in _owners(program)}
        self.assertIn(evidence["package"], packages)

    # --- nft -----------------------------------------------------------------------------------------------

    def test_no_nft(self) -> None:
        self.mount("--bind", "/dev/null", at="/usr/sbin/nft")
        self.assertEqual(evidence_of(self.refused("SYS040"), "SYS040")["package"], "nftables")
        self.works()

    def test_nft_that_fails(self) -> None:
        script = root() / "run/nft-broken"
        script.write_text("#!/bin/sh\necho 'Error: Could not process rule: Operation not supported' >&2\nexit 1\n")
        script.chmod(0o755)
        self.addCleanup(script.unlink)
        self.mount("--bind", "/run/nft-broken", at="/usr/sbin/nft")
        answer = self.refused("SYS006")
        self.assertIn("Operation not supported", evidence_of(answer, "SYS006")["words"])
        self.works()

    def test_no_right_to_filter(self) -> None:
        argv = LAB.argv(a.CLINIC, ["setpriv", "--bounding-set", "-net_admin", str(ELIGATE), "plan", "--json"])
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
        answer = Answer(("plan",), done.returncode, done.stdout, done.stderr, 0.0)
        self.assertEqual((answer.exit, faults_of(answer)[0]), (FAILED, "SYS041"), answer)
        self.as_it_was()

    def test_not_root(self) -> None:
        argv = LAB.argv(a.CLINIC, ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", str(ELIGATE),
                                   "status", "--json"])
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("SYS002", done.stdout)
        self.as_it_was()

    # --- file systems --------------------------------------------------------------------------------------

    def test_read_only(self) -> None:
        for folder in ("/etc/swanctl/conf.d", "/etc", "/var/lib", "/run"):
            with self.subTest(folder=folder):
                self.mount("--bind", folder, at=folder)
                there("mount", "-o", "remount,bind,ro", folder)
                plan, answer = eligate("plan", "--json"), eligate("apply", "--yes", "--json")
                for one in (plan, answer):
                    self.assertEqual((one.exit, set(faults_of(one))), (FAILED, {"SYS046"}), one)
                    for fault in one.json["faults"]:
                        self.assertTrue(fault["evidence"]["path"].startswith(folder), one)
                self.assertEqual(answer.json["result"], "untouched")
                self.as_it_was()
        self.succeeds("apply", "--yes")

    def test_full(self) -> None:
        for options, words in (("size=16k", "bytes left"), ("nr_inodes=1", "inode")):
            for folder in ("/var/lib", "/etc/strongswan.d"):
                with self.subTest(folder=folder, options=options):
                    self.mount("-t", "tmpfs", "-o", options, "tmpfs", at=folder)
                    if "size" in options:
                        there("sh", "-c", f"head -c 16384 /dev/zero > {folder}/filler || true")
                    answer = self.refused("SYS045")
                    self.assertIn(words, evidence_of(answer, "SYS045")["error"])
                    self.as_it_was()
        self.succeeds("apply", "--yes")

    def test_found_only_by_trying(self) -> None:
        """A folder that may not be changed looks like any other."""
        self.mount("-t", "tmpfs", "tmpfs", at="/etc/swanctl/conf.d")
        there("chattr", "+i", "/etc/swanctl/conf.d")
        self.assertEqual(eligate("plan", "--json").exit, DONE)
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual((answer.exit, answer.json["result"], faults_of(answer)), (FAILED, "untouched", ["SYS046"]),
                         answer)
        self.assertEqual(there("ls", "-A", "/etc/swanctl/conf.d"), "")
        self.works()

    def test_read_only_matters_only_where_something_is_written(self) -> None:
        self.succeeds("apply", "--yes")
        self.mount("--bind", "/etc", at="/etc")
        there("mount", "-o", "remount,bind,ro", "/etc")
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
        self.assertEqual(self.succeeds("plan", "--json").json["faults"], [])
        there("nft", "delete", "table", "inet", "eligate")
        self.assertEqual(self.succeeds("restore", "--json").json["result"], "restored")

    # --- somebody else's -----------------------------------------------------------------------------------

    def test_table_of_somebody_else(self) -> None:
        there("nft", "add table inet eligate; add chain inet eligate theirs { type filter hook input priority 7; }")
        self.addCleanup(there, "nft", "delete", "table", "inet", "eligate")
        plan, answer = eligate("plan", "--json"), eligate("apply", "--yes", "--json")
        for one in (plan, answer):
            self.assertEqual((one.exit, faults_of(one)), (FAILED, ["SYS012"]), one)
            self.assertEqual(one.json["error"]["evidence"]["resource"], "nft inet eligate")
        self.assertTrue(plan.json["actions"], "the plan is shown all the same")
        self.assertIn("theirs", there("nft", "list", "table", "inet", "eligate"))
        self.works()

    # --- everything at once --------------------------------------------------------------------------------

    def test_all_at_once(self) -> None:
        LAB.programs.stop(appliance.CHARON)
        self.mount("--bind", "/dev/null", at="/usr/sbin/nft")
        self.mount("--bind", "/etc", at="/etc")
        there("mount", "-o", "remount,bind,ro", "/etc")
        answer = self.refused("IKE001", "SYS040", "SYS046", "SYS046")
        paths = [fault["evidence"]["path"] for fault in answer.json["faults"] if fault["code"] == "SYS046"]
        self.assertEqual(paths, ["/etc/strongswan.d", "/etc/swanctl/conf.d"])


def _owners(program: str) -> list[str]:
    """The packages that say a file is theirs; [] + ["-"] if none does."""
    done = subprocess.run(["dpkg", "-S", program], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() or ["-"]


if __name__ == "__main__":
    unittest.main(verbosity=2)
