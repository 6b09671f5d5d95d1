# SPDX-License-Identifier: Apache-2.0
"""What the lab's own tests share: the standing lab, questions from the terminal, the expert's tunnel."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from eglab import addresses as a  # noqa: E402
from eglab import dns, places  # noqa: E402
from eglab.lab import Lab  # noqa: E402
from eglab.process import CommandFailed  # noqa: E402

LAB = Lab()


def ask(name: str, **how) -> dns.Answer:
    with places.network_of(a.TERMINAL):
        return dns.ask(a.CENTRE_DNS, name, **how)


def fetch(place: str, url: str, *more: str) -> str:
    pki = LAB.state / "pki"
    return LAB.run(place, ["curl", "-s", "-S", "--max-time", "4", "--cacert", f"{pki}/centre-ca.crt.pem", *more, url])


def with_card() -> tuple[str, ...]:
    """The electronic certificate that lives on the terminal."""
    return ("--cert", f"{LAB.state}/pki/terminal.crt.pem", "--key", f"{LAB.state}/pki/terminal.key.pem")


@contextmanager
def variant(kind: str, *changes: tuple[str, str]) -> Iterator[str]:
    """The expert's script with (old, new) texts changed in it and in its swanctl file; yields the script's path."""
    with tempfile.TemporaryDirectory() as scratch:
        script, conf = Path(scratch, "expert.sh"), Path(scratch, f"expert/{kind}.conf")
        shutil.copytree(HERE / "expert", conf.parent)
        shutil.copy(HERE / "expert.sh", script)
        for old, new in changes:
            touched = [file for file in (script, conf) if old in file.read_text()]
            assert touched, old
            for file in touched:
                file.write_text(file.read_text().replace(old, new))
        yield str(script)


def attempt(kind: str, seconds: int = 5, *changes: tuple[str, str]) -> str:
    """Try the expert's tunnel, expecting a failure; returns what it and charon said."""
    with variant(kind, *changes) as script:
        try:
            LAB.run(a.CLINIC, ["env", f"EXPERT_TIMEOUT={seconds}", script, kind])
        except CommandFailed as failure:
            return failure.output + LAB.run(a.CLINIC, ["cat", "/run/expert.log"])
    raise AssertionError(f"{kind}: the tunnel came up although it must not")


def expert(kind: str, *changes: tuple[str, str]) -> None:
    with variant(kind, *changes) as script:
        LAB.run(a.CLINIC, [script, kind])


def expert_down() -> None:
    LAB.run(a.CLINIC, [str(HERE / "expert-down.sh")])
