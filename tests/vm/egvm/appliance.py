# SPDX-License-Identifier: Apache-2.0
"""The appliance in a guest with its surroundings: what is handed in, and what the tests ask of it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from . import image
from .guest import Done, Guest
from .image import GuestError
from .payload import lay_out

PAYLOAD = "/srv/eg/payload"
IN_WORLD = f"{PAYLOAD}/tests/vm/in-world"
CALL = f"{PAYLOAD}/tests/vm/call"


@dataclass(frozen=True)
class Answer:
    """What one run of eligate inside said and how it ended."""

    argv: str
    done: Done

    @property
    def exit(self) -> int:
        return self.done.code

    @property
    def json(self) -> dict:
        return json.loads(self.done.out)

    def checks(self) -> dict[str, str]:
        record = self.json
        rows = record.get("checks") or (record.get("verify") or {}).get("checks") or []
        return {row["id"]: row["status"] for row in rows}

    def __str__(self) -> str:
        return f"eligate {self.argv}: exit {self.exit}\n{self.done.said[-6000:]}"


class Appliance(Guest):
    """A guest whose surroundings stand from the first instant of each boot."""

    def __init__(self, release: str, files: list[Path], *, name: str, deadline: float = 2700.0,
                 base: Path | None = None) -> None:
        self.release = release
        super().__init__(image.appliance(release), world=image.surroundings(), name=f"{name}-{release}",
                         deadline=deadline, base=base)
        self.hand_in(lambda folder: lay_out(folder, files, early=True))

    def arrange(self, **how: object) -> None:
        """How the surroundings are in the boots from now on (surroundings.py)."""
        (self.folder / "payload/surroundings.json").write_text(json.dumps(how))

    def surroundings_stand(self, seconds: float = 360.0) -> None:
        self.wait("the surroundings to stand", "test -e /srv/eg/state/complete", seconds)

    def boot(self, wait: bool = True, append: str = "") -> float:
        seconds = super().boot(wait, append)
        if wait:
            self.surroundings_stand()
        return seconds

    def world(self, *argv: str, seconds: float = 180.0, check: bool = True) -> Done:
        """A command where the surroundings' programs are."""
        return self.run(f"{IN_WORLD} {shlex.join(argv)}", seconds, check)

    def surroundings(self, *words: str, seconds: float = 180.0, check: bool = True) -> Done:
        return self.run(f"{CALL} {shlex.join(words)}", seconds, check)

    def eligate(self, words: str, seconds: float = 240.0) -> Answer:
        return Answer(words, self.run(f"eligate {words}", seconds, check=False))

    def papers(self, kind: str) -> None:
        """site.toml, secrets.toml and certificates, as the technician put them in /etc/eligate."""
        self.surroundings("papers", kind)

    def counts(self) -> dict:
        return json.loads(self.surroundings("counts").out)

    def journal(self, lines: int = 60) -> str:
        """What a person would read after a failure."""
        try:
            return self.run(
                f"journalctl -b --no-pager -n {lines} -u 'eligate*' -u strongswan -u systemd-networkd -u eg-early | "
                "grep -v 'failed to load'; "
                "ip -br addr; ip rule; ip route show table all | grep -v 'table local'; nft list ruleset | head -80; "
                "swanctl --list-sas 2>/dev/null; for log in /srv/eg/state/log/eg-provider*.charon.charon.log; do echo \"--- $log\"; "
                # Not what the ladder's question to each gateway leaves there.
                "grep -E '> |^[^<]*$' $log | grep -v -E '<[0-9]+>|DPD|INFORMATIONAL' | tail -n 40; done", 60.0, False).said
        except GuestError as failure:
            return str(failure)
