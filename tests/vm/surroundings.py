#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Inside a guest: the line, the provider, the centre and the terminal around the machine itself, from the first
instant of its boot. `stand` is the service; the other verbs change and count things while it stands.

surroundings.json in the payload says how this boot is: {"line_after": seconds until the line has a carrier,
"dhcp_after": seconds until the line hands out addresses, "provider_after": seconds in which the gateways know
nobody, "address": what is handed out, "traffic": senders at work, "await_answer": note when the tunnel first carried
something}.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import shutil
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))

from eglab import addresses as a  # noqa: E402
from eglab import centre, line, papers, places, provider  # noqa: E402
from eglab.lab import Lab  # noqa: E402
from eglab.process import run  # noqa: E402
from eglab.stream import Stream  # noqa: E402

PAYLOAD = Path("/srv/eg/payload")
DHCP = f"{a.LINE}.dnsmasq"
CAPTURE = f"{a.LINE}.tcpdump"
SENDERS = {"terminal": a.TERMINAL, "gateway": a.CLINIC}


def settings() -> dict:
    file = PAYLOAD / "surroundings.json"
    return {"line_after": 0, "dhcp_after": 0, "provider_after": 0, "address": a.WAN_ADDRESS, "traffic": True, "await_answer": False} | (
        json.loads(file.read_text()) if file.exists() else {})


def notify(text: str) -> None:
    if "NOTIFY_SOCKET" in os.environ:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.connect(os.environ["NOTIFY_SOCKET"])
            systemd.send(text.encode())


def set_line(up: bool) -> None:
    run(["ip", "-n", a.LINE, "link", "set", "clinic0", "up" if up else "down"])


def hand_out(lab: Lab, address: str | None) -> None:
    """The home gateway's DHCP server: this address and no other; None stops it."""
    lab.programs.stop(DHCP)
    if address is None:
        return
    leases = lab.state / "leases"
    leases.unlink(missing_ok=True)
    lab.programs.start(DHCP, a.LINE, lab.argv(a.LINE, [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=clinic0",
        # Half a minute to the renewal, a little more until the client asks everybody: an address that is no longer
        # to be had is noticed within a test's patience.
        "--bind-dynamic", f"--dhcp-range={address},{address},255.255.255.0,2m", "--dhcp-authoritative",
        "--dhcp-option=option:T1,30", "--dhcp-option=option:T2,40",
        f"--dhcp-option=option:router,{a.HOME_GATEWAY}", f"--dhcp-option=option:dns-server,{a.HOME_GATEWAY}",
        f"--dhcp-leasefile={leases}", "--user=root", "--no-ping", "--log-facility=-",
        "--pid-file=/run/dnsmasq.pid"]))


def build_places(lab: Lab, line_up: bool) -> None:
    """Everything that the appliance's wires end in, and the counter of what comes out of them in the clear."""
    lab.clear_folders()
    shutil.copytree(PAYLOAD / "pki", lab.state / "pki")
    (lab.state / "pki").chmod(0o700)
    places.create(a.PLACES, lab.state, lab.programs)
    places.connect(tuple(places.LINKS), a.PLACES)
    if not line_up:
        set_line(False)
    line.start(lab.programs, lab.state)


def start_watching(lab: Lab) -> None:
    lab.programs.start(CAPTURE, a.LINE, lab.argv(a.LINE, [
        "tcpdump", "-n", "-i", "clinic0", "-U", "-Z", "root", "-w", str(lab.state / "clear.pcap"),
        "dst net 10.0.0.0/8"]))


def start_traffic(lab: Lab) -> None:
    for name, place in SENDERS.items():
        # In the surroundings' own files but the place's network: the appliance has no python.
        lab.programs.start(f"sender-{name}", place, [
            "nsenter", f"--net=/run/netns/{place}", "python3", "-B", __file__, "send", name])


def load_gateways(lab: Lab) -> None:
    for gateway in a.GATEWAYS:
        provider.load(lab.programs, lab.state, gateway, lab.root(gateway.place))


def start_rest(lab: Lab, gateways_know_us: bool) -> None:
    for gateway in a.GATEWAYS:
        provider.start(lab.programs, lab.state, gateway, lab.root(gateway.place))
    centre.start(lab.programs, lab.state)
    lab.wait_for_charon(a.PROVIDER, a.PROVIDER2)
    if gateways_know_us:
        load_gateways(lab)
    lab.wait_for_services()


def stand() -> None:
    begun, how, lab = time.monotonic(), settings(), Lab()
    lab.state.mkdir(parents=True, exist_ok=True)
    build_places(lab, not how["line_after"])
    start_watching(lab)
    if how["traffic"]:
        start_traffic(lab)
    if how["await_answer"]:
        lab.programs.start("await-answer", a.CLINIC, [
            "nsenter", f"--net=/run/netns/{a.CLINIC}", "python3", "-B", __file__, "await-answer"])
    notify("READY=1")
    if not how["dhcp_after"]:
        hand_out(lab, how["address"])
    start_rest(lab, not how["provider_after"])
    door = open_door(lab)
    (lab.state / "complete").touch()
    changes = (("line_after", lambda: set_line(True)), ("dhcp_after", lambda: hand_out(lab, how["address"])),
               ("provider_after", lambda: load_gateways(lab)))
    answer_calls(door, sorted([(begun + how[key], change) for key, change in changes if how[key]], key=lambda row: row[0]))


def open_door(lab: Lab) -> socket.socket:
    """Where `call` brings a verb. Each is carried out by a child of this process, which knows all of its Python already:
    emulated, to start a new one takes seconds."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(lab.state / "door"))
    door.listen(8)
    importlib.import_module("by_hand")
    return door


def answer_calls(door: socket.socket, changes: list[tuple[float, Callable[[], None]]]) -> None:
    """For ever; a change comes when its time has come."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        while changes and changes[0][0] <= time.monotonic():
            changes.pop(0)[1]()
        door.settimeout(max(0.01, changes[0][0] - time.monotonic()) if changes else None)
        try:
            caller, _ = door.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            caller.setblocking(True)
            answer(caller)
        caller.close()


def answer(caller: socket.socket) -> NoReturn:
    """What is printed goes to the caller, and last, behind a NUL, how it ended."""
    with caller.makefile("r", encoding="utf-8") as asked:
        words = asked.readline().rstrip("\n").split("\t")
    for stream in (1, 2):
        os.dup2(caller.fileno(), stream)
    code = 1
    try:
        main(*words)
        code = 0
    except SystemExit as end:
        print(end, file=sys.stderr)
    except BaseException:  # whatever it is, the caller is to read it
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, b"\0%d" % code)
    os._exit(0)


def send(name: str) -> None:
    """To the destinations by UDP, five times a second to each, whatever the network says to it. Every datagram costs an
    emulated machine milliseconds, and what happens in one takes twenty times as long; lab.leaks sends a thousand."""
    count, errors = 0, 0
    log = Path(os.environ["EGLAB_STATE"]) / f"sent-{name}"
    targets = ((a.HWEB, 443), (a.CENTRE_DNS, 53))
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in targets]
    for turn in itertools.count():
        for probe, target in zip(sockets, targets):
            try:
                probe.sendto(b"clear?", target)
                count += 1
            except OSError:
                errors += 1
        if turn % 5 == 0:
            log.with_suffix(".new").write_text(json.dumps({"sent": count, "refused": errors}))
            log.with_suffix(".new").replace(log)
        time.sleep(0.2)


def await_answer() -> None:
    """When (seconds since the kernel began) the first ping of the machine came back through the tunnel."""
    while True:
        begun = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as probe:
            probe.settimeout(0.25)
            try:
                probe.sendto(struct.pack(">BBHHH", 8, 0, 0xF7FF - 0x1234, 0, 0x1234), (a.CENTRE_DNS, 0))
                while True:
                    answer, (sender, _) = probe.recvfrom(2048)
                    if sender == a.CENTRE_DNS and answer[20] == 0:
                        file = Path(os.environ["EGLAB_STATE"]) / "answered"
                        file.write_text(Path("/proc/uptime").read_text().split()[0])
                        return
            except OSError:
                time.sleep(max(0.0, begun + 0.25 - time.monotonic()))


def counts(lab: Lab) -> dict:
    """Packets in the clear that the line saw, by its counter and by the capture, and what was sent."""
    listed = run(["tcpdump", "-n", "-r", str(lab.state / "clear.pcap")], check=False)
    sent = {name: json.loads(file.read_text()) if (file := lab.state / f"sent-{name}").exists() else None
            for name in SENDERS}
    return {"leaked": line.leaked(lab.programs), "sent": sent,
            "captured": [row for row in listed.splitlines() if " IP " in row][:20]}


FORWARDER = "[lan.forwarder]"


def write_papers(lab: Lab, kind: str, *more: str) -> None:
    """The site's files; "routed": no address is assigned, the clinic's LAN is in the selectors. A site with a forwarder
    for its terminals ("forwarder") keeps it, and the address to look from."""
    root = lab.root(a.CLINIC)
    site = root / "etc/eligate/site.toml"
    forwards = "forwarder" in more or (site.exists() and FORWARDER in site.read_text())
    write_site(lab, root, kind)
    if forwards:
        text = site.read_text()
        head, rest = text.split("terminals", 1)
        terminals, rest = rest.split("\n", 1)
        site.write_text(f'{head}terminals{terminals}\nprobe = "192.168.1.250"\n{FORWARDER}\nother = "line"\n{rest}')


def write_site(lab: Lab, root: Path, kind: str) -> None:
    imported = root / "etc/eligate/profiles/example-psk.toml"
    imported.unlink(missing_ok=True)
    if kind != "routed":
        papers.write_site(root, lab.state / "pki", kind)
        return
    papers.write_site(root, lab.state / "pki", "example-psk", intake={"connection_id": "RT00000001"})
    site = root / "etc/eligate/site.toml"
    site.write_text(site.read_text().replace('["192.168.1.50"]', f'["{a.LAN_PREFIX}"]'))
    imported.parent.mkdir(exist_ok=True)
    shipped = (PAYLOAD / "profiles/providers/example-psk.toml").read_text()
    imported.write_text(shipped.replace('"assigned"', '"routed"'))


def use_terminal() -> None:
    """What the terminal of a clinic does all day; fails with what did not work."""
    from by_hand import ask, fetch, with_card
    page = f"https://{a.HWEB_NAME}/terminal"
    for name, count in ((a.HWEB_NAME, 1), (a.PWEB_NAME, a.PWEB_RECORDS), (a.NTP_NAME, a.NTP_RECORDS)):
        for how in ({"edns": 4096}, {"tcp": True}):
            got = len(ask(name, timeout=3.0, **how).addresses)
            if got != count:
                raise SystemExit(f"{name} {how}: {got} addresses instead of {count}")
    if "1312345678" not in fetch(a.TERMINAL, page, "--max-time", "15", *with_card()):
        raise SystemExit(f"{page}: the certificate did not arrive")
    fetch(a.TERMINAL, f"https://{a.HWEB_NAME}/large", "--max-time", "30", "--output", "/dev/null")


def ask_forwarder() -> None:
    """What the terminal gets from the appliance's forwarder, for a name of the network and one of the internet."""
    from eglab import dns
    answers = {}
    for name in (a.PWEB_NAME, a.WEB_NAME):
        begun = time.monotonic()
        with places.network_of(a.TERMINAL):
            try:
                got = dns.ask(a.LAN_ADDRESS, name, edns=4096, timeout=5.0)
            except OSError:
                got = None
        answers[name] = {"rcode": got.rcode if got else None, "addresses": len(got.addresses) if got else 0,
                         "seconds": time.monotonic() - begun}
    print(json.dumps(answers))


def stream(lab: Lab, what: str) -> None:
    pings = Stream(lab, a.TERMINAL, a.HWEB, 0.1)
    if what == "start":
        pings.start()
    else:
        count = pings.stop()
        print(json.dumps({"sent": count.sent, "lost": count.lost}))


def main(verb: str, *words: str) -> None:
    if verb == "stand":
        stand()
    elif verb == "send":
        send(*words)
    elif verb == "await-answer":
        await_answer()
    elif verb == "dhcp":
        hand_out(Lab(), None if words[0] == "off" else words[0])
    elif verb == "line":
        set_line(words[0] == "up")
    elif verb == "counts":
        print(json.dumps(counts(Lab())))
    elif verb == "papers":
        write_papers(Lab(), *words)
    elif verb == "terminal":
        use_terminal()
    elif verb == "forwarder":
        ask_forwarder()
    elif verb == "stream":
        stream(Lab(), words[0])
    else:
        raise SystemExit(f"no such verb: {verb}")


if __name__ == "__main__":
    main(*sys.argv[1:])
