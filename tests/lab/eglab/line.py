# SPDX-License-Identifier: Apache-2.0
"""The line: the clinic's home gateway with its NAT, the public DNS it relays, and a web host on the internet."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from . import addresses as a
from .places import argv_in
from .process import Programs, run

DNS = f"{a.LINE}.nsd"
WEB = f"{a.LINE}.nginx"

# The counter sees every packet for the inside of the tunnel that reached the line in the clear: a leak. The set says which.
_NFT = f"""
table ip line
delete table ip line
table ip line {{
  counter leaked {{}}
  set leaks {{ typeof ip saddr . ip daddr . ip protocol; flags dynamic; size 64; }}
  chain leak {{
    type filter hook prerouting priority -300; policy accept;
    iifname "clinic0" ip daddr 10.0.0.0/8 add @leaks {{ ip saddr . ip daddr . ip protocol }} counter name leaked drop
  }}
  chain nat {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname "isp0" ip saddr {a.HOME_PREFIX} snat to {a.LINE_PUBLIC}
  }}
}}
"""


def nsd_conf(folder: Path, address: str, zones: list[tuple[str, str]], edns_size: int = 1232) -> str:
    """An nsd that keeps everything in one folder; zones = (zone name, zone file)."""
    text = f"""server:
  ip-address: {address}
  username: ""
  zonesdir: "{folder}"
  database: ""
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  pidfile: "/run/nsd.pid"
  server-count: 1
  ipv4-edns-size: {edns_size}
  hide-version: yes
remote-control:
  control-enable: no
"""
    return text + "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in zones)


def zone(origin: str, server: str, rows: list[str]) -> str:
    head = [f"$ORIGIN {origin}", "$TTL 60", f"@ IN SOA {server} hostmaster.{server} 1 3600 600 86400 60",
            f"@ IN NS {server}"]
    return "\n".join(head + rows) + "\n"


def root_zone(unresolvable: Collection[str] = ()) -> str:
    """The whole public DNS: a root zone, so that whatever it does not hold does not exist."""
    rows = [f"dns.line.invalid. IN A {a.HOME_GATEWAY}", f"{a.WEB_NAME}. IN A {a.WEB_HOST}"]
    rows += [f"{gateway.name}. IN A {gateway.address}" for gateway in a.GATEWAYS if gateway.name not in unresolvable]
    return zone(".", "dns.line.invalid.", rows)


def nginx_conf(body: str) -> str:
    """An nginx in the foreground that keeps everything in its place's /run."""
    temporary = "".join(f"  {kind}_temp_path /run/nginx.{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""daemon off;
user root;
worker_processes 1;
pid /run/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off;
  charset utf-8;
  default_type text/html;
{temporary}{body}}}
"""


def start(programs: Programs, state: Path) -> None:
    run(argv_in(programs, a.LINE, ["nft", "-f", "-"]), stdin=_NFT)
    folder = state / "place" / a.LINE / "nsd"
    folder.mkdir(exist_ok=True)
    (folder / "root.zone").write_text(root_zone())
    (folder / "nsd.conf").write_text(nsd_conf(folder, a.HOME_GATEWAY, [(".", "root.zone")]))
    start_dns(programs, state)
    page = "the internet works / インターネットにつながっています"
    conf = state / "place" / a.LINE / "nginx.conf"
    conf.write_text(nginx_conf(f'  server {{ listen {a.WEB_HOST}:80; return 200 "{page}\\n"; }}\n'))
    programs.start(WEB, a.LINE, argv_in(programs, a.LINE, ["nginx", "-e", "stderr", "-c", str(conf)]))


def start_dns(programs: Programs, state: Path) -> None:
    conf = state / "place" / a.LINE / "nsd" / "nsd.conf"
    programs.start(DNS, a.LINE, argv_in(programs, a.LINE, ["nsd", "-d", "-c", str(conf)]))


def leaked(programs: Programs) -> int:
    """Packets for 10/8 that left the appliance in the clear since `up`."""
    listed = run(argv_in(programs, a.LINE, ["nft", "list", "counter", "ip", "line", "leaked"]))
    return int(listed.split("packets")[1].split()[0])


def leaks(programs: Programs) -> str:
    """Source, destination and protocol of each of them."""
    listed = run(argv_in(programs, a.LINE, ["nft", "list", "set", "ip", "line", "leaks"]))
    return listed.partition("elements = ")[2].partition("}")[0].lstrip("{ ").strip()
