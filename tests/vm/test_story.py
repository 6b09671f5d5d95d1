#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""An appliance's life on a booted Debian: install, configure, reboot, whatever networks do, upgrade, remove, purge."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from egvm import debs  # noqa: E402
from egvm.story import APT, INSTALL, Story, main  # noqa: E402

# A timer that runs every 30 s, its accuracy, and the work itself on an emulated machine.
RESTORED = 60.0

# Everything of ours that a machine can hold.
OURS = """
{ find / -xdev \\( -path /proc -o -path /sys -o -path /srv -o -path /var/log -o -path /var/cache \\) -prune -o \\
    -name '*eligate*' -print
  getent passwd | grep eligate
  systemctl list-units --all --no-legend --plain 'eligate*'
  ls /run/systemd/units 2>/dev/null | grep eligate
  nft list tables | grep eligate
  ip link | grep eligate
  ip rule | grep -E 'proto 8[45]|lookup 8470'
  ip route show table all | grep -E 'proto 84|table 8470'
  [ ! -x /usr/sbin/swanctl ] || swanctl --list-conns | grep eligate
  aa-status 2>/dev/null | grep eligate
} 2>/dev/null; true
"""
# What belongs to no package and was not there before, without what other packages keep for themselves.
FILES = """
find / -xdev \\( -path /proc -o -path /sys -o -path /srv -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log \\
  -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /etc/ssl/certs \\) -prune -o -print |
  sort > /srv/eg/files
# Debian 12's packages still name the links /lib and /sbin.
sed -E 's,^/(lib|lib64|bin|sbin)/,/usr/\\1/,' /var/lib/dpkg/info/*.list | sort -u | comm -23 /srv/eg/files -
"""


class Life(Story):
    name = "life"
    bare = True

    def test_01_boots_and_leaks_before_eligate(self) -> None:
        """Without eligate the capture sees packets in the clear: so it can see them."""
        self.note(f"boot {self.guest.boot():.0f} s")
        self.guest.run("mkdir -p /var/log/journal && systemctl restart systemd-journald && journalctl --flush")
        self.guest.wait("an address on the WAN", "ip -br addr show wan0 | grep -q 192.168.3.10", 60.0)
        begun = time.monotonic()
        while not (counts := self.guest.counts())["captured"]:
            self.assertLess(time.monotonic() - begun, 60.0, counts)
            time.sleep(1.0)
        self.assertGreater(counts["leaked"], 0, counts)
        type(self).files_before = self.guest.out(FILES, 120.0)
        type(self).skew = abs(float(self.guest.out("date +%s.%N")) - time.time())
        self.assertLess(self.skew, 5.0)

    def test_02_install_configures_nothing(self) -> None:
        # 220 is strongSwan's own: it comes with the dependency.
        look = "ip -br addr; ip route; ip rule | grep -v ^220:; cat /proc/sys/net/ipv4/ip_forward"
        before = self.guest.out(look)
        self.install(self.older)
        self.assertEqual(self.guest.out(look), before)
        self.assertEqual(self.guest.out("nft list tables"), "")
        self.assertEqual(self.guest.out("dpkg-query -W -f '${Version}' eligate"), debs.OLDER)
        self.assertIn("active", self.guest.out("systemctl is-active strongswan.service"))
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")
        self.guest.run("eligate --version && man -w eligate 2>/dev/null || true")

    def test_03_check_plan_apply_verify(self) -> None:
        self.after("test_02")
        self.guest.papers("example-psk")
        self.succeeds("check")
        plan = self.guest.eligate("plan --exit-code --json")
        self.assertEqual(plan.exit, 4, plan)
        self.assertIn("systemd-networkd configures wan0, lan0: no change needed there", plan.json["notes"])
        self.assertEqual(self.guest.out("nft list tables"), "")
        begun = time.monotonic()
        self.committed()
        self.note(f"apply {time.monotonic() - begun:.1f} s")
        self.passes(1.0)
        self.assertEqual(self.succeeds("apply --yes --json").json["result"], "unchanged")

    def test_04_terminal_gets_through(self) -> None:
        self.after("test_03")
        self.terminal_gets_through()
        # strongSwan would write the provider's DNS server there.
        self.assertEqual(self.guest.out("cat /etc/resolv.conf"), "nameserver 192.168.3.1")

    def test_04c_a_forwarder_for_the_terminals(self) -> None:
        """Under a unit of ours; asked by the terminal, and from a place behind the LAN of which nothing is left."""
        self.after("test_03")
        self.guest.surroundings("papers", "example-psk", "forwarder")
        self.committed()
        self.passes(1.0)
        rows = {row["id"]: row["status"] for row in self.succeeds("verify --json").json["checks"]}
        for check in ("lan.forwarding", "dns.forwarder", "lan.dns.pweb.base.oqs-pdl.org", "lan.tls.hweb.oqs.onshikaku.org",
                      "leak.destinations", "leak.dns"):
            self.assertEqual(rows[check], "pass", rows)
        self.assertNotIn("eglan", self.guest.out("ip -br link; ip route"))
        self.forwarder_answers(1.0)

    def test_04d_without_the_tunnel_its_names_fail_at_once(self) -> None:
        self.after("test_04c")
        self.guest.run("systemctl stop strongswan", 60.0)
        inside, outside = self.asked_forwarder().values()
        self.note(f"{inside['seconds'] * 1000:.0f} ms")
        self.assertEqual((inside["addresses"], bool(outside["addresses"])), (0, True), (inside, outside))
        self.assertIsNotNone(inside["rcode"], inside)
        self.assertLess(inside["seconds"], 1.0, inside)
        self.guest.run("systemctl start strongswan", 60.0)
        self.passes()
        self.forwarder_answers()

    def test_05_sandboxes(self) -> None:
        """systemd's own judgement of every unit of ours, and the profile in enforce mode."""
        self.after("test_02")
        for unit in self.guest.out("cd /lib/systemd/system && ls eligate*.service").split():
            said = self.guest.run(f"systemd-analyze security --no-pager {unit}", check=False).said
            level = float(said.rsplit("level for", 1)[1].split(":")[1].split()[0])
            self.note(f"{unit} {level}")
            self.assertLessEqual(level, 3.0, said)
        self.assertIn("eligate (enforce)", self.guest.out("cat /sys/kernel/security/apparmor/profiles"))

    def test_06_reboot_brings_the_tunnel_back(self) -> None:
        """Nobody logs in; from the first instant no packet in the clear."""
        self.after("test_03")
        boot = self.guest.reboot()
        self.note(f"boot {boot:.0f} s, ladder after {self.passes(120.0):.0f} s more")
        self.nothing_leaked()
        self.terminal_gets_through()
        self.forwarder_answers()
        before = self.guest.out("systemctl show -p Before --value eligate-restore.service").split()
        self.assertLessEqual({"network-pre.target", "strongswan.service"}, set(before))
        waiting = self.guest.out("systemctl show -p Before --value eligate-keep.service").split()
        self.assertEqual([unit for unit in waiting if unit != "shutdown.target"], [], "who waits for the timer's run")
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")

    def disturbed(self, script: str, seconds: float = 60.0, itself: float = 60.0) -> None:
        """After this the ladder passes again by itself and nothing has left in the clear."""
        self.after("test_06")
        self.guest.surroundings("stream", "start")
        try:
            self.guest.run(script, itself)
            back = self.passes(seconds)
        finally:
            count = json.loads(self.guest.surroundings("stream", "stop").out)
        self.note(f"passes after {back:.0f} s, {count['lost']} of {count['sent']} pings lost")
        self.nothing_leaked()
        self.terminal_gets_through()
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")

    def test_07_networkd_restarts(self) -> None:
        self.disturbed("systemctl restart systemd-networkd")

    def test_08_networkctl_reloads(self) -> None:
        self.disturbed("networkctl reload; networkctl reconfigure wan0")

    def test_09_new_address_by_dhcp(self) -> None:
        """The home gateway refuses the next renewal and hands out another address."""
        self.disturbed("/srv/eg/payload/tests/vm/call dhcp 192.168.3.77 && "
                       "for i in $(seq 300); do ip -br addr show wan0 | grep -q 192.168.3.77 && exit 0; sleep 0.3; done; "
                       "ip addr show wan0; exit 1", 90.0, 120.0)

    def test_10_wire_out_and_in(self) -> None:
        self.disturbed("set -- /srv/eg/payload/tests/vm/call line; \"$@\" down; sleep 6; \"$@\" up", 90.0)

    def test_11_wan_down_and_up(self) -> None:
        self.disturbed("ip link set wan0 down; sleep 2; ip link set wan0 up", 90.0)

    def test_12_strongswan_restarts(self) -> None:
        self.disturbed("systemctl restart strongswan.service", 60.0)

    def test_12b_timer_comes_while_strongswan_negotiates(self) -> None:
        """The gateway has answered charon's own first message: whoever ended that now would leave it with an SA too many,
        and it would send into the void."""
        self.disturbed("""
            tc qdisc add dev wan0 root netem delay 2500ms
            trap 'tc qdisc del dev wan0 root' EXIT
            systemctl restart strongswan.service
            for i in $(seq 200); do
              swanctl --list-sas | grep 'CONNECTING.*_r' | grep -vq ' 0000000000000000_r' && break
              sleep 0.05
            done
            swanctl --list-sas | grep 'CONNECTING.*_r' | grep -v ' 0000000000000000_r' || exit 3
            eligate restore""", 60.0, 90.0)

    def test_12c_apply_while_strongswan_loads(self) -> None:
        """charon answers before swanctl has loaded our file, and would start what stands in it a second time."""
        self.after("test_03")
        slow = "/run/systemd/system/strongswan.service.d/slow.conf"
        self.guest.run(f"mkdir -p $(dirname {slow}); systemctl stop eligate-keep.timer\n"
                       "printf '%s\\n' '[Service]' ExecStartPost= 'ExecStartPost=/bin/sleep 8' "
                       f"'ExecStartPost=/usr/sbin/swanctl --load-all --noprompt' > {slow}\n"
                       "systemctl daemon-reload; systemctl restart --no-block strongswan")
        self.guest.wait("charon", "swanctl --stats >/dev/null 2>&1", 60.0)
        self.assertEqual(self.guest.run("systemctl is-active strongswan", check=False).out.strip(), "activating")
        self.succeeds("apply --yes")
        self.guest.wait("strongSwan's files", "systemctl is-active strongswan", 60.0)
        self.passes(30.0)
        self.assertEqual(self.guest.out("swanctl --list-sas | grep -c INSTALLED"), "1")
        self.guest.run(f"rm -r $(dirname {slow}); systemctl daemon-reload; systemctl start eligate-keep.timer")

    def test_13_nft_flush_ruleset(self) -> None:
        """Routes still lead the destinations into the tunnel or nowhere; the timer brings the table back."""
        self.after("test_06")
        self.guest.run("nft flush ruleset")
        self.note("table back after "
                  f"{self.guest.wait('our table', 'nft list table inet eligate >/dev/null', RESTORED):.0f} s")
        self.passes(20.0)
        self.nothing_leaked()

    def test_14_deleted_route(self) -> None:
        self.after("test_06")
        self.guest.run("ip route flush table 8470")
        self.note("route back after " + format(self.guest.wait(
            "our routes", "ip route show table 8470 | grep -q eligate0", RESTORED), ".0f") + " s")
        self.passes(20.0)
        self.nothing_leaked()

    def test_15_deleted_link(self) -> None:
        """With the link go its routes and its address: the way into the clear stays shut. The timer brings all of
        it back, and the tunnel that stands carries on."""
        self.after("test_06")
        for what, script in (("link", "ip link del eligate0"), ("address", "ip address flush dev eligate0")):
            with self.subTest(gone=what):
                self.guest.run(script)
                self.note(f"{what} back after " + format(self.guest.wait(
                    "our link's address", "ip -4 -o address show dev eligate0 2>&1 | grep -q inet", RESTORED),
                    ".0f") + " s")
                self.passes(20.0)
                self.terminal_gets_through()
                self.nothing_leaked()

    def held(self, time_to_confirm: str) -> str:
        answer = self.guest.eligate(f"apply --yes --json --hold-for {time_to_confirm}")
        self.assertEqual((answer.exit, answer.json["result"]), (4, "held"), answer)
        timers = self.guest.out("systemctl list-timers --all --no-legend 'eligate-*'")
        self.assertIn(f"eligate-hold-{answer.json['hold']['change']}.timer", timers)
        return answer.json["hold"]["change"]

    def no_alarm_is_left(self) -> None:
        self.assertEqual(self.guest.out("systemctl list-units --all --no-legend --plain 'eligate-hold-*' "
                                        "'eligate-deadline-*'"), "")
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")
        self.assertEqual(self.guest.out("ls /var/lib/eligate | grep -E 'journal|earlier' || true"), "")

    def test_15b_a_change_that_nobody_confirms(self) -> None:
        """systemd's timer puts it back, with nobody logged in."""
        self.after("test_06")
        before = self.succeeds("status --json").json["generation"]
        self.guest.surroundings("papers", "example-eap")
        self.held("30s")
        self.assertEqual(self.succeeds("status --json").json["generation"], before + 1)
        took = self.guest.wait("it to be put back", "test ! -e /var/lib/eligate/journal", 120.0)
        self.note(f"put back after {took:.0f} s")
        self.guest.surroundings("papers", "example-psk")
        self.passes(60.0)
        self.assertEqual(self.succeeds("status --json").json["generation"], before)
        self.assertEqual(self.succeeds("apply --yes --json").json["result"], "unchanged")
        self.no_alarm_is_left()
        self.nothing_leaked()

    def test_15c_a_change_that_is_confirmed(self) -> None:
        self.after("test_06")
        self.guest.surroundings("papers", "example-eap")
        change = self.held("10m")
        self.succeeds(f"confirm {change}")
        self.passes(20.0)
        self.no_alarm_is_left()
        self.guest.surroundings("papers", "example-psk")
        self.committed()
        self.passes(20.0)
        self.no_alarm_is_left()
        self.nothing_leaked()

    def test_16_upgrade_while_traffic_flows(self) -> None:
        self.after("test_06")
        self.guest.surroundings("stream", "start")
        try:
            self.install(self.deb)
        finally:
            count = json.loads(self.guest.surroundings("stream", "stop").out)
        self.note(f"{count['lost']} of {count['sent']} pings lost")
        self.assertEqual(self.guest.out("dpkg-query -W -f '${Version}' eligate"), debs.field(self.deb, "Version"))
        self.assertEqual(self.guest.run("test -e /usr/share/eligate/older", check=False).code, 1)
        self.assertGreater(count["sent"], 50)
        self.assertEqual(count["lost"], 0)
        self.forwarder_answers(1.0)
        self.passes(20.0)
        self.nothing_leaked()
        self.assertEqual(self.succeeds("apply --yes --json").json["result"], "unchanged")

    def papers(self, kind: str) -> None:
        self.after("test_06")
        self.guest.surroundings("papers", kind)
        self.committed()
        self.passes(20.0)
        self.terminal_gets_through()
        self.forwarder_answers(1.0)
        self.nothing_leaked()

    def test_17_papers_with_eap(self) -> None:
        self.papers("example-eap")

    def test_18_papers_with_certificate(self) -> None:
        self.papers("example-certificate")

    def test_19_papers_for_a_routed_lan(self) -> None:
        self.papers("routed")

    def test_20_routed_lan_after_reboot(self) -> None:
        self.after("test_19")
        self.guest.reboot()
        self.passes(120.0)
        # No address is assigned here, and none is missed: the timer leaves the tunnel alone.
        before = self.guest.out("swanctl --list-sas | grep -oE '^eligate-[12]: #[0-9]+, ESTABLISHED'")
        for _ in range(2):
            self.assertEqual(self.succeeds("restore --json").json["tunnel"], "up")
        self.assertEqual(self.guest.out("swanctl --list-sas | grep -oE '^eligate-[12]: #[0-9]+, ESTABLISHED'"), before)
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")
        self.nothing_leaked()
        self.terminal_gets_through()

    def test_21_journal_is_structured(self) -> None:
        self.after("test_10")  # where a rung failed for a while, which has a code
        rows = [json.loads(row) for row in self.guest.out(
            "journalctl -o json --no-pager --output-fields=MESSAGE,MESSAGE_ID,ELIGATE_CODE,ELIGATE_GENERATION,"
            "ELIGATE_CHECK SYSLOG_IDENTIFIER=eligate").splitlines()]
        self.assertTrue([row for row in rows if row.get("ELIGATE_GENERATION")], rows[:20])
        self.assertTrue([row for row in rows if row.get("ELIGATE_CODE")], rows[:20])
        self.assertTrue(all(row.get("MESSAGE_ID") for row in rows if row.get("ELIGATE_CODE")), rows[:20])

    def test_22_apparmor_denied_nothing(self) -> None:
        self.after("test_03")
        self.assertEqual(self.denied(), [])

    def test_23_a_run_that_is_stopped_has_not_failed(self) -> None:
        """A removal or a shutdown stops the timer's run; one that has just begun knows no signal yet."""
        self.after("test_03")
        self.guest.run("systemctl stop eligate-keep.timer")
        for _ in range(3):
            # A run may be over before a systemctl could tell of it: the shell by itself looks often enough.
            self.guest.run("systemctl start --no-block eligate-keep.service; end=$((SECONDS + 30)); until read -r _ "
                           "</sys/fs/cgroup/system.slice/eligate-keep.service/cgroup.procs; do "
                           "[ $SECONDS -lt $end ] || exit 1; done 2>/dev/null; "
                           "systemctl stop eligate-keep.service", 60.0)
            self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")
        self.guest.run("systemctl start eligate-keep.timer")

    def test_24_remove_keeps_what_people_wrote(self) -> None:
        self.after("test_03")
        self.guest.run(f"{APT} remove eligate", 300.0)
        self.assertEqual(self.guest.out("ls /etc/eligate | grep toml").split(), ["secrets.toml", "site.toml"])
        self.assertNotIn("eligate", self.guest.out("nft list tables; ip -br link; swanctl --list-conns; ip rule; "
                                                   "ip route show table all proto 84"))
        self.assertEqual(self.guest.out("ls -d /run/eligate-forwarder 2>/dev/null || true"), "")
        # The clinic's internet is what it was.
        self.guest.run("/srv/eg/payload/tests/vm/in-world nsenter --net=/proc/1/ns/net curl -sS --max-time 5 "
                       "http://198.51.100.80/")

    def test_25_install_again_and_apply(self) -> None:
        """What was kept is enough."""
        self.after("test_24")
        self.install(self.deb)
        self.committed()
        self.passes(20.0)

    def test_26_purge_leaves_nothing(self) -> None:
        self.after("test_02")
        self.guest.run(f"{APT} purge eligate", 300.0)
        self.assertEqual(self.guest.out(OURS, 120.0), "")
        fresh = set(self.guest.out(FILES, 120.0).splitlines()) - set(self.files_before.splitlines())
        foreign = ("/var/lib/strongswan", "/etc/ld.so.cache", "/etc/eglab", "/etc/swanctl", "/etc/systemd/system/",
                   "/etc/ipsec", "/root", "/usr/share/mime", "/etc/apparmor.d/local/", "/etc/shadow-", "/etc/passwd-",
                   "/etc/group-", "/etc/gshadow-", "/etc/ca-certificates")
        self.assertEqual([path for path in sorted(fresh) if not path.startswith(foreign)], [])
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")


if __name__ == "__main__":
    main()
