# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates, made with openssl into <state>/pki at every fresh `up`.

Two worlds that share nothing: the VPN provider's CA (gateway and client of the tunnel) and the centre's CA (TLS
servers, and the electronic certificate that lives on the terminal).
"""

from __future__ import annotations

from pathlib import Path

from . import addresses as a
from . import papers
from .process import run

DAYS = "30"
CLIENT_DN = f"/C=JP/O=Example Net/CN={papers.CONNECTION_ID}"


def _key(folder: Path, name: str) -> None:
    run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-out", str(folder / f"{name}.key.pem")])
    (folder / f"{name}.key.pem").chmod(0o600)


def _authority(folder: Path, name: str, subject: str) -> None:
    _key(folder, name)
    run(["openssl", "req", "-x509", "-new", "-sha256", "-key", str(folder / f"{name}.key.pem"), "-subj", subject,
         "-days", DAYS, "-out", str(folder / f"{name}.crt.pem"),
         "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"])


def _issue(folder: Path, ca: str, name: str, subject: str, alt: str, usage: str,
           valid: tuple[str, str] | None = None) -> None:
    """A certificate by this CA; valid = (start, end) as YYYYMMDDHHMMSSZ, else from now on."""
    _key(folder, name)
    request = folder / f"{name}.csr.pem"
    run(["openssl", "req", "-new", "-sha256", "-key", str(folder / f"{name}.key.pem"), "-subj", subject,
         "-out", str(request)])
    database = folder / f"{name}.ca"
    database.mkdir(exist_ok=True)
    (database / "index").write_text("")
    # `openssl ca` is the only way in OpenSSL 3.0 to choose the start of validity, so that one can lie in the past.
    (database / "conf").write_text(
        f"[ca]\ndefault_ca=lab\n[lab]\ndatabase={database}/index\nnew_certs_dir={database}\nrand_serial=yes\n"
        f"default_md=sha256\npolicy=any\nunique_subject=no\nx509_extensions=leaf\n"
        f"[any]\ncountryName=optional\norganizationName=optional\ncommonName=supplied\n"
        f"[leaf]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        f"extendedKeyUsage={usage}\nsubjectAltName={alt}\nsubjectKeyIdentifier=hash\n"
        f"authorityKeyIdentifier=keyid\n")
    when = ["-startdate", valid[0], "-enddate", valid[1]] if valid else ["-days", DAYS]
    run(["openssl", "ca", "-batch", "-notext", "-config", str(database / "conf"), *when,
         "-cert", str(folder / f"{ca}.crt.pem"), "-keyfile", str(folder / f"{ca}.key.pem"),
         "-in", str(request), "-out", str(folder / f"{name}.crt.pem")])


def make(folder: Path) -> None:
    """Make everything; about half a second."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _authority(folder, "provider-ca", "/C=JP/O=Example Net/CN=Example Net VPN CA")
    _authority(folder, "other-ca", "/C=JP/O=Somebody Else/CN=Somebody Else CA")
    _authority(folder, "centre-ca", "/C=JP/O=Practice Centre/CN=Practice Network Common Root CA")
    gateway = (f"/C=JP/O=Example Net/CN={papers.GATEWAY_ID}", f"DNS:{papers.GATEWAY_ID}", "serverAuth")
    _issue(folder, "provider-ca", "gateway", *gateway)
    _issue(folder, "other-ca", "gateway-untrusted", *gateway)
    _issue(folder, "provider-ca", "gateway-expired", *gateway, valid=("20200101000000Z", "20210101000000Z"))
    _issue(folder, "provider-ca", "client", CLIENT_DN,
           f"DNS:{papers.FQDN},email:{papers.EMAIL}", "clientAuth")
    run(["openssl", "pkcs12", "-export", "-out", str(folder / "client.p12"), "-name", papers.CONNECTION_ID,
         "-inkey", str(folder / "client.key.pem"), "-in", str(folder / "client.crt.pem"),
         "-certfile", str(folder / "provider-ca.crt.pem"), "-passout", "stdin"], stdin=papers.PKCS12_PASSWORD + "\n")
    _issue(folder, "centre-ca", "hweb", f"/C=JP/O=Practice Centre/CN={a.HWEB_NAME}",
           ",".join(f"DNS:{name}" for name in a.TLS_NAMES), "serverAuth")
    _issue(folder, "centre-ca", "terminal", "/C=JP/O=Practice Clinic/CN=1312345678",
           "DNS:terminal.invalid", "clientAuth")
