# SPDX-License-Identifier: Apache-2.0
"""The verbs of `tests/lab/lab`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from . import addresses as a
from . import faults, foreign, line, papers, places, snapshot
from .lab import Lab, only_one, state_of_standing
from .process import LabError

EXPERT = Path(__file__).resolve().parents[1] / "expert.sh"


def _advice(command: str) -> str:
    rows = "\n".join(f"  {name:<13} {a.JAPANESE[name]}" for name in a.PLACES)
    return f"""places / 場所
{rows}

enter one / 入る            {command} enter {a.CLINIC}
run there / 実行する        {command} run {a.TERMINAL} -- ping -c1 {a.LAN_ADDRESS}
a tunnel by hand / 手動接続  {command} run {a.CLINIC} -- {EXPERT} psk
break something / 障害      {command} fault --list
take it down / 片付ける      {command} down
"""


def _up(options: argparse.Namespace) -> int:
    lab = Lab(options.state)
    begun = time.monotonic()
    with only_one():
        built = lab.up(fresh=options.fresh)
    if built:
        print(f"the lab stands after {time.monotonic() - begun:.1f} s / 練習環境ができました  ({lab.state})\n")
    else:
        print(f"the lab already stands (--fresh rebuilds it) / 練習環境はすでに動いています  ({lab.state})\n")
    command = os.path.relpath(sys.argv[0])
    print(_advice(command if "/" in command else f"./{command}"), end="")
    return 0


def _down(options: argparse.Namespace) -> int:
    with only_one():
        found = Lab(options.state).down()
    print("the lab is gone / 片付けました" if found else "no lab stands / 練習環境は動いていません")
    return 0


def _status(options: argparse.Namespace) -> int:
    lab = Lab(options.state)
    standing = places.standing()
    for name in a.PLACES:
        print(f"{name:<13} {'stands' if name in standing else '-'}")
    for name, entry in lab.programs.records().items():
        print(f"  {name:<22} {entry['pid'] if lab.programs.pid(name) else 'DEAD'}")
    whole = lab.stands()
    print(f"state {lab.state}: {'complete' if whole else 'not complete' if standing else 'no lab stands'}")
    return 0 if whole else 1


def _enter(options: argparse.Namespace) -> int:
    shell = os.environ.get("SHELL", "/bin/bash")
    print(f"in {options.place} ({a.JAPANESE[options.place]}); `exit` leaves", file=sys.stderr)
    return _exec(options, [shell if os.access(shell, os.X_OK) else "/bin/sh"])


def _run(options: argparse.Namespace) -> int:
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise LabError("nothing to run: lab run PLACE -- COMMAND...")
    return _exec(options, command)


def _exec(options: argparse.Namespace, command: list[str]) -> int:
    argv = Lab(options.state).argv(options.place, command, cwd=os.getcwd())
    sys.stdout.flush()
    os.execvp(argv[0], argv)


def _reset(options: argparse.Namespace) -> int:
    lab = Lab(options.state)
    with only_one():
        faults.set_faults(lab, [])
        lab.reset()
    print("the appliance is as `up` made it / 装置を初期状態に戻しました")
    return 0


def _snapshot(options: argparse.Namespace) -> int:
    text = json.dumps(snapshot.take(Lab(options.state)), ensure_ascii=False, indent=1)
    if options.file is None:
        print(text)
    else:
        options.file.write_text(text + "\n")
    return 0


def _diff(options: argparse.Namespace) -> int:
    before, after = (json.loads(file.read_text()) for file in (options.before, options.after))
    rows = snapshot.diff(before, after, times=options.times)
    print("\n".join(rows) if rows else "equal / 差分なし")
    return 1 if rows else 0


def _foreign(options: argparse.Namespace) -> int:
    lab = Lab(options.state)
    with only_one():
        (foreign.set_up if options.what == "up" else foreign.tear_down)(lab)
    return 0


def _papers(options: argparse.Namespace) -> int:
    lab = Lab(options.state)
    papers.write_site(lab.root(a.CLINIC), lab.state / "pki", options.papers)
    print(f"{papers.CONFIG_FOLDER}/site.toml, secrets.toml: {options.papers}")
    return 0


def _leaks(options: argparse.Namespace) -> int:
    count = line.leaked(Lab(options.state).programs)
    print(f"{count} packets for 10/8 reached the line in the clear / 平文で回線に出たパケット {count}")
    return 1 if count else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="The practice lab of eligate, in network namespaces.")
    parser.add_argument("--state", type=Path, help="state folder (default: the standing lab's, else build/lab)")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="build the lab")
    up.add_argument("--fresh", action="store_true", help="rebuild it if it already stands")
    up.set_defaults(call=_up)
    verbs.add_parser("down", help="take it away, completely").set_defaults(call=_down)
    verbs.add_parser("status", help="what stands").set_defaults(call=_status)
    verbs.add_parser("reset", help="a fresh appliance in the standing lab").set_defaults(call=_reset)
    fault = verbs.add_parser("fault", help="set exactly these faults of the outside world")
    fault.add_argument("names", nargs="*", metavar="NAME", help="`none` clears all")
    fault.add_argument("--list", action="store_true", help="every fault; * marks those that are set")
    fault.set_defaults(call=_fault)
    picture = verbs.add_parser("snapshot", help="a complete picture of the appliance, as JSON")
    picture.add_argument("file", type=Path, nargs="?")
    picture.set_defaults(call=_snapshot)
    difference = verbs.add_parser("diff", help="what differs between two pictures; 1 if anything does")
    difference.add_argument("before", type=Path)
    difference.add_argument("after", type=Path)
    difference.add_argument("--times", action="store_true", help="modification times count, too")
    difference.set_defaults(call=_diff)
    other = verbs.add_parser("foreign", help="somebody else's tunnel, firewall table, route and files on the appliance")
    other.add_argument("what", choices=("up", "down"))
    other.set_defaults(call=_foreign)
    handed = verbs.add_parser("papers", help="write site.toml and secrets.toml of a profile into the appliance")
    handed.add_argument("papers", choices=papers.INTAKE)
    handed.set_defaults(call=_papers)
    verbs.add_parser("leaks", help="packets for 10/8 that left in the clear").set_defaults(call=_leaks)
    enter = verbs.add_parser("enter", help="a shell in a place")
    enter.add_argument("place", choices=a.PLACES)
    enter.set_defaults(call=_enter)
    there = verbs.add_parser("run", help="run a command in a place")
    there.add_argument("place", choices=a.PLACES)
    there.add_argument("command", nargs=argparse.REMAINDER)
    there.set_defaults(call=_run)
    for verb in verbs.choices.values():
        verb.add_argument("--state", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _fault(options: argparse.Namespace) -> int:
    if options.list or not options.names:
        lab = Lab(options.state)
        set_now = faults.current(lab)
        for fault in faults.FAULTS.values():
            mark = "*" if fault.name in set_now else " "
            print(f"{mark} {fault.name:<23} {fault.about} / {fault.japanese}")
        return 0
    names = [] if options.names == ["none"] else options.names
    with only_one():
        faults.set_faults(Lab(options.state), names)
    return 0


def main(argv: list[str]) -> int:
    # `lab up | head` ends quietly, as every other program does.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    options = _parser().parse_args(argv)
    try:
        return options.call(options)
    except LabError as failure:
        print(f"lab: {failure}", file=sys.stderr)
        return 1
