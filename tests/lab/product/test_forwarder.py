#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The terminals' DNS forwarder: what lies behind the tunnel is asked of the provider's servers and of nobody else,
everything else of the line's resolver or of nobody; it lives and ends with what was applied."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import socket
import time
import unittest
from pathlib import Path

from product import (DONE, FAILED, LAB, ROLLED_BACK, Answer, ProductTest, Running, a, edit, eligate, faults, list_sas,
                     root, shipped_profile, snapshot, tear_down_module, write_profile, write_site)
from eglab import dns, places
from eglab.asked import Asked
from eglab.process import run, session_of, start_time, wait_until
from eglab.vici import Vici

tearDownModule = tear_down_module

SETTINGS = "/etc/eligate/forwarder.conf"
FOR_DNSMASQ = "/etc/dnsmasq.d/eligate.conf"
FOR_UNBOUND = "/etc/unbound/unbound.conf.d/eligate.conf"
# Of 2017 (RFC 8509, section 1; IANA's root-anchors.xml).
ROOT_ANCHOR = ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
UPDOWN = Path(__file__).resolve().parents[3] / "packaging" / "updown"
KEY = f"forwarder {SETTINGS}"
ONE = f'terminals = ["{a.TERMINAL_ADDRESS}"]'
FREE, STRANGER = "192.168.1.200", "192.168.1.51"
# Inside the destinations, and nobody is there: what is sent to it is lost.
DEAD_SERVER = "10.20.0.54"
OTHER_DNS = f"{a.CLINIC}.other-dns"
# Below these every name belongs to the network.
DOMAINS = (*a.CENTRE_ZONES, a.CENTRE_REVERSE_ZONE)
SMALL = {a.HWEB_NAME: a.HWEB, "crldownload.obn.managedpki.ne.jp": a.CRL_HOST, "www.rece": a.BILLING,
         a.PROXY_NAME: a.PROXY}
QUESTION = dns.question(a.HWEB_NAME, 1, None)
AT_ONCE = 1.0


def there(*argv: str, **how: str) -> str:
    return LAB.run(a.CLINIC, list(argv), **how)


def ask(name: str, server: str = a.LAN_ADDRESS, place: str = a.TERMINAL, **how) -> dns.Answer:
    with places.network_of(place):
        return dns.ask(server, name, **how)


def backwards(address: str, **how) -> dns.Answer:
    return ask(ipaddress.ip_address(address).reverse_pointer, kind=dns.PTR, **how)


def error_of(*words: str, **how) -> int | None:
    """How a question ends that nobody answers."""
    try:
        ask(*words, **how)
    except TimeoutError:
        return errno.ETIMEDOUT
    except OSError as said:
        return said.errno
    return None


def forwarder_pid() -> int | None:
    """The dnsmasq that runs on the appliance with eligate's settings."""
    for pid in places.pids_in(a.CLINIC):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--conf-file={SETTINGS}".encode() in words and start_time(pid) is not None:
            return pid
    return None


def listeners() -> set[str]:
    """Where somebody answers DNS in the appliance's place."""
    return {row.split()[4] for row in there("ss", "-Hlntu", "sport = :53").splitlines()}


def of_the_network(names: list[str]) -> list[str]:
    return [name for name in names if any(name == zone or name.endswith(f".{zone}") for zone in DOMAINS)]


class ForwarderTest(ProductTest):
    def tearDown(self) -> None:
        self.doCleanups()
        super().tearDown()

    def site(self, other: str | None = "line", probe: str | None = FREE) -> None:
        """other = None: no forwarder."""
        write_site("example-psk")
        table = f'\n\n[lan.forwarder]\nother = "{other}"' if other else ""
        edit("/etc/eligate/site.toml", (ONE, ONE + (f'\nprobe = "{probe}"' if probe else "") + table))

    def servers(self, *addresses: str) -> None:
        listed = ", ".join(f'"{address}"' for address in addresses)
        write_profile(shipped_profile("example-psk").replace('servers = ["10.20.0.53"]', f"servers = [{listed}]"))

    def applied(self) -> Answer:
        answer = self.succeeds("apply", "--yes", "--json")
        self.assertEqual(answer.json["result"], "committed", answer)
        return answer

    def knows_the_network(self) -> None:
        for name, address in SMALL.items():
            for how in ({}, {"edns": 1232}, {"tcp": True}):
                self.assertEqual(ask(name, **how).addresses, (address,), (name, how))

    def knows_the_internet(self) -> None:
        for how in ({}, {"tcp": True}):
            self.assertEqual(ask(a.WEB_NAME, **how).addresses, (a.WEB_HOST,), how)

    def refuses(self, name: str, **how) -> None:
        begun = time.monotonic()
        self.assertEqual(ask(name, **how).rcode, dns.REFUSED, (name, how))
        self.assertLess(time.monotonic() - begun, AT_ONCE)


class Names(ForwarderTest):
    def test_of_both_worlds(self) -> None:
        self.site()
        answer = self.applied()
        for check in ("dns.forwarder", f"lan.dns.{a.PWEB_NAME}", f"lan.dns.{a.NTP_NAME}", "leak.dns"):
            self.assertEqual(answer.check(check)["status"], "pass", answer)
        self.assertTrue(all(a.LAN_ADDRESS in name for name in answer.check(f"lan.dns.{a.PWEB_NAME}")["evidence"]), answer)
        with Asked() as asked:
            self.knows_the_network()
            self.large_ones()
            self.assertEqual(ask("nobody.onshikaku.org").rcode, dns.NO_SUCH_NAME)
            for address, name in ((a.HWEB, a.HWEB_NAME), (a.BILLING, "www.rece")):
                for how in ({}, {"tcp": True}):
                    self.assertEqual(backwards(address, **how).names, (name,))
            self.assertEqual(of_the_network(asked.names()), [])
            self.knows_the_internet()
            # The other direction of another network is no business of the provider's.
            self.assertEqual(backwards(a.SECOND_PREFIX_HOST).rcode, dns.NO_SUCH_NAME)
            names = asked.names()
        self.assertIn(a.WEB_NAME, names)
        self.assertIn(ipaddress.ip_address(a.SECOND_PREFIX_HOST).reverse_pointer, names)
        self.assertEqual(of_the_network(names), [])

    def large_ones(self) -> None:
        """Larger than a packet of the internet's usual DNS, than a packet of the tunnel, than UDP takes at all."""
        for name, count in ((a.PWEB_NAME, a.PWEB_RECORDS), (a.NTP_NAME, a.NTP_RECORDS)):
            for how in ({"edns": 4096}, {"tcp": True}):
                answer = ask(name, **how)
                self.assertEqual((len(answer.addresses), answer.truncated), (count, False), (name, how))
                self.assertGreater(answer.size, 1232)
            self.assertTrue(ask(name).truncated, "and who does not ask for a large one is told to come back")
        self.assertTrue(ask(a.HUGE_NAME, edns=4096).truncated)
        answer = ask(a.HUGE_NAME, tcp=True)
        self.assertEqual(len(answer.addresses), a.HUGE_RECORDS)
        self.assertGreater(answer.size, 4096)

    def test_of_the_network_alone(self) -> None:
        self.site("refuse")
        self.applied()
        self.knows_the_network()
        with Asked() as asked:
            for name in (a.WEB_NAME, "localhost.localdomain", ipaddress.ip_address(a.SECOND_PREFIX_HOST).reverse_pointer):
                for how in ({}, {"tcp": True}):
                    self.refuses(name, **how)
            names = asked.names()
        self.assertNotIn(a.WEB_NAME, names)

    def test_routed(self) -> None:
        """No address is assigned: it asks from the LAN's own, which the provider has on file."""
        write_profile(shipped_profile("example-psk").replace('"assigned"', '"routed"'))
        self.site()
        edit("/etc/eligate/site.toml", ("AB12345678", "RT00000001"), (ONE, f'terminals = "lan"\nprefix = "{a.LAN_PREFIX}"'))
        self.applied()
        self.knows_the_network()
        self.knows_the_internet()

    def test_another_resolver_of_the_line(self) -> None:
        """As DHCP brings one: no restart, no apply."""
        self.site()
        self.applied()
        first = forwarder_pid()
        file = root() / "etc/resolv.conf"
        known = file.read_text()
        file.write_text("nameserver 192.168.3.99\n")
        wait_until("it to be asked", lambda: not answered(a.WEB_NAME), 5.0)
        self.knows_the_network()
        file.write_text(known)
        wait_until("the one of before", lambda: answered(a.WEB_NAME), 10.0)
        self.assertEqual(forwarder_pid(), first)

    def test_a_dead_server_beside_a_live_one(self) -> None:
        self.servers(DEAD_SERVER, a.CENTRE_DNS)
        self.site()
        self.applied()
        longest = 0.0
        for turn in range(100):
            name, address = list(SMALL.items())[turn % len(SMALL)]
            begun = time.monotonic()
            self.assertEqual(ask(name, tcp=turn % 10 == 0).addresses, (address,), turn)
            longest = max(longest, time.monotonic() - begun)
        print(f"the longest of 100: {longest * 1000:.0f} ms", flush=True)
        self.assertLess(longest, AT_ONCE)


class TunnelDown(ForwarderTest):
    """The network's names fail, and nobody else is asked for them; the internet's go on."""

    def setUp(self) -> None:
        super().setUp()
        self.site()
        self.applied()
        self.pid = forwarder_pid()
        self.assertIsNotNone(self.pid)

    def end_tunnels(self) -> None:
        with Vici(LAB.root(a.CLINIC) / "run/charon.vici") as charon:
            for sa in list_sas():
                charon.request("terminate", {"ike-id": sa["uniqueid"], "force": "yes"})
        wait_until("no tunnel", lambda: not any(sa["state"] == "ESTABLISHED" for sa in list_sas()))

    def fails_at_once(self) -> None:
        for name in SMALL:
            for how in ({}, {"tcp": True}):
                begun = time.monotonic()
                try:
                    answer = ask(name, timeout=5.0, **how)
                except OSError as said:
                    self.assertNotIsInstance(said, TimeoutError, (name, how))
                else:
                    self.assertNotEqual((answer.rcode, answer.addresses), (0, ()), "that the name does not exist is a lie")
                    self.assertNotEqual(answer.rcode, dns.NO_SUCH_NAME, (name, how))
                    self.assertEqual(answer.addresses, ())
                self.assertLess(time.monotonic() - begun, AT_ONCE, (name, how))

    def test_and_back(self) -> None:
        with Asked() as asked:
            faults.set_faults(LAB, ["gateways-dead"])
            self.end_tunnels()
            for _ in range(3):
                self.fails_at_once()
                self.knows_the_internet()
            faults.set_faults(LAB, [])
            self.assertEqual(self.succeeds("restore", "--json").json["tunnel"], "revived")
            wait_until("the names", lambda: ask(a.HWEB_NAME).addresses == (a.HWEB,), 5.0)
            self.knows_the_network()
            self.knows_the_internet()
            self.assertEqual(of_the_network(asked.names()), [])
        self.assertEqual(forwarder_pid(), self.pid, "without help")

    def test_the_lines_fault(self) -> None:
        """The SA stands as long as nobody has noticed; or the servers behind it are silent."""
        for fault in ("gateways-dead", "centre-dns-dead"):
            with self.subTest(fault=fault), Asked() as asked:
                faults.set_faults(LAB, [fault])
                for name in SMALL:
                    try:
                        self.assertEqual(ask(name, timeout=0.5).addresses, ())
                    except TimeoutError:
                        pass
                self.knows_the_internet()
                faults.set_faults(LAB, [])
                # dnsmasq sends the same question again two seconds after it was lost, not before.
                for name in SMALL:
                    wait_until(name, lambda name=name: answered(name), 5.0)
                self.knows_the_network()
                self.assertEqual(of_the_network(asked.names()), [])


def answered(name: str) -> bool:
    try:
        return bool(ask(name, timeout=0.5).addresses)
    except OSError:
        return False


class WhoMayAsk(ForwarderTest):
    def test_listed_terminals_alone(self) -> None:
        run(["ip", "-n", a.TERMINAL, "addr", "add", f"{STRANGER}/24", "dev", "eth0"])
        self.site()
        self.applied()
        self.knows_the_network()
        for name in (a.HWEB_NAME, a.WEB_NAME):
            for tcp in (False, True):
                self.assertEqual(error_of(name, source=STRANGER, tcp=tcp), errno.EHOSTUNREACH, (name, tcp))
        # What is not DNS is nobody's business.
        LAB.run(a.TERMINAL, ["ping", "-c", "1", "-W", "3", "-I", STRANGER, a.LAN_ADDRESS])
        edit("/etc/eligate/site.toml", (ONE, f'terminals = ["{a.TERMINAL_ADDRESS}", "{STRANGER}"]'))
        self.applied()
        self.assertEqual(ask(a.HWEB_NAME, source=STRANGER).addresses, (a.HWEB,))

    def test_by_no_other_address(self) -> None:
        self.site()
        self.applied()
        self.assertEqual(listeners(), {f"{a.LAN_ADDRESS}:53"})
        for place in (a.LINE, a.TERMINAL, a.CLINIC):
            for tcp in (False, True):
                self.assertEqual(error_of(a.WEB_NAME, a.WAN_ADDRESS, place, tcp=tcp), errno.ECONNREFUSED, (place, tcp))
        # From the line, to the address that it has no way to but by the appliance.
        run(["ip", "-n", a.LINE, "route", "add", f"{a.LAN_ADDRESS}/32", "via", a.WAN_ADDRESS])
        self.addCleanup(run, ["ip", "-n", a.LINE, "route", "del", f"{a.LAN_ADDRESS}/32"])
        for tcp in (False, True):
            self.assertEqual(error_of(a.WEB_NAME, a.LAN_ADDRESS, a.LINE, tcp=tcp), errno.EHOSTUNREACH, tcp)

    def test_two_networks(self) -> None:
        """By the address that a terminal knows the appliance by, on each of them."""
        run(["ip", "-batch", "-"], stdin=f"link add lan1 netns {a.CLINIC} type veth peer name eth1 netns {a.TERMINAL}")
        self.addCleanup(run, ["ip", "-n", a.TERMINAL, "link", "del", "eth1"])
        run(["ip", "-n", a.CLINIC, "-batch", "-"], stdin="addr add 192.168.2.1/24 dev lan1\nlink set lan1 up")
        run(["ip", "-n", a.TERMINAL, "-batch", "-"], stdin="addr add 192.168.2.50/24 dev eth1\nlink set eth1 up")
        self.site()
        edit("/etc/eligate/site.toml", ('interface = "lan0"', 'interface = ["lan0", "lan1"]'),
             (ONE, f'terminals = ["{a.TERMINAL_ADDRESS}", "192.168.2.50"]'))
        self.applied()
        self.assertEqual(listeners(), {f"{a.LAN_ADDRESS}:53", "192.168.2.1:53"})
        self.knows_the_network()
        self.assertEqual(ask(a.HWEB_NAME, "192.168.2.1").addresses, (a.HWEB,))

    def test_another_firewall(self) -> None:
        """It takes no DNS from the LAN, from the ladder's place neither."""
        there("nft", "-f", "-", stdin="table inet other {\n chain input {\n type filter hook input priority 0;\n"
                                      'iifname { "lan0", "eglan*" } meta l4proto { tcp, udp } th dport 53 drop\n}\n}\n')
        self.site()
        before = snapshot.take(LAB)
        answer = eligate("apply", "--yes", "--json")
        self.assertEqual((answer.exit, answer.json["error"]["code"]), (ROLLED_BACK, "VRF094"), answer)
        self.assertEqual(answer.json["error"]["party"], "appliance")
        self.assert_unchanged(before)


class PortTaken(ForwarderTest):
    """By a resolver that was there before."""

    def other(self, *argv: str, at: str) -> int:
        pid = LAB.programs.start(OTHER_DNS, a.CLINIC, LAB.argv(a.CLINIC, list(argv)))
        self.addCleanup(LAB.programs.stop, OTHER_DNS)
        wait_until("it to listen", lambda: at in listeners(), 5.0)
        return pid

    def dnsmasq(self, *more: str, at: str) -> int:
        return self.other("/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=",
                          "--user=root", "--no-hosts", "--no-resolv", *more, at=at)

    def nsd(self, address: str) -> int:
        folder = LAB.state / "place" / a.CLINIC / "other-dns"
        folder.mkdir(exist_ok=True)
        (folder / "nsd.conf").write_text(
            f'server:\n  ip-address: {address}\n  username: ""\n  zonesdir: "{folder}"\n  database: ""\n'
            f'  zonelistfile: "{folder}/zone.list"\n  xfrdfile: "{folder}/xfrd.state"\n  xfrdir: "{folder}"\n'
            f'  pidfile: "{folder}/pid"\n  server-count: 1\nremote-control:\n  control-enable: no\n')
        pid = self.other("/usr/sbin/nsd", "-d", "-c", str(folder / "nsd.conf"), at=f"{address}:53")
        # Its last process is the one that answers.
        wait_until("its answer", lambda: ask(a.WEB_NAME, a.LAN_ADDRESS, a.CLINIC).rcode == dns.REFUSED, 5.0)
        return pid

    def refused(self, program: str, address: str, pid: int, file: str | None) -> dict[str, str]:
        """What `plan` and `apply` say alike, with the settings where eligate knows the program; the machine is as it was."""
        before = snapshot.take(LAB)
        for argv in (("plan", "--json"), ("apply", "--yes", "--json")):
            answer = eligate(*argv)
            self.assertEqual((answer.exit, answer.json["error"]["code"], answer.json["error"]["party"]),
                             (FAILED, "SYS056", "appliance"), answer)
            self.assertEqual([fault["code"] for fault in answer.json["faults"]], ["SYS056"], answer)
            evidence = answer.json["error"]["evidence"]
            self.assertEqual((evidence["program"], evidence["address"], evidence["port"]), (program, address, "53"), answer)
            self.assertIn(int(evidence["pid"]), session_of(pid))
            self.assertEqual(evidence.get("file"), file, answer)
            words = (*DOMAINS, a.CENTRE_DNS) if file else ()
            for word in words:
                self.assertIn(word, evidence["setting"], answer)
            for language in ("ja", "en"):
                people = eligate(*(word for word in argv if word != "--json"), "--lang", language)
                self.assertEqual(people.exit, FAILED, people)
                for word in ("SYS056", *words):
                    self.assertIn(word, people.said)
        self.assert_unchanged(before)
        return evidence

    def works_afterwards(self) -> None:
        self.doCleanups()
        wait_until("the port to be free", lambda: not listeners(), 5.0)
        self.applied()
        self.knows_the_network()
        self.succeeds("remove", "--yes")

    def test_dnsmasq_everywhere(self) -> None:
        self.site()
        pid = self.dnsmasq(at="0.0.0.0:53")
        self.refused("/usr/sbin/dnsmasq", "0.0.0.0", pid, FOR_DNSMASQ)
        self.works_afterwards()

    def test_dnsmasq_on_the_lan(self) -> None:
        """What it is told to put into its settings does what the forwarder would have done."""
        self.site()
        on_the_lan = (f"--listen-address={a.LAN_ADDRESS}", "--bind-interfaces")
        pid = self.dnsmasq(*on_the_lan, at=f"{a.LAN_ADDRESS}:53")
        evidence = self.refused("/usr/sbin/dnsmasq", a.LAN_ADDRESS, pid, FOR_DNSMASQ)
        self.doCleanups()
        wait_until("the port to be free", lambda: not listeners(), 5.0)
        file = root() / FOR_DNSMASQ[1:]
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(evidence["setting"].split(", ")) + "\n")
        self.dnsmasq(*on_the_lan, "--conf-dir=/etc/dnsmasq.d", f"--server={a.HOME_GATEWAY}", at=f"{a.LAN_ADDRESS}:53")
        self.site(None)
        self.applied()
        with Asked() as asked:
            self.knows_the_network()
            self.assertEqual(backwards(a.HWEB).names, (a.HWEB_NAME,))
            self.knows_the_internet()
            self.assertEqual(of_the_network(asked.names()), [])

    def test_nsd(self) -> None:
        """Which has no settings that would do."""
        for address in ("0.0.0.0", a.LAN_ADDRESS):
            with self.subTest(address=address):
                self.site()
                self.refused("/usr/sbin/nsd", address, self.nsd(address), None)
                self.works_afterwards()

    def unbound(self, *include: str) -> int:
        """As Debian sets it up: it validates from the root on, and takes no private address from the public DNS. The line's
        resolver knows of no signatures, so what the internet's one name needs is said, too."""
        folder = LAB.state / "place" / a.CLINIC / "unbound"
        folder.mkdir(exist_ok=True)
        (folder / "unbound.conf").write_text("\n".join((
            "server:", "  do-daemonize: no", '  username: ""', '  chroot: ""', f'  directory: "{folder}"', '  pidfile: ""',
            "  use-syslog: no", f"  interface: {a.LAN_ADDRESS}", f"  access-control: {a.LAN_PREFIX} allow",
            '  module-config: "validator iterator"', f'  trust-anchor: "{ROOT_ANCHOR}"', "  private-address: 10.0.0.0/8",
            f'  domain-insecure: "{a.WEB_NAME}"', *(f'include: "{file}"' for file in include),
            "forward-zone:", '  name: "."', f"  forward-addr: {a.HOME_GATEWAY}", "")))
        return self.other("/usr/sbin/unbound", "-c", str(folder / "unbound.conf"), at=f"{a.LAN_ADDRESS}:53")

    def test_unbound(self) -> None:
        """What it is told to put into its settings does it beside a resolver that validates; without it the network's names,
        asked of the provider, are forgeries to it."""
        self.site()
        evidence = self.refused("/usr/sbin/unbound", a.LAN_ADDRESS, self.unbound(), FOR_UNBOUND)
        self.doCleanups()
        wait_until("the port to be free", lambda: not listeners(), 5.0)
        file = root() / FOR_UNBOUND[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = evidence["setting"].split(", ")
        file.write_text("\n".join(lines) + "\n")
        self.unbound(FOR_UNBOUND)
        self.site(None)
        self.applied()
        with Asked() as asked:
            self.knows_the_network()
            self.assertEqual(backwards(a.HWEB).names, (a.HWEB_NAME,))
            self.assertEqual(ask(a.HUGE_NAME, tcp=True).rcode, 0)
            self.knows_the_internet()
            self.assertEqual(of_the_network(asked.names()), [])
        self.doCleanups()
        wait_until("the port to be free", lambda: not listeners(), 5.0)
        file.write_text("\n".join(line for line in lines if "insecure" not in line) + "\n")
        self.unbound(FOR_UNBOUND)
        self.assertEqual(ask("www.rece").rcode, dns.SERVER_FAILURE)

    def test_where_nobody_asks(self) -> None:
        """A resolver of the machine's own, and one for another network."""
        for address in ("127.0.0.53", a.WAN_ADDRESS):
            with self.subTest(address=address):
                self.site()
                self.dnsmasq(f"--listen-address={address}", "--bind-interfaces", at=f"{address}:53")
                self.applied()
                self.knows_the_network()
                self.succeeds("verify")
                self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
                self.succeeds("remove", "--yes")
                self.assertEqual(listeners(), {f"{address}:53"})
                self.doCleanups()

    def test_no_dnsmasq(self) -> None:
        self.site()
        before = snapshot.take(LAB)
        there("mount", "--bind", "/dev/null", "/usr/sbin/dnsmasq")
        self.addCleanup(there, "umount", "/usr/sbin/dnsmasq")
        for argv in (("plan", "--json"), ("apply", "--yes", "--json")):
            answer = eligate(*argv)
            self.assertEqual((answer.exit, (answer.json.get("error") or {}).get("code")), (FAILED, "SYS057"), answer)
            self.assertEqual(answer.json["error"]["evidence"]["package"], "dnsmasq-base")
        self.doCleanups()
        self.assert_unchanged(before)
        self.applied()


class Life(ForwarderTest):
    def as_before(self, before: snapshot.Picture, why: object = "") -> None:
        """But for the process, which may be another one."""
        def without_numbers(picture: snapshot.Picture) -> snapshot.Picture:
            return picture | {"processes": sorted(row.split()[1] if "dnsmasq" in row else row for row in picture["processes"]),
                              "files": {path: about for path, about in picture["files"].items()
                                        if path not in ("/run/eligate-forwarder/pid", "/etc/eligate/site.toml")}}
        self.assertEqual(snapshot.diff(without_numbers(before), without_numbers(snapshot.take(LAB))), [], why)

    def open_connection(self) -> None:
        """Of a terminal that asks by TCP and stays: a dnsmasq of its own serves it."""
        with places.network_of(a.TERMINAL):
            stays = socket.create_connection((a.LAN_ADDRESS, 53), timeout=5.0)
        self.addCleanup(stays.close)
        stays.sendall(b"\0" + bytes([len(QUESTION)]) + QUESTION)
        self.assertTrue(stays.recv(1))

    def test_restarted_again_and_again(self) -> None:
        self.site("line")
        self.applied()
        for turn in range(10):
            self.site(("refuse", "line")[turn % 2])
            self.applied()
        self.knows_the_internet()

    def test_changed_beside_an_open_connection(self) -> None:
        self.site("line")
        self.applied()
        self.open_connection()
        self.site("refuse")
        self.applied()
        self.refuses(a.WEB_NAME)
        self.open_connection()
        self.succeeds("remove", "--yes")
        self.assertEqual(listeners(), set())

    def test_killed_beside_an_open_connection(self) -> None:
        """The one that serves it has the port, too, and goes on."""
        self.site()
        self.applied()
        self.open_connection()
        os.kill(self.first(), signal.SIGKILL)
        self.succeeds("restore")
        self.knows_the_network()
        self.succeeds("remove", "--yes")
        self.assertEqual(listeners(), set())

    def first(self) -> int:
        """The one whose number dnsmasq has written down."""
        return int((root() / "run/eligate-forwarder/pid").read_text())

    def test_removed_after_its_end(self) -> None:
        self.site()
        before = snapshot.take(LAB)
        self.applied()
        self.kill(signal.SIGKILL)
        self.succeeds("remove", "--yes")
        self.assert_unchanged(before)

    def test_without_a_place(self) -> None:
        """No free address: the appliance itself asks it."""
        self.site(probe=None)
        answer = self.applied()
        self.assertEqual((answer.check("lan.forwarding")["status"], answer.check("dns.forwarder")["status"]), ("warn", "pass"))
        self.kill(signal.SIGTERM)
        answer = eligate("verify", "--json")
        self.assertEqual((answer.exit, answer.check("dns.forwarder")["code"]), (ROLLED_BACK, "VRF094"), answer)

    def test_from_apply_to_remove(self) -> None:
        self.site()
        before = snapshot.take(LAB)
        self.assertEqual({row["kind"] for row in eligate("plan", "--json").json["actions"]} & {"forwarder"}, {"forwarder"})
        self.assert_unchanged(before)
        self.applied()
        first = forwarder_pid()
        stands = snapshot.take(LAB)
        for argv in (("apply", "--yes"), ("plan",), ("status",), ("verify",), ("restore",)):
            answer = self.succeeds(*argv, "--json")
            self.assertEqual(answer.json.get("drift") or [], [], answer)
            self.assertEqual(answer.json.get("actions") or [], [], answer)
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
        self.assertEqual(snapshot.diff(stands, snapshot.take(LAB), times=True), [])
        self.assertEqual(forwarder_pid(), first)
        self.succeeds("remove", "--yes")
        self.assertIsNone(forwarder_pid())
        self.assert_unchanged(before)

    def test_changes(self) -> None:
        self.site("line")
        self.applied()
        self.knows_the_internet()
        pids = [forwarder_pid()]
        self.site("refuse")
        self.applied()
        pids.append(forwarder_pid())
        self.refuses(a.WEB_NAME)
        self.knows_the_network()
        self.servers(DEAD_SERVER, a.CENTRE_DNS)
        self.applied()
        pids.append(forwarder_pid())
        self.assertIn(DEAD_SERVER, (root() / SETTINGS[1:]).read_text())
        self.knows_the_network()
        self.assertEqual(len(set(pids) - {None}), 3, "the settings are read once, when it starts")
        self.assertEqual(self.succeeds("apply", "--yes", "--json").json["result"], "unchanged")
        self.assertEqual(forwarder_pid(), pids[-1])
        # And away with it, while the rest stands; and back, as it was.
        self.site(None)
        self.applied()
        self.assertIsNone(forwarder_pid())
        self.assertFalse((root() / SETTINGS[1:]).exists())
        self.assertEqual(listeners(), set())
        self.succeeds("rollback", "--yes")
        self.refuses(a.WEB_NAME)
        self.knows_the_network()

    def test_failed_changes(self) -> None:
        self.site("line")
        self.applied()
        before = snapshot.take(LAB)
        for other in ("refuse", None):
            with self.subTest(other=other):
                self.site(other)
                faults.set_faults(LAB, ["centre-tls-dead"])
                answer = eligate("apply", "--yes", "--json")
                self.assertEqual((answer.exit, answer.json["error"]["code"]), (ROLLED_BACK, "VRF080"), answer)
                faults.set_faults(LAB, [])
                self.as_before(before, answer)
                self.knows_the_network()
                self.knows_the_internet()
                self.assertEqual(self.succeeds("status", "--json").json["drift"], [])

    def test_failed_first_apply(self) -> None:
        self.site()
        before = snapshot.take(LAB)
        faults.set_faults(LAB, ["centre-tls-dead"])
        self.assertEqual(eligate("apply", "--yes").exit, ROLLED_BACK)
        self.assert_unchanged(before)

    def test_cut_off(self) -> None:
        """A first apply that is killed while it looks: what the timer runs takes all of it away."""
        self.site()
        before = snapshot.take(LAB)
        faults.set_faults(LAB, ["centre-dns-dead"])
        running = Running("apply", "--yes", "--json")
        wait_until("the forwarder", lambda: forwarder_pid() is not None, every=0.005)
        running.process.kill()
        running.finish()
        faults.set_faults(LAB, [])
        answer = self.succeeds("restore", "--json")
        self.assertEqual(answer.json["result"], "put_back", answer)
        self.assert_unchanged(before)

    @unittest.skipIf(a.XFRM, "the kernel's dataplane has such rules while the tunnel is down")
    def test_what_the_timer_runs(self) -> None:
        """After each `restore`; where charon carries the packets itself no SA in the kernel is no sign of a lost tunnel."""
        self.site()
        self.applied()
        there("sh", str(UPDOWN), "again")
        self.assertNotIn("209:", there("ip", "rule"))
        self.knows_the_network()
        self.succeeds("verify")

    def test_killed(self) -> None:
        self.site()
        self.applied()
        before = snapshot.take(LAB)
        for sign in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(signal=sign.name):
                self.kill(sign)
                rows = eligate("status", "--json").json["drift"]
                self.assertEqual([row["key"] for row in rows], [KEY])
                self.assertEqual([row["key"] for row in eligate("plan", "--json").json["drift"]], [KEY])
                answer = eligate("verify", "--json")
                self.assertEqual(answer.exit, ROLLED_BACK, answer)
                silent = answer.check("dns.forwarder")
                self.assertEqual((silent["status"], silent["code"], silent["party"]), ("fail", "VRF094", "appliance"), answer)
                self.assertEqual(answer.check("lan.forwarding")["status"], "pass", answer)
                self.assertEqual(answer.check(f"lan.dns.{a.PWEB_NAME}")["status"], "skip", answer)
                answer = self.succeeds("restore", "--json")
                self.assertEqual((answer.json["result"], [row["key"] for row in answer.json["actions"]]),
                                 ("restored", [KEY]), answer)
                self.knows_the_network()
                self.as_before(before)
                self.assertEqual(self.succeeds("restore", "--json").json["result"], "standing")
                self.succeeds("verify")
        self.kill(signal.SIGKILL)
        answer = self.applied()
        self.assertEqual([row["key"] for row in answer.json["actions"]], [KEY])
        self.knows_the_network()

    def kill(self, sign: signal.Signals) -> None:
        pid = forwarder_pid()
        self.assertIsNotNone(pid)
        os.kill(pid, sign)
        # Not before that are its sockets closed.
        wait_until("its end", lambda: start_time(pid) is None)

    def test_somebody_changed_its_settings(self) -> None:
        """To ask the line for the network's names: told as drift, and by the ladder as what it is."""
        self.site()
        self.applied()
        edit(SETTINGS, *((f"/{zone}/{a.CENTRE_DNS}", f"/{zone}/{a.HOME_GATEWAY}") for zone in a.CENTRE_ZONES))
        self.kill(signal.SIGTERM)
        self.succeeds("restore")
        self.assertEqual([row["key"] for row in eligate("status", "--json").json["drift"]], [f"file {SETTINGS}"])
        answer = eligate("verify", "--json")
        self.assertEqual(answer.exit, ROLLED_BACK, answer)
        leak = answer.check("leak.dns")
        self.assertEqual((leak["status"], leak["code"], leak["party"]), ("fail", "VRF097", "appliance"), answer)
        with Asked() as asked:
            self.applied()
            self.knows_the_network()
            self.assertEqual(of_the_network(asked.names()), [])
        self.assertEqual(self.succeeds("verify", "--json").check("leak.dns")["status"], "pass")


if __name__ == "__main__":
    unittest.main(verbosity=2)
