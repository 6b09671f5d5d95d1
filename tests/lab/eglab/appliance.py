# SPDX-License-Identifier: Apache-2.0
"""The appliance under test: Debian's strongSwan as installed, plus the one file that gives it userspace ESP, or the
kernel's (EGLAB_DATAPLANE=xfrm)."""

from __future__ import annotations

from pathlib import Path

from . import addresses as a
from . import papers
from .places import argv_in
from .process import Programs

CHARON = f"{a.CLINIC}.charon"

# No retransmission or retry setting here: those are eligate's own, in zz-eligate.conf.
_LAB_CONF = """charon {
  plugins {
    kernel-libipsec {
      load = %s
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
    (root / "etc/strongswan.d/lab.conf").write_text(_LAB_CONF % ("no" if a.XFRM else "yes", log_file(programs)))
    papers.hand_out(root, state / "pki")


def start_charon(programs: Programs) -> None:
    programs.start(CHARON, a.CLINIC, argv_in(programs, a.CLINIC, ["charon-systemd"]))
