#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes to which stream, what happens when a stream is gone, and what reaches a file."""
import os
import subprocess
import unittest

from eligate_cli import BINARY, DONE, FAILED, INVALID, PLAIN, CliTest, run


class Streams(CliTest):
    def test_the_result_goes_to_standard_output_only(self) -> None:
        outcome = self.check()
        self.assert_code(outcome, DONE)
        self.assertEqual(outcome.err, b"")
        self.assertIn("山田医院", outcome.text)

    def test_faults_are_the_result_of_check_and_a_message_of_the_others(self) -> None:
        self.site.write_text("schema = 1\n")
        checked = self.check()
        self.assert_code(checked, INVALID)
        self.assertEqual(checked.err, b"")
        self.assertIn("error[PRF", checked.text)
        for command in ("plan", "apply", "verify"):
            with self.subTest(command=command):
                outcome = run(command, *self.ours())
                self.assert_code(outcome, INVALID)
                self.assertEqual(outcome.out, b"")
                self.assertIn("error[PRF", outcome.errors)

    def test_colour_only_where_it_was_asked_for(self) -> None:
        self.site.write_text("schema = 1\n")
        for env in ({}, {"TERM": "xterm-256color"}, {"NO_COLOR": "1"}):
            self.assertNotIn("\x1b", run("check", *self.ours(), env=env).text)
        self.assertIn("\x1b[", self.check("--color", "always").text)
        # What a person asks for now stands above what the environment says always.
        self.assertIn("\x1b[", run("check", *self.ours(), "--color", "always", env={"NO_COLOR": "1"}).text)
        self.assertNotIn("\x1b", self.check("--color", "never").text)

    def test_a_closed_standard_output_is_a_failure_and_no_crash(self) -> None:
        script = 'exec "$0" "$@" >&-'
        outcome = subprocess.run(["sh", "-c", script, BINARY, "explain", "USE001"], env=PLAIN, capture_output=True,
                                 timeout=20)
        self.assertEqual(outcome.returncode, FAILED)

    def test_all_streams_closed_at_once_do_no_harm(self) -> None:
        script = 'exec "$0" "$@" <&- >&- 2>&-'
        outcome = subprocess.run(["sh", "-c", script, BINARY, "check", *self.ours()], env=PLAIN, timeout=20)
        self.assertEqual(outcome.returncode, FAILED)
        self.assertIn("山田医院", self.site.read_text())

    def test_a_full_disk_is_a_failure(self) -> None:
        with open("/dev/full", "wb") as full:
            self.assertEqual(run("explain", "USE001", stdout=full).code, FAILED)

    def test_a_reader_that_goes_away_does_not_kill_it(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            # Killed by SIGPIPE it would be -13.
            self.assertEqual(run("profile", "list", stdout=pipe).code, FAILED)

    def test_a_secret_is_on_no_stream(self) -> None:
        self.site.write_text(self.site.read_text().replace('name = "山田医院"', 'nmae = "山田医院"'))
        self.secrets.write_text('schema = 1\n[secrets]\npsk = "CANARY-psk-7f3a9c\n')
        for arguments in (("check",), ("check", "--json"), ("plan", "--json"), ("apply", "--yes")):
            outcome = run(*arguments, *self.ours())
            self.assert_code(outcome, INVALID)
            self.assertNotIn(b"CANARY", outcome.out + outcome.err, arguments)


if __name__ == "__main__":
    unittest.main()
