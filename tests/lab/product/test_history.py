#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Generations on a real machine: kept with every commit, shown without secrets, gone back to through the same gate."""

from __future__ import annotations

import base64
import unittest

from product import (DONE, FAILED, LAB, ROLLED_BACK, ProductTest, Running, a, edit, eligate, root, snapshot,
                     tear_down_module, write_site)
from eglab import faults, papers

tearDownModule = tear_down_module

FOLDER = "/var/lib/eligate/generation-"


def of_tunnel(picture: snapshot.Picture) -> list[str]:
    return sorted(sa["remote-id"] for sa in picture["strongswan"]["sas"].values())


class History(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")
        self.before = snapshot.take(LAB)
        self.succeeds("apply", "--yes")
        self.first = snapshot.take(LAB)
        write_site("example-eap")
        self.succeeds("apply", "--yes")

    def configuration(self) -> dict[str, str]:
        """What strongSwan would load after a boot."""
        return {path: (root() / path).read_text() for path in ("etc/swanctl/conf.d/eligate.conf",)}

    def kept(self) -> list[str]:
        return sorted(path.name for path in (root() / "var/lib/eligate").glob("generation-*"))

    def test_kept_for_root_alone(self) -> None:
        self.assertEqual(self.kept(), ["generation-1.json", "generation-1.secrets", "generation-2.json",
                                       "generation-2.secrets"])
        for path in (root() / "var/lib/eligate").glob("generation-*"):
            about = path.stat()
            self.assertEqual((about.st_mode & 0o7777, about.st_uid, about.st_gid), (0o600, 0, 0), path)

    def test_rollback_and_back_again(self) -> None:
        second = self.configuration()
        answer = self.succeeds("rollback", "--yes", "--json")
        self.assertEqual((answer.json["result"], answer.json["generation"]), ("committed", 3), answer)
        self.assertTrue(all(row["status"] in ("pass", "warn", "skip") for row in answer.json["verify"]["checks"]), answer)
        self.assertIn("site.toml", answer.err)
        self.assertEqual(of_tunnel(snapshot.take(LAB)), of_tunnel(self.first))
        self.assertNotEqual(self.configuration(), second)
        # What stands is what is proven, not what the file says by now.
        self.assertEqual(self.succeeds("verify", "--json").json["generation"], 3)
        self.assertEqual(eligate("plan", "--json").json["result"], "changes")

        self.succeeds("rollback", "2", "--yes")
        self.assertEqual(self.configuration(), second)
        self.assertEqual(eligate("plan", "--json").json["result"], "unchanged")
        rows = self.succeeds("history", "--json").json["generations"]
        self.assertEqual([(row["number"], row["back_to"], row["profile"]) for row in rows],
                         [(1, None, "example-psk"), (2, None, "example-eap"), (3, 1, "example-psk"),
                          (4, 2, "example-eap")])

    def test_files_that_change_nothing_here(self) -> None:
        """What nothing on the machine depends on is proven and kept all the same: `verify` asks for what was applied."""
        stands = snapshot.take(LAB)
        self.assertIs(self.succeeds("plan", "--json").json["only_files_differ"], False)
        edit("/etc/eligate/site.toml", ("山田医院", "山田内科"))
        plan = self.succeeds("plan", "--json")
        self.assertEqual((plan.json["result"], plan.json["only_files_differ"]), ("unchanged", True), plan)
        for language, words in (("ja", "違います"), ("en", "something else")):
            self.assertIn(words, self.succeeds("plan", "--lang", language).out)
        faults.set_faults(LAB, ["centre-tls-dead"])
        self.assertEqual(eligate("apply", "--yes").exit, ROLLED_BACK)
        self.assertEqual(self.succeeds("history", "--json").json["generations"][-1]["number"], 2)
        faults.set_faults(LAB, [])
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual((answer.json["result"], answer.json["generation"], answer.json["actions"]), ("committed", 3, []),
                         answer)
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
        self.assertEqual(of_tunnel(snapshot.take(LAB)), of_tunnel(stands))

    def test_rollback_that_cannot_be_proven(self) -> None:
        stands = self.configuration()
        faults.set_faults(LAB, ["centre-tls-dead"])
        answer = eligate("rollback", "--yes", "--json")
        self.assertEqual((answer.exit, answer.json["result"]), (ROLLED_BACK, "rolled_back"), answer)
        faults.set_faults(LAB, [])
        self.assertEqual(self.configuration(), stands)
        self.assertEqual(len(self.kept()), 4)
        self.succeeds("verify")

    def test_shown_without_secrets(self) -> None:
        """In both languages, for people and programs; and the file that is not the secrets' has none either."""
        for language in ("ja", "en"):
            for words in (("history",), ("history", "1"), ("history", "1..2")):
                for form in ((), ("--json",)):
                    said = self.succeeds(*words, *form, "--lang", language).said
                    self.assertEqual([secret for secret in papers.CANARIES if secret in said], [], words)
        for path in (root() / "var/lib/eligate").glob("generation-*.json"):
            text = path.read_text()
            self.assertEqual([secret for secret in papers.CANARIES
                              if secret in text or base64.b64encode(secret.encode()).decode() in text], [], path)
        changes = self.succeeds("history", "1..2", "--json").json["changes"]
        by_path = {row["path"]: row for row in changes}
        self.assertTrue(by_path["/etc/eligate/secrets.toml"]["changed"])
        self.assertIsNone(by_path["/etc/eligate/secrets.toml"]["before"])
        self.assertIn("example-psk", by_path["/etc/eligate/site.toml"]["before"])

    def test_only_so_many_are_kept(self) -> None:
        file = root() / "etc/eligate/site.toml"
        text = file.read_text()
        for number in range(3, 8):
            file.write_text(text.replace("[clinic]", f"# {number}\n[clinic]"))
            edit("/etc/swanctl/conf.d/eligate.conf", ("connections {", f"# {number}\nconnections {{"))
            self.succeeds("apply", "--yes")
        self.assertEqual([name for name in self.kept() if name.endswith(".secrets")],
                         [f"generation-{number}.secrets" for number in range(3, 8)])
        answer = eligate("rollback", "2", "--yes", "--json")
        self.assertEqual((answer.exit, answer.json["error"]["code"]), (FAILED, "SYS036"), answer)

    def test_numbers_that_are_none(self) -> None:
        before = snapshot.take(LAB)
        for number in ("9", "3"):
            answer = eligate("rollback", number, "--yes", "--json")
            self.assertEqual((answer.exit, answer.json["error"]["code"]), (FAILED, "SYS035"), answer)
        (root() / "var/lib/eligate/generation-1.json").write_text("{")
        self.assertEqual(eligate("rollback", "1", "--yes", "--json").json["error"]["code"], "SYS013")
        self.assertEqual([row for row in snapshot.diff(before, snapshot.take(LAB)) if FOLDER not in row], [])

    def test_who_over_ssh_and_sudo(self) -> None:
        """sudo takes sshd's word out of our environment; the session's shell still has it."""
        write_site("example-psk")
        for peer, told in (("192.168.1.5 50022 192.168.1.1 22", "(192.168.1.5)"), ("2001:db8::5 1 ::1 22", "(2001:db8::5)"),
                           ("\x1b[2J;rm 1 2 3", "")):
            with self.subTest(peer=peer):
                session = ("env", f"SSH_CONNECTION={peer}", "sh", "-c", 'env -u SSH_CONNECTION "$@"; exit $?', "sh")
                edit("/etc/swanctl/conf.d/eligate.conf", ("connections {", "# by hand\nconnections {"))
                answer = Running("apply", "--yes", under=session).finish()
                self.assertEqual(answer.exit, DONE, answer)
                by = self.succeeds("history", "--json").json["generations"][-1]["by"]
                self.assertEqual(by, f"root {told}".strip())

    def test_remove_takes_them_along(self) -> None:
        self.succeeds("remove", "--yes")
        self.assertFalse((root() / "var/lib/eligate").exists())
        self.assertEqual(eligate("history").exit, FAILED)


if __name__ == "__main__":
    unittest.main(verbosity=2)
