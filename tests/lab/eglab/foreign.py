# SPDX-License-Identifier: Apache-2.0
"""Other people's things on the appliance: a maintenance tunnel of somebody else with live SAs, a firewall table,
a route, a rule and files. eligate must leave every one of them as it is."""

from __future__ import annotations

import os

from . import addresses as a
from . import papers
from .lab import Lab
from .process import run
from .provider import FOREIGN_ID, FOREIGN_PSK
from .stream import Stream

CONF = "/etc/swanctl/conf.d/foreign.conf"
SYSCTL = "/etc/sysctl.d/60-foreign.conf"

_SWANCTL = f"""connections {{
  foreign {{
    version = 2
    remote_addrs = {a.GATEWAYS[1].address}
    proposals = aes256-sha256-modp2048
    vips = 0.0.0.0
    local {{
      auth = psk
      id = fqdn:{FOREIGN_ID}
    }}
    remote {{
      auth = psk
      id = fqdn:{papers.GATEWAY_ID}
    }}
    children {{
      foreign {{
        remote_ts = {a.FOREIGN_PREFIX}
        esp_proposals = aes256-sha256
      }}
    }}
  }}
}}
secrets {{
  ike-foreign {{
    id-1 = fqdn:{papers.GATEWAY_ID}
    id-2 = fqdn:{FOREIGN_ID}
    secret = "{FOREIGN_PSK}"
  }}
}}
"""
# Only rules that let the practice clinic work; `ct state` so that conntrack is somebody else's, too.
_NFT = """
table inet foreign {
  set maintenance { type ipv4_addr; flags interval; elements = { 10.77.0.0/16 } }
  chain forward {
    type filter hook forward priority 10; policy accept;
    ct state established,related counter accept
    ip daddr @maintenance iifname "lan0" counter drop
  }
}
"""
_IP = f"""route add 10.78.0.0/16 via {a.HOME_GATEWAY} dev wan0
route add 172.30.0.0/24 via {a.HOME_GATEWAY} table 150
rule add pref 1500 from 192.168.9.0/24 lookup 150
"""


def _write(lab: Lab, path: str, text: str, mode: int) -> None:
    target = lab.root(a.CLINIC) / path.lstrip("/")
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)


def set_up(lab: Lab) -> None:
    """Put everything foreign in place and bring its tunnel up; LabError when that does not work."""
    _write(lab, CONF, _SWANCTL, 0o600)
    _write(lab, SYSCTL, "net.ipv4.tcp_syncookies = 1\n", 0o644)
    lab.run(a.CLINIC, ["nft", "-f", "-"], stdin=_NFT)
    run(["ip", "-n", a.CLINIC, "-batch", "-"], stdin=_IP)
    lab.run(a.CLINIC, ["swanctl", "--load-all", "--noprompt"])
    lab.run(a.CLINIC, ["swanctl", "--initiate", "--child", "foreign", "--timeout", "10"])


def stream(lab: Lab) -> Stream:
    """Pings through the foreign tunnel; use as a context."""
    return Stream(lab, a.CLINIC, a.FOREIGN_HOST)


def tear_down(lab: Lab) -> None:
    """Take everything foreign away again."""
    lab.run(a.CLINIC, ["swanctl", "--terminate", "--ike", "foreign", "--timeout", "5"], check=False)
    for path in (CONF, SYSCTL):
        (lab.root(a.CLINIC) / path.lstrip("/")).unlink(missing_ok=True)
    lab.run(a.CLINIC, ["swanctl", "--load-all", "--noprompt"])
    lab.run(a.CLINIC, ["nft", "delete", "table", "inet", "foreign"])
    run(["ip", "-n", a.CLINIC, "-batch", "-"],
        stdin="\n".join(row.replace(" add ", " del ") for row in _IP.splitlines()))
