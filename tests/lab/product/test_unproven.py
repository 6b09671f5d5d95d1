#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""`apply --unproven`: kept where only the provider's side is not ready, marked, shut, and proven later."""

from __future__ import annotations

import unittest

from product import (DONE, FAILED, LAB, ROLLED_BACK, ProductTest, a, eligate, list_sas, root, snapshot, tear_down_module,
                     write_site)
from eglab import faults

tearDownModule = tear_down_module


def there(*argv: str) -> str:
    return LAB.run(a.CLINIC, list(argv))


class Unproven(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")

    def kept(self, *faults_set: str) -> dict:
        faults.set_faults(LAB, list(faults_set))
        self.assertNotEqual(eligate("apply", "--yes").exit, DONE)
        answer = self.succeeds("apply", "--yes", "--unproven", "--json")
        self.assertEqual((answer.json["result"], answer.json["proven"]), ("committed", False), answer)
        self.assertEqual(answer.json["verify"]["result"], "fail", answer)
        self.assertFalse(eligate("status", "--json").json["proven"])
        return answer.json

    def proven_later(self) -> None:
        faults.set_faults(LAB, [])
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual((answer.json["result"], answer.json["proven"]), ("committed", True), answer)
        self.assertTrue(self.succeeds("status", "--json").json["proven"])
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")

    def test_gateway_that_takes_nobody_yet(self) -> None:
        self.kept("no-common-proposal")
        # Shut: the way into the network exists, and leads nowhere as long as there is no tunnel.
        self.assertIn("eligate", there("nft", "list", "tables"))
        self.assertIn("unreachable", there("ip", "route", "show", "table", "all"))
        for language, word in (("ja", "未確認"), ("en", "none yet")):
            status = eligate("status", "--lang", language)
            self.assertEqual(status.exit, FAILED, status)
            self.assertIn(word, status.out)
        self.proven_later()

    def test_connection_id_that_the_provider_does_not_know_yet(self) -> None:
        write_site("example-psk", secrets={"psk": "not-yet-known-there"})
        self.kept()
        write_site("example-psk")
        self.proven_later()

    def test_centre_that_does_not_answer_yet(self) -> None:
        """The tunnel stands; only the proof is missing, and is made up for without a change or a question."""
        self.kept("centre-tls-dead")
        before = [sa["uniqueid"] for sa in list_sas()]
        faults.set_faults(LAB, [])
        answer = self.succeeds("apply", "--json")
        self.assertEqual((answer.json["result"], answer.json["proven"], answer.json["actions"]), ("committed", True, []),
                         answer)
        self.assertEqual([sa["uniqueid"] for sa in list_sas()], before)

    def test_comes_up_by_itself(self) -> None:
        self.kept("no-common-proposal")
        faults.set_faults(LAB, [])
        self.assertEqual(self.succeeds("restore", "--json").json["tunnel"], "revived")
        self.assertEqual([sa["state"] for sa in list_sas()], ["ESTABLISHED"])
        self.assertFalse(self.succeeds("status", "--json").json["proven"])
        self.proven_later()

    def test_what_is_not_the_providers_affair(self) -> None:
        before = snapshot.take(LAB)
        for fault in ("gateways-dead", "udp500-rejected", "gateway-unresolvable"):
            with self.subTest(fault=fault):
                faults.set_faults(LAB, [fault])
                answer = eligate("apply", "--yes", "--unproven", "--json")
                self.assertIn(answer.exit, (FAILED, ROLLED_BACK), answer)
                faults.set_faults(LAB, [])
                self.assert_unchanged(before, answer)

    def test_nothing_is_missing(self) -> None:
        answer = self.succeeds("apply", "--yes", "--unproven", "--json")
        self.assertTrue(answer.json["proven"], answer)

    def test_remove(self) -> None:
        before = snapshot.take(LAB)
        self.kept("no-common-proposal")
        self.succeeds("remove", "--yes")
        faults.set_faults(LAB, [])
        self.assert_unchanged(before)
        self.assertFalse((root() / "var/lib/eligate").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
