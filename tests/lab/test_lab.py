#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Self test of the standing lab, without eligate; each fault is seen from the appliance or the terminal."""

from __future__ import annotations

import unittest
from collections.abc import Callable

from by_hand import LAB, ask, attempt, expert, expert_down, fetch, with_card
from eglab import addresses as a
from eglab import dns, faults, foreign, line, papers, places, snapshot
from eglab.lab import tells_time
from eglab.process import CommandFailed, LabError, run, wait_until
from eglab.stream import Stream


def tearDownModule() -> None:
    LAB.down()



class Standing(unittest.TestCase):
    """Each test leaves the appliance as it found it; a picture proves it."""

    @classmethod
    def setUpClass(cls) -> None:
        LAB.up()

    def setUp(self) -> None:
        self.before = snapshot.take(LAB)
        self.leaks = line.leaked(LAB.programs)

    def tearDown(self) -> None:
        expert_down()
        faults.set_faults(LAB, [])
        self.assertEqual(snapshot.diff(self.before, snapshot.take(LAB)), [])
        self.assertEqual(line.leaked(LAB.programs), self.leaks)


class Tunnel(Standing):
    def rekey(self, what: str, spis: Callable[[list[dict]], list[str]]) -> None:
        """swanctl does not wait for it, and a CHILD_SA on its way from the old IKE_SA to the new one is found in
        neither."""
        [old] = spis(LAB.list_sas(a.CLINIC))
        LAB.run(a.CLINIC, ["swanctl", "--rekey", what, "clinic"])

        def is_new() -> bool:
            sas = LAB.list_sas(a.CLINIC)
            new = spis(sas)
            return len(new) == 1 and new != [old] and [len(sa["child-sas"]) for sa in sas] == [1]

        wait_until(f"the new SA ({what})", is_new)

    def everything_works(self, kind: str) -> None:
        expert(kind)
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        for name, count in ((a.PWEB_NAME, a.PWEB_RECORDS), (a.NTP_NAME, a.NTP_RECORDS)):
            self.assertTrue(ask(name).truncated)
            self.assertTrue(ask(name, edns=1232).truncated)
            for how in ({"edns": 4096}, {"tcp": True}):
                answer = ask(name, **how)
                self.assertGreater(answer.size, 1232)
                self.assertEqual(len(answer.addresses), count)
        last = ask(a.PWEB_NAME, tcp=True).addresses[-1]
        self.assertIn("オンライン資格確認", fetch(a.TERMINAL, f"http://{last}/"))
        self.assertIn("1312345678", fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/terminal", *with_card()))
        self.assertIn("required", fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/terminal"))
        through = ("--proxy", f"http://{a.PROXY_NAME}:{a.PROXY_PORT}")
        self.assertIn("1312345678", fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/terminal", *through, *with_card()))
        self.assertTrue(tells_time(a.TERMINAL, "10.20.3.7"))
        self.assertIn("internet", fetch(a.CLINIC, f"http://{a.WEB_HOST}/"))
        with Stream(LAB, a.TERMINAL, a.HWEB) as stream:
            self.rekey("--ike", lambda sas: [sa["initiator-spi"] for sa in sas])
            self.rekey("--child", lambda sas: [child["spi-in"] for sa in sas for child in sa["child-sas"].values()])
        self.assertEqual(stream.count().lost, 0)

    def test_pre_shared_key(self) -> None:
        self.everything_works("psk")

    def test_eap(self) -> None:
        self.everything_works("eap")

    def test_certificate(self) -> None:
        self.everything_works("certificate")

    def test_selectors_wider_than_destinations(self) -> None:
        self.everything_works("wide")

    def test_gateway_2(self) -> None:
        faults.set_faults(LAB, ["gateway1-dead"])
        expert("psk", ("vpn1.", "vpn2."))
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))

    def test_routed(self) -> None:
        """No address is assigned: the terminal's own arrives at the centre, through either gateway."""
        for gateway in a.GATEWAYS:
            with self.subTest(gateway=gateway.name):
                expert("psk", (papers.FQDN, papers.ROUTED_FQDN), ("vpn1.", f"vpn{gateway.number}."),
                       ("    vips = 0.0.0.0\n", ""),
                       ("remote_ts =", f"local_ts = {a.LAN_PREFIX}\n        remote_ts ="),
                       ('oifname "ipsec0" ip saddr 192.168.1.0/24 masquerade', ""),
                       ("dev ipsec0 table", f"dev ipsec0 src {a.LAN_ADDRESS} table"))
                self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
                expert_down()

    def test_terminal_has_no_internet(self) -> None:
        expert("psk")
        with self.assertRaises(CommandFailed):
            fetch(a.TERMINAL, f"http://{a.WEB_HOST}/")

    def test_public_dns_knows_gateways_only(self) -> None:
        with places.network_of(a.CLINIC):
            self.assertEqual(dns.ask(a.HOME_GATEWAY, a.GATEWAYS[1].name).addresses, (a.GATEWAYS[1].address,))
            for private in (a.HWEB_NAME, a.PWEB_NAME, "www.rece", "www.lineauth.mnw", "obn.managedpki.ne.jp"):
                self.assertEqual(dns.ask(a.HOME_GATEWAY, private).rcode, 3, private)

    def test_pkcs12_opens_with_its_password(self) -> None:
        listed = run(["openssl", "pkcs12", "-in", str(LAB.state / "pki/client.p12"), "-nokeys", "-passin", "stdin"],
                     stdin=papers.PKCS12_PASSWORD + "\n")
        self.assertIn(papers.CONNECTION_ID, listed)


class WrongPapers(Standing):
    def test_wrong_key(self) -> None:
        said = attempt("psk", 5, (papers.PSK, "another"))
        self.assertIn("AUTHENTICATION_FAILED", said)

    def test_wrong_password(self) -> None:
        said = attempt("eap", 5, (papers.EAP_PASSWORD, "another"))
        self.assertIn("EAP-MS-CHAPv2 failed with error", said)

    def test_unknown_identity(self) -> None:
        said = attempt("psk", 5, (papers.FQDN, "ZZ99999999.example.net"))
        self.assertIn("AUTHENTICATION_FAILED", said)


class Faults(Standing):
    def fails(self, fault: str, *evidence: str, kind: str = "psk", seconds: int = 5) -> None:
        faults.set_faults(LAB, [fault])
        said = attempt(kind, seconds)
        for words in evidence:
            self.assertIn(words, said)

    def test_untrusted_certificate(self) -> None:
        for kind in ("certificate", "eap"):
            self.fails("gateway-cert-untrusted", "no issuer certificate found", "no trusted ECDSA public key",
                       kind=kind)
            expert_down()

    def test_expired_certificate(self) -> None:
        for kind in ("certificate", "eap"):
            self.fails("gateway-cert-expired", "certificate invalid (valid from", "no trusted ECDSA public key",
                       kind=kind)
            expert_down()

    def test_no_common_proposal(self) -> None:
        self.fails("no-common-proposal", "received NO_PROPOSAL_CHOSEN notify error")

    def test_no_common_esp_proposal(self) -> None:
        self.fails("no-common-esp-proposal", "received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built")

    def test_selectors_refused(self) -> None:
        self.fails("ts-refused", "received TS_UNACCEPTABLE notify")

    def test_selectors_narrowed(self) -> None:
        self.fails("ts-narrowed", "=== 10.21.0.0/16")

    def test_no_virtual_ip(self) -> None:
        self.fails("no-virtual-ip", "received INTERNAL_ADDRESS_FAILURE notify")

    def test_udp500(self) -> None:
        for fault in ("udp500-dropped", "udp500-rejected", "gateway1-dead", "gateways-dead"):
            self.fails(fault, "not established after 1000ms", seconds=1)
            self.assertNotIn("parsed IKE_SA_INIT response", LAB.run(a.CLINIC, ["cat", "/run/expert.log"]))
            expert_down()

    def test_udp4500_dropped(self) -> None:
        self.fails("udp4500-dropped", "not established after 1000ms", "parsed IKE_SA_INIT response", seconds=1)

    def test_gateway_unresolvable(self) -> None:
        self.fails("gateway-unresolvable", "unable to resolve vpn1.example.net")
        expert_down()
        faults.set_faults(LAB, [])
        expert("psk")

    def test_line_dns_dead(self) -> None:
        faults.set_faults(LAB, ["line-dns-dead"])
        with places.network_of(a.CLINIC), self.assertRaises(OSError):
            dns.ask(a.HOME_GATEWAY, a.GATEWAYS[0].name, timeout=0.3)

    def test_centre_silent(self) -> None:
        self.fails("centre-silent", "100% packet loss")

    def test_programs_behind_the_tunnel(self) -> None:
        expert("psk")
        faults.set_faults(LAB, ["centre-dns-dead", "centre-tls-dead", "centre-ntp-dead", "centre-proxy-dead"])
        with self.assertRaises(OSError):
            ask(a.HWEB_NAME, timeout=0.3)
        with self.assertRaisesRegex(CommandFailed, "ended with 7:"):
            fetch(a.TERMINAL, f"https://{a.HWEB}/")
        self.assertFalse(tells_time(a.TERMINAL, "10.20.3.7"))
        with self.assertRaisesRegex(CommandFailed, "ended with 7:"):
            fetch(a.TERMINAL, f"http://{a.PROXY}:{a.PROXY_PORT}/")
        faults.set_faults(LAB, ["centre-dns-small-only"])
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        for how in ({"edns": 4096}, {"tcp": True}):
            with self.assertRaises(OSError):
                ask(a.PWEB_NAME, timeout=0.3, **how)

    def test_narrow_line(self) -> None:
        expert("psk")
        large = (f"https://{a.HWEB}/large", "--insecure", "--output", "/dev/null")
        faults.set_faults(LAB, ["line-mtu-1454"])
        fetch(a.TERMINAL, *large)
        faults.set_faults(LAB, ["mtu-black-hole"])
        with self.assertRaisesRegex(CommandFailed, "timed out"):
            fetch(a.TERMINAL, *large, "--max-time", "1")
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))

    def test_unknown_fault_is_refused(self) -> None:
        with self.assertRaises(LabError):
            faults.set_faults(LAB, ["no-such-fault"])


class Appliance(Standing):
    def test_starts_as_a_stock_machine(self) -> None:
        self.assertEqual(LAB.run(a.CLINIC, ["cat", "/proc/sys/net/ipv4/ip_forward"]).strip(), "0")
        self.assertEqual(self.before["nft"], [])
        self.assertEqual(self.before["strongswan"]["connections"], {})
        self.assertEqual([path for path in self.before["files"] if "eligate" in path], [])

    def test_a_picture_sees_every_kind_of_change(self) -> None:
        for change, undo, kind in (
                ("echo x > /etc/swanctl/conf.d/x.conf", "rm /etc/swanctl/conf.d/x.conf", "files."),
                ("mkdir -p /var/lib/eligate/x", "rm -r /var/lib/eligate", "files."),
                ("ip link add t0 type bridge", "ip link del t0", "link"),
                ("ip addr add 192.0.2.1/32 dev lo", "ip addr del 192.0.2.1/32 dev lo", "addr"),
                ("ip route add 192.0.2.0/24 dev lan0 table 77", "ip route flush table 77", "route"),
                ("ip rule add pref 9 lookup 77", "ip rule del pref 9", "rule"),
                ("nft add table inet x", "nft delete table inet x", "nft"),
                ("echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 0 > /proc/sys/net/ipv4/ip_forward", "sysctl")):
            LAB.run(a.CLINIC, ["sh", "-c", change])
            seen = snapshot.diff(self.before, snapshot.take(LAB))
            LAB.run(a.CLINIC, ["sh", "-c", undo])
            self.assertTrue(any(row[2:].startswith(kind) for row in seen), f"{change}: {seen}")

    def test_foreign_things(self) -> None:
        foreign.set_up(LAB)
        picture = snapshot.take(LAB)
        self.assertIn("foreign", picture["strongswan"]["connections"])
        self.assertEqual(len(picture["strongswan"]["sas"]), 1)
        with foreign.stream(LAB) as stream:
            self.assertEqual(snapshot.diff(picture, snapshot.take(LAB), times=True), [])
            faults.set_faults(LAB, ["centre-silent"])
            wait_until("a lost packet", lambda: "no answer yet" in LAB.programs.log_of(
                f"{a.CLINIC}.stream-{a.FOREIGN_HOST}").read_text())
        self.assertGreater(stream.count().lost, 0)
        foreign.tear_down(LAB)

    def test_a_leak_is_counted(self) -> None:
        LAB.run(a.CLINIC, ["ping", "-c", "2", "-i", "0.1", "-W", "0.2", a.CENTRE_DNS], check=False)
        self.assertEqual(line.leaked(LAB.programs), self.leaks + 2)
        self.leaks += 2

    def test_papers(self) -> None:
        papers.write_site(LAB.root(a.CLINIC), LAB.state / "pki", "example-certificate:pkcs12")
        listed = LAB.run(a.CLINIC, ["stat", "-c", "%a %n", *(f"/etc/eligate/{name}" for name in (
            "site.toml", "secrets.toml", "client.p12", "client.key.pem"))])
        self.assertEqual({row.split()[0] for row in listed.splitlines()}, {"600"})
        LAB.run(a.CLINIC, ["rm", "-r", "/etc/eligate"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
