# SPDX-License-Identifier: Apache-2.0
"""The VPN provider: two gateways, each a charon-systemd of its own in its own place.

Three kinds of papers work at once: pre-shared key, EAP-MSCHAPv2 and certificate; a fourth contract is routed
(site-to-site), and gateway 2 also serves the foreign maintenance tunnel.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import addresses as a
from . import papers
from .places import argv_in
from .process import Programs, run

IKE_PROPOSALS = "aes256gcm16-prfsha384-ecp384, aes256-sha256-modp2048"
ESP_PROPOSALS = "aes256gcm16-ecp384, aes256gcm16, aes256-sha256-modp2048, aes256-sha256"

FOREIGN_ID = "maintenance.example.com"
FOREIGN_PSK = "foreign-psk-that-is-nobodys-business"

PLUGINS = ("random nonce aes sha1 sha2 hmac kdf gcm pem pkcs1 pkcs8 x509 revocation constraints pubkey openssl "
           + ("" if a.XFRM else "kernel-libipsec ") +
           "kernel-netlink socket-default vici counters error-notify updown eap-identity eap-mschapv2")


@dataclass(frozen=True)
class Manner:
    """How the gateways behave; the defaults are the healthy ones, a fault changes one of them."""

    certificate: str = "gateway"
    ike_proposals: str = IKE_PROPOSALS
    esp_proposals: str = ESP_PROPOSALS
    local_ts: str = "0.0.0.0/0"
    assigns_addresses: bool = True


HEALTHY = Manner()


def strongswan_conf(log: Path) -> str:
    # Without dos_protection: after five failed handshakes charon would ignore the clinic's address for a while, and
    # one test's failures would become the next one's.
    return f"""charon-systemd {{
  dos_protection = no
  load = {PLUGINS}
  plugins {{
    kernel-libipsec {{
      load = yes
      allow_peer_ts = yes
    }}
  }}
  filelog {{
    lab {{
      path = {log}
      default = 1
      ike_name = yes
      time_format = %H:%M:%S
      time_add_ms = yes
      flush_line = yes
    }}
  }}
}}
"""


def _connection(name: str, gateway: a.Gateway, manner: Manner, local: str, remote: str, *, pool: str | None,
                local_ts: str, remote_ts: str = "dynamic") -> str:
    pools = f"    pools = {pool}\n" if pool else ""
    return f"""  {name} {{
    version = 2
    local_addrs = {gateway.address}
    proposals = {manner.ike_proposals}
    mobike = no
    unique = replace
    send_cert = always
{pools}    local {{
{local}
    }}
    remote {{
{remote}
    }}
    children {{
      {name} {{
        local_ts = {local_ts}
        remote_ts = {remote_ts}
        esp_proposals = {manner.esp_proposals}
      }}
    }}
  }}
"""


def swanctl_conf(gateway: a.Gateway, manner: Manner) -> str:
    psk = f"      auth = psk\n      id = fqdn:{papers.GATEWAY_ID}"
    certificate = f"      auth = pubkey\n      certs = gateway.crt.pem\n      id = fqdn:{papers.GATEWAY_ID}"
    pool = "clinics" if manner.assigns_addresses else None
    connections = [
        _connection("psk", gateway, manner, psk, f"      auth = psk\n      id = fqdn:{papers.FQDN}",
                    pool=pool, local_ts=manner.local_ts),
        _connection("eap", gateway, manner, certificate,
                    "      auth = eap-mschapv2\n      eap_id = %any\n      id = %any",
                    pool=pool, local_ts=manner.local_ts),
        _connection("certificate", gateway, manner, certificate,
                    "      auth = pubkey\n      cacerts = provider-ca.crt.pem\n      id = %any",
                    pool=pool, local_ts=manner.local_ts),
        _connection("routed", gateway, manner, psk, f"      auth = psk\n      id = fqdn:{papers.ROUTED_FQDN}",
                    pool=None, local_ts=manner.local_ts, remote_ts=a.LAN_PREFIX),
    ]
    secrets = [("ike-clinic", papers.FQDN, papers.PSK), ("ike-routed", papers.ROUTED_FQDN, papers.PSK),
               ("eap-clinic", papers.EMAIL, papers.EAP_PASSWORD)]
    pools = [f"  clinics {{\n    addrs = {gateway.pool}\n    dns = {a.CENTRE_DNS}\n  }}"]
    if gateway.number == 2:
        connections.append(
            _connection("foreign", gateway, HEALTHY, psk, f"      auth = psk\n      id = fqdn:{FOREIGN_ID}",
                        pool="foreign", local_ts=a.FOREIGN_PREFIX))
        secrets.append(("ike-foreign", FOREIGN_ID, FOREIGN_PSK))
        pools.append(f"  foreign {{\n    addrs = {a.FOREIGN_POOL}\n  }}")
    secret_text = "".join(
        f'  {name} {{\n    id = {"email" if "@" in owner else "fqdn"}:{owner}\n    secret = "{value}"\n  }}\n'
        for name, owner, value in secrets)
    pool_text = "\n".join(pools)
    return f"connections {{\n{''.join(connections)}}}\nsecrets {{\n{secret_text}}}\npools {{\n{pool_text}\n}}\n"


def _write(root: Path, state: Path, gateway: a.Gateway, manner: Manner) -> None:
    swanctl = root / "etc/swanctl"
    pki = state / "pki"
    for target, source in (("x509/gateway.crt.pem", f"{manner.certificate}.crt.pem"),
                           ("private/gateway.key.pem", f"{manner.certificate}.key.pem"),
                           ("x509ca/provider-ca.crt.pem", "provider-ca.crt.pem")):
        (swanctl / target).write_bytes((pki / source).read_bytes())
    (swanctl / "private/gateway.key.pem").chmod(0o600)
    (swanctl / "swanctl.conf").touch(mode=0o600)
    (swanctl / "swanctl.conf").write_text(swanctl_conf(gateway, manner))


def charon_name(gateway: a.Gateway) -> str:
    return f"{gateway.place}.charon"


def start(programs: Programs, state: Path, gateway: a.Gateway, root: Path) -> None:
    """Start a gateway's charon; load() makes it answer."""
    for old in ("x509", "x509ca", "private", "conf.d"):
        for file in (root / "etc/swanctl" / old).iterdir():
            file.unlink()
    log = programs.log_of(charon_name(gateway)).with_suffix(".charon.log")
    (root / "etc/strongswan.conf").write_text(strongswan_conf(log))
    programs.start(charon_name(gateway), gateway.place, argv_in(programs, gateway.place, ["charon-systemd"]))


def load(programs: Programs, state: Path, gateway: a.Gateway, root: Path, manner: Manner = HEALTHY) -> None:
    """Make a gateway behave in this manner from its next handshake on; existing SAs stay."""
    _write(root, state, gateway, manner)
    run(argv_in(programs, gateway.place, ["swanctl", "--load-all", "--clear", "--noprompt"]))
