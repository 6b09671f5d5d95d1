#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Other people's things stay: a tunnel of somebody else on the same charon and the same device, a firewall table,
routes, rules and files; before, during and after everything that eligate does."""

from __future__ import annotations

import copy
import threading
import unittest

from product import (DONE, LAB, ROLLED_BACK, Answer, ProductTest, a, eligate, faults, list_sas, snapshot,
                     tear_down_module, write_profile, write_site, shipped_profile)
from by_hand import ask, fetch, with_card
from eglab import foreign
from eglab.process import run
from eglab.stream import Stream

tearDownModule = tear_down_module


class Foreign(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        foreign.set_up(LAB)
        write_site("example-psk")
        self.before = snapshot.take(LAB)
        self.theirs = self.foreign_things(self.before)
        self.assertEqual(len(self.theirs["sas"]), 1)
        self.assertTrue(all(self.theirs.values()), self.theirs)
        self.stream = self.enterContext(foreign.stream(LAB))

    @staticmethod
    def foreign_things(picture: snapshot.Picture) -> dict:
        """What is not ours in a picture, whatever we have put beside it."""
        picture = copy.deepcopy(picture)
        charon = picture["strongswan"]
        return {
            "files": {path: about for path, about in picture["files"].items() if "foreign" in path},
            "nft": run(LAB.argv(a.CLINIC, ["sh", "-c", "nft -s list table inet foreign"])),
            # charon's table holds ours beside theirs.
            "routes": [row for row in picture["route"] if "10.77.0.0/16" in row or "10.78.0.0/16" in row
                       or '"150"' in row or ('"default"' in row and '"220"' not in row)],
            "rules": [row for row in picture["rule"] if '"protocol": "84"' not in row],
            "connection": charon["connections"].get("foreign"),
            "secrets": [name for name in charon["shared"] if "eligate" not in name],
            "sas": {name: sa for name, sa in charon["sas"].items() if "eligate" not in name},
        }

    def theirs_is_as_before(self, answer: Answer) -> None:
        self.assertEqual(self.foreign_things(snapshot.take(LAB)), self.theirs, answer)

    def does(self, code: int, *argv: str) -> Answer:
        answer = eligate(*argv, "--json")
        self.assertEqual(answer.exit, code, answer)
        self.theirs_is_as_before(answer)
        return answer

    def nothing_lost(self) -> None:
        count = self.stream.stop()
        self.assertEqual(count.lost, 0)
        self.assertGreater(count.sent, 20)

    def ours_works(self) -> None:
        """From the terminal and from the appliance, while theirs works too."""
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        page = f"https://{a.HWEB_NAME}/terminal"
        self.assertIn("1312345678", fetch(a.TERMINAL, page, *with_card()))
        LAB.run(a.CLINIC, ["ping", "-c", "1", "-W", "2", a.HWEB])
        self.does(DONE, "verify")

    def test_whole_story(self) -> None:
        self.does(4, "plan", "--exit-code")
        self.does(DONE, "apply", "--yes")
        self.assertEqual(len(list_sas()), 2)
        self.ours_works()
        with Stream(LAB, a.TERMINAL, a.HWEB) as ours:
            second = self.does(DONE, "apply", "--yes")
            self.assertEqual(second.json["result"], "unchanged", second)
            self.does(DONE, "status")
        self.assertEqual(ours.count().lost, 0)
        self.does(DONE, "remove", "--yes")
        self.assert_unchanged(self.before)
        self.nothing_lost()

    def test_failed_apply(self) -> None:
        write_site("example-psk", secrets={"psk": "CANARY-another-key"})
        self.does(ROLLED_BACK, "apply", "--yes")
        write_site("example-psk")
        faults.set_faults(LAB, ["centre-tls-dead"])
        answer = self.does(ROLLED_BACK, "apply", "--yes")
        self.assertEqual(answer.json["error"]["code"], "VRF080", answer)
        self.assert_unchanged(self.before)
        self.nothing_lost()

    def test_selectors_of_the_whole_internet(self) -> None:
        """Ours would swallow their tunnel's addresses, too, if it were let."""
        write_profile(shipped_profile("example-psk").replace('["10.0.0.0/8"]', '["0.0.0.0/0"]'))
        self.before = snapshot.take(LAB)
        self.does(DONE, "apply", "--yes")
        self.ours_works()
        self.assertIn("internet", fetch(a.CLINIC, f"http://{a.WEB_HOST}/"))
        self.does(DONE, "remove", "--yes")
        self.assert_unchanged(self.before)
        self.nothing_lost()

    def test_their_tunnel_comes_after_ours(self) -> None:
        """Our tunnel had the device for itself when it was made; the next apply sees that it has not any more."""
        self.stream.stop()
        foreign.tear_down(LAB)
        self.succeeds("apply", "--yes")
        self.ours_works_without_theirs()
        foreign.set_up(LAB)
        self.theirs = self.foreign_things(snapshot.take(LAB))
        with foreign.stream(LAB) as theirs:
            self.does(DONE, "apply", "--yes")
            self.ours_works()
            self.assertEqual(self.does(DONE, "apply", "--yes").json["result"], "unchanged")
        self.assertEqual(theirs.count().lost, 0)

    def ours_works_without_theirs(self) -> None:
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))

    def test_same_names_are_not_taken(self) -> None:
        """Somebody else's connection under a name that we would use is left alone, with a word about it."""
        self.stream.stop()
        conf = LAB.root(a.CLINIC) / "etc/swanctl/conf.d/other.conf"
        conf.write_text("connections {\n  eligate-1 {\n    remote_addrs = 203.0.113.99\n  }\n}\n")
        LAB.run(a.CLINIC, ["swanctl", "--load-conns"])
        before = snapshot.take(LAB)
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual(answer.exit, 1, answer)
        self.assertIn("SYS012", answer.said)
        self.assert_unchanged(before)


class NobodyBeside(ProductTest):
    @unittest.skipIf(a.XFRM, "the kernel's dataplane has an interface of its own")
    def test_an_address_on_its_way_out(self) -> None:
        """charon takes an SA's address away a moment after the SA; until then nobody's tunnel shares the device."""
        write_site("example-psk")
        address = ("10.99.9.9/32", "dev", a.TUNNEL)
        for goes, sources in ((True, 0), (False, 1)):
            with self.subTest(goes=goes):
                run(["ip", "-n", a.CLINIC, "address", "add", *address])
                leaves = threading.Timer(0.2, run, (["ip", "-n", a.CLINIC, "address", "delete", *address],))
                if goes:
                    leaves.start()
                planned = self.succeeds("plan", "--json").json["actions"]
                if goes:
                    leaves.join()
                self.assertEqual(sum(row["kind"] == "assigned-source" for row in planned), sources)
        run(["ip", "-n", a.CLINIC, "address", "delete", *address])


if __name__ == "__main__":
    unittest.main(verbosity=2)
