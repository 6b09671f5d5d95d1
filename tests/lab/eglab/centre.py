# SPDX-License-Identifier: Apache-2.0
"""The eligibility network as the tunnel shows it: DNS with large replies, TLS that asks for the terminal's
certificate, an HTTP proxy and a time server."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from . import addresses as a
from .line import nginx_conf, nsd_conf, zone
from .places import argv_in
from .process import Programs, run

DNS = f"{a.CENTRE}.nsd"
WEB = f"{a.CENTRE}.nginx"
HTTP_PROXY = f"{a.CENTRE}.tinyproxy"
TIME = f"{a.CENTRE}.chronyd"

PAGE = "<h1>オンライン資格確認 practice lab</h1>"

# Replies leave by the gateway that the question came through (a routed clinic keeps its own addresses).
_NFT = """
table ip centre
delete table ip centre
table ip centre {
  chain in {
    type filter hook prerouting priority mangle; policy accept;
    iifname "gw2" ct mark set 2
  }
  chain out {
    type route hook output priority mangle; policy accept;
    ct mark 2 meta mark set 2
  }
}
"""


def zones() -> dict[str, str]:
    """Zone name to zone text."""
    texts = {}
    for name, hosts in a.CENTRE_ZONES.items():
        rows = [f"dns IN A {a.CENTRE_DNS}"] + [f"{host} IN A {address}" for host, address in hosts.items()]
        if name == "oqs-pdl.org":
            for host, prefix, count in (("pweb.base", a.PWEB_PREFIX, a.PWEB_RECORDS),
                                        ("ntp.base", a.NTP_PREFIX, a.NTP_RECORDS),
                                        ("huge.base", a.HUGE_PREFIX, a.HUGE_RECORDS)):
                stem = prefix.rpartition(".")[0]
                rows += [f"{host} IN A {stem}.{last}" for last in range(1, count + 1)]
        texts[name] = zone(f"{name}.", f"dns.{name}.", rows)
    texts[a.CENTRE_REVERSE_ZONE] = zone(f"{a.CENTRE_REVERSE_ZONE}.", "dns.onshikaku.org.", [
        f"{ipaddress.ip_address(address).reverse_pointer}. IN PTR {host}.{name}."
        for name, hosts in a.CENTRE_ZONES.items() for host, address in hosts.items()])
    return texts


def _nginx_body(pki: Path) -> str:
    names = " ".join(a.TLS_NAMES)
    return f"""  ssl_certificate {pki}/hweb.crt.pem;
  ssl_certificate_key {pki}/hweb.key.pem;
  ssl_client_certificate {pki}/centre-ca.crt.pem;
  ssl_verify_client optional;
  server {{
    listen 0.0.0.0:443 ssl;
    server_name {names};
    location / {{ return 200 "{PAGE}\\n"; }}
    location /terminal {{
      if ($ssl_client_verify != SUCCESS) {{ return 403 "a client certificate is required\\n"; }}
      return 200 "{PAGE}\\n$ssl_client_s_dn\\n";
    }}
    location /large {{ default_type application/octet-stream; alias {pki.parent}/place/{a.CENTRE}/large; }}
  }}
  server {{ listen 0.0.0.0:80; return 200 "{PAGE}\\n"; }}
"""


def start(programs: Programs, state: Path) -> None:
    run(argv_in(programs, a.CENTRE, ["nft", "-f", "-"]), stdin=_NFT)
    folder = state / "place" / a.CENTRE
    nsd = folder / "nsd"
    nsd.mkdir(exist_ok=True)
    files = []
    for name, text in zones().items():
        (nsd / f"{name}.zone").write_text(text)
        files.append((name, f"{name}.zone"))
    (nsd / "nsd.conf").write_text(nsd_conf(nsd, a.CENTRE_DNS, files, edns_size=4096))
    (folder / "large").write_bytes(b"eligate" * 30000)
    (folder / "nginx.conf").write_text(nginx_conf(_nginx_body(state / "pki")))
    (folder / "tinyproxy.conf").write_text(
        f'Port {a.PROXY_PORT}\nListen {a.PROXY}\nTimeout 30\nMaxClients 20\nConnectPort 443\nLogLevel Info\n')
    (folder / "chrony.conf").write_text(
        "local stratum 3\nallow all\ncmdport 0\nbindcmdaddress /\npidfile /run/chronyd.pid\n")
    for program, argv in (
            (DNS, ["nsd", "-d", "-c", str(nsd / "nsd.conf")]),
            (WEB, ["nginx", "-e", "stderr", "-c", str(folder / "nginx.conf")]),
            (HTTP_PROXY, ["tinyproxy", "-d", "-c", str(folder / "tinyproxy.conf")]),
            (TIME, ["chronyd", "-x", "-d", "-u", "root", "-f", str(folder / "chrony.conf")])):
        programs.start(program, a.CENTRE, argv_in(programs, a.CENTRE, argv))
