# SPDX-License-Identifier: Apache-2.0
"""The appliance under test: Debian's strongSwan as installed, plus the one file that gives it userspace ESP.

Where the clinic is the machine itself, strongSwan is its own service and has the kernel's ESP.
"""

from __future__ import annotations

from pathlib import Path

from . import addresses as a
from . import papers
from .places import CLINIC_IS_MACHINE, argv_in
from .process import Programs, run

CHARON = f"{a.CLINIC}.charon"

# No retransmission or retry setting here: those are eligate's own, in zz-eligate.conf.
_LAB_CONF = """charon {
  plugins {
    kernel-libipsec {
      load = yes
      allow_peer_ts = yes
    }
    resolve {
      load = no
    }
  }
  filelog {
    lab {
      path = %s
      default = 1
      ike_name = yes
      time_format = %%H:%%M:%%S
      time_add_ms = yes
      flush_line = yes
    }
  }
}
"""


def log_file(programs: Programs) -> Path:
    """charon's own log at its default levels (standard output holds the same in systemd's form)."""
    return programs.log_of(CHARON).with_suffix(".charon.log")


def furnish(programs: Programs, state: Path, root: Path) -> None:
    """Lab's strongSwan setting and the papers, into the appliance's /etc."""
    if not CLINIC_IS_MACHINE:
        (root / "etc/strongswan.d/lab.conf").write_text(_LAB_CONF % log_file(programs))
    papers.hand_out(root, state / "pki")


def start_charon(programs: Programs) -> None:
    if CLINIC_IS_MACHINE:
        run(argv_in(programs, a.CLINIC, ["systemctl", "restart", "strongswan.service"]), timeout=60.0)
        return
    programs.start(CHARON, a.CLINIC, argv_in(programs, a.CLINIC, ["charon-systemd"]))


def make_fresh(programs: Programs, root: Path) -> None:
    """A machine without anything that eligate or a test put there; its strongSwan is started by start_charon()."""
    script = """
systemctl stop eligate-restore.timer eligate-restore.service 2>/dev/null
systemctl stop strongswan.service
nft flush ruleset
ip link del eligate0 2>/dev/null
ip -4 rule show | sed -n 's/^\\(21[01]\\|1500\\):.*/\\1/p' | while read -r n; do ip rule del pref "$n"; done
ip route flush table 8470 2>/dev/null; ip route flush table 150 2>/dev/null; ip route flush table 220 2>/dev/null
ip route flush proto 84 2>/dev/null
ip -4 route del 10.78.0.0/16 2>/dev/null
ip xfrm state flush; ip xfrm policy flush
rm -rf /etc/eligate/* /var/lib/eligate/* /etc/strongswan.d/zz-eligate.conf /etc/sysctl.d/60-foreign.conf
find /etc/swanctl -type f ! -name swanctl.conf -delete
sysctl() { echo "$2" > "/proc/sys/net/$1"; }
sysctl ipv4/ip_forward 0
[ ! -d /var/lib/eligate ] || systemctl start eligate-restore.timer 2>/dev/null
true
"""
    run(argv_in(programs, a.CLINIC, ["sh", "-c", script]), timeout=60.0)
