# SPDX-License-Identifier: Apache-2.0
"""Places: a network namespace each, with a mount namespace kept open by a holder process.

A place has its own /etc (overlay over the machine's), /run, /sys and, for the appliance, /var/lib, so that nothing
of the real machine is written. Everything else, the build folder too, is seen at its normal path.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import addresses as a
from .process import PATIENCE, LabError, Programs, run, stop_pids

CLONE_NEWNET = 0x40000000
REPOSITORY = Path(__file__).resolve().parents[3]
# In a booted guest the appliance is the machine itself, seen from the surroundings' own root (tests/vm).
CLINIC_IS_MACHINE = os.environ.get("EGLAB_CLINIC") == "machine"
MACHINE_PID = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Place:
    name: str
    resolver: str
    forwards: bool = False
    ipv6: bool = False
    rp_filter: int = 0


PLACES = (
    Place(a.TERMINAL, a.CENTRE_DNS),
    # rp_filter 2 is what Debian's systemd sets; the appliance starts without forwarding, eligate turns it on.
    Place(a.CLINIC, a.HOME_GATEWAY, ipv6=True, rp_filter=2),
    Place(a.LINE, a.HOME_GATEWAY, forwards=True),
    Place(a.PROVIDER, a.CENTRE_DNS, forwards=True),
    Place(a.PROVIDER2, a.CENTRE_DNS, forwards=True),
    Place(a.CENTRE, a.CENTRE_DNS),
)
BY_NAME = {place.name: place for place in PLACES}

# Links as one `ip -batch` of the machine's namespace: both ends are born where they belong.
LINKS = {
    a.CLINIC: [
        # The WAN first: it is the address that the kernel falls back to, and that must not do where the LAN's is due.
        f"link add wan0 netns {a.CLINIC} type veth peer name clinic0 netns {a.LINE}",
        f"link add lan0 netns {a.CLINIC} type veth peer name eth0 netns {a.TERMINAL}",
    ],
    a.LINE: [
        f"link add gw1 netns {a.LINE} type veth peer name isp0 netns {a.PROVIDER}",
        f"link add gw2 netns {a.LINE} type veth peer name isp0 netns {a.PROVIDER2}",
    ],
    a.CENTRE: [
        f"link add gw1 netns {a.CENTRE} type veth peer name centre0 netns {a.PROVIDER}",
        f"link add gw2 netns {a.CENTRE} type veth peer name centre0 netns {a.PROVIDER2}",
    ],
}


def _gateway_network(gateway: a.Gateway) -> list[str]:
    return [
        "link set lo up",
        *(f"addr add {inner}/32 dev lo" for inner in gateway.inner),
        f"addr add {gateway.address}/24 dev isp0",
        "link set isp0 up",
        f"addr add {gateway.centre_link}/30 dev centre0",
        "link set centre0 up",
        f"route add default via {a.ISP_ROUTER}",
        *(f"route add {net} via {gateway.centre_peer}" for net in ("10.20.0.0/16", "10.21.0.0/16", a.FOREIGN_PREFIX)),
    ]


def _centre_network() -> list[str]:
    first, second = a.GATEWAYS
    held = (a.CENTRE_DNS, a.HWEB, a.HWEB_API, a.HWEB_MNC, a.HWEB_ST, a.CRL_HOST, a.PROXY, a.BILLING,
            a.SECOND_PREFIX_HOST, a.FOREIGN_HOST)
    return [
        "link set lo up",
        *(f"addr add {address}/32 dev lo" for address in held),
        *(f"route add local {prefix} dev lo" for prefix in (a.PWEB_PREFIX, a.NTP_PREFIX)),
        *(f"addr add {gateway.centre_peer}/30 dev gw{gateway.number}" for gateway in a.GATEWAYS),
        "link set gw1 up",
        "link set gw2 up",
        *(f"route add {gateway.pool_prefix} via {gateway.centre_link}" for gateway in a.GATEWAYS),
        f"route add {a.FOREIGN_POOL_PREFIX} via {second.centre_link}",
        # A routed clinic comes through either gateway: replies go back where the question came from (centre.nft).
        f"route add {a.LAN_PREFIX} via {first.centre_link}",
        f"route add {a.LAN_PREFIX} via {second.centre_link} table 2",
        "rule add fwmark 2 pref 100 lookup 2",
    ]


NETWORKS = {
    a.TERMINAL: [
        "link set lo up",
        f"addr add {a.TERMINAL_ADDRESS}/24 dev eth0",
        "link set eth0 up",
        f"route add default via {a.LAN_ADDRESS}",
    ],
    a.CLINIC: [
        "link set lo up",
        f"addr add {a.LAN_ADDRESS}/24 dev lan0",
        "link set lan0 up",
        f"addr add {a.WAN_ADDRESS}/24 dev wan0",
        "link set wan0 up",
        f"route add default via {a.HOME_GATEWAY} dev wan0",
    ],
    a.LINE: [
        "link set lo up",
        f"addr add {a.LINE_PUBLIC}/32 dev lo",
        f"addr add {a.WEB_HOST}/32 dev lo",
        "link add isp0 type bridge",
        "link set gw1 master isp0 up",
        "link set gw2 master isp0 up",
        f"addr add {a.ISP_ROUTER}/24 dev isp0",
        "link set isp0 up",
        f"addr add {a.HOME_GATEWAY}/24 dev clinic0",
        "link set clinic0 up",
    ],
    a.PROVIDER: _gateway_network(a.GATEWAYS[0]),
    a.PROVIDER2: _gateway_network(a.GATEWAYS[1]),
    a.CENTRE: _centre_network(),
}


def _holder_script(place: Place, state: Path) -> str:
    """Shell that furnishes the mount namespace it runs in, says "ready" and then only keeps it open."""
    keep = state / "place" / place.name
    lines = ["set -eu", "cd /", "mount --make-rprivate /", "mount -t tmpfs -o mode=755 tmpfs /run", "mkdir /run/lock"]
    lines.append(
        # An overlay cannot have its upper layer on another overlay (a container's root): then in memory.
        "over() { mkdir -p \"$2/upper\" \"$2/work\"; "
        "mount -t overlay overlay -o \"lowerdir=$1,upperdir=$2/upper,workdir=$2/work\" \"$1\" 2>/dev/null || { "
        "mkdir -p \"/run/.over$1/upper\" \"/run/.over$1/work\"; "
        "mount -t overlay overlay -o \"lowerdir=$1,upperdir=/run/.over$1/upper,workdir=/run/.over$1/work\" \"$1\"; }; }"
    )
    lines.append(f"over /etc '{keep}/etc'")
    lines.append(f"rm -f /etc/resolv.conf; echo 'nameserver {place.resolver}' > /etc/resolv.conf")
    if place.name == a.CLINIC:
        lines.append(f"over /var/lib '{keep}/var-lib'")
        lines.append("rm -rf /etc/eligate /var/lib/eligate /etc/strongswan.d/zz-eligate.conf")
        lines.append("find /etc/swanctl -type f ! -name swanctl.conf -delete")
        if a.XFRM:
            # What the package installs there and charon calls by its full path.
            lines.append(f"over /usr/lib '{keep}/usr-lib'; mkdir -p /usr/lib/eligate")
            lines.append(f"cp '{REPOSITORY}/packaging/updown' /usr/lib/eligate/updown")
    for interfaces in ("all", "default"):
        lines.append(f"echo {place.rp_filter} > /proc/sys/net/ipv4/conf/{interfaces}/rp_filter")
        if place.ipv6:
            # No duplicate detection: an address that is tentative for a second is noise in every comparison.
            lines.append(f"echo 0 > /proc/sys/net/ipv6/conf/{interfaces}/accept_dad")
        else:
            lines.append(f"echo 1 > /proc/sys/net/ipv6/conf/{interfaces}/disable_ipv6")
    lines.append(f"echo {int(place.forwards)} > /proc/sys/net/ipv4/ip_forward")
    lines.append("echo ready; exec sleep infinity >/dev/null 2>&1")
    return "\n".join(lines)


def is_machine(name: str) -> bool:
    return CLINIC_IS_MACHINE and name == a.CLINIC


def create(names: tuple[str, ...], state: Path, programs: Programs) -> None:
    """Make namespaces and their holders; no links yet."""
    waiting = {}
    for name in names:
        if is_machine(name):
            run(["ip", "netns", "attach", name, str(MACHINE_PID)])
            continue
        run(["ip", "netns", "add", name])
        (state / "place" / name).mkdir(parents=True, exist_ok=True)
        waiting[name], said = os.pipe()
        programs.start(f"{name}.place", name,
                       ["ip", "netns", "exec", name, "sh", "-c", _holder_script(BY_NAME[name], state)], said)
        os.close(said)
    for name, pipe in waiting.items():
        ready, _, _ = select.select([pipe], [], [], 10.0 * PATIENCE)
        words = os.read(pipe, 64) if ready else b""
        os.close(pipe)
        if b"ready" not in words:
            raise LabError(f"place {name} could not be furnished:\n{programs.tail(f'{name}.place')}")


def connect(links: tuple[str, ...], networks: tuple[str, ...]) -> None:
    """Make the links of these groups, then addresses and routes of these places."""
    run(["ip", "-batch", "-"], stdin="\n".join(line for group in links for line in LINKS[group]))
    for name in networks:
        if not is_machine(name):  # its addresses are the affair of its own network configuration
            run(["ip", "-n", name, "-batch", "-"], stdin="\n".join(NETWORKS[name]))


def settled(name: str) -> bool:
    """Do the place's links report themselves up? The kernel says so up to a second after they work."""
    links = json.loads(run(["ip", "-j", "-n", name, "addr", "show", "type", "veth"]))
    return all(link["operstate"] == "UP" and "NO-CARRIER" not in link["flags"]
               and any(row["scope"] == "link" for row in link["addr_info"]) for link in links)


def standing() -> list[str]:
    """Names of the lab's namespaces that exist."""
    return [name for name in a.PLACES if Path("/run/netns", name).exists()]


def pids_in(name: str) -> list[int]:
    listed = run(["ip", "netns", "pids", name], check=False)
    return [int(word) for word in listed.split() if word.isdigit()]


def destroy(names: list[str]) -> None:
    """End what runs in these namespaces and delete them; their links, mounts and rules go with them."""
    for name in names:
        if is_machine(name):
            for link in ("wan0", "lan0"):
                run(["ip", "-n", name, "link", "del", link], check=False)
            run(["ip", "netns", "del", name])
            continue
        # A program may have started another one meanwhile: look again until nobody is left.
        for _ in range(5):
            pids = pids_in(name)
            if not pids:
                break
            stop_pids(pids)
        run(["ip", "netns", "del", name])


def holder_pid(programs: Programs, name: str) -> int:
    if is_machine(name):
        return MACHINE_PID
    pid = programs.pid(f"{name}.place")
    if pid is None:
        raise LabError(f"place {name} does not stand; `lab up` builds it")
    return pid


def argv_in(programs: Programs, name: str, argv: list[str], cwd: str | None = None) -> list[str]:
    """The command line that runs argv inside a place (network and mount namespace); exec, no extra process."""
    enter = ["nsenter", "-t", str(holder_pid(programs, name)), "-m", "-n", "--"]
    if cwd is None:
        return enter + argv
    return enter + ["sh", "-c", 'cd "$1" 2>/dev/null || cd /; shift; exec "$@"', "sh", cwd, *argv]


@contextmanager
def network_of(name: str) -> Iterator[None]:
    """Sockets that this thread opens inside the block belong to the place; they stay usable afterwards."""
    with open(f"/proc/self/task/{threading.get_native_id()}/ns/net", "rb") as home, \
            open(f"/run/netns/{name}", "rb") as there:
        _setns(there.fileno())
        try:
            yield
        finally:
            _setns(home.fileno())


def _setns(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise LabError(f"cannot enter a network namespace: {os.strerror(ctypes.get_errno())}")


def answers_tcp(name: str, address: str, port: int) -> bool:
    """Does something listen there, asked from inside the place itself?"""
    with network_of(name), socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((address, port)) == 0
