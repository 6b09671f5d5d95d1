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

FILES = ("provider-ca.crt.pem", "client.crt.pem", "client.key.pem", "client.p12")

_CA = {"ca_certificate": f"{CONFIG_FOLDER}/provider-ca.crt.pem"}
_PEM = {"certificate": f"{CONFIG_FOLDER}/client.crt.pem", "private_key": f"{CONFIG_FOLDER}/client.key.pem"}
_PKCS12 = {"pkcs12": f"{CONFIG_FOLDER}/client.p12"}

# What each shipped profile asks for: (intake of site.toml, secrets of secrets.toml), by the profile's own keys.
INTAKE: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "example-psk": ({}, {"psk": PSK}),
    "example-eap": (_CA, {"eap_password": EAP_PASSWORD}),
    "example-certificate": (_CA | _PEM, {}),
    # The same profile with key and certificate in one PKCS#12 file.
    "example-certificate:pkcs12": (_CA | _PKCS12, {"pkcs12_password": PKCS12_PASSWORD}),
}


def _rows(values: dict[str, str]) -> str:
    return "".join(f'{key} = "{value}"\n' for key, value in values.items())


def site_toml(papers: str, **changed: str) -> str:
    """papers = a key of INTAKE; changed = intake values that differ from the right ones."""
    intake = {"connection_id": CONNECTION_ID} | INTAKE[papers][0] | changed
    return f"""schema  = 1
profile = "{papers.partition(":")[0]}"

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
{_rows(intake)}
[services]
eligibility = true
billing     = false
"""


def secrets_toml(papers: str, **changed: str) -> str:
    return f"schema = 1\n\n[secrets]\n{_rows(INTAKE[papers][1] | changed)}"


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
    for name in FILES:
        _put(folder, name, (pki / name).read_bytes())


def write_site(root: Path, pki: Path, papers: str, *, intake: dict[str, str] | None = None,
               secrets: dict[str, str] | None = None) -> None:
    """site.toml, secrets.toml and the certificate files, in the appliance's /etc/eligate (root = its /); the last
    two change single values, for instance secrets={"psk": "wrong"}."""
    folder = root / CONFIG_FOLDER.lstrip("/")
    folder.mkdir(mode=0o700, exist_ok=True)
    _put(folder, "site.toml", site_toml(papers, **(intake or {})).encode())
    _put(folder, "secrets.toml", secrets_toml(papers, **(secrets or {})).encode())
    for name in FILES:
        _put(folder, name, (pki / name).read_bytes())
