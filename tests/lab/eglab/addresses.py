# SPDX-License-Identifier: Apache-2.0
"""The map of the lab: places, links, addresses, names. Nothing here does anything.

Outside the tunnel only documentation ranges (RFC 5737), inside 10/8.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

# What carries ESP on both sides: "userspace" (kernel-libipsec, works on every kernel) or "xfrm" (the kernel's own,
# where it has it: a booted guest).
XFRM = os.environ.get("EGLAB_DATAPLANE", "userspace") == "xfrm"
# The appliance's interface into the tunnel, and the table whose route leads there.
TUNNEL = "eligate0" if XFRM else "ipsec0"
TUNNEL_TABLE = "8470" if XFRM else "220"

TERMINAL = "eg-terminal"
CLINIC = "eg-clinic"
LINE = "eg-line"
PROVIDER = "eg-provider"
PROVIDER2 = "eg-provider2"
CENTRE = "eg-centre"

# Downstream first: also the order in which `status` lists them.
PLACES = (TERMINAL, CLINIC, LINE, PROVIDER, PROVIDER2, CENTRE)

JAPANESE = {
    TERMINAL: "資格確認端末",
    CLINIC: "医療機関のゲートウェイ装置(設定の対象)",
    LINE: "回線・ホームゲートウェイ・プロバイダー",
    PROVIDER: "提供事業者の接続先ゲートウェイ 1",
    PROVIDER2: "提供事業者の接続先ゲートウェイ 2",
    CENTRE: "オンライン資格確認等システム側の網",
}

TERMINAL_ADDRESS = "192.168.1.50"
LAN_PREFIX = "192.168.1.0/24"
LAN_ADDRESS = "192.168.1.1"
WAN_ADDRESS = "192.168.3.10"
HOME_GATEWAY = "192.168.3.1"
HOME_PREFIX = "192.168.3.0/24"
LINE_PUBLIC = "198.51.100.2"
WEB_HOST = "198.51.100.80"
WEB_NAME = "www.example.com"
ISP_ROUTER = "203.0.113.1"

CENTRE_DNS = "10.20.0.53"
HWEB = "10.20.1.10"
HWEB_API = "10.20.1.11"
HWEB_MNC = "10.20.1.12"
HWEB_ST = "10.20.1.13"
CRL_HOST = "10.20.1.20"
PROXY = "10.20.1.30"
BILLING = "10.20.1.40"
SECOND_PREFIX_HOST = "10.21.0.10"  # inside remote_ts 10.0.0.0/8, outside destinations 10.20.0.0/16
FOREIGN_PREFIX = "10.77.0.0/16"
FOREIGN_HOST = "10.77.0.10"
# Whole prefixes that the centre answers, so that any A record of a large reply is usable.
PWEB_PREFIX = "10.20.2.0/24"
NTP_PREFIX = "10.20.3.0/24"
PWEB_RECORDS = 80   # 12 + question + 80 * 16 = more than 1280 bytes: EDNS, or TCP behind a 1232 limit
NTP_RECORDS = 100   # more than 1600 bytes: does not fit one packet of the tunnel
HUGE_PREFIX = "10.20.4.0/24"  # names only, nobody answers there
HUGE_RECORDS = 254  # more than 4096 bytes: over TCP alone

LAB_ROOT = "/run/eglab"  # symbolic link to the state folder of the lab that stands


@dataclass(frozen=True)
class Gateway:
    """One VPN gateway of the provider."""

    number: int
    place: str
    name: str
    address: str
    pool: str
    pool_prefix: str
    centre_link: str   # the gateway's address towards the centre
    centre_peer: str   # the centre's address on that link
    inner: tuple[str, ...]


def _gateway(number: int, place: str) -> Gateway:
    return Gateway(
        number=number,
        place=place,
        name=f"vpn{number}.example.net",
        address=f"203.0.113.{10 + number}",
        pool=f"10.200.{number}.10-10.200.{number}.200",
        pool_prefix=f"10.200.{number}.0/24",
        centre_link=f"172.31.{number}.1",
        centre_peer=f"172.31.{number}.2",
        # kernel-libipsec refuses a CHILD_SA unless the gateway itself holds an address inside its local_ts.
        inner=tuple(f"10.{net}.255.{10 + number}" for net in (20, 21, 77)),
    )


GATEWAYS = (_gateway(1, PROVIDER), _gateway(2, PROVIDER2))
FOREIGN_POOL = "10.200.3.10-10.200.3.20"
FOREIGN_POOL_PREFIX = "10.200.3.0/24"

# What the centre's DNS answers: zone -> {name below it: address}; large replies are added by centre.py.
CENTRE_ZONES: dict[str, dict[str, str]] = {
    "onshikaku.org": {
        "hweb.oqs": HWEB,
        "hweb-api.oqs": HWEB_API,
        "hweb-mnc.oqs": HWEB_MNC,
        "hweb.oqs-st": HWEB_ST,
    },
    "oqs-pdl.org": {"proxy.base": PROXY},
    "obn.managedpki.ne.jp": {"crldownload": CRL_HOST},
    "rece": {"www": BILLING},
}
# And backwards: of all that lies in 10.20.0.0/16.
CENTRE_REVERSE_ZONE = "20.10.in-addr.arpa"
TLS_NAMES = (
    "hweb.oqs.onshikaku.org",
    "hweb-api.oqs.onshikaku.org",
    "hweb-mnc.oqs.onshikaku.org",
    "hweb.oqs-st.onshikaku.org",
    "pweb.base.oqs-pdl.org",
    "www.rece",
)
HWEB_NAME = "hweb.oqs.onshikaku.org"
PWEB_NAME = "pweb.base.oqs-pdl.org"
NTP_NAME = "ntp.base.oqs-pdl.org"
HUGE_NAME = "huge.base.oqs-pdl.org"
PROXY_NAME = "proxy.base.oqs-pdl.org"
PROXY_PORT = 8080
