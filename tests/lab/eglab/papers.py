# SPDX-License-Identifier: Apache-2.0
"""The papers that the provider handed out to the practice clinic: identities and (canary) secrets.

The secrets are fixed so that any test can look for them where they must not be.
"""

from __future__ import annotations

import os
from pathlib import Path

CONNECTION_ID = "AB12345678"
FQDN = f"{CONNECTION_ID}.example.net"
EMAIL = f"{CONNECTION_ID}@example.net"
GATEWAY_ID = "gw.example.net"
PSK = "CANARY-psk-7f3a9c"
EAP_PASSWORD = "CANARY-eap-51be2d"
PKCS12_PASSWORD = "CANARY-p12-c04e88"
CANARIES = (PSK, EAP_PASSWORD, PKCS12_PASSWORD)

# A second contract, site-to-site: no address is assigned, the clinic's LAN is in the selectors.
ROUTED_FQDN = "RT00000001.example.net"

CONFIG_FOLDER = "/etc/eligate"
PAPERS_FOLDER = "/etc/eglab"  # on the appliance: where the technician put what came from the provider

PROFILES = ("example-psk", "example-eap", "example-certificate")


def site_toml(profile: str, connection_id: str = CONNECTION_ID) -> str:
    return f"""schema  = 1
profile = "{profile}"

[clinic]
name = "山田医院"

[line]
kind = "catv"

[wan]
interface = "wan0"

[lan]
interface = "lan0"
terminals = ["192.168.1.50"]

[intake]
connection_id = "{connection_id}"

[services]
eligibility = true
billing     = false
"""


def secrets_toml(profile: str, psk: str = PSK, eap_password: str = EAP_PASSWORD, pkcs12: bool = False) -> str:
    if profile == "example-eap":
        rows = [f'eap_password = "{eap_password}"']
    elif profile == "example-certificate" and pkcs12:
        rows = [f'pkcs12 = "{CONFIG_FOLDER}/client.p12"', f'pkcs12_password = "{PKCS12_PASSWORD}"']
    elif profile == "example-certificate":
        rows = [f'certificate = "{CONFIG_FOLDER}/client.crt.pem"', f'private_key = "{CONFIG_FOLDER}/client.key.pem"']
    else:
        rows = [f'psk = "{psk}"']
    return "schema = 1\n\n[secrets]\n" + "\n".join(rows) + "\n"


def _put(folder: Path, name: str, content: bytes) -> None:
    """Write a file that nobody but root can read, from its first instant."""
    target = folder / name
    target.unlink(missing_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def hand_out(root: Path, pki: Path) -> None:
    """What the provider sent, in PAPERS_FOLDER of the appliance (root = its / as seen from outside)."""
    folder = root / PAPERS_FOLDER.lstrip("/")
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("provider-ca.crt.pem", "client.crt.pem", "client.key.pem", "client.p12"):
        _put(folder, name, (pki / name).read_bytes())


def write_site(root: Path, pki: Path, profile: str, *, connection_id: str = CONNECTION_ID, psk: str = PSK,
               eap_password: str = EAP_PASSWORD, pkcs12: bool = False) -> None:
    """site.toml, secrets.toml and the certificate files of a profile, in the appliance's /etc/eligate."""
    folder = root / CONFIG_FOLDER.lstrip("/")
    folder.mkdir(mode=0o700, exist_ok=True)
    _put(folder, "site.toml", site_toml(profile, connection_id).encode())
    _put(folder, "secrets.toml", secrets_toml(profile, psk, eap_password, pkcs12).encode())
    for name in ("provider-ca.crt.pem", "client.crt.pem", "client.key.pem", "client.p12"):
        _put(folder, name, (pki / name).read_bytes())
