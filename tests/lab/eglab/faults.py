# SPDX-License-Identifier: Apache-2.0
"""Faults of the outside world, each of them set and taken back while the lab stands.

What is wrong on the clinic's own side (wrong key, unknown identity) needs no fault: write it into the papers.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

from . import addresses as a
from . import dns, line, places, provider
from .lab import Lab
from .process import LabError, run, wait_until

NARROW_MTU = 1454  # FLETS PPPoE: below the 1462 bytes that a full packet of the tunnel needs outside


@dataclass(frozen=True)
class Fault:
    """rules = (place, nft hook, rule); manner = what the gateways do differently."""

    name: str
    about: str
    japanese: str
    manner: dict[str, object] = field(default_factory=dict)
    rules: tuple[tuple[str, str, str], ...] = ()
    unresolvable: tuple[a.Gateway, ...] = ()
    line_mtu: int = 1500


def _centre(rule: str) -> tuple[tuple[str, str, str], ...]:
    return ((a.CENTRE, "input", rule),)


def _line(rule: str) -> tuple[tuple[str, str, str], ...]:
    return ((a.LINE, "forward", rule),)


_TOO_LONG = f"meta length > {NARROW_MTU} drop"

FAULTS = {fault.name: fault for fault in (
    Fault("gateway-cert-untrusted", "the gateways' certificate is by an unknown CA", "信頼できない認証局の証明書",
          manner={"certificate": "gateway-untrusted"}),
    Fault("gateway-cert-expired", "the gateways' certificate has expired", "証明書の期限切れ",
          manner={"certificate": "gateway-expired"}),
    Fault("no-common-proposal", "the gateways accept no IKE proposal of ours", "IKEの暗号方式が合わない",
          manner={"ike_proposals": "aes128-sha256-modp3072"}),
    Fault("no-common-esp-proposal", "the gateways accept no ESP proposal of ours", "ESPの暗号方式が合わない",
          manner={"esp_proposals": "aes128-sha256-modp3072"}),
    Fault("ts-refused", "the gateways refuse our traffic selectors", "通信範囲(TS)が拒否される",
          manner={"local_ts": "172.20.0.0/16"}),
    Fault("ts-own-only", "the gateways refuse selectors outside 10.0.0.0/8", "10.0.0.0/8以外の通信範囲(TS)が拒否される",
          manner={"local_ts": "10.0.0.0/8"}),
    Fault("ts-narrowed", "the gateways narrow our traffic selectors to 10.21.0.0/16", "通信範囲(TS)が狭められる",
          manner={"local_ts": "10.21.0.0/16"}),
    Fault("no-virtual-ip", "the gateways assign no address", "仮想IPアドレスが割り当てられない",
          manner={"assigns_addresses": False}),
    Fault("udp500-dropped", "the line swallows UDP 500", "UDP 500 が捨てられる",
          rules=_line("udp dport 500 drop")),
    Fault("udp4500-dropped", "the line swallows UDP 4500", "UDP 4500 が捨てられる",
          rules=_line("udp dport 4500 drop")),
    Fault("udp500-rejected", "the line rejects UDP 500 by ICMP", "UDP 500 が拒否される(ICMP)",
          rules=_line("udp dport 500 reject with icmp port-unreachable")),
    Fault("echo-dropped", "the line swallows ICMP echo", "ICMPエコーが捨てられる",
          rules=_line("icmp type echo-request drop")),
    Fault("gateway-unresolvable", "the line's DNS does not know the gateways", "接続先ゲートウェイの名前が引けない",
          unresolvable=a.GATEWAYS),
    Fault("gateway1-unresolvable", "the line's DNS does not know gateway 1", "接続先ゲートウェイ1の名前が引けない",
          unresolvable=a.GATEWAYS[:1]),
    Fault("line-dns-dead", "the line's DNS does not answer", "回線側のDNSが応答しない",
          rules=((a.LINE, "input", "meta l4proto { tcp, udp } th dport 53 drop"),)),
    Fault("gateway1-dead", "gateway 1 is silent", "接続先ゲートウェイ1が応答しない",
          rules=_line(f"ip daddr {a.GATEWAYS[0].address} drop")),
    Fault("gateways-dead", "both gateways are silent", "接続先ゲートウェイが両方とも応答しない",
          rules=_line(f"ip daddr {{ {a.GATEWAYS[0].address}, {a.GATEWAYS[1].address} }} drop")),
    Fault("centre-silent", "the tunnel stands, but nothing comes back from behind it", "トンネルの先から応答がない",
          rules=tuple((gateway.place, "forward", 'oifname "centre0" drop') for gateway in a.GATEWAYS)),
    Fault("centre-dns-dead", "DNS behind the tunnel does not answer", "トンネルの先のDNSが応答しない",
          rules=_centre("meta l4proto { tcp, udp } th dport 53 drop")),
    Fault("centre-dns-small-only", "DNS replies over 576 bytes are lost, and DNS over TCP", "大きなDNS応答が届かない",
          rules=((a.CENTRE, "output", "udp sport 53 meta length > 576 drop"), *_centre("tcp dport 53 drop"))),
    Fault("centre-tls-dead", "the TLS servers do not run", "TLSサーバーが停止している",
          rules=_centre("tcp dport 443 reject with tcp reset")),
    Fault("centre-ntp-dead", "the time server does not run", "時刻サーバーが停止している",
          rules=_centre("udp dport 123 reject with icmp port-unreachable")),
    Fault("centre-proxy-dead", "the proxy does not run", "プロキシが停止している",
          rules=_centre(f"tcp dport {a.PROXY_PORT} reject with tcp reset")),
    *(Fault(f"line-mtu-{mtu}", f"the line carries {mtu} bytes and says so by ICMP", f"回線のMTUが{mtu}", line_mtu=mtu)
      for mtu in (NARROW_MTU, 1460, 1492)),
    # Before conntrack puts fragments together (-400), so that fragments pass and only whole long packets vanish.
    Fault("mtu-black-hole", "the line carries 1454 bytes and loses longer packets silently", "MTUブラックホール",
          rules=((a.LINE, "prerouting", f'iifname "clinic0" {_TOO_LONG}'),
                 (a.LINE, "prerouting", f'iifname "isp0" {_TOO_LONG}'))),
)}


def _tables(faults: list[Fault]) -> dict[str, str]:
    """One nft batch per place that can carry a fault; an empty table is no fault."""
    texts = {}
    for place in (a.LINE, a.PROVIDER, a.PROVIDER2, a.CENTRE):
        chains = ""
        for hook, priority in (("prerouting", -450), ("input", -10), ("forward", -10), ("output", -10)):
            rules = "".join(f"    {rule}\n" for fault in faults for where, at, rule in fault.rules
                            if (where, at) == (place, hook))
            if rules:
                chains += f"  chain {hook} {{\n    type filter hook {hook} priority {priority};\n{rules}  }}\n"
        fresh = f"table inet fault {{\n{chains}}}\n" if chains else ""
        texts[place] = f"table inet fault\ndelete table inet fault\n{fresh}"
    return texts


def current(lab: Lab) -> list[str]:
    """Names of the faults that are set."""
    try:
        return json.loads((lab.state / "fault").read_text())
    except FileNotFoundError:
        return []


def _manner(faults: list[Fault]) -> provider.Manner:
    manner = provider.HEALTHY
    for fault in faults:
        manner = dataclasses.replace(manner, **fault.manner)
    return manner


def _set_unresolvable(lab: Lab, names: set[str]) -> None:
    zone_file = lab.state / "place" / a.LINE / "nsd" / "root.zone"
    text = line.root_zone(names)
    if zone_file.read_text() == text:
        return
    # A new server instead of a reload: nsd looks at the zone file's time in whole seconds.
    zone_file.write_text(text)
    lab.programs.stop(line.DNS)
    line.start_dns(lab.programs, lab.state)

    def as_wanted() -> bool:
        try:
            with places.network_of(a.LINE):
                return all(bool(dns.ask(a.HOME_GATEWAY, gateway.name, timeout=0.2).addresses) == (gateway.name not in names)
                           for gateway in a.GATEWAYS)
        except OSError:
            return False
    wait_until("the line's DNS to change its answers", as_wanted)


def set_faults(lab: Lab, names: list[str]) -> None:
    """Exactly these faults and no other from now on; [] clears all. Tunnels that stand are left alone."""
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise LabError(f"no such fault: {' '.join(unknown)} (`lab fault --list`)")
    before = [FAULTS[name] for name in current(lab)]
    after = [FAULTS[name] for name in names]
    # Recorded first: whatever happens in between, the next call knows what may be set.
    (lab.state / "fault").write_text(json.dumps(sorted({fault.name for fault in before + after})))
    for place, text in _tables(after).items():
        run(lab.argv(place, ["nft", "-f", "-"]), stdin=text)
    if _manner(before) != _manner(after):
        for gateway in a.GATEWAYS:
            provider.load(lab.programs, lab.state, gateway, lab.root(gateway.place), _manner(after))
    _set_unresolvable(lab, {gateway.name for fault in after for gateway in fault.unresolvable})
    mtu = min([fault.line_mtu for fault in after], default=1500)
    run(["ip", "-n", a.LINE, "link", "set", "isp0", "mtu", str(mtu)])
    for gateway in a.GATEWAYS:
        run(["ip", "-n", gateway.place, "link", "set", "isp0", "mtu", str(mtu)])
    if names:
        (lab.state / "fault").write_text(json.dumps(names))
    else:
        (lab.state / "fault").unlink()
