# SPDX-License-Identifier: Apache-2.0
"""The package under test, and an older one of the same contents for the upgrade."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from .image import REPOSITORY, GuestError

OLDER = "0.0.1"


def package() -> Path:
    """The .deb that `./dev package` built, or the one that the environment names."""
    named = os.environ.get("ELIGATE_DEB")
    if named:
        return Path(named).resolve()
    found = sorted((REPOSITORY / "build" / "package").glob("eligate_*_amd64.deb"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise GuestError("no package: `./dev package` builds it")
    return found[-1]


def field(deb: Path, name: str) -> str:
    return subprocess.run(["dpkg-deb", "-f", str(deb), name], check=True, capture_output=True, text=True).stdout.strip()


def older(deb: Path, folder: Path) -> Path:
    """The same package with a lower version, and with a file that only the older one has."""
    target = folder / f"eligate_{OLDER}_amd64.deb"
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True)
        control = tree / "DEBIAN/control"
        control.write_text("".join(f"Version: {OLDER}\n" if row.startswith("Version:") else row
                                   for row in control.read_text().splitlines(keepends=True)))
        (tree / "usr/share/eligate/older").write_text("only in the older package\n")
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(target)], check=True,
                       stdout=subprocess.DEVNULL)
    return target
