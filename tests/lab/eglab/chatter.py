# SPDX-License-Identifier: Apache-2.0
"""Who talks to the eligibility network without a pause, and asks a forwarder for its names: what there is to leak."""

from __future__ import annotations

import itertools
import socket
import threading
from collections import Counter

from . import addresses as a
from . import dns, places
from .process import PATIENCE

# A question for one of the network's names, and what nobody answers. Not the name that the tests themselves ask for: nsd
# answers no more than 200 times a second with the same (RRL).
TARGETS = (((a.CENTRE_DNS, 53), dns.question("hweb-api.oqs.onshikaku.org", 1, None)),
            ((a.HWEB, 443), b"never in the clear"),
            ((a.PWEB_PREFIX.split("/")[0].replace(".0", ".1"), 123), b"never in the clear"))
# For the same reason several; a question that is lost is not asked again by dnsmasq for two seconds, which the others are.
_NAMES = ("hweb-mnc.oqs.onshikaku.org", "hweb.oqs-st.onshikaku.org", "crldownload.obn.managedpki.ne.jp", "www.rece",
          a.PROXY_NAME)


# Seconds. An emulated processor that has to carry a thousand rounds a second, twice, has no time left for anything else:
# what is measured then is the overload.
PAUSE = 0.001 * PATIENCE


class Chatter(threading.Thread):
    """`with Chatter(place): ...`: UDP packets to several hosts of the network, a thousand a second or so on a machine of
    its own, and with `forwarder` a hundred questions for its names to that one, which may be there or not."""

    def __init__(self, place: str, forwarder: str | None = None) -> None:
        super().__init__(daemon=True)
        with places.network_of(place):
            self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in (*TARGETS, forwarder)]
        self._forwarder = forwarder
        self._end = threading.Event()
        self.sent = self.questions = 0
        self.refused: Counter[str] = Counter()

    def run(self) -> None:
        names = itertools.cycle([dns.question(name, 1, None) for name in _NAMES])
        turns = itertools.count()
        while not self._end.wait(PAUSE):
            for probe, (target, what) in zip(self._sockets, TARGETS):
                try:
                    probe.sendto(what, target)
                    self.sent += 1
                except OSError:
                    self.refused[target[0]] += 1
            if self._forwarder and next(turns) % 4 == 0:
                self._sockets[-1].sendto(next(names), (self._forwarder, 53))
                self.questions += 1

    @property
    def tried(self) -> int:
        """Packets; the forwarder's are none of the network's."""
        return self.sent + self.refused.total()

    def __enter__(self) -> Chatter:
        self.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._end.set()
        self.join(5.0)
        for probe in self._sockets:
            probe.close()
