#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""WAN and LAN configured by ifupdown and by NetworkManager instead of systemd-networkd."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from egvm.story import INSTALL, Story, main  # noqa: E402

IFUPDOWN = """
rm -f /etc/systemd/network/*.network
systemctl --quiet disable systemd-networkd.service systemd-networkd.socket
cat > /etc/network/interfaces <<'END'
auto lo
iface lo inet loopback
auto wan0
iface wan0 inet dhcp
auto lan0
iface lan0 inet static
  address 192.168.1.1/24
END
systemctl --quiet enable networking.service
"""
# udev's rules of NetworkManager leave veth alone; here they stand for network cards.
NETWORK_MANAGER = """
rm -f /etc/systemd/network/*.network /etc/network/interfaces
systemctl --quiet disable systemd-networkd.service systemd-networkd.socket
systemctl --quiet disable networking.service 2>/dev/null || true
cat > /etc/NetworkManager/conf.d/cards.conf <<'END'
[device-cards]
match-device=interface-name:wan0,interface-name:lan0
managed=1
END
cd /etc/NetworkManager/system-connections
printf '[connection]\\nid=wan\\ntype=ethernet\\ninterface-name=wan0\\n[ipv4]\\nmethod=auto\\n' > wan.nmconnection
printf '[connection]\\nid=lan\\ntype=ethernet\\ninterface-name=lan0\\n' > lan.nmconnection
printf '[ipv4]\\nmethod=manual\\naddress1=192.168.1.1/24\\n' >> lan.nmconnection
chmod 600 *.nmconnection
systemctl --quiet enable NetworkManager.service
"""


class Manager(Story):
    """One boot to install and apply under the manager, one to see that it comes back by itself."""

    program = ""
    packages = ""
    change = ""
    disturbances: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls) -> None:
        if cls is Manager:
            raise cls.skipTest(cls, "only its kinds")
        super().setUpClass()

    def begins(self) -> None:
        self.guest.boot()
        self.guest.run(f"{INSTALL} {self.packages}", 400.0)
        self.guest.run(self.change)
        self.guest.reboot()
        self.guest.wait("an address on the WAN", "ip -br addr show wan0 | grep -q 192.168.3.10", 90.0)
        self.assertNotIn("active", self.guest.run("systemctl is-active systemd-networkd", check=False).out.split())
        self.guest.papers("example-psk")
        self.assertIn(f"{self.program} configures wan0, lan0: no change needed there",
                      self.guest.eligate("plan --json").json["notes"])
        self.committed()
        self.terminal_gets_through()

    def comes_back(self) -> None:
        self.guest.reboot()
        self.note(f"ladder passes {self.passes(150.0):.0f} s after the boot")
        self.nothing_leaked()
        self.terminal_gets_through()

    def survives(self) -> None:
        for script in self.disturbances:
            with self.subTest(script):
                self.guest.run(script, 90.0)
                self.note(f"`{script}`: passes after {self.passes(120.0):.0f} s")
                self.nothing_leaked()
        self.assertEqual(self.guest.out("systemctl --failed --no-legend --plain"), "")


class IfUpDown(Manager):
    name = "ifupdown"
    program = "ifupdown"
    packages = "ifupdown isc-dhcp-client"
    change = IFUPDOWN
    disturbances = ("ifdown wan0; ifup wan0", "systemctl restart networking")

    def test_01_applied(self) -> None:
        self.begins()

    def test_02_reboot(self) -> None:
        self.after("test_01")
        self.comes_back()

    def test_03_disturbances(self) -> None:
        self.after("test_02")
        self.survives()


class NetworkManager(Manager):
    name = "nm"
    program = "NetworkManager"
    packages = "network-manager"
    change = NETWORK_MANAGER
    disturbances = ("systemctl restart NetworkManager", "nmcli connection reload; nmcli device reapply wan0",
                    "nmcli connection down wan; nmcli connection up wan")

    def test_01_applied(self) -> None:
        self.begins()
        self.assertIn("unmanaged", self.guest.out("nmcli -t -f DEVICE,STATE device | grep eligate0"))

    def test_02_reboot(self) -> None:
        self.after("test_01")
        self.comes_back()

    def test_03_disturbances(self) -> None:
        self.after("test_02")
        self.survives()


if __name__ == "__main__":
    main()
