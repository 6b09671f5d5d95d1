#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Hostile values: refused with nothing changed, or arrived in strongSwan as exactly that value and nothing else."""

from __future__ import annotations

import os
import signal
import unittest
from collections.abc import Callable
from contextlib import contextmanager

from product import (DONE, INTERRUPTED, INVALID, LAB, ProductTest, Running, a, edit, eligate, list_sas, papers, root,
                     shipped_profile, snapshot, tear_down_module, write_profile, write_site)
from eglab.process import wait_until
from eglab.vici import Vici

tearDownModule = tear_down_module

# Ends of other syntaxes: swanctl.conf, nft, shells, templates, terminals.
HOSTILE = ("}", "{", '"', "'", "\\", "\n", "\r", "\0", "\t", ";", "#", ",", " ", "$(reboot)", "`reboot`", "%any", "*",
           "../../etc/shadow", "\ninclude /etc/shadow\n", '" }\nconnections { evil { } }\n',
           "; add rule inet eligate out accept; #", "} flush ruleset {", "{{{secret}}}", "\x1b[2J", "\u202e", "\u3000")

# Field of the profile, how its good value stands there, and what the hostile text is appended to.
FIELDS = {
    "gateway": ('"vpn1.example.net"', "vpn1.example.net"),
    "local id": ('"fqdn:{connection_id}.example.net"', "fqdn:{connection_id}.example.net"),
    "remote id": ('"fqdn:gw.example.net"', "fqdn:gw.example.net"),
    "IKE proposal": ('"aes256gcm16-prfsha384-ecp384"', "aes256gcm16-prfsha384-ecp384"),
    "ESP proposal": ('"aes256gcm16-ecp384"', "aes256gcm16-ecp384"),
    "remote_ts": ('"10.0.0.0/8"', "10.0.0.0/8"),
    "destination": ('"10.20.0.0/16"', "10.20.0.0/16"),
    "DNS server": ('"10.20.0.53"', "10.20.0.53"),
}

PSKS = ('a"}\\n include /etc/passwd $(id); #{{x}}', "0x4142434445464748", "0sQUJDREVGRw==", "0mQUJDREVGRw==", "}",
        "a'b\"c\\d#e{f}g=h,i;j k", "${HOME}%s%n%any", "x" * 256, "include /etc/shadow")


def toml(text: str) -> str:
    """A TOML basic string of any text."""
    return '"' + "".join(f"\\u{ord(c):04X}" if ord(c) < 32 or c in '"\\' else c for c in text) + '"'


def set_secret(key: str, value: str) -> None:
    (root() / "etc/eligate/secrets.toml").write_text(f"schema = 1\n\n[secrets]\n{key} = {toml(value)}\n")


class Refused(ProductTest):
    def refuses(self, what: object) -> None:
        answer = eligate("apply", "--yes", "--lang", "en")
        self.assertEqual(answer.exit, INVALID, (what, str(answer)))
        self.assertLess(answer.seconds, 5.0, what)
        # What a terminal would act on is not repeated to it.
        for character in "\x1b\u202e\0":
            self.assertNotIn(character, answer.said, what)

    def test_every_field_that_reaches_strongswan(self) -> None:
        for name, (literal, value) in FIELDS.items():
            with self.subTest(field=name):
                write_site("example-psk")
                good = shipped_profile("example-psk")
                self.assertIn(literal, good)
                write_profile(good)
                before = snapshot.take(LAB)
                for text in HOSTILE:
                    write_profile(good.replace(literal, toml(value + text)))
                    self.refuses((name, text))
                write_profile(good)
                self.assert_unchanged(before)

    def test_eap_identity(self) -> None:
        write_site("example-eap")
        good = shipped_profile("example-eap")
        literal = 'eap_id = "{connection_id}@example.net"'
        self.assertIn(literal, good)
        write_profile(good, "example-eap")
        before = snapshot.take(LAB)
        for text in HOSTILE:
            hostile = "eap_id = " + toml("{connection_id}@example.net" + text)
            write_profile(good.replace(literal, hostile), "example-eap")
            self.refuses(text)
        write_profile(good, "example-eap")
        self.assert_unchanged(before)

    def test_what_the_site_was_asked_for(self) -> None:
        write_site("example-psk")
        good = (root() / "etc/eligate/site.toml").read_text()
        before = snapshot.take(LAB)
        for literal in ('"AB12345678"', '"wan0"', '"lan0"', '"192.168.1.50"'):
            self.assertIn(literal, good)
            for text in HOSTILE:
                (root() / "etc/eligate/site.toml").write_text(good.replace(literal, toml(literal.strip('"') + text)))
                self.refuses((literal, text))
        write_site("example-psk")
        self.assert_unchanged(before)

    def test_secrets_that_nobody_can_type(self) -> None:
        write_site("example-psk")
        for text in ("\0", "\n", "\r", "\x1b", "\u202e", "\u200b", "鍵", "x" * 256):
            set_secret("psk", papers.PSK + text)
            before = snapshot.take(LAB)
            self.refuses(text)
            self.assert_unchanged(before)

    def test_files_that_are_none(self) -> None:
        site = root() / "etc/eligate/site.toml"
        big = "schema = 1\n" + "#" * 79 + "\n"

        def link_to(target: str) -> Callable[[], None]:
            return lambda: os.symlink(target, site)
        for name, make in (("10 MB", lambda: site.write_text(big * 120_000)), ("a folder", site.mkdir),
                           ("a pipe", lambda: os.mkfifo(site)), ("endless zeros", link_to("/dev/zero")),
                           ("a terminal", link_to("/dev/ptmx")), ("itself", link_to("site.toml")),
                           ("nothing", lambda: None), ("deep", lambda: site.write_text("a = " + "[" * 10_000)),
                           ("NUL", lambda: site.write_bytes(b"schema = 1\0\n")),
                           ("Shift_JIS", lambda: site.write_bytes('name = "山田医院"'.encode("shift_jis"))),
                           ("wide", lambda: site.write_text("a = 1\n" * 20_000))):
            with self.subTest(file=name):
                write_site("example-psk")
                site.unlink()
                make()
                before = snapshot.take(LAB)
                self.refuses(name)
                self.assert_unchanged(before)
                site.rmdir() if name == "a folder" else site.unlink(missing_ok=True)


class Arrives(ProductTest):
    def connections(self) -> dict:
        with Vici(root() / "run/charon.vici") as charon:
            return {name: value for row in charon.stream("list-conns", "list-conn") for name, value in row.items()}

    def holdings(self) -> dict:
        picture = snapshot.take(LAB)["strongswan"]
        return {key: picture[key] for key in ("connections", "shared", "keys", "authorities")}

    def by_charon_itself(self) -> None:
        """What a reboot does: strongSwan's own loader reads what eligate has written, and means the same."""
        ours = self.holdings()
        self.assertTrue(ours["connections"])
        LAB.restart_charon()
        self.assertEqual(self.holdings(), ours)
        wait_until("the tunnel to come up from the files", lambda: any(
            sa["name"] == "eligate-1" and sa["state"] == "ESTABLISHED" and sa["child-sas"] for sa in list_sas()))
        self.succeeds("verify")
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")

    def gateways_know(self, kind: str, name: str, owner: str, secret: str) -> None:
        for gateway in a.GATEWAYS:
            with Vici(LAB.root(gateway.place) / "run/charon.vici") as charon:
                loaded = charon.request("load-shared", {"id": name, "type": kind, "owners": [owner], "data": secret})
                self.assertEqual(loaded["success"], "yes")

    def test_pre_shared_keys(self) -> None:
        """The proof is that the tunnel comes up with the key that the gateway has as bytes."""
        self.addCleanup(self.gateways_know, "IKE", "ike-clinic", f"fqdn:{papers.FQDN}", papers.PSK)
        write_site("example-psk")
        for key in PSKS:
            with self.subTest(key=key):
                self.gateways_know("IKE", "ike-clinic", f"fqdn:{papers.FQDN}", key)
                set_secret("psk", key)
                self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "committed")
                self.assertEqual(set(self.connections()), {"eligate-1", "eligate-2"})
                self.by_charon_itself()

    def test_passwords(self) -> None:
        self.addCleanup(self.gateways_know, "EAP", "eap-clinic", f"email:{papers.EMAIL}", papers.EAP_PASSWORD)
        write_site("example-eap")
        for password in PSKS[:3] + PSKS[5:7]:
            with self.subTest(password=password):
                self.gateways_know("EAP", "eap-clinic", f"email:{papers.EMAIL}", password)
                set_secret("eap_password", password)
                self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "committed")
                self.by_charon_itself()

    def test_every_kind_of_papers_means_the_same_by_file(self) -> None:
        for kind in ("example-certificate", "example-certificate:pkcs12"):
            with self.subTest(kind=kind):
                write_site(kind)
                self.succeeds("apply", "--yes")
                self.by_charon_itself()
        write_site("example-psk")
        write_profile(shipped_profile("example-psk").replace('["10.0.0.0/8"]', '["0.0.0.0/0"]'))
        self.succeeds("apply", "--yes")
        self.by_charon_itself()
        write_site("example-psk", intake={"connection_id": "RT00000001"})
        write_profile(shipped_profile("example-psk").replace('"assigned"', '"routed"'))
        edit("/etc/eligate/site.toml", ('["192.168.1.50"]', f'["{a.LAN_PREFIX}"]'))
        self.succeeds("apply", "--yes")
        self.by_charon_itself()

    @contextmanager
    def while_it_waits(self):
        """strongSwan has everything, and the gateway does not answer it."""
        LAB.run(a.LINE, ["nft", "-f", "-"], stdin=(
            "table inet half { chain forward { type filter hook forward priority -11; "
            'iifname "clinic0" udp sport { 500, 4500 } drop; }; }\n'))
        running = Running("apply", "--yes", "--json")
        try:
            wait_until("charon to wait for the gateway", lambda: bool(list_sas()), 10.0)
            yield
            running.process.send_signal(signal.SIGINT)
        finally:
            LAB.run(a.LINE, ["nft", "delete", "table", "inet", "half"])
            answer = running.finish()
        self.assertEqual(answer.exit, INTERRUPTED, answer)

    def test_identities(self) -> None:
        """Read back as charon understood them: the exact text, and of the type that was meant."""
        write_site("example-psk")
        good = shipped_profile("example-psk")
        before = snapshot.take(LAB)
        for written, understood in (("fqdn:include.example.net", "include.example.net"),
                                    ("email:AB12345678@example.net", "AB12345678@example.net"),
                                    ("ipv4:198.51.100.7", "198.51.100.7"),
                                    ("fqdn:198.51.100.7", "198.51.100.7"),
                                    ("keyid:AB12345678", "AB12345678"),
                                    ("dn:C=JP, O=Example Net, CN=AB12345678", "C=JP, O=Example Net, CN=AB12345678")):
            with self.subTest(identity=written):
                write_profile(good.replace("fqdn:{connection_id}.example.net", written))
                check = eligate("check")
                if check.exit != DONE:
                    # A type that profiles do not have: refused with its own words, not misread.
                    self.assertEqual(check.exit, INVALID, check)
                    continue
                with self.while_it_waits():
                    connections = self.connections()
                    self.assertEqual(set(connections), {"eligate-1", "eligate-2"})
                    for connection in connections.values():
                        self.assertEqual(connection["local-1"]["id"], understood)
                        self.assertEqual(connection["remote-1"]["id"], "gw.example.net")
                self.assertEqual(list_sas(), [])
        (root() / "etc/eligate/profiles/example-psk.toml").unlink()
        (root() / "etc/eligate/profiles").rmdir()
        self.assert_unchanged(before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
