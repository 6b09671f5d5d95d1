#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The man pages: clean for groff and mandoc, complete in what they say, true in their examples."""
from __future__ import annotations

import os
import re
import subprocess
import unittest
from pathlib import Path
from typing import Callable

from eligate_cli import COMMANDS, DONE, PROVIDERS, SOURCE, CliTest, run, width

SHARE = Path(os.environ["ELIGATE_SHARE"])
PAGES = ("eligate.8", "eligate-profile.5", "eligate-network.5", "eligate-site.5", "eligate-codes.7")
LANGUAGES = {"en": SHARE / "man", "ja": SHARE / "man" / "ja"}
# Which sources read which format.
READERS = {"eligate-profile.5": ("provider", "auth_template", "table"), "eligate-network.5": ("network", "table"),
           "eligate-site.5": ("site", "lan", "secrets")}
KANA_OR_KANJI = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
READING = re.compile(r"\b(?:text|texts|one_or_more|number|flag|choice|local_text|table|tables|entry|value|read_reference|read_host)"
                     r"\(\s*(?:\*?[a-z_]+,\s*)?\"([a-z0-9_]+)\"")
CHOICE = re.compile(r"choice\(\s*\"[a-z_]+\",\s*\{([^}]*)\}")
MOST = re.compile(r"constexpr std::size_t most_\w+ = (\d+);")


def path_of(page: str, language: str) -> Path:
    return LANGUAGES[language] / f"man{page[-1]}" / page


def read(page: str, language: str) -> str:
    return path_of(page, language).read_text(encoding="utf-8")


def plain(roff: str) -> str:
    """A line of a page without its escapes."""
    for escape, character in ((r"\&", ""), (r"\-", "-"), (r"\e", "\\"), (r"\(dq", '"'), (r"\(ha", "^"), (r"\(ti", "~")):
        roff = roff.replace(escape, character)
    return re.sub(r"\\f[BIR]", "", roff)


def examples(page: str, language: str) -> dict[str, str]:
    """The files that a page shows, by the name in the comment above each."""
    found = re.findall(r'^\.\\" example: (\S+)\n\.EX\n(.*?)^\.EE$', read(page, language), re.M | re.S)
    return {name: plain(text) for name, text in found}


def keys(page: str, language: str) -> list[tuple[str, str]]:
    """(table, key) of every key that has an entry."""
    table, listed, previous = "", [], ""
    for line in read(page, language).splitlines():
        if line.startswith((".SH", ".SS")):
            heading = re.search(r"\[+[a-z.]+\]+", line)
            table = heading[0] if heading else ""
        if previous == ".TP":
            listed += [(table, key) for key in re.findall(r"\\fB([a-z_0-9]+)\\fR", line)]
        previous = line
    return listed


def sources(page: str, but: str = "") -> str:
    return "\n".join((SOURCE / "src" / "profile" / f"{name}.cpp").read_text(encoding="utf-8")
                     for name in READERS[page] if name != but)


def warnings(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | (env or {}))
    return f"exit code {done.returncode}\n{done.stdout if 'lint' in command else ''}{done.stderr}"


class Form(unittest.TestCase):
    maxDiff = None

    def each(self, judge: Callable[[str, str], None]) -> None:
        for language in LANGUAGES:
            for page in PAGES:
                with self.subTest(page=page, language=language):
                    judge(page, language)

    def test_mandoc_finds_nothing(self) -> None:
        def judge(page: str, language: str) -> None:
            # mandoc counts bytes, of which a Japanese character has three.
            least = "style" if language == "en" else "warning"
            self.assertEqual(warnings("mandoc", "-T", "lint", "-W", least, str(path_of(page, language))),
                             "exit code 0\n")
        self.each(judge)

    def test_man_warns_about_nothing(self) -> None:
        def judge(page: str, language: str) -> None:
            self.assertEqual(warnings("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z",
                                      str(path_of(page, language)), env={"LC_ALL": "C.UTF-8", "MANWIDTH": "80"}),
                             "exit code 0\n")
        self.each(judge)

    def test_pages_fit_80_columns(self) -> None:
        def judge(page: str, language: str) -> None:
            shown = subprocess.run(["man", "-E", "UTF-8", "-l", str(path_of(page, language))], capture_output=True,
                                   text=True, check=True, timeout=60,
                                   env=os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"}).stdout
            lines = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", shown).splitlines()
            self.assertGreater(len(lines), 40)
            self.assertEqual([line for line in lines if width(line) > 80], [])
        self.each(judge)

    def test_no_mark_of_the_generator_is_left(self) -> None:
        self.each(lambda page, language: self.assertNotRegex(read(page, language), r"@[a-z-]+@"))

    def test_japanese_pages_are_japanese(self) -> None:
        for page in PAGES:
            for heading in re.findall(r"^\.SH (.*)$", read(page, "ja"), re.M):
                self.assertRegex(heading, KANA_OR_KANJI)

    def test_both_languages_have_the_same_shape(self) -> None:
        for page in PAGES:
            english, japanese = (read(page, language) for language in LANGUAGES)
            for macro in (".SH", ".SS", ".TP", ".EX"):
                count = [len(re.findall(rf"^{re.escape(macro)}\b", text, re.M)) for text in (english, japanese)]
                self.assertEqual(count[0], count[1], f"{page}: {macro}")
            self.assertEqual(keys(page, "en"), keys(page, "ja"))
            self.assertEqual(examples(page, "en"), examples(page, "ja"))


class Content(unittest.TestCase):
    maxDiff = None

    def test_every_command_and_option_of_the_help_is_there(self) -> None:
        for language in LANGUAGES:
            page = plain(read("eligate.8", language))
            for command in COMMANDS:
                text = run(*command.split(), "--help", "--lang", language).text
                for option in re.findall(r"^  (--[a-z-]+)", text, re.M):
                    self.assertIn(f"\n{option}", page, command)
                if command != "profile":
                    self.assertRegex(page, rf'\n\.SS "eligate {command}( [^\n]*)?"\n')

    def test_every_code_is_there_as_explain_tells_it(self) -> None:
        source = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "src" / "catalog").glob("codes_*.def"))
        codes = re.findall(r'^CODE\(\w+, "(\w+)"', source, re.M)
        self.assertGreater(len(codes), 100)
        for language in LANGUAGES:
            page = plain(read("eligate-codes.7", language))
            sections = dict(re.findall(r"^\.SS (\w+)\n(.*?)(?=^\.S[SH])", page, re.M | re.S))
            self.assertEqual(sorted(sections), sorted(codes))
            for code in (codes[0], codes[len(codes) // 2], codes[-1]):
                record = run("explain", code, "--json", "--lang", language).record
                for part in ("summary", "cause", "action"):
                    self.assertIn(record[part].replace("`", ""), " ".join(sections[code].split()))
                self.assertIn(str(record["exit"]), sections[code])

    def test_every_key_that_is_read_is_described_and_no_other(self) -> None:
        for page in READERS:
            read_keys = set(READING.findall(sources(page)))
            self.assertGreaterEqual(len(read_keys), 8, page)
            described = {key for _, key in keys(page, "en")}
            tables = {name for table, _ in keys(page, "en") for name in re.findall(r"[a-z_]+", table)}
            tables |= set(re.findall(r"^\.SS \[([a-z]+)\]", read(page, "en"), re.M))
            common = set(re.findall(r"^\.BR? ([a-z_]+)", read(page, "en"), re.M))
            self.assertEqual(read_keys - described - tables - common, set(), page)
            if page == "eligate-site.5":
                read_keys |= {"schema"}
            self.assertEqual(described - read_keys - {"schema"}, set(), page)

    def test_every_word_and_every_limit_of_the_formats_is_told(self) -> None:
        for page in READERS:
            source = sources(page)
            for language in LANGUAGES:
                text = plain(read(page, language))
                for choice in CHOICE.findall(source):
                    for word in re.findall(r'"([^"]+)"', choice):
                        self.assertRegex(text, rf"\b{re.escape(word)}\b", page)
                # table.cpp bounds only how much it reports.
                for limit in MOST.findall(sources(page, but="table")):
                    self.assertRegex(text, rf"(?<!\d){limit}(?!\d)", f"{page} {language}")


class Commands(unittest.TestCase):
    def test_every_command_line_of_the_readme_and_the_pages_is_one(self) -> None:
        texts = {"README.md": "\n".join(re.findall(r"^    (.*)$", (SOURCE / "README.md").read_text(encoding="utf-8"), re.M))}
        for page in PAGES:
            texts |= {f"{page} {language}": plain("".join(re.findall(r"^\.EX\n(.*?)^\.EE$", read(page, language), re.M | re.S)))
                      for language in LANGUAGES}
        found = 0
        for name, text in texts.items():
            for line in re.findall(r"^(?:# |sudo )*eligate ([a-z][a-z ]*)", text, re.M):
                words = line.split()
                found += 1
                self.assertTrue(words[0] in COMMANDS and (words[0] != "profile" or " ".join(words[:2]) in COMMANDS),
                                f"{name}: eligate {line}")
        self.assertGreater(found, 40)


class Examples(CliTest):
    def test_examples_are_accepted(self) -> None:
        shown = 0
        for page in ("eligate-profile.5", "eligate-network.5"):
            for name, text in examples(page, "en").items():
                shown += 1
                outcome = run("check", str(self.file(name, text)))
                self.assert_code(outcome, DONE)
                self.assertIn("No fault found", outcome.text)
                self.assertEqual(outcome.errors, "")
        self.assertEqual(shown, 3)

    def test_the_site_with_its_secrets_is_accepted(self) -> None:
        files = examples("eligate-site.5", "en")
        self.site.write_text(files["site.toml"], encoding="utf-8")
        self.secrets.write_text(files["secrets.toml"], encoding="utf-8")
        self.assertTrue((PROVIDERS / "example-psk.toml").exists())
        outcome = self.check()
        self.assert_code(outcome, DONE)
        self.assertIn("The site file is sound: 山田医院", outcome.text)


if __name__ == "__main__":
    unittest.main()
