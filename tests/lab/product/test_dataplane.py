#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The kernel's dataplane: what is needed, found and kept. Run with EGLAB_DATAPLANE=xfrm; on a kernel without ESP or
XFRM interfaces it is shown that eligate says so and touches nothing."""

from __future__ import annotations

import re
import unittest

from product import (DONE, FAILED, LAB, ROLLED_BACK, Answer, ProductTest, a, edit, eligate, faults, list_sas, snapshot,
                     tear_down_module, write_site)
from by_hand import ask
from eglab.process import CommandFailed, run, wait_until

tearDownModule = tear_down_module

LINK = a.TUNNEL
HOOK = "usr/lib/eligate/updown"
FORMER = "10.200.1.199"


def kernel_carries_tunnels() -> bool:
    """What the lab's gateways need as well as the appliance."""
    try:
        run(["unshare", "-n", "sh", "-c", "ip link add probe type xfrm if_id 1 && ip xfrm state add src 127.0.0.1 "
             "dst 127.0.0.1 proto esp spi 1 mode tunnel enc 'ecb(cipher_null)' '' auth 'hmac(sha256)' 0x00"])
    except CommandFailed:
        return False
    return True


KERNEL = kernel_carries_tunnels()


def insist(dataplane: str) -> None:
    edit("/etc/eligate/site.toml", ('profile = "example-psk"', f'profile = "example-psk"\ndataplane = "{dataplane}"'))


def clinic(*argv: str) -> str:
    return LAB.run(a.CLINIC, list(argv))


def mtu() -> int:
    return int(re.search(r"mtu (\d+)", clinic("ip", "link", "show", LINK))[1])


@unittest.skipIf(KERNEL, "this kernel carries tunnels")
class WithoutKernel(ProductTest):
    def test_is_said_before_anything_changes(self) -> None:
        write_site("example-psk")
        before = snapshot.take(LAB)
        for verb in (("plan",), ("apply", "--yes"), ("verify",)):
            answer = eligate(*verb, "--json")
            self.assertEqual((answer.exit, answer.json["error"]["code"]), (FAILED, "SYS010"), answer)
            lacks = answer.json["error"]["evidence"]["kernel"]
            self.assertRegex(lacks, "XFRM interface: .*ESP: ")
        insist("xfrm")
        self.assertEqual(eligate("plan", "--json").json["error"]["code"], "SYS011")
        edit("/etc/eligate/site.toml", ('"xfrm"', '"userspace"'))
        self.assertEqual(eligate("plan", "--json").json["error"]["code"], "SYS011")
        edit("/etc/eligate/site.toml", ('dataplane = "userspace"\n', ""))
        write_site("example-psk")
        after = snapshot.take(LAB)
        self.assertEqual(snapshot.diff(before, after), [])


@unittest.skipUnless(KERNEL, "this kernel carries no tunnels")
class WithKernel(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")

    def proven(self) -> Answer:
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual(answer.json["result"], "committed", answer)
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        return answer

    def test_the_site_may_insist(self) -> None:
        insist("userspace")
        answer = eligate("plan", "--json")
        self.assertEqual((answer.exit, answer.json["error"]["code"]), (FAILED, "SYS011"), answer)
        edit("/etc/eligate/site.toml", ('"userspace"', '"xfrm"'))
        self.proven()

    def test_a_link_of_the_same_name(self) -> None:
        """Whoever made it: plan and apply name it, and nothing changes."""
        for kind in (("bridge",), ("xfrm", "if_id", "42"), ("xfrm", "if_id", "33904")):
            clinic("ip", "link", "add", LINK, "type", *kind)
            before = snapshot.take(LAB)
            for verb in (("plan",), ("apply", "--yes")):
                answer = eligate(*verb, "--json")
                self.assertEqual((answer.exit, answer.json["error"]["code"]), (FAILED, "SYS012"), answer)
                self.assertIn(LINK, answer.said)
            self.assert_unchanged(before, kind)
            clinic("ip", "link", "del", LINK)
        self.proven()

    def test_what_others_do_to_our_link(self) -> None:
        self.proven()
        for harm in (("ip", "link", "set", LINK, "mtu", "1280"), ("ip", "link", "set", LINK, "down"),
                     ("ip", "link", "del", LINK), ("ip", "address", "flush", "dev", LINK)):
            clinic(*harm)
            self.assertEqual(eligate("plan", "--exit-code").exit, 4, harm)
            self.proven()
            self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged", harm)

    def test_narrow_lines(self) -> None:
        """The packet size follows the line, and stays where it cannot be measured."""
        faults.set_faults(LAB, ["line-mtu-1454"])
        self.assertIn("1454", " ".join(eligate("plan", "--json").json["notes"]))
        self.assertEqual(self.proven().check("mtu.path")["status"], "pass")
        # AES-256-CBC with HMAC-SHA-256 is among the proposals: 1454 - 20 - 8 - 8 - 16 - 16, in blocks, less 2.
        self.assertEqual(mtu(), 1374)
        faults.set_faults(LAB, [])
        self.proven()
        self.assertEqual(mtu(), 1422)
        faults.set_faults(LAB, ["mtu-black-hole"])
        self.assertEqual(self.proven().check("mtu.path")["status"], "pass")
        self.assertEqual(mtu(), 1374)
        faults.set_faults(LAB, ["udp500-dropped", "echo-dropped"])
        answer = self.succeeds("plan", "--json")
        self.assertEqual((answer.json["result"], mtu()), ("unchanged", 1374), answer)

    def test_without_the_program_that_sets_the_address(self) -> None:
        hook = LAB.root(a.CLINIC) / HOOK
        text = hook.read_text()
        try:
            hook.unlink()
            before = snapshot.take(LAB)
            answer = eligate("apply", "--yes", "--json")
            self.assertEqual(answer.exit, ROLLED_BACK, answer)
            self.assertEqual(answer.check("address.assigned")["code"], "VRF035")
            self.assert_unchanged(before, answer)
        finally:
            hook.write_text(text)
            hook.chmod(0o755)
        self.proven()

    def test_a_new_address_after_the_tunnel_was_lost(self) -> None:
        """The last address stays until the next one is there, and the routes with it. What still goes to it ends here."""
        self.proven()
        routes = clinic("ip", "route", "show", "table", a.TUNNEL_TABLE)
        clinic("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        self.assertEqual(clinic("ip", "route", "show", "table", a.TUNNEL_TABLE), routes)
        with self.assertRaises(OSError):
            ask(a.HWEB_NAME, timeout=0.3)
        clinic("ip", "address", "add", f"{FORMER}/32", "dev", LINK)
        clinic("swanctl", "--initiate", "--child", "eligate", "--ike", "eligate-1", "--timeout", "10")
        assigned = list_sas()[0]["local-vips"][0]
        wait_until("the new address alone", lambda: re.findall(r"inet (\S+)", clinic(
            "ip", "-4", "address", "show", "dev", LINK)) == [f"{assigned}/32"])
        self.assertEqual(ask(a.HWEB_NAME).addresses, (a.HWEB,))
        self.assertEqual(eligate("verify").exit, DONE)
        self.assertRegex(clinic("ip", "route", "get", FORMER, "from", a.WAN_ADDRESS), "^local ")
        LAB.run(a.CLINIC, ["ping", "-c", "1", "-W", "1", "-I", a.WAN_ADDRESS, FORMER], check=False)
        self.assertEqual(self.succeeds("plan", "--json").json["result"], "unchanged")
        self.succeeds("remove", "--yes")
        self.assertNotIn(FORMER, clinic("ip", "route", "show", "table", "all"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
