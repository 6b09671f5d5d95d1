# SPDX-License-Identifier: Apache-2.0
"""A complete picture of the appliance as comparable JSON, and the difference of two.

Left out is only what ticks by itself: counters, ages, lifetimes. Modification times are in the picture, but
diff() looks at them only when asked: a file put back after a failure is equal although it was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections import Counter
from pathlib import Path

from . import addresses as a
from . import places
from .lab import Lab
from .process import run, start_time
from .vici import Message, Vici

# Looked at completely; elsewhere below /etc and /var/lib only what differs from the machine's own.
FILE_ROOTS = ("/etc/swanctl", "/etc/strongswan.d", "/etc/strongswan.conf", "/etc/eligate", "/etc/sysctl.d",
              "/etc/sysctl.conf", "/etc/dnsmasq.d", "/etc/dnsmasq.conf", "/etc/nftables.conf", "/etc/resolv.conf",
              "/etc/systemd/system", "/etc/iproute2", "/etc/modules-load.d", "/var/lib/eligate", "/run")
_SYSCTL_FOLDERS = ("net/ipv4", "net/ipv6", "net/core")
# Change by themselves, or are random for each interface.
_TICKING_SYSCTLS = re.compile(r"stable_secret|flush|tcp_fastopen_key|netdev_rss_key")

_SA_KEYS = ("uniqueid", "version", "state", "local-host", "local-port", "local-id", "remote-host", "remote-port",
            "remote-id", "remote-eap-id", "initiator", "initiator-spi", "responder-spi", "nat-local", "nat-remote",
            "nat-fake", "nat-any", "encr-alg", "encr-keysize", "integ-alg", "prf-alg", "dh-group", "if-id-in",
            "if-id-out", "local-vips", "remote-vips")
_CHILD_KEYS = ("name", "uniqueid", "reqid", "state", "mode", "protocol", "encap", "spi-in", "spi-out", "encr-alg",
               "encr-keysize", "integ-alg", "dh-group", "if-id-in", "if-id-out", "mark-in", "mark-out", "local-ts",
               "remote-ts")

Picture = dict[str, object]


def _file(path: Path) -> dict:
    about = path.lstat()
    row = {"mode": f"{about.st_mode:06o}", "owner": f"{about.st_uid}:{about.st_gid}", "mtime": about.st_mtime_ns}
    if stat.S_ISREG(about.st_mode):
        row["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    elif stat.S_ISLNK(about.st_mode):
        row["target"] = os.readlink(path)
    return row


def _walk(root: Path, start: str) -> list[str]:
    """Paths as the place sees them, start included; follows no link."""
    top = root / start.lstrip("/")
    if not (top.exists() or top.is_symlink()):
        return []
    found = [start]
    for folder, folders, files in os.walk(top):
        if Path(folder) == root / "run":
            folders[:] = [name for name in folders if name != ".over"]
        found += [f"/{os.path.relpath(os.path.join(folder, name), root)}" for name in folders + files]
    return found


def _changed(lab: Lab, root: Path) -> list[str]:
    """What differs from the machine's own /etc and /var/lib: the upper layers of the overlays."""
    found = []
    for target, kept in (("/etc", "etc"), ("/var/lib", "var-lib")):
        for upper in (lab.state / "place" / a.CLINIC / kept / "upper", root / f"run/.over{target}/upper"):
            for folder, folders, files in os.walk(upper):
                below = os.path.relpath(folder, upper)
                found += [os.path.normpath(f"{target}/{below}/{name}") for name in folders + files]
    return found


def _files(lab: Lab) -> dict[str, dict]:
    root = lab.root(a.CLINIC)
    paths = {path for start in FILE_ROOTS for path in _walk(root, start)} | set(_changed(lab, root))
    rows = {}
    for path in sorted(paths):
        try:
            rows[path] = _file(root / path.lstrip("/"))
        except FileNotFoundError:
            pass  # a whiteout in the upper layer: the place sees nothing there
    return rows


def _ip(*words: str) -> list[str]:
    rows = json.loads(run(["ip", "-j", "-n", a.CLINIC, *words]) or "[]")
    return [json.dumps(_without(row, ("valid_life_time", "preferred_life_time", "expires")), sort_keys=True)
            for row in rows if row]


def _without(value: object, keys: tuple[str, ...]) -> object:
    if isinstance(value, dict):
        return {key: _without(inner, keys) for key, inner in value.items() if key not in keys}
    if isinstance(value, list):
        return [_without(inner, keys) for inner in value]
    return value


def _nft(lab: Lab) -> list[str]:
    text = lab.run(a.CLINIC, ["nft", "list", "ruleset"])
    text = re.sub(r"packets \d+ bytes \d+", "packets - bytes -", text)
    return re.sub(r" expires [0-9a-z]+", "", text).splitlines()


def _sysctls() -> dict[str, str]:
    rows = {}
    with places.network_of(a.CLINIC):
        for top in _SYSCTL_FOLDERS:
            for folder, _, files in os.walk(f"/proc/sys/{top}"):
                for name in files:
                    path = f"{folder}/{name}"
                    if _TICKING_SYSCTLS.search(path):
                        continue
                    try:
                        rows[path.removeprefix("/proc/sys/")] = Path(path).read_text().strip()
                    except OSError:
                        pass  # write-only, or meaningless for this interface
    return rows


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return "sha256:" + hashlib.sha256(value).hexdigest()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _security_associations(rows: list[Message]) -> dict[str, object]:
    found = {}
    for row in rows:
        for name, sa in row.items():
            children = {child["uniqueid"]: {key: child[key] for key in _CHILD_KEYS if key in child}
                        for child in sa.get("child-sas", {}).values()}
            about = {key: sa[key] for key in _SA_KEYS if key in sa}
            found[f"{name} #{sa['uniqueid']}"] = about | {"children": children}
    return found


def _strongswan(lab: Lab) -> dict[str, object]:
    with Vici(lab.root(a.CLINIC) / "run/charon.vici") as charon:
        picture = {
            "connections": {name: value for row in charon.stream("list-conns", "list-conn")
                            for name, value in row.items()},
            "shared": charon.request("get-shared").get("keys", []),
            "keys": charon.request("get-keys").get("keys", []),
            "certificates": [json.dumps(_plain(row), sort_keys=True)
                             for row in charon.stream("list-certs", "list-cert")],
            "authorities": charon.stream("list-authorities", "list-authority"),
            "pools": charon.request("get-pools"),
            "sas": _security_associations(charon.stream("list-sas", "list-sa")),
        }
    return _plain(picture)


def _processes(lab: Lab) -> list[str]:
    """Who runs there; the lab's own background streams are no part of the appliance."""
    streams = {entry["pid"] for name, entry in lab.programs.records().items() if ".stream-" in name}
    rows = []
    for pid in set(places.pids_in(a.CLINIC)) - streams:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if start_time(pid) is not None:
            rows.append(f"{pid} {os.path.basename(words[0].decode(errors='replace'))}")
    return sorted(rows)


def take(lab: Lab) -> Picture:
    """The picture now; about a quarter of a second, changes nothing."""
    return {
        "files": _files(lab),
        "link": _ip("link", "show"),
        "addr": _ip("addr", "show"),
        # 85: where the tunnel's former address leads (packaging/updown), which is how it goes, not what is configured.
        "route": [row for version in ("-4", "-6") for row in _ip(version, "route", "show", "table", "all")
                  if '"protocol": "85"' not in row],
        "rule": _ip("-4", "rule", "show") + _ip("-6", "rule", "show"),
        "nft": _nft(lab),
        "sysctl": _sysctls(),
        "strongswan": _strongswan(lab),
        "processes": _processes(lab),
    }


def diff(before: object, after: object, times: bool = False, where: str = "") -> list[str]:
    """Readable differences, one a line; empty when the pictures are equal (mtimes only count with times)."""
    if isinstance(before, dict) and isinstance(after, dict):
        lines = []
        for key in sorted(before.keys() | after.keys()):
            if key == "mtime" and not times:
                continue
            place = f"{where}.{key}" if where else key
            if key not in after:
                lines.append(f"- {place}: {_short(before[key])}")
            elif key not in before:
                lines.append(f"+ {place}: {_short(after[key])}")
            else:
                lines += diff(before[key], after[key], times, place)
        return lines
    if before == after:
        return []
    if isinstance(before, list) and isinstance(after, list):
        return _list_diff(before, after, where)
    return [f"! {where}: {_short(before)} -> {_short(after)}"]


def _list_diff(before: list, after: list, where: str) -> list[str]:
    one, two = Counter(map(_short, before)), Counter(map(_short, after))
    lines = [f"- {where}: {row}" for row in (one - two).elements()]
    lines += [f"+ {where}: {row}" for row in (two - one).elements()]
    return lines or [f"! {where}: the same rows in another order"]


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
