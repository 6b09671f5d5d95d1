#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What somebody else changed behind eligate's back is named, told from what the site file changes, and mended alone."""

from __future__ import annotations

import unittest

from product import DONE, LAB, PENDING, ProductTest, a, edit, eligate, root, snapshot, tear_down_module, write_site
from eglab.vici import Vici

tearDownModule = tear_down_module

CONF = "file /etc/swanctl/conf.d/eligate.conf"


def there(*argv: str) -> str:
    return LAB.run(a.CLINIC, list(argv))


class Drift(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        self.committed = snapshot.take(LAB)

    def drift(self) -> dict[str, dict]:
        """By key; `plan` and `status` agree."""
        planned, stands = eligate("plan", "--json"), eligate("status", "--json")
        rows = {row["key"]: row for row in planned.json["drift"]}
        self.assertEqual(sorted(row["key"] for row in stands.json["drift"]), sorted(rows), (planned, stands))
        return rows

    def mended(self, key: str) -> dict:
        """Exactly this is named and repaired; its row."""
        rows = self.drift()
        self.assertEqual(list(rows), [key])
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual([row["key"] for row in answer.json["actions"]], [key], answer)
        self.assertEqual(self.drift(), {})
        self.as_committed()
        return rows[key]

    def as_committed(self) -> None:
        """The record counts the repair; everything else is as it was."""
        self.assertEqual([row for row in snapshot.diff(self.committed, snapshot.take(LAB))
                          if "/state.json" not in row and "/generation-" not in row], [])

    def test_nothing(self) -> None:
        self.assertEqual(self.drift(), {})

    def test_file_changed(self) -> None:
        file = root() / "etc/swanctl/conf.d/eligate.conf"
        with file.open("a") as out:
            out.write("# by hand\n")
        row = self.mended(CONF)
        self.assertEqual(row["owner"], "root")
        self.assertRegex(row["since"], r"^20\d\d-\d\d-\d\dT")

    def test_file_made_readable_to_everybody(self) -> None:
        (root() / "etc/swanctl/conf.d/eligate.conf").chmod(0o644)
        self.mended(CONF)

    def test_file_gone(self) -> None:
        (root() / "etc/swanctl/conf.d/eligate.conf").unlink()
        self.assertIsNotNone(self.mended(CONF)["since"])

    def test_table(self) -> None:
        there("nft", "insert", "rule", "inet", "eligate", "output", "accept")
        self.mended("nft inet eligate")

    def test_table_gone(self) -> None:
        there("nft", "flush", "ruleset")
        self.mended("nft inet eligate")

    def test_route(self) -> None:
        """The unreachable route that keeps the destinations off the line."""
        there("ip", "route", "del", "unreachable", "10.20.0.0/16", "table", "8470", "metric", "9000")
        self.mended("route 8470 10.20.0.0/16 metric 9000")

    def test_rule(self) -> None:
        there("ip", "rule", "del", "priority", "211")
        self.mended("rule 211 to all")

    def test_kernel_setting(self) -> None:
        there("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
        self.assertIn("sysctl net.ipv4.ip_forward", self.drift())
        self.succeeds("apply", "--yes")
        self.as_committed()

    def test_connection(self) -> None:
        with Vici(root() / "run/charon.vici") as charon:
            charon.request("unload-conn", {"name": "eligate-2"})
        self.mended("connection eligate-2")

    def test_beside_a_change_of_our_own(self) -> None:
        """The site gets another terminal, and somebody has deleted a rule: only the second is drift."""
        there("ip", "rule", "del", "priority", "211")
        edit("/etc/eligate/site.toml", ('"192.168.1.50"', '"192.168.1.50", "192.168.1.51"'))
        planned = eligate("plan", "--json", "--exit-code")
        self.assertEqual(planned.exit, PENDING, planned)
        self.assertEqual([row["key"] for row in planned.json["drift"]], ["rule 211 to all"])
        self.assertEqual(sorted(row["key"] for row in planned.json["actions"]), ["nft inet eligate", "rule 211 to all"])
        said = eligate("plan", "--lang", "ja").out
        self.assertIn("eligate 以外によって変更されたもの", said)
        self.assertEqual(eligate("apply", "--yes").exit, DONE)
        self.assertEqual(self.drift(), {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
