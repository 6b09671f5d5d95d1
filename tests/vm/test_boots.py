#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Cold boots while the network is not ready: nothing leaks, nothing fails, and the tunnel comes by itself."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from egvm.story import Story, main  # noqa: E402

# Seconds after the surroundings began; the boot itself takes about as long, so these are late in any case.
LATE = 60


# A boot in which the timer comes before the network: some other unit is slow (on a slow machine every one is). The
# timer's run is slow, too, as where a gateway is silent.
SLOW = """
cat > /etc/systemd/system/eg-slow.service <<'END'
[Unit]
DefaultDependencies=no
Before=network-pre.target
[Service]
Type=oneshot
TimeoutStartSec=200
ExecStart=/bin/sh -c 'until [ "$(systemctl show -p ExecMainStartTimestampMonotonic --value eligate-keep.service)" -gt 0 ]; \
do sleep 1; done'
[Install]
WantedBy=sysinit.target
END
mkdir -p /etc/systemd/system/eligate-keep.service.d
printf '[Service]\\nExecStartPost=/bin/sleep 20\\n' > /etc/systemd/system/eligate-keep.service.d/eg-slow.conf
systemctl enable eg-slow.service
"""


class Boots(Story):
    name = "boots"

    def test_01_applied(self) -> None:
        self.guest.boot()
        self.guest.papers("example-psk")
        self.committed()

    def closed(self) -> None:
        """No network, but everything that keeps the destinations off it."""
        self.guest.run("nft list table inet eligate >/dev/null && ip link show eligate0 >/dev/null && "
                       "ip route show table 8470 | grep -q unreachable")
        self.nothing_leaked()
        # systemd's own waiting for a network that does not come fails, and may.
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain | grep -v -- -wait-online.service || true"),
                         "")

    def test_02_without_a_network_and_then_with_one(self) -> None:
        """The wire is out; much later somebody plugs it in."""
        self.after("test_01")
        self.guest.arrange(line_after=3600)
        self.guest.reboot()
        self.closed()
        status = self.guest.eligate("status --json")
        self.assertEqual((status.exit, status.json["result"]), (1, "down"), status)
        self.guest.surroundings("line", "up")
        self.note(f"ladder passes {self.passes(150.0):.0f} s after the line came")
        self.terminal_gets_through()
        self.nothing_leaked()

    def test_03_late_lease(self) -> None:
        """The home gateway hands out an address only when the appliance has long been up."""
        self.after("test_01")
        self.guest.arrange(dhcp_after=LATE, address="192.168.3.99")
        self.guest.reboot(wait=False)
        self.guest.wait("the boot to be over", "systemctl is-active --quiet multi-user.target", 240.0, 1.0)
        self.closed()
        self.guest.wait("the lease", "ip -br addr show wan0 | grep -q 192.168.3.99", 240.0)
        self.note(f"ladder passes {self.passes(150.0):.0f} s after the lease")
        self.nothing_leaked()

    def test_04_gateways_that_refuse_at_first(self) -> None:
        """The provider is starting, too: its gateways answer, but know nobody yet. charon gives up then."""
        self.after("test_01")
        self.guest.arrange(provider_after=LATE)
        self.guest.reboot(wait=False)
        self.guest.wait("a refusal", "journalctl -b -u strongswan | grep -q NO_PROPOSAL_CHOSEN", 240.0, 1.0)
        self.note(f"ladder passes {self.passes(240.0):.0f} s after the first refusal")
        self.nothing_leaked()

    def test_04b_the_timer_comes_before_the_network(self) -> None:
        """Its run finds no gateway. Neither network nor strongSwan waits for that, and charon goes on asking for the name."""
        self.after("test_01")
        self.guest.arrange()
        self.guest.run(SLOW)
        self.guest.reboot()
        self.guest.wait("the slow unit to end", "systemctl is-active --quiet network-pre.target", 240.0, 1.0)
        self.note(f"ladder passes {self.passes(60.0):.0f} s after that")
        slow, network = (int(self.guest.out(f"systemctl show -p {when} --value {unit}")) / 1e6 for when, unit in (
            ("ExecMainExitTimestampMonotonic", "eg-slow.service"), ("ActiveEnterTimestampMonotonic", "network-pre.target")))
        self.note(f"network {network - slow:.1f} s after the timer")
        self.assertLess(network - slow, 10.0)
        self.nothing_leaked()
        self.guest.run("systemctl disable eg-slow.service; "
                       "rm -r /etc/systemd/system/eg-slow.service /etc/systemd/system/eligate-keep.service.d; systemctl daemon-reload")

    def test_05_power_cut(self) -> None:
        self.after("test_01")
        self.guest.arrange()
        self.guest.cut_power()
        self.guest.boot()
        self.note(f"ladder passes {self.passes(150.0):.0f} s after the boot")
        self.nothing_leaked()
        self.terminal_gets_through()

    def test_06_drift(self) -> None:
        """What somebody else changed is told apart, under AppArmor as well, and mended alone."""
        self.after("test_01")
        self.guest.run("echo '# by hand' >> /etc/swanctl/conf.d/eligate.conf; ip route flush table 8470")
        status = self.guest.eligate("status --json")
        drift = {row["key"]: row["owner"] for row in status.json["drift"]}
        self.assertEqual(drift.get("file /etc/swanctl/conf.d/eligate.conf"), "root", status)
        self.guest.run("chown daemon /etc/swanctl/conf.d/eligate.conf")
        status = self.guest.eligate("status --lang ja")
        self.assertIn("所有者 daemon", status.done.said)
        self.guest.run("chown root /etc/swanctl/conf.d/eligate.conf")
        self.assertEqual(self.guest.eligate("apply --yes").exit, 0)
        self.assertEqual(self.guest.eligate("status --json").json["drift"], [])

    def test_07_apparmor_denied_nothing(self) -> None:
        self.after("test_01")
        self.assertEqual(self.denied(), [])


if __name__ == "__main__":
    main()
