#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Every kind of papers for real: applied, used from the terminal, verified, removed without a trace."""

from __future__ import annotations

import json
import unittest

from product import (LAB, ProductTest, a, edit, eligate, faults, list_sas, shipped_profile, snapshot,
                     tear_down_module, write_profile, write_site)
from by_hand import ask, fetch, with_card
from eglab.lab import tells_time
from eglab.process import run, wait_until
from eglab.stream import Stream
from eglab.vici import Vici

tearDownModule = tear_down_module


def site(kind: str, **changed: dict[str, str]) -> None:
    """With a free address to look from as a terminal does, so that all of the ladder is climbed."""
    write_site(kind, **changed)
    edit("/etc/eligate/site.toml", ('interface = "lan0"\n', 'interface = "lan0"\nprobe = "192.168.1.200"\n'))


def certificates(path: str) -> set[str]:
    """How a picture lists the certificates of a PEM file of the provider."""
    listed = run(["openssl", "x509", "-in", str(LAB.state / "pki" / path), "-outform", "pem"])
    der = run(["sh", "-c", "openssl x509 -outform der | sha256sum"], stdin=listed).split()[0]
    return {json.dumps({"data": f"sha256:{der}", "flag": "NONE", "type": "X509"}, sort_keys=True)}


class Profiles(ProductTest):
    def works_from_terminal(self) -> None:
        """What the terminal of a clinic does all day."""
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        for name, count in ((a.PWEB_NAME, a.PWEB_RECORDS), (a.NTP_NAME, a.NTP_RECORDS)):
            for how in ({"edns": 4096}, {"tcp": True}):
                answer = ask(name, **how)
                self.assertGreater(answer.size, 1232)
                self.assertEqual(len(answer.addresses), count)
        page = f"https://{a.HWEB_NAME}/terminal"
        self.assertIn("1312345678", fetch(a.TERMINAL, page, *with_card()))
        self.assertIn("required", fetch(a.TERMINAL, page))
        through = ("--proxy", f"http://{a.PROXY_NAME}:{a.PROXY_PORT}")
        self.assertIn("1312345678", fetch(a.TERMINAL, page, *through, *with_card()))
        fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/large", "--output", "/dev/null")
        self.assertTrue(tells_time(a.TERMINAL, "10.20.3.7"))

    def works_on_appliance(self, connection: str) -> None:
        """The clinic's own internet is as before, and eligate says that all is well."""
        self.assertIn("internet", fetch(a.CLINIC, f"http://{a.WEB_HOST}/"))
        self.assertEqual([sa["name"] for sa in list_sas()], [connection])
        report = self.succeeds("verify", "--json")
        self.assertEqual(report.json["result"], "pass")
        self.assertEqual([row for row in report.json["checks"] if row["status"] not in ("pass", "warn")], [], report)
        for lang in ("ja", "en"):
            self.succeeds("verify", "--lang", lang)
            self.succeeds("status", "--lang", lang)
        self.assertEqual(self.succeeds("status", "--json").json["result"], "up")

    def survives_rekeying(self, connection: str) -> None:
        with Stream(LAB, a.TERMINAL, a.HWEB) as stream, Vici(LAB.root(a.CLINIC) / "run/charon.vici") as charon:
            for part, what in enumerate(({"ike": connection}, {"child": "eligate"})):
                before = self.numbers()[part]
                self.assertEqual(charon.request("rekey", what)["success"], "yes")
                wait_until(f"new keys of {what}", lambda: self.numbers()[part] not in (before, []))
        self.assertEqual(stream.count().lost, 0)

    @staticmethod
    def numbers() -> tuple[list, list]:
        """The numbers of the IKE_SA, and of the CHILD_SA: new ones after rekeying."""
        sas = list_sas()
        return ([sa["initiator-spi"] for sa in sas if sa["state"] == "ESTABLISHED"],
                [child["spi-out"] for sa in sas for child in sa["child-sas"].values() if child["state"] == "INSTALLED"])

    def whole_story(self, connection: str = "eligate-1", may_stay: frozenset[str] = frozenset()) -> None:
        """may_stay: public certificates that charon cannot be made to forget alone (5.9.8)."""
        before = snapshot.take(LAB)
        planned = eligate("plan", "--exit-code", "--json")
        self.assertEqual(planned.exit, 4, planned)
        self.assertEqual(snapshot.diff(before, snapshot.take(LAB), times=True), [], "plan changes nothing")
        applied = self.succeeds("apply", "--yes", "--json")
        self.assertEqual(applied.json["result"], "committed")
        self.assertEqual([row["key"] for row in applied.json["actions"]],
                         [row["key"] for row in planned.json["actions"]])
        self.works_from_terminal()
        self.works_on_appliance(connection)
        self.survives_rekeying(connection)
        self.works_from_terminal()
        self.succeeds("remove", "--yes")
        after = snapshot.take(LAB)
        stayed = set(after["strongswan"]["certificates"]) - set(before["strongswan"]["certificates"])
        self.assertLessEqual(stayed, may_stay)
        after["strongswan"]["certificates"] = before["strongswan"]["certificates"]
        self.assertEqual(snapshot.diff(before, after), [])
        self.succeeds("remove", "--yes")

    def test_pre_shared_key(self) -> None:
        site("example-psk")
        self.whole_story()

    def test_eap(self) -> None:
        site("example-eap")
        self.whole_story(may_stay=frozenset(certificates("gateway.crt.pem")))

    def test_certificate_as_pem(self) -> None:
        site("example-certificate")
        self.whole_story(may_stay=frozenset(certificates("gateway.crt.pem") | certificates("client.crt.pem")))

    def test_certificate_as_pkcs12(self) -> None:
        site("example-certificate:pkcs12")
        self.whole_story(may_stay=frozenset(certificates("gateway.crt.pem") | certificates("client.crt.pem")))

    def test_selectors_of_the_whole_internet(self) -> None:
        """remote_ts 0.0.0.0/0: only the destinations go into the tunnel, the clinic's internet and IKE do not."""
        site("example-psk")
        write_profile(shipped_profile("example-psk").replace('["10.0.0.0/8"]', '["0.0.0.0/0"]'))
        self.whole_story()

    def test_routed(self) -> None:
        """No address is assigned: the clinic's LAN is in the selectors, and the terminal's own address arrives."""
        site("example-psk", intake={"connection_id": "RT00000001"})
        write_profile(shipped_profile("example-psk").replace('"assigned"', '"routed"'))
        edit("/etc/eligate/site.toml", ('["192.168.1.50"]', f'["{a.LAN_PREFIX}"]'))
        self.whole_story()

    def test_first_gateway_dead(self) -> None:
        faults.set_faults(LAB, ["gateway1-dead"])
        site("example-psk")
        self.whole_story("eligate-2")

    def test_moves_to_other_papers(self) -> None:
        """From one kind of papers to another and back, over a tunnel that stands."""
        site("example-psk")
        before = snapshot.take(LAB)
        for number, kind in enumerate(("example-psk", "example-eap", "example-certificate", "example-psk"), 1):
            site(kind)
            answer = self.succeeds("apply", "--yes", "--json")
            self.assertEqual((answer.json["result"], answer.json["generation"]), ("committed", number), answer)
            self.works_from_terminal()
            self.assertEqual(len(list_sas()), 1)
        self.succeeds("remove", "--yes")
        after = snapshot.take(LAB)
        after["strongswan"]["certificates"] = before["strongswan"]["certificates"]
        after["files"].update({path: about for path, about in before["files"].items() if "/etc/eligate" in path})
        self.assertEqual(snapshot.diff(before, after), [])


    def test_moves_to_wider_selectors_and_back(self) -> None:
        site("example-psk")
        write_profile(shipped_profile("example-psk"))
        before = snapshot.take(LAB)
        for selector in ("10.0.0.0/8", "0.0.0.0/0", "10.20.0.0/15", "10.20.0.0/16", "0.0.0.0/0", "10.0.0.0/8"):
            with self.subTest(remote_ts=selector):
                write_profile(shipped_profile("example-psk").replace('["10.0.0.0/8"]', f'["{selector}"]'))
                self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "committed")
                self.works_from_terminal()
                self.works_on_appliance("eligate-1")
        self.succeeds("remove", "--yes")
        write_profile(shipped_profile("example-psk"))
        self.assertEqual(snapshot.diff(before, snapshot.take(LAB)), [])


class GatewayRestarts(ProductTest):
    def test_tunnel_comes_back_by_itself(self) -> None:
        """The assigned address goes with the SA and comes back with the next one; so does the way into it."""
        site("example-psk")
        self.succeeds("apply", "--yes")
        first = list_sas()[0]["initiator-spi"]
        with Vici(LAB.root(a.PROVIDER) / "run/charon.vici") as gateway:
            for sa in list_sas(a.PROVIDER):
                gateway.request("terminate", {"ike-id": sa["uniqueid"]})

        def back() -> bool:
            return any(sa["initiator-spi"] != first and sa["state"] == "ESTABLISHED" and sa.get("child-sas")
                       for sa in list_sas())
        wait_until("charon to bring the tunnel up again", back, 20.0)
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        self.succeeds("verify")


if __name__ == "__main__":
    unittest.main(verbosity=2)
