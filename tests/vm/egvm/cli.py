# SPDX-License-Identifier: Apache-2.0
"""The verbs of `tests/vm/guest`."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from . import image
from .guest import Guest
from .image import GuestError


def _image(options: argparse.Namespace) -> int:
    for release in options.releases or image.RELEASES:
        print(image.appliance(release).disk)
    print(image.surroundings().disk)
    return 0


def _run(options: argparse.Namespace) -> int:
    """The command sees what was handed in below /srv/eg/payload; what it leaves in /srv/eg/out can be fetched."""
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise GuestError("nothing to run: guest run -- COMMAND...")
    script = command[0] if len(command) == 1 else shlex.join(command)
    with tempfile.TemporaryDirectory() as folder:
        for source in options.payload:
            target = Path(folder) / source.name
            shutil.copytree(source, target, symlinks=True) if source.is_dir() else shutil.copy2(source, target)
        world = image.surroundings() if options.world else None
        with Guest(image.appliance(options.release), world=world, payload=Path(folder), name=f"run-{options.release}",
                   deadline=options.timeout) as guest:
            seconds = guest.boot()
            print(f"vm: {options.release} is up after {seconds:.1f} s", file=sys.stderr)
            code = _stream(guest, script, options.timeout)
            if options.out is not None:
                guest.pull("/srv/eg/out", options.out)
            return code


def _stream(guest: Guest, script: str, seconds: float) -> int:
    """Run as a unit of systemd, its output as it comes; the unit's own exit code."""
    guest.run("mkdir -p /srv/eg/out && cat > /srv/eg/command <<'END-OF-COMMAND'\n" + script + "\nEND-OF-COMMAND")
    ended = guest.start("systemd-run --quiet --wait --collect --unit=eg-command -p WorkingDirectory=/srv/eg/payload "
                        "-p StandardOutput=append:/srv/eg/said -p StandardError=append:/srv/eg/said "
                        "/bin/bash /srv/eg/command")
    at = 0
    while True:
        over = ended.done()
        fresh = guest.run(f"tail -c +{at + 1} /srv/eg/said 2>/dev/null | head -c 65536", check=False).out
        at += len(fresh.encode())
        sys.stdout.write(fresh)
        sys.stdout.flush()
        if over and not fresh:
            return guest.finish(ended, seconds, "the command to end").code


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="guest", description="Booted Debian guests for tests, without a network card.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    made = verbs.add_parser("image", help="build the images that are missing or stale")
    made.add_argument("releases", nargs="*", metavar="RELEASE", help=" or ".join(image.RELEASES))
    made.set_defaults(call=_image)
    run = verbs.add_parser("run", help="boot, run one command as a unit of systemd, hand over its exit code")
    run.add_argument("--release", choices=image.RELEASES, default="bookworm")
    run.add_argument("--payload", type=Path, action="append", default=[], help="a file or folder; several are possible")
    run.add_argument("--world", action="store_true", help="the surroundings' root at /srv/eg/world, too")
    run.add_argument("--out", type=Path, help="a tar of what the command left in /srv/eg/out")
    run.add_argument("--timeout", type=float, default=600.0, help="seconds for all of it (default 600)")
    run.add_argument("command", nargs=argparse.REMAINDER)
    run.set_defaults(call=_run)
    options = parser.parse_args(argv)
    try:
        return options.call(options)
    except GuestError as failure:
        print(f"guest: {failure}", file=sys.stderr)
        return 1
