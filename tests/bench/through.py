# SPDX-License-Identifier: Apache-2.0
"""What a terminal has of the gateway: throughput and round trips beside bare strongSwan with hand-written rules, and
the forwarder's answers beside those of the centre's own server; and how long `eligate verify` looks at all of it."""

from __future__ import annotations

import ipaddress
import os
import socket
import statistics
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from eglab import addresses, centre, dns, papers, places, provider
from eglab.lab import Lab
from scale import Samples, Site

ROOT = Path(__file__).resolve().parents[2]
EXPERT = ROOT / "tests" / "lab" / "expert.sh"

# Of one connection, in seconds: what is not counted (slow start), then slices whose median counts.
WARM_UP, SLICE, SLICES = 0.2, 0.1, 12
# What charon's socket holds (net.core.rmem_default): with more under way it is chance which packets are lost there, and
# the throughput is that of TCP's recovery.
WINDOW = 1 << 16
ECHOES, FIRST_ECHOES = 300, 20
# An answer that has not come by then was lost.
IN_FLIGHT, ASKING, ASKED_ROUNDS, LOST = 8, 2.0, 2, 1.0
VERIFIED = 5
PATIENCE = 5.0
Note = Callable[[str, float], None]

DOWN, UP, ECHO = "down", "up", "echo"
FORWARDER, TUNNEL, THERE = "forwarder", "tunnel", "there"


def questions() -> list[bytes]:
    """Without their identifier. The answers fit everywhere, and there are more names than are in flight: dnsmasq asks
    once where two ask the same."""
    names = [f"{host}.{zone}" for zone, hosts in addresses.CENTRE_ZONES.items() for host in (*hosts, "dns")]
    hosts = [address for hosts in addresses.CENTRE_ZONES.values() for address in hosts.values()]
    asked = [dns.question(name, 0, None) for name in names]
    asked += [dns.question(ipaddress.ip_address(host).reverse_pointer, 0, None, dns.PTR) for host in hosts]
    return [message[2:] for message in asked]


QUESTIONS = questions()


# --- what is measured --------------------------------------------------------------------------------------------


@contextmanager
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """From the terminal to the centre; both ends of it."""
    with places.network_of(addresses.CENTRE), socket.socket() as ear:
        with places.network_of(addresses.TERMINAL):
            terminal = socket.socket()
        with terminal:
            for end in (ear, terminal):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
                end.settimeout(PATIENCE)
            ear.bind((addresses.HWEB, 0))
            ear.listen(1)
            terminal.connect(ear.getsockname())
            far, _ = ear.accept()
            far.settimeout(PATIENCE)
            with far:
                yield terminal, far


def pour(end: socket.socket) -> None:
    """Until the other side, or this one, has had enough."""
    water = bytes(1 << 18)
    try:
        while True:
            end.sendall(water)
    except OSError:
        pass


def throughput(sender: socket.socket, receiver: socket.socket) -> float:
    """Bytes a second as they arrive."""
    pouring = threading.Thread(target=pour, args=(sender,))
    pouring.start()
    room, rates = bytearray(1 << 18), []
    try:
        for seconds in (WARM_UP, *[SLICE] * SLICES):
            begun, count, now = time.perf_counter(), 0, 0.0
            while now < seconds:
                got = receiver.recv_into(room)
                if not got:
                    raise SystemExit("the connection ended")
                count += got
                now = time.perf_counter() - begun
            rates.append(count / now)
    finally:
        sender.shutdown(socket.SHUT_RDWR)
        pouring.join()
    return statistics.median(rates[1:])


def checksum(message: bytes) -> int:
    total = sum(struct.unpack(f">{len(message) // 2}H", message))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def round_trips() -> list[float]:
    """Of ICMP echoes, one at a time: only kernels and charons are on their way, and nobody's program at its end."""
    with places.network_of(addresses.TERMINAL):
        probe = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    identifier, seconds = os.getpid() & 0xFFFF, []
    with probe:
        probe.settimeout(PATIENCE)
        probe.connect((addresses.HWEB, 0))
        for number in range(FIRST_ECHOES + ECHOES):
            rest = struct.pack(">HH", identifier, number) + bytes(56)
            packet = struct.pack(">BBH", 8, 0, checksum(b"\x08\x00\0\0" + rest)) + rest
            begun = time.perf_counter()
            probe.send(packet)
            while True:
                answer = probe.recv(2048)
                if answer[20] == 0 and answer[24:28] == rest[:4]:
                    break
            seconds.append(time.perf_counter() - begun)
    return seconds[FIRST_ECHOES:]


class Asker:
    """Questions over UDP, always as many in flight."""

    def __init__(self, place: str, server: str) -> None:
        with places.network_of(place):
            self._probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._probe.settimeout(LOST)
        self._probe.connect((server, 53))
        # In the order in which they were asked.
        self._waiting: dict[int, float] = {}
        self._number = 0
        self.lost = 0

    def _ask(self, now: float) -> None:
        self._number = (self._number + 1) & 0xFFFF
        self._waiting[self._number] = now
        self._probe.send(self._number.to_bytes(2, "big") + QUESTIONS[self._number % len(QUESTIONS)])

    def _hear(self) -> bool:
        """Whether an answer to a question of ours came."""
        try:
            reply = self._probe.recv(4096)
        except TimeoutError:
            return False
        identifier, flags, _, records = struct.unpack_from(">HHHH", reply)
        if self._waiting.pop(identifier, None) is None:
            return False  # it was given up
        if flags & 0x020F or not records:
            raise SystemExit(f"cut short, or no answer: {reply.hex()}")
        return True

    def rate(self, seconds: float) -> float:
        """Answers a second."""
        begun = now = time.perf_counter()
        answers = 0
        with self._probe:
            while now < begun + seconds:
                while len(self._waiting) < IN_FLIGHT:
                    self._ask(now)
                answers += self._hear()
                now = time.perf_counter()
                for number in [number for number, asked in self._waiting.items() if now - asked > LOST]:
                    del self._waiting[number]
                    self.lost += 1
        return answers / (now - begun)


# --- the other side, as quick as it can be -----------------------------------------------------------------------


@contextmanager
def quick_gateways(lab: Lab) -> Iterator[None]:
    """With OpenSSL's AES the appliance is what limits; with strongSwan's own, which the lab's gateways load first, one
    gateway alone would be measured, at a fraction of what the appliance can do."""
    confs = {gateway: lab.root(gateway.place) / "etc/strongswan.conf" for gateway in addresses.GATEWAYS}
    texts = {gateway: conf.read_text() for gateway, conf in confs.items()}
    try:
        for gateway, text in texts.items():
            quick = text.replace(" openssl ", " ", 1).replace("load = ", "load = openssl ", 1)
            restart_gateway(lab, gateway, confs[gateway], quick)
        yield
    finally:
        for gateway, text in texts.items():
            restart_gateway(lab, gateway, confs[gateway], text)


def restart_gateway(lab: Lab, gateway: addresses.Gateway, conf: Path, text: str) -> None:
    conf.write_text(text)
    name = provider.charon_name(gateway)
    lab.programs.stop(name)
    lab.programs.start(name, gateway.place, lab.argv(gateway.place, ["charon-systemd"]))
    lab.wait_for_charon(gateway.place)
    provider.load(lab.programs, lab.state, gateway, lab.root(gateway.place))


@contextmanager
def unlimited_dns(lab: Lab) -> Iterator[None]:
    """nsd answers equal questions 200 times a second, then every other one and cut short (RRL): not here."""
    conf = lab.state / "place" / addresses.CENTRE / "nsd" / "nsd.conf"
    text = conf.read_text()
    try:
        restart_dns(lab, conf, text.replace("server:\n", "server:\n  rrl-ratelimit: 0\n", 1))
        yield
    finally:
        restart_dns(lab, conf, text)


def restart_dns(lab: Lab, conf: Path, text: str) -> None:
    conf.write_text(text)
    lab.programs.stop(centre.DNS)
    lab.programs.start(centre.DNS, addresses.CENTRE, lab.argv(addresses.CENTRE, ["nsd", "-d", "-c", str(conf)]))
    lab.wait_for_services()


# --- taking turns ------------------------------------------------------------------------------------------------


def by_eligate(lab: Lab, binary: Path) -> Site:
    """A fresh appliance, with a place to look from and a forwarder."""
    lab.reset()
    root = lab.root(addresses.CLINIC)
    papers.write_site(root, lab.state / "pki", "example-psk")
    file, terminals = root / "etc/eligate/site.toml", f'terminals = ["{addresses.TERMINAL_ADDRESS}"]\n'
    head, found, rest = file.read_text().partition(terminals)
    assert found, head
    file.write_text(f'{head}{terminals}probe = "192.168.1.250"\n\n[lan.forwarder]\nother = "line"\n{rest}')
    site = Site(lab, binary)
    site.eligate("apply", "--yes")
    return site


def by_hand(lab: Lab, binary: Path) -> Site:
    lab.reset()
    site = Site(lab, binary)
    site.timed([str(EXPERT), "psk"])
    return site


WAYS = {"eligate": by_eligate, "expert": by_hand}


def take_turns(lab: Lab, binary: Path, rounds: int, note: Note) -> None:
    for turn in range(rounds):
        # Whatever drifts with time meets both alike: the one first, then the other.
        for way in sorted(WAYS, reverse=bool(turn % 2)):
            WAYS[way](lab, binary)
            echoes = round_trips()
            with connection() as (terminal, far):
                note(f"{way} {DOWN}", throughput(far, terminal))
            echoes += round_trips()
            with connection() as (terminal, far):
                note(f"{way} {UP}", throughput(terminal, far))
            note(f"{way} {ECHO}", statistics.median(echoes + round_trips()))


def ask_both(note: Note) -> None:
    ways = [(FORWARDER, addresses.TERMINAL, addresses.LAN_ADDRESS), (TUNNEL, addresses.TERMINAL, addresses.CENTRE_DNS)]
    turns = [row for turn in range(ASKED_ROUNDS) for row in ways[::-1 if turn % 2 else 1]]
    for way, place, server in (*turns, (THERE, addresses.CENTRE, addresses.CENTRE_DNS)):
        asker = Asker(place, server)
        note(way, asker.rate(ASKING))
        note(f"{way} lost", asker.lost)


def measure(lab: Lab, binary: Path, rounds: int) -> Samples:
    samples: Samples = {}

    def note(name: str, value: float) -> None:
        samples.setdefault(name, []).append(value)

    with quick_gateways(lab):
        take_turns(lab, binary, rounds, note)
        site = by_eligate(lab, binary)
        with unlimited_dns(lab):
            ask_both(note)
        for _ in range(VERIFIED):
            note("verify", site.eligate("verify"))
    return samples


def report(samples: Samples, rounds: int) -> None:
    middle = {name: statistics.median(values) for name, values in samples.items()}

    def row(what: str, name: str, factor: float = 1.0, digits: int = 1) -> None:
        values = [value * factor for value in samples[name]]
        numbers = "".join(f" {value:8.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
        print(f"  {what:<44}{numbers}")

    def ratio(what: str, over: str, under: str, wanted: str = "") -> None:
        pairs = [a / b for a, b in zip(samples[over], samples[under])]
        print(f"  {what:<44} {middle[over] / middle[under]:6.3f}  pair by pair: min {min(pairs):.3f}, "
              f"median {statistics.median(pairs):.3f}, max {max(pairs):.3f}{wanted and f'; wanted: {wanted}'}")

    words = {DOWN: "centre to terminal", UP: "terminal to centre", ECHO: "round trip"}
    print(f"\nthrough the gateway: {rounds} pairs, each on a fresh appliance, taking turns\n")
    print(f"  {'':<44} {'min':>8} {'median':>8} {'max':>8}")
    for what in (DOWN, UP):
        for way in WAYS:
            row(f"{words[what]}, {way}, Mbit/s", f"{way} {what}", 8e-6)
    for way in WAYS:
        row(f"{words[ECHO]}, {way}, microseconds", f"{way} {ECHO}", 1e6)
    for way, what in ((FORWARDER, "the forwarder"), (TUNNEL, "the centre through the tunnel"),
                      (THERE, "the centre asked there")):
        row(f"DNS answers/s, {what}", way, digits=0)
    row("eligate verify, milliseconds", "verify", 1e3)
    print("\nratios of medians, eligate to bare strongSwan with hand-written rules")
    for what in (DOWN, UP):
        ratio(words[what], f"eligate {what}", f"expert {what}", "at least 0.97")
    ratio(words[ECHO], f"eligate {ECHO}", f"expert {ECHO}", "at most 1.05")
    added = [(a - b) * 1e6 for a, b in zip(samples[f"eligate {ECHO}"], samples[f"expert {ECHO}"])]
    print(f"  {'added to the round trip, microseconds':<44} {statistics.median(added):+6.1f}  "
          f"pair by pair: min {min(added):+.1f}, max {max(added):+.1f}")
    ratio("DNS, the forwarder / through the tunnel", FORWARDER, TUNNEL)
    lost = ", ".join(f"{sum(samples[f'{way} lost'])} {words}" for way, words in (
        (FORWARDER, "by the forwarder"), (TUNNEL, "through the tunnel"), (THERE, "there")))
    print(f"\nDNS: {IN_FLIGHT} questions in flight for {ASKING:g} s, the centre's rate limit off; lost: {lost}")
    print(f"eligate verify of a healthy site: {middle['verify']:.2f} s, median of {VERIFIED}; wanted: under 2 s")
