#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""On a booted Debian: size, memory, `status` beside `swanctl --stats`, and a cold boot beside a hand-written one.

Emulation is slow and as busy as the machine is; the ratios are what counts."""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from egvm import debs, image, ready  # noqa: E402
from egvm.appliance import Appliance  # noqa: E402

# The tunnel as an expert leaves it on the machine: one file, and a network that is there before strongSwan starts.
HAND_WRITTEN = """
umask 077
cat > /etc/swanctl/conf.d/hand.conf <<'END'
connections {
  clinic {
    version = 2
    remote_addrs = vpn1.example.net
    proposals = aes256gcm16-prfsha384-ecp384,aes256-sha256-modp2048
    vips = 0.0.0.0
    local { auth = psk
      id = fqdn:AB12345678.example.net
    }
    remote { auth = psk
      id = fqdn:gw.example.net
    }
    children {
      clinic {
        remote_ts = 10.0.0.0/8
        esp_proposals = aes256gcm16-ecp384
        start_action = start
      }
    }
  }
}
secrets {
  ike-clinic {
    id-local = fqdn:AB12345678.example.net
    id-remote = fqdn:gw.example.net
    secret = "CANARY-psk-7f3a9c"
  }
}
END
mkdir -p /etc/systemd/system/strongswan.service.d
printf '[Unit]\\nWants=network-online.target\\n' > /etc/systemd/system/strongswan.service.d/online.conf
"""
# ru_maxrss of the one child: perl itself needs less than what is measured.
MEMORY = """perl -e 'my $pid = fork(); if (!$pid) { open(STDOUT, ">", "/dev/null"); exec @ARGV }
waitpid $pid, 0; my $usage = "\\0" x 144; syscall(98, -1, $usage); print((unpack "q*", $usage)[4])' -- """
TIMES = """for i in $(seq %d); do
a=$(date +%%s%%N); %s >/dev/null 2>&1; b=$(date +%%s%%N); echo $(((b - a) / 1000))
done"""


def median_millis(guest: Appliance, command: str, rounds: int) -> float:
    said = guest.out(TIMES % (rounds, command), 300.0)
    return statistics.median(int(word) for word in said.split()) / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", choices=image.RELEASES, default="bookworm")
    parser.add_argument("--boots", type=int, default=3)
    options = parser.parse_args()
    deb = debs.package()
    base = ready.installed(options.release, deb)
    names = ("eligate", "hand-written")
    guests = {name: Appliance(options.release, [], name=f"bench-{name}", base=base) for name in names}
    boots: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, int] = {}
    try:
        for guest in guests.values():
            guest.arrange(traffic=False, await_answer=True)
            guest.boot()
        mine = guests["eligate"]
        mine.papers("example-psk")
        memory["apply"] = int(mine.out(f"{MEMORY} eligate apply --yes", 120.0))
        guests["hand-written"].run(HAND_WRITTEN)
        for command in ("check", "plan", "status", "verify", "restore"):
            memory[command] = int(mine.out(f"{MEMORY} eligate {command}", 120.0))
        status, stats, nothing = (median_millis(mine, command, 21)
                                  for command in ("eligate status", "swanctl --stats", "/bin/true"))
        guests["hand-written"].shut_down()
        mine.shut_down()
        for _ in range(options.boots):
            for name, guest in guests.items():  # taking turns, one at a time
                guest.boot()
                guest.wait("an answer through the tunnel", "test -e /srv/eg/state/answered", 180.0)
                boots[name].append(float(guest.out("cat /srv/eg/state/answered")))
                guest.shut_down()
    finally:
        for guest in guests.values():
            guest.close()
    size = deb.stat().st_size
    print(f"\non a booted Debian ({options.release}, emulated)\n")
    print(f"  .deb                                {size / 1e6:8.3f} MB   (under 1)")
    for command, kilobytes in memory.items():
        print(f"  resident memory of {command:<16} {kilobytes / 1024:8.1f} MB   (under 12)")
    print(f"  eligate status                      {status:8.1f} ms")
    print(f"  swanctl --stats                     {stats:8.1f} ms   (both with {nothing:.1f} ms of starting a process)")
    print(f"  status / stats                      {status / stats:8.2f}")
    middle = {name: statistics.median(rows) for name, rows in boots.items()}
    for name, rows in boots.items():
        each = ", ".join(f"{row:.1f}" for row in rows)
        print(f"  cold boot to an answer, {name:<12}{middle[name]:8.1f} s    ({each})")
    print(f"  eligate / hand-written              {middle[names[0]] / middle[names[1]]:8.2f}    (at most 1.1)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
