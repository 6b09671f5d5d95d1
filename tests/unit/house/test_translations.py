#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every text that a person reads exists in both languages, with the same placeholders.

xgettext finds the English texts (marked with N_) in src/, the .po files of src/po/ja hold the Japanese.
"""
from __future__ import annotations

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3] / "src"
JAPANESE = SOURCE / "po" / "ja"
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
KANA_OR_KANJI = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def run(*command: str, data: str | None = None) -> str:
    return subprocess.run(command, input=data, capture_output=True, text=True, check=True).stdout


def with_header(text: str) -> str:
    if '"Content-Type:' in text:
        return text
    return (JAPANESE / "header.po").read_text(encoding="utf-8") + "\n" + text


def entries(po: str) -> list[tuple[str, str, bool, bool]]:
    """(msgid, msgstr, fuzzy, obsolete) of each entry, the header left out."""
    normal = run("msgcat", "--no-wrap", "--to-code=UTF-8", "-", data=po)
    found = []
    for block in re.split(r"\n\s*\n", normal):
        obsolete = "\n#~ msgid" in "\n" + block
        lines = [re.sub(r"^#~ ?", "", line) for line in block.splitlines()]
        fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in lines)
        texts: dict[str, str] = {}
        key = ""
        for line in lines:
            if match := re.match(r'(msgid|msgstr) "(.*)"$', line):
                key = match[1]
                texts[key] = match[2]
            elif key and (match := re.match(r'"(.*)"$', line)):
                texts[key] += match[1]
        if texts.get("msgid"):
            found.append((texts["msgid"], texts.get("msgstr", ""), fuzzy, obsolete))
    return found


def english_texts() -> set[str]:
    files = sorted(str(path.relative_to(SOURCE)) for kind in ("cpp", "hpp", "def") for path in SOURCE.rglob(f"*.{kind}"))
    with tempfile.NamedTemporaryFile(suffix=".pot") as pot:
        subprocess.run(["xgettext", "--language=C++", "--keyword=", "--keyword=N_", "--from-code=UTF-8",
                        "--directory", str(SOURCE), "--output", pot.name, *files], check=True)
        text = Path(pot.name).read_text(encoding="utf-8").replace("charset=CHARSET", "charset=UTF-8")
    return {msgid for msgid, _, _, _ in entries(text)}


class Translations(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        cls.english = english_texts()
        cls.rooms = {path.name: entries(with_header(path.read_text(encoding="utf-8")))
                     for path in sorted(JAPANESE.glob("*.po")) if path.name != "header.po"}
        cls.japanese: dict[str, str] = {}
        for room in cls.rooms.values():
            for msgid, msgstr, fuzzy, obsolete in room:
                if not fuzzy and not obsolete:
                    cls.japanese.setdefault(msgid, msgstr)

    def test_texts_are_found_at_all(self) -> None:
        self.assertIn("this text", self.english)
        self.assertGreater(len(self.english), 200)

    def test_every_text_has_its_japanese(self) -> None:
        missing = sorted(text for text in self.english if not self.japanese.get(text))
        self.assertEqual(missing, [], f"{len(missing)} texts without Japanese")

    def test_nothing_is_fuzzy_or_obsolete(self) -> None:
        for name, room in self.rooms.items():
            self.assertEqual([e[0] for e in room if e[2] or e[3]], [], name)

    def test_no_japanese_is_left_of_a_text_that_is_gone(self) -> None:
        for name, room in self.rooms.items():
            self.assertEqual(sorted(e[0] for e in room if e[0] not in self.english), [], name)

    def test_placeholders_are_the_same(self) -> None:
        for msgid, msgstr in self.japanese.items():
            self.assertEqual(set(PLACEHOLDER.findall(msgid)), set(PLACEHOLDER.findall(msgstr)), msgid)

    def test_the_japanese_is_japanese(self) -> None:
        for msgid, msgstr in self.japanese.items():
            words = re.findall(r"[A-Za-z]{2,}", PLACEHOLDER.sub("", msgid))
            # Words of the field that are the same in both languages: "OK", "CHILD_SA (IPsec)".
            if all(word in msgstr for word in words):
                continue
            self.assertTrue(KANA_OR_KANJI.search(msgstr) or re.fullmatch(r"[A-Z]{2,4}", msgstr), f"{msgid} = {msgstr}")

    def test_a_text_in_two_rooms_has_one_japanese(self) -> None:
        for name, room in self.rooms.items():
            for msgid, msgstr, _, _ in room:
                self.assertEqual(msgstr, self.japanese.get(msgid), f"{name}: {msgid}")


if __name__ == "__main__":
    unittest.main()
