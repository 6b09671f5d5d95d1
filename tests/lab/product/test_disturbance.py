#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A change touches only what depends on it: what stands beside it keeps its packets flowing, ours and other people's."""

from __future__ import annotations

import unittest

from product import (DONE, LAB, PENDING, ROLLED_BACK, Answer, ProductTest, a, eligate, list_sas, root, shipped_profile,
                     tear_down_module, write_profile, write_site)
from eglab import faults, foreign, papers
from eglab.stream import Stream
from eglab.vici import Vici

tearDownModule = tear_down_module

NEW_PSK = "another-key-of-the-same-provider"
# What strongSwan is asked for.
IN_CHARON = {"authority", "private-key", "shared-secret", "connection", "tunnel"}


def ids() -> dict[str, tuple[str, list[str]]]:
    """Of each IKE_SA the number, and those of its CHILD_SAs: new ones mean that it was made anew."""
    return {sa["name"]: (sa["uniqueid"], sorted(child["uniqueid"] for child in sa["child-sas"].values()))
            for sa in list_sas() if sa["state"] == "ESTABLISHED"}


def provider_expects(psk: str) -> None:
    """The provider has given the site another key."""
    for gateway in a.GATEWAYS:
        with Vici(LAB.root(gateway.place) / "run/charon.vici") as charon:
            charon.request("load-shared", {"id": "ike-clinic", "type": "IKE", "data": psk, "owners": [papers.FQDN]})


class Disturbance(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        foreign.set_up(LAB)
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        self.before = ids()
        self.assertEqual(sorted(self.before), ["eligate-1", "foreign"])

    def changes(self, *argv: str, code: int = DONE) -> set[str]:
        """The kinds of what a command changed."""
        answer = eligate(*(argv or ("apply", "--yes")), "--json")
        self.answer: Answer = answer
        self.assertEqual(answer.exit, code, answer)
        return {action["kind"] for action in answer.json["actions"]}

    def test_another_terminal(self) -> None:
        with Stream(LAB, a.TERMINAL, a.HWEB) as ours, foreign.stream(LAB) as theirs:
            site = root() / "etc/eligate/site.toml"
            site.write_text(site.read_text().replace('["192.168.1.50"]', '["192.168.1.50", "192.168.1.51"]'))
            self.assertEqual(self.changes(), {"firewall"})
        self.assertEqual(ids(), self.before)
        self.nothing_lost("another terminal, our stream", ours)
        self.nothing_lost("another terminal, a foreign stream", theirs)

    def test_another_dns_server(self) -> None:
        """Nothing of the tunnel depends on it."""
        with Stream(LAB, a.TERMINAL, a.HWEB) as ours, foreign.stream(LAB) as theirs:
            write_profile(shipped_profile("example-psk").replace('servers = ["10.20.0.53"]',
                                                                 'servers = ["10.20.0.53", "10.20.0.54"]'))
            self.assertEqual(self.changes() & IN_CHARON, set(), self.answer)
            self.assertEqual(self.changes("plan"), set(), self.answer)
        self.assertEqual(ids(), self.before)
        self.nothing_lost("another DNS server, our stream", ours)
        self.nothing_lost("another DNS server, a foreign stream", theirs)

    def test_another_destination(self) -> None:
        with Stream(LAB, a.TERMINAL, a.HWEB) as ours, foreign.stream(LAB) as theirs:
            write_profile(shipped_profile("example-psk").replace('["10.20.0.0/16"]', '["10.20.0.0/16", "10.21.0.0/16"]'))
            self.assertEqual(self.changes() & IN_CHARON, set(), self.answer)
        self.assertEqual(ids(), self.before)
        self.nothing_lost("another destination, our stream", ours)
        self.nothing_lost("another destination, a foreign stream", theirs)

    def test_another_key(self) -> None:
        """This connection proves itself again, and nobody else's."""
        self.addCleanup(provider_expects, papers.PSK)
        provider_expects(NEW_PSK)
        with foreign.stream(LAB) as theirs:
            write_site("example-psk", secrets={"psk": NEW_PSK})
            self.assertEqual(self.changes(), {"file", "shared-secret", "tunnel", "assigned-source"})
        self.assertEqual(self.answer.json["result"], "committed")
        after = ids()
        self.assertEqual(after["foreign"], self.before["foreign"])
        self.assertNotEqual(after["eligate-1"][0], self.before["eligate-1"][0])
        self.nothing_lost("another key, a foreign stream", theirs)

    def test_a_whole_life(self) -> None:
        """Everything that eligate does, one after the other, under one stream of somebody else."""
        self.succeeds("remove", "--yes")
        with foreign.stream(LAB) as theirs:
            self.changes()
            write_site("example-eap")
            self.changes()
            self.changes("rollback", "--yes")
            self.changes("apply", "--yes", "--hold-for", "5m", code=PENDING)
            self.changes("rollback", "--yes")
            write_site("example-psk", secrets={"psk": "not-the-key"})
            self.changes(code=ROLLED_BACK)
            write_site("example-eap")
            faults.set_faults(LAB, ["centre-tls-dead"])
            self.changes(code=ROLLED_BACK)
            faults.set_faults(LAB, [])
            self.changes("remove", "--yes")
        self.assertEqual(ids(), {"foreign": self.before["foreign"]})
        self.nothing_lost("apply, change, rollback, hold, two failed applies and remove, a foreign stream", theirs)

    def nothing_lost(self, what: str, stream: Stream) -> None:
        count = stream.count()
        print(f"\n{what}: lost {count.lost} of {count.sent}", flush=True)
        self.assertEqual(count.lost, 0)
        self.assertGreater(count.sent, 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
