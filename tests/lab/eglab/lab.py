# SPDX-License-Identifier: Apache-2.0
"""One lab: build it, look at it, take it down."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from . import addresses as a
from . import appliance, centre, dns, line, pki, places, provider
from .process import LabError, Programs, run, wait_until
from .vici import Vici

REPOSITORY = Path(__file__).resolve().parents[3]
DEFAULT_STATE = Path(os.environ.get("EGLAB_STATE") or REPOSITORY / "build" / "lab")
NEEDED = ("ip", "nft", "nsenter", "mount", "charon-systemd", "swanctl", "nsd", "nginx", "tinyproxy", "chronyd",
          "dnsmasq", "openssl")
PACKAGES = ("charon-systemd strongswan-swanctl libcharon-extra-plugins libcharon-extauth-plugins "
            "libstrongswan-standard-plugins nftables dnsmasq-base nsd nginx-light tinyproxy chrony "
            "iproute2 iputils-ping util-linux curl openssl python3")


@contextmanager
def only_one(seconds: float = 30.0) -> Iterator[None]:
    """One command at a time works on the machine's lab. The name vanishes with the process, crash included."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lock:
        deadline = time.monotonic() + seconds
        while True:
            try:
                lock.bind("\0eligate-lab")
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise LabError("another lab command is at work on this machine") from None
                time.sleep(0.05)
        yield


def state_of_standing() -> Path | None:
    """State folder of the lab that stands (or half stands) on this machine."""
    link = Path(a.LAB_ROOT)
    return Path(os.readlink(link)) if link.is_symlink() else None


class Lab:
    """The lab of one state folder."""

    def __init__(self, state: Path | None = None) -> None:
        self.state = (state or state_of_standing() or DEFAULT_STATE).resolve()
        self.programs = Programs(self.state)

    # --- looking -------------------------------------------------------------------------------------------

    def root(self, place: str) -> Path:
        """The place's / as seen from outside."""
        return Path(f"/proc/{places.holder_pid(self.programs, place)}/root")

    def argv(self, place: str, argv: list[str], cwd: str | None = None) -> list[str]:
        return places.argv_in(self.programs, place, argv, cwd)

    def run(self, place: str, argv: list[str], *, stdin: str | None = None, timeout: float = 30.0,
            check: bool = True) -> str:
        return run(self.argv(place, argv), stdin=stdin, timeout=timeout, check=check)

    def dead_programs(self) -> list[str]:
        return [name for name in self.programs.records() if self.programs.pid(name) is None]

    def stands(self) -> bool:
        """Everything that `up` makes is there."""
        return (state_of_standing() == self.state and (self.state / "complete").exists()
                and places.standing() == list(a.PLACES) and not self.dead_programs())

    # --- building ------------------------------------------------------------------------------------------

    def up(self, fresh: bool = False) -> bool:
        """Build the lab; False when it already stood. On a failure nothing is left."""
        self._refuse_what_cannot_work()
        if self.stands() and not fresh:
            return False
        self.down()
        try:
            self._build()
        except BaseException as failure:
            tails = self._tails_of_failed()
            self.down()
            if isinstance(failure, LabError):
                raise LabError(f"{failure}{tails}") from failure
            raise
        return True

    def _refuse_what_cannot_work(self) -> None:
        if os.geteuid() != 0:
            raise LabError("the lab makes network namespaces: run it as root")
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing:
            raise LabError(f"not installed: {' '.join(missing)}\n  apt-get install --no-install-recommends {PACKAGES}")

    def clear_folders(self) -> None:
        for folder in ("log", "place"):
            shutil.rmtree(self.state / folder, ignore_errors=True)
            (self.state / folder).mkdir(parents=True)
        Path(a.LAB_ROOT).symlink_to(self.state)

    def _build(self) -> None:
        self.clear_folders()
        with ThreadPoolExecutor(1) as beside:
            keys = beside.submit(pki.make, self.state / "pki")
            places.create(a.PLACES, self.state, self.programs)
            places.connect(tuple(places.LINKS), a.PLACES)
            line.start(self.programs, self.state)
            keys.result()
        appliance.furnish(self.programs, self.state, self.root(a.CLINIC))
        appliance.start_charon(self.programs)
        for gateway in a.GATEWAYS:
            provider.start(self.programs, self.state, gateway, self.root(gateway.place))
        centre.start(self.programs, self.state)
        self.wait_for_charon(a.PROVIDER, a.PROVIDER2)
        for gateway in a.GATEWAYS:
            provider.load(self.programs, self.state, gateway, self.root(gateway.place))
        self.wait_for_charon(a.CLINIC)
        self.wait_for_services()
        wait_until("the appliance's links to settle", lambda: places.settled(a.CLINIC))
        (self.state / "complete").touch()

    def wait_for_charon(self, *names: str) -> None:
        for name in names:
            socket_file = self.root(name) / "run/charon.vici"
            self._wait(f"{name}.charon", lambda path=socket_file: _connects(path))

    def wait_for_services(self) -> None:
        self._wait(line.DNS, lambda: _resolves(a.LINE, a.HOME_GATEWAY, a.GATEWAYS[0].name))
        self._wait(line.WEB, lambda: places.answers_tcp(a.LINE, a.WEB_HOST, 80))
        self._wait(centre.DNS, lambda: _resolves(a.CENTRE, a.CENTRE_DNS, a.HWEB_NAME))
        self._wait(centre.WEB, lambda: places.answers_tcp(a.CENTRE, a.HWEB, 443))
        self._wait(centre.HTTP_PROXY, lambda: places.answers_tcp(a.CENTRE, a.PROXY, a.PROXY_PORT))
        self._wait(centre.TIME, lambda: tells_time(a.CENTRE, "10.20.3.1"))

    def _wait(self, program: str, ready) -> None:
        def ready_or_dead() -> bool:
            if self.programs.pid(program) is None:
                raise LabError(f"{program} ended at once")
            return ready()
        wait_until(f"{program} to answer", ready_or_dead)

    def _tails_of_failed(self) -> str:
        return "".join(f"\n--- {name} (its log, the end)\n{self.programs.tail(name)}" for name in self.dead_programs())

    # --- taking down ---------------------------------------------------------------------------------------

    def down(self) -> bool:
        """Take everything away, however much of it there is; False when there was nothing."""
        other = state_of_standing()
        if other not in (None, self.state):
            raise LabError(f"the lab that stands has its state in {other}, not in {self.state}")
        found = places.standing()
        something = bool(found) or state_of_standing() is not None
        self.programs.stop_all()
        places.destroy(found)
        link = Path(a.LAB_ROOT)
        if link.is_symlink():
            link.unlink()
        (self.state / "complete").unlink(missing_ok=True)
        (self.state / "fault").unlink(missing_ok=True)
        for folder in ("place", "pki"):
            shutil.rmtree(self.state / folder, ignore_errors=True)
        return something

    def restart_charon(self) -> None:
        """What `systemctl restart strongswan` does on the appliance: a new charon, then everything in its files."""
        self.programs.stop(appliance.CHARON)
        appliance.start_charon(self.programs)
        self.wait_for_charon(a.CLINIC)
        self.run(a.CLINIC, ["swanctl", "--load-all", "--noprompt"])

    def reset(self) -> None:
        """Give the appliance back as `up` made it and forget its tunnels; about a second, the rest stays up."""
        self.programs.stop(*[name for name, entry in self.programs.records().items() if entry["place"] == a.CLINIC])
        places.destroy([a.CLINIC])
        # The kernel takes a namespace apart when it finds the time; until then its links would be in the way.
        for place, link in ((a.TERMINAL, "eth0"), (a.LINE, "clinic0")):
            run(["ip", "-n", place, "link", "del", link], check=False)
        shutil.rmtree(self.state / "place" / a.CLINIC, ignore_errors=True)
        places.create((a.CLINIC,), self.state, self.programs)
        places.connect((a.CLINIC,), (a.CLINIC,))
        run(["ip", "-n", a.TERMINAL, "-batch", "-"], stdin="\n".join(places.NETWORKS[a.TERMINAL]))
        run(["ip", "-n", a.LINE, "-batch", "-"],
            stdin=f"addr add {a.HOME_GATEWAY}/24 dev clinic0\nlink set clinic0 up")
        appliance.furnish(self.programs, self.state, self.root(a.CLINIC))
        appliance.start_charon(self.programs)
        for gateway in a.GATEWAYS:
            with Vici(self.root(gateway.place) / "run/charon.vici") as charon:
                for row in charon.stream("list-sas", "list-sa"):
                    for sa in row.values():
                        charon.request("terminate", {"ike-id": sa["uniqueid"], "force": "yes"})
        self.wait_for_charon(a.CLINIC)
        wait_until("the appliance's links to settle", lambda: places.settled(a.CLINIC))

    def list_sas(self, place: str) -> list[dict]:
        """Every IKE_SA of a place's charon, half-open ones included."""
        with Vici(self.root(place) / "run/charon.vici") as charon:
            return [sa | {"name": name} for row in charon.stream("list-sas", "list-sa") for name, sa in row.items()]


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _resolves(place: str, server: str, name: str) -> bool:
    try:
        with places.network_of(place):
            return bool(dns.ask(server, name, timeout=0.2).addresses)
    except OSError:
        return False


def tells_time(place: str, server: str) -> bool:
    with places.network_of(place), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect((server, 123))
            probe.send(b"\x23" + 47 * b"\0")
            reply = probe.recv(512)
        except OSError:
            return False
    return len(reply) >= 48 and 0 < reply[1] < 16
