#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What boot and the timer run: firewall, routes and rules stand again, without strongSwan, and nothing else moves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from product import (DONE, INTERRUPTED, LAB, Answer, ProductTest, Running, a, eligate, faults, list_sas, root, snapshot,
                     tear_down_module, write_site)
from eglab import appliance
from eglab.process import wait_until
from eglab.provider import charon_name
from eglab.stream import Stream

tearDownModule = tear_down_module


def there(*argv: str) -> str:
    return LAB.run(a.CLINIC, list(argv))


def children() -> list[dict]:
    return [child for sa in list_sas() for child in sa["child-sas"].values()]


def kernel() -> dict[str, str]:
    """What restore answers for; unlike snapshot.take it needs no strongSwan."""
    return {"nft": there("nft", "-s", "list", "ruleset"), "rule": there("ip", "rule", "show"),
            "route": there("sh", "-c", "ip route show table 8470 2>/dev/null || true"),
            "link": there("ip", "-o", "link", "show"),
            "sysctl": there("cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/all/accept_redirects")}


def our_rules() -> list[str]:
    """As `ip rule del` takes them."""
    return [row for row in there("ip", "rule", "show").splitlines() if row.split(":")[0] in
            {str(priority) for priority in range(210, 222)} - {"220"}]


def delete_rules() -> None:
    rules = our_rules()
    assert rules, "no rule of ours"
    for row in rules:
        there("ip", "rule", "del", "priority", row.split(":")[0])


BREAKS = {
    "the table is gone": lambda: there("nft", "flush", "ruleset"),
    "a chain is emptied": lambda: there("sh", "-c", "nft flush chain inet eligate "
                                        "$(nft list table inet eligate | awk '$1 == \"chain\" {print $2; exit}')"),
    "somebody's rule in our table": lambda: there("sh", "-c", "nft add chain inet eligate theirs; "
                                                  "nft add rule inet eligate theirs accept"),
    "routes": lambda: there("ip", "route", "flush", "table", "8470"),
    "rules": delete_rules,
    "forwarding": lambda: there("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"),
    "redirects": lambda: there("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/accept_redirects"),
}


class Restore(ProductTest):
    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")
        self.succeeds("apply", "--yes")
        self.before = kernel()

    def restores(self, result: str, *argv: str) -> Answer:
        answer = self.succeeds("restore", "--json", *argv)
        self.assertEqual((answer.json["result"], answer.json["leftover"], answer.json["error"]), (result, [], None),
                         answer)
        self.assertEqual(kernel(), self.before, answer)
        return answer

    def test_each_loss(self) -> None:
        with Stream(LAB, a.TERMINAL, a.HWEB):
            whole = snapshot.take(LAB)
            for name, break_it in BREAKS.items():
                with self.subTest(loss=name):
                    break_it()
                    self.assertNotEqual(kernel(), self.before, "the test broke nothing")
                    answer = self.restores("restored")
                    self.assertTrue(answer.json["actions"], answer)
                    self.assertEqual(answer.json["generation"], 1)
                    second = self.restores("standing")
                    self.assertEqual(second.json["actions"], [])
                    print(f"{answer.seconds * 1000:.0f}+{second.seconds * 1000:.0f} ms", file=sys.stderr, end=" ",
                          flush=True)
            self.assert_unchanged(whole)
        self.succeeds("verify")

    def test_everything_at_once_and_strongswan_dead(self) -> None:
        LAB.programs.stop(appliance.CHARON)
        wait_until("charon's links to go", lambda: "ipsec0" not in there("ip", "-o", "link", "show"))
        self.before = kernel()
        for break_it in BREAKS.values():
            try:
                break_it()
            except Exception:  # noqa: BLE001: an earlier one has taken it away already
                pass
        there("sh", "-c", "echo -n > /etc/resolv.conf; ip route flush default; ip link set wan0 down")
        answer = self.succeeds("restore", "--json")
        self.assertEqual(answer.json["result"], "restored", answer)
        self.assertEqual({**kernel(), "link": ""}, {**self.before, "link": ""})
        self.assertEqual(answer.json["actions"][0]["kind"], "firewall", "the firewall comes first")
        self.assertEqual(self.succeeds("restore", "--json").json["result"], "standing")

    def test_words_for_people(self) -> None:
        """Under a timer it says nothing where nothing was missing."""
        self.assertEqual(self.succeeds("restore").said, "")
        there("ip", "route", "flush", "table", "8470")
        answer = self.succeeds("restore", "--lang", "ja")
        self.assertIn("10.20.0.0/16", answer.out)
        self.assertIn("復元しました", answer.out)
        self.assertEqual(answer.err, "")

    def test_nothing_to_restore(self) -> None:
        self.succeeds("remove", "--yes")
        before = snapshot.take(LAB)
        answer = self.succeeds("restore", "--json")
        self.assertEqual((answer.json["result"], answer.json["generation"]), ("no_record", None))
        self.assertEqual(self.succeeds("restore").said, "")
        self.assert_unchanged(before)

    def test_no_nft(self) -> None:
        """The routes come back all the same, and it says what does not."""
        there("mount", "--bind", "/dev/null", "/usr/sbin/nft")
        self.addCleanup(there, "umount", "/usr/sbin/nft")
        there("ip", "route", "flush", "table", "8470")
        answer = eligate("restore", "--json")
        self.assertEqual((answer.exit, answer.json["result"], answer.json["error"]["code"]), (6, "incomplete", "SYS030"),
                         answer)
        self.assertEqual([row["kind"] for row in answer.json["leftover"]], ["firewall"])
        self.doCleanups()
        self.restores("standing")


class Journal(ProductTest):
    """What journald is told; it listens in the appliance's own /run."""

    def setUp(self) -> None:
        super().setUp()
        folder = root() / "run/systemd/journal"
        folder.mkdir(parents=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.addCleanup(self.socket.shutdown, socket.SHUT_RDWR)
        self.socket.bind(str(folder / "socket"))
        self.heard: list[bytes] = []
        # Read at once: charon tells journald, too, and waits for one that does not read.
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        try:
            while raw := self.socket.recv(65536):
                if b"SYSLOG_IDENTIFIER=eligate\n" in raw:
                    self.heard.append(raw)
        except OSError:
            pass  # closed: the test is over

    def entries(self) -> list[dict[str, str]]:
        """Everything that was told before now: a datagram of our own marks the end."""
        mark = b"SYSLOG_IDENTIFIER=eligate\n" + os.urandom(8).hex().encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(mark, self.socket.getsockname())
        wait_until("the mark", lambda: mark in self.heard, 5.0)
        told, self.heard = self.heard[:self.heard.index(mark)], []
        for raw in told:
            self.assertNotIn(b"CANARY", raw)
        return [dict(row.split("=", 1) for row in raw.decode().splitlines()) for raw in told]

    def test_each_command(self) -> None:
        write_site("example-psk")
        for argv in (("plan",), ("status",), ("check",), ("restore",)):
            eligate(*argv)
        self.assertEqual(self.entries(), [])
        self.succeeds("apply", "--yes", "--lang", "ja")
        (committed,) = self.entries()
        self.assertEqual((committed["PRIORITY"], committed["SYSLOG_IDENTIFIER"], committed["ELIGATE_GENERATION"],
                          committed["ELIGATE_PROFILE"]), ("5", "eligate", "1", "example-psk"))
        self.succeeds("apply", "--yes")
        self.succeeds("verify")
        self.assertEqual(self.entries(), [])
        there("ip", "route", "flush", "table", "8470")
        self.succeeds("restore")
        self.succeeds("restore")
        (restored,) = self.entries()
        self.assertEqual(restored["ELIGATE_GENERATION"], "1")
        write_site("example-psk", secrets={"psk": "CANARY-another-key"})
        eligate("apply", "--yes")
        (rolled_back,) = self.entries()
        self.assertEqual((rolled_back["PRIORITY"], rolled_back["ELIGATE_CODE"], rolled_back["ELIGATE_PARTY"],
                          rolled_back["ELIGATE_GENERATION"]), ("4", "IKE014", "provider", "1"))
        write_site("example-psk")
        faults.set_faults(LAB, ["centre-tls-dead"])
        eligate("verify")
        failed = self.entries()
        self.assertEqual({entry["ELIGATE_CODE"] for entry in failed}, {"VRF080"}, failed)
        self.assertTrue(failed[0]["ELIGATE_CHECK"].startswith("tls."), failed)
        faults.set_faults(LAB, [])
        self.succeeds("remove", "--yes")
        (removed,) = self.entries()
        ids = [entry["MESSAGE_ID"] for entry in (committed, restored, rolled_back, failed[0], removed)]
        self.assertEqual(len(set(ids)), 5, ids)


class Interrupted(ProductTest):
    """Beside an apply, and after one that was killed."""

    def apply_that_waits(self) -> Running:
        LAB.run(a.LINE, ["nft", "-f", "-"], stdin=(
            "table inet half { chain forward { type filter hook forward priority -11; "
            'iifname "clinic0" udp sport { 500, 4500 } drop; }; }\n'))
        self.addCleanup(LAB.run, a.LINE, ["nft", "delete", "table", "inet", "half"])
        write_site("example-psk")
        self.before = snapshot.take(LAB)
        running = Running("apply", "--yes", "--json")
        wait_until("charon to wait for the gateway", lambda: bool(list_sas()), 10.0)
        return running

    def test_beside_an_apply(self) -> None:
        running = self.apply_that_waits()
        there("nft", "delete", "table", "inet", "eligate")
        middle = snapshot.take(LAB)
        answer = eligate("restore", "--json")
        self.assertEqual((answer.exit, answer.json["result"]), (DONE, "busy"), answer)
        self.assertEqual(answer.json["error"]["evidence"]["pid"], str(running.pid))
        self.assert_unchanged(middle)
        running.process.send_signal(signal.SIGINT)
        self.assertEqual(running.finish().exit, INTERRUPTED)
        self.assert_unchanged(self.before)

    def test_after_a_power_cut(self) -> None:
        """A first apply that never ended: what boot and the timer run puts all of it back."""
        running = self.apply_that_waits()
        running.process.kill()
        running.finish(10.0)
        there("nft", "delete", "table", "inet", "eligate")
        there("ip", "route", "flush", "table", "8470")
        answer = eligate("restore", "--json")
        self.assertEqual((answer.exit, answer.json["result"], answer.json["unfinished"]), (DONE, "put_back", False),
                         answer)
        self.assert_unchanged(self.before)
        self.doCleanups()
        self.succeeds("apply", "--yes")
        self.succeeds("remove", "--yes")
        self.assert_unchanged(self.before)


class Revived(ProductTest):
    """charon gives a tunnel up for good once a gateway refuses it."""

    def setUp(self) -> None:
        super().setUp()
        write_site("example-psk")
        self.succeeds("apply", "--yes")

    def tunnel(self) -> str | None:
        answer = eligate("restore", "--json")
        self.assertEqual(answer.exit, DONE, answer)
        return answer.json["tunnel"]

    def test_up(self) -> None:
        before = list_sas()
        self.assertEqual(self.tunnel(), "up")
        self.assertEqual([sa["uniqueid"] for sa in list_sas()], [sa["uniqueid"] for sa in before])

    def test_down(self) -> None:
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        self.assertEqual(self.tunnel(), "revived")
        self.assertEqual(eligate("verify", "--json").exit, DONE)

    def test_the_first_gateway_is_gone(self) -> None:
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        faults.set_faults(LAB, ["gateway1-dead"])
        self.assertEqual(self.tunnel(), "revived")
        self.assertEqual([sa["name"] for sa in list_sas()], ["eligate-2"])

    def test_the_first_answer_is_late(self) -> None:
        """charon has begun by itself, and the gateway's answer is a moment away: ended now, the answer would meet that,
        and IKE_AUTH might be out."""
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        gateway = LAB.programs.pid(charon_name(a.GATEWAYS[0]))
        os.kill(gateway, signal.SIGSTOP)
        self.addCleanup(os.kill, gateway, signal.SIGCONT)
        negotiation = subprocess.Popen(LAB.argv(a.CLINIC, ["swanctl", "--initiate", "--ike", "eligate-1", "--child",
                                                           "eligate"]), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.addCleanup(negotiation.wait)
        wait_until("charon to begin", lambda: any(sa["state"] == "CONNECTING" for sa in list_sas()), 10.0)
        begun = [sa["initiator-spi"] for sa in list_sas()]
        late = threading.Timer(1.0, os.kill, (gateway, signal.SIGCONT))
        late.start()
        self.assertEqual(self.tunnel(), "revived")
        late.join()
        self.assertEqual([sa["initiator-spi"] for sa in list_sas()], begun)

    def test_nothing_comes_back(self) -> None:
        """The gateway sends through another SA than the one that we have; DPD is answered all the same. Here the line
        loses what comes by the new one."""
        there("swanctl", "--rekey", "--child", "eligate")
        wait_until("the new CHILD_SA alone", lambda: [child["packets-in"] for child in children()] == ["0"], 10.0)
        [child] = children()
        LAB.run(a.LINE, ["nft", "-f", "-"], stdin="table ip other { chain other { type filter hook forward priority -20; "
                                                  f"udp sport 4500 @th,64,32 0x{child['spi-in']} drop; }}; }}")
        self.addCleanup(LAB.run, a.LINE, ["nft", "delete", "table", "ip", "other"], check=False)
        LAB.run(a.TERMINAL, ["ping", "-c", "12", "-i", "0.1", "-W", "0.2", a.HWEB], check=False)
        self.assertEqual(self.tunnel(), "up", "nobody judges it before a minute is over")
        wait_until("a minute", lambda: [int(child["install-time"]) >= 60 for child in children()] == [True], 70.0)
        self.assertEqual(self.tunnel(), "renewed")
        self.assertEqual(eligate("verify", "--json").exit, DONE)
        self.assertEqual([len(list_sas(gateway.place)) for gateway in a.GATEWAYS], [1, 0])
        self.assertEqual(self.tunnel(), "up")

    def comes_up_by_itself(self, seconds: float) -> float:
        """With no run of ours."""
        begun = time.monotonic()
        wait_until("charon's own tunnel", lambda: [child["state"] for child in children()] == ["INSTALLED"], seconds)
        self.assertEqual([sa["name"] for sa in list_sas()], ["eligate-1"])
        return time.monotonic() - begun

    def test_no_network_yet(self) -> None:
        """A boot, or a line that is down: charon asks for the gateway's name each second. Whoever ended that would keep the
        tunnel down until the next run, and whoever waited beside it would be a boot's hindrance."""
        faults.set_faults(LAB, ["gateway-unresolvable"])
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        for run in ("charon had given up", "charon is at it"):
            with self.subTest(run=run):
                answer = self.succeeds("restore", "--json")
                self.assertEqual(answer.json["tunnel"], "refused", answer)
                self.assertLess(answer.seconds, 5.0, answer)
                self.assertEqual([(sa["name"], sa["state"]) for sa in list_sas()], [("eligate-1", "CREATED")])
        faults.set_faults(LAB, [])
        self.comes_up_by_itself(10.0)
        self.assertEqual(eligate("verify", "--json").exit, DONE)

    def test_only_the_first_name_is_unknown(self) -> None:
        faults.set_faults(LAB, ["gateway1-unresolvable"])
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        answer = self.succeeds("restore", "--json")
        self.assertEqual(answer.json["tunnel"], "revived", answer)
        self.assertLess(answer.seconds, 5.0, answer)
        self.assertEqual([sa["name"] for sa in list_sas()], ["eligate-2"])

    def test_somebody_elses_name_is_unknown(self) -> None:
        """What charon's resolver says of another connection ends no attempt of ours."""
        conf = root() / "etc/swanctl/conf.d/other.conf"
        conf.write_text("connections { other { remote_addrs = nowhere.invalid\n local { auth = psk\n }\n remote { auth = psk\n"
                        " }\n children { other { remote_ts = 10.99.0.0/16\n } } } }\n")
        self.addCleanup(there, "swanctl", "--load-conns")
        self.addCleanup(conf.unlink, missing_ok=True)
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        gateway = LAB.programs.pid(charon_name(a.GATEWAYS[0]))
        os.kill(gateway, signal.SIGSTOP)
        self.addCleanup(os.kill, gateway, signal.SIGCONT)
        there("swanctl", "--load-conns")
        there("sh", "-c", "swanctl --initiate --child other --timeout 1 || true")
        late = threading.Timer(6.0, os.kill, (gateway, signal.SIGCONT))
        late.start()
        self.assertEqual(self.tunnel(), "revived")
        late.join()
        self.assertEqual({sa["name"]: sa["state"] for sa in list_sas()}, {"other": "CREATED", "eligate-1": "ESTABLISHED"})
        there("swanctl", "--terminate", "--ike", "other", "--force", "--timeout", "1")

    def test_silent_gateways(self) -> None:
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        faults.set_faults(LAB, ["gateways-dead"])
        self.assertEqual(self.tunnel(), "refused")
        self.assertEqual([(sa["name"], sa["state"]) for sa in list_sas()], [("eligate-1", "CONNECTING")])
        faults.set_faults(LAB, [])
        self.comes_up_by_itself(30.0)

    def test_refused_and_later_taken(self) -> None:
        there("swanctl", "--terminate", "--ike", "eligate-1", "--timeout", "5")
        faults.set_faults(LAB, ["no-common-proposal"])
        self.assertEqual(self.tunnel(), "refused")
        self.assertEqual(list_sas(), [], "who has refused is not asked more often than the timer runs")
        faults.set_faults(LAB, [])
        self.assertEqual(self.tunnel(), "revived")


if __name__ == "__main__":
    unittest.main(verbosity=2)
