#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--json: one record, "schema": 1, for every command and every way it can end."""
import os
import unittest

from eligate_cli import COMMANDS, DONE, INVALID, PROVIDERS, USAGE, CliTest, Outcome, run


class Json(CliTest):
    def assert_record(self, outcome: Outcome) -> dict:
        record = outcome.record
        self.assertEqual(record["schema"], 1)
        self.assertEqual(next(iter(record)), "schema")
        self.assertTrue(outcome.out.endswith(b"}\n"))
        return record

    def test_every_command_with_a_site_that_is_no_site(self) -> None:
        self.site.write_text("schema = 1\nprofile = 7\n")
        for command in ("check", "plan", "apply", "verify"):
            with self.subTest(command=command):
                outcome = run(command, "--json", *self.ours())
                self.assert_code(outcome, INVALID)
                record = self.assert_record(outcome)
                self.assertEqual(record["result"], "invalid")
                fault = record["diagnostics"][0]
                self.assertEqual(set(fault), {"severity", "code", "message", "file", "line", "column", "length", "hints"})

    def test_every_command_by_somebody_who_may_not(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("becomes nobody with setpriv, which needs root")
        self.secrets.chmod(0o644)
        self.folder.chmod(0o755)
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        for command in ("plan", "apply", "verify", "status", "remove"):
            with self.subTest(command=command):
                outcome = run(command, "--json", *self.ours(), prefix=nobody)
                self.assertEqual(outcome.code, 1, outcome.errors)
                record = self.assert_record(outcome)
                self.assertEqual(record["result"], "error")
                self.assertEqual(record["error"]["code"], "SYS002")
                self.assertIn("error[SYS002]", outcome.errors)

    def test_every_help_and_the_version(self) -> None:
        for command in ("", *COMMANDS):
            self.assertIn("eligate", self.assert_record(run(*command.split(), "--help", "--json"))["help"])
        self.assertRegex(self.assert_record(run("--version", "--json"))["version"], r"^\d+\.\d+\.\d+$")

    def test_a_mistyped_command_line(self) -> None:
        for arguments in (("aply", "--json"), ("--json", "plan", "--site"), ("explain", "--json")):
            outcome = run(*arguments)
            self.assert_code(outcome, USAGE)
            error = self.assert_record(outcome)["error"]
            self.assertEqual(error["code"], "USE001")
            self.assertEqual(set(error), {"code", "message", "context", "evidence", "cause", "action", "party", "retry"})

    def test_check(self) -> None:
        record = self.assert_record(self.check("--json"))
        self.assertEqual(record["result"], "valid")
        profiles = [str(path) for path in sorted(PROVIDERS.glob("*.toml"))]
        record = self.assert_record(run("check", "--json", *profiles))
        self.assertEqual([d for d in record["diagnostics"] if d["severity"] == "error"], [])

    def test_explain(self) -> None:
        record = self.assert_record(run("explain", "USE002", "--json"))
        self.assertEqual((record["code"], record["exit"], record["retry"]), ("USE002", 130, True))

    def test_profiles(self) -> None:
        listed = self.assert_record(run("profile", "list", "--json"))["profiles"]
        ids = [profile["id"] for profile in listed]
        for name in ("example-psk", "example-eap", "example-certificate"):
            self.assertIn(name, ids)
        shown = self.assert_record(run("profile", "show", "example-psk", "--json"))
        self.assertEqual(shown["profile"]["gateways"], ["vpn1.example.net", "vpn2.example.net"])
        self.assertEqual([intake["key"] for intake in shown["profile"]["intake"] if intake["secret"]], ["psk"])
        self.assertEqual(shown["network"]["id"], "onshikaku")
        missing = run("profile", "show", "exmaple-psk", "--json")
        self.assert_code(missing, INVALID)
        self.assert_record(missing)

    def test_the_language_is_that_of_the_words_not_of_the_keys(self) -> None:
        english = run("explain", "USE002", "--json").record
        japanese = run("explain", "USE002", "--json", "--lang", "ja").record
        self.assertEqual(list(english), list(japanese))
        self.assertNotEqual(english["summary"], japanese["summary"])

    def test_broken_bytes_of_a_file_still_make_json(self) -> None:
        bad = self.file("bad\x1b.toml", b'schema = 1\nid = "\xff\xfe"\n')
        outcome = run("check", "--json", str(bad))
        self.assert_code(outcome, INVALID)
        self.assert_record(outcome)
        self.assertNotIn(b"\x1b", outcome.out)


if __name__ == "__main__":
    unittest.main()
