#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--help and mistyped command lines."""
import re
import unittest

from eligate_cli import COMMANDS, DONE, USAGE, CliTest, run, width


class Help(CliTest):
    def test_every_command_has_an_example_and_fits_80_columns_in_both_languages(self) -> None:
        for language in ("en", "ja"):
            for command in ("", *COMMANDS):
                with self.subTest(language=language, command=command):
                    outcome = run(*command.split(), "--help", "--lang", language)
                    self.assert_code(outcome, DONE)
                    self.assertEqual(outcome.err, b"")
                    self.assertRegex(outcome.text, r"\n  (sudo )?eligate " + (command or "check"))
                    self.assertLessEqual(max(map(width, outcome.text.splitlines())), 80)

    def test_each_command_of_the_overview_takes_one_line_and_the_man_page_is_named(self) -> None:
        for language in ("en", "ja"):
            text = run("--help", "--lang", language).text
            commands = re.split(r"\n\n", text)[2].splitlines()[1:]
            self.assertEqual(len(commands), len({command.split()[0] for command in COMMANDS}))
            self.assertTrue(text.endswith("man eligate\n"))

    def test_japanese_help_is_japanese_without_any_installed_locale(self) -> None:
        for env in ({"LANG": "ja_JP.UTF-8"}, {"LC_ALL": "ja_JP.UTF-8"}, {"LC_MESSAGES": "ja_JP.UTF-8", "LANG": "C"}):
            with self.subTest(env=env):
                self.assertIn("使い方", run("--help", env=env).text)

    def test_the_option_stands_above_the_locale(self) -> None:
        self.assertIn("Usage", run("--help", "--lang", "en", env={"LC_ALL": "ja_JP.UTF-8"}).text)
        self.assertIn("使い方", run("--help", "--lang", "ja", env={"LC_ALL": "C"}).text)
        self.assertIn("Usage", run("--help", env={"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}).text)

    def test_the_kernel_console_without_japanese_glyphs_gets_english(self) -> None:
        japanese = {"LANG": "ja_JP.UTF-8", "TERM": "linux"}
        self.assertIn("Usage", run("--help", env=japanese).text)
        self.assertIn("使い方", run("--help", "--lang", "ja", env=japanese).text)

    def test_both_languages_describe_the_same_options(self) -> None:
        for command in COMMANDS:
            words = [re.findall(r"--[a-z-]+", run(*command.split(), "--help", "--lang", language).text)
                     for language in ("en", "ja")]
            self.assertEqual(*map(sorted, map(set, words)), command)

    def test_nothing_to_do_is_a_mistake_told_with_the_help(self) -> None:
        for arguments in ((), ("profile",)):
            outcome = run(*arguments)
            self.assert_code(outcome, USAGE)
            self.assertEqual(outcome.out, b"")
            self.assertIn("Usage: eligate", outcome.errors)

    def test_the_version_is_one_line(self) -> None:
        self.assertRegex(run("--version").text, r"\Aeligate \d+\.\d+\.\d+\n\Z")


class Mistakes(CliTest):
    def assert_usage(self, words: str, *arguments: str) -> None:
        outcome = run(*arguments)
        self.assert_code(outcome, USAGE)
        self.assertEqual(outcome.out, b"")
        self.assertIn("error[USE001]", outcome.errors)
        self.assertIn(words, outcome.errors)

    def test_unknown_commands_and_options_come_with_what_was_meant(self) -> None:
        self.assert_usage("did you mean apply?", "aply")
        self.assert_usage("did you mean --json?", "plan", "--jsn")
        self.assert_usage("did you mean list?", "profile", "lits")
        self.assert_usage("there is no option --frobnicate", "check", "--frobnicate")

    def test_missing_and_superfluous_arguments(self) -> None:
        self.assert_usage("explain needs CODE", "explain")
        self.assert_usage("apply takes no argument", "apply", "now")
        self.assert_usage("--site needs a value", "check", "--site")
        self.assert_usage("--lang takes ja or en", "check", "--lang", "fr")

    def test_a_mistake_is_told_in_japanese_where_japanese_is_spoken(self) -> None:
        outcome = run("aply", env={"LANG": "ja_JP.UTF-8"})
        self.assert_code(outcome, USAGE)
        self.assertIn("エラー[USE001]: コマンド aply はありません。", outcome.errors)

    def test_bytes_that_are_no_text_do_no_harm(self) -> None:
        outcome = run(b"\xff\xfe\x1b[2J")
        self.assert_code(outcome, USAGE)
        self.assertNotIn(b"\x1b", outcome.err)
        self.assertIn("\\xff\\xfe\\x1b[2J", outcome.errors)


class Explain(CliTest):
    def test_a_code_is_explained(self) -> None:
        for language, cause in (("en", "cause:"), ("ja", "原因:")):
            outcome = run("explain", "usE001", "--lang", language)
            self.assert_code(outcome, DONE)
            self.assertTrue(outcome.text.startswith("USE001  "))
            self.assertIn(cause, outcome.text)

    def test_a_code_that_is_none(self) -> None:
        outcome = run("explain", "XYZ001")
        self.assert_code(outcome, USAGE)
        self.assertIn("error[USE004]: there is no code XYZ001; did you mean", outcome.errors)


if __name__ == "__main__":
    unittest.main()
