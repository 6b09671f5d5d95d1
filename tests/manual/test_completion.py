#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bash completion, asked by a real bash the way the Tab key asks it."""
from __future__ import annotations

import os
import re
import shlex
import subprocess
import unittest
from pathlib import Path

from eligate_cli import BINARY, COMMANDS, PLAIN, SOURCE, CliTest, run

SCRIPT = Path(os.environ["ELIGATE_SHARE"]) / "bash-completion" / "completions" / "eligate"
# What readline does with a line: words, "=" as one of its own, then the function that was registered.
PRESS_TAB = r"""
source "$1"
read -r -a spec <<<"$(complete -p eligate)"
function=
for ((i = 0; i < ${#spec[@]}; i++)); do [[ ${spec[i]} != -F ]] || function=${spec[i + 1]}; done
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE="${COMP_WORDS[*]}"
COMP_POINT=${#COMP_LINE}
$function eligate "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


class Completion(CliTest):
    def offered(self, *words: str, options: tuple[str, ...] = ()) -> list[str]:
        """What Tab offers after `eligate words...`, the last of which is being typed."""
        env = PLAIN | {"PATH": f"{Path(BINARY).parent}:{PLAIN['PATH']}"}
        done = subprocess.run(["bash", "--norc", "--noprofile", *options, "-c", PRESS_TAB, "bash", str(SCRIPT), "eligate",
                               *words], capture_output=True, text=True, timeout=20, cwd=self.folder, env=env)
        # compopt outside of a real Tab key says so; the script hides that.
        self.assertEqual(done.stderr, "")
        return [line for line in done.stdout.split("\n") if line]

    def test_commands(self) -> None:
        top = sorted({command.split()[0] for command in COMMANDS})
        self.assertEqual(sorted(self.offered("")), top)
        self.assertEqual(self.offered("app"), ["apply"])
        self.assertEqual(sorted(self.offered("--json", "")), top)
        self.assertEqual(sorted(self.offered("--lang", "ja", "")), top)
        self.assertEqual(self.offered("help", "ver"), ["verify"])
        below = sorted(command.split()[1] for command in COMMANDS if command.startswith("profile "))
        self.assertEqual(sorted(self.offered("profile", "")), below)
        self.assertEqual(self.offered("profile", "sh"), ["show"])
        self.assertEqual(self.offered("apply", ""), [])

    def test_options_are_those_of_the_help(self) -> None:
        for command in COMMANDS:
            text = run(*command.split(), "--help", "--lang", "en").text
            listed = re.findall(r"^  (--[a-z-]+)", text, re.M)
            self.assertEqual(sorted(self.offered(*command.split(), "--")), sorted(listed), command)

    def test_values_of_options(self) -> None:
        self.assertEqual(sorted(self.offered("plan", "--lang", "")), ["en", "ja"])
        self.assertEqual(self.offered("plan", "--lang", "=", "j"), ["ja"])
        self.assertEqual(sorted(self.offered("plan", "--lang", "=")), ["en", "ja"])
        self.assertEqual(self.offered("plan", "--lang=j"), ["--lang=ja"])
        self.assertEqual(self.offered("plan", "--color", "al"), ["always"])

    def test_files(self) -> None:
        self.file("my site.toml", "")
        self.assertEqual(self.offered("check", "my"), ["my site.toml"])
        self.assertEqual(self.offered("profile", "check", "my"), ["my site.toml"])
        self.assertEqual(self.offered("apply", "--site", "my"), ["my site.toml"])
        self.assertEqual(self.offered("apply", "--site", "my site.toml", "--sec"), ["--secrets"])
        self.assertEqual(self.offered("apply", "my"), [])

    def test_ids_of_profiles_come_from_this_appliance(self) -> None:
        shipped = sorted(path.stem for path in (SOURCE / "profiles" / "providers").glob("*.toml"))
        self.assertEqual(sorted(self.offered("profile", "show", "example-")), shipped)
        self.assertEqual(self.offered("profile", "show", "example-p"), ["example-psk"])

    def test_codes_in_capital_and_small_letters(self) -> None:
        self.assertEqual(self.offered("explain", "use001"), ["USE001"])
        self.assertGreater(len(self.offered("explain", "IKE0")), 10)

    def test_a_careful_shell_has_no_complaint(self) -> None:
        for words in (("",), ("plan", "--lang", "="), ("explain", "none"), ("--",), ("--site",), ("--", "x")):
            self.offered(*words, options=("-u",))

    def test_the_script_is_sound_bash(self) -> None:
        subprocess.run(["bash", "-n", str(SCRIPT)], check=True)
        shown = subprocess.run(["bash", "-c", f"source {shlex.quote(str(SCRIPT))}; complete -p eligate"],
                               capture_output=True, text=True, check=True).stdout
        self.assertEqual(shown, "complete -F _eligate eligate\n")


if __name__ == "__main__":
    unittest.main()
