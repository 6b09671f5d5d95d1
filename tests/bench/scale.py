# SPDX-License-Identifier: Apache-2.0
"""What ten thousand destinations cost, what the journal costs, and how long the way back takes."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from eglab import addresses, papers
from eglab.lab import Lab
from watch import DELETE, Watch, journal_writes

ROOT = Path(__file__).resolve().parents[2]
TABLE = "8470"
FEW, MANY = 10, 10_000
Samples = dict[str, list[float]]


def destinations(count: int) -> list[str]:
    """The centre's own, and every other /23 of 10.0.0.0/8: no two of them make a larger one."""
    others = (f"10.{block >> 6}.{(block & 63) << 2}.0/23" for block in range(256 * 64) if block >> 6 != 20)
    return ["10.20.0.0/16", *(next(others) for _ in range(count - 1))]


class Site:
    """The practice clinic with as many destinations as one likes, and its commands timed from fork to exit."""

    def __init__(self, lab: Lab, binary: Path) -> None:
        self._lab = lab
        self._binary = str(binary.resolve())
        self._root = lab.root(addresses.CLINIC)
        self.state = self._root / "var/lib/eligate"

    def has(self, count: int, psk: str = papers.PSK) -> None:
        text = (ROOT / "profiles/providers/example-psk.toml").read_text()
        rows = ",\n".join(f'"{prefix}"' for prefix in destinations(count))
        folder = self._root / "etc/eligate/profiles"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "example-psk.toml").write_text(text.replace('["10.20.0.0/16"]', f"[\n{rows}]"))
        papers.write_site(self._root, self._lab.state / "pki", "example-psk", secrets={"psk": psk})

    def timed(self, argv: list[str], stdin: str = "", exits: int = 0) -> tuple[float, str]:
        inside = self._lab.argv(addresses.CLINIC, argv)
        begun = time.perf_counter()
        done = subprocess.run(inside, input=stdin, capture_output=True, text=True, timeout=300)
        seconds = time.perf_counter() - begun
        if done.returncode != exits:
            raise SystemExit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return seconds, done.stdout

    def eligate(self, *arguments: str, exits: int = 0) -> float:
        return self.timed([self._binary, *arguments], exits=exits)[0]

    def routes(self) -> list[str]:
        return self.timed(["ip", "route", "show", "table", TABLE])[1].splitlines()

    def without_routes(self) -> None:
        self.timed(["ip", "route", "flush", "table", TABLE])
        self.settled()

    def settled(self) -> float:
        """charon is told of every route of the machine, and answers nobody before it has read all that."""
        return self.timed(["swanctl", "--stats"])[0]


def watched(site: Site, samples: Samples, name: str) -> list:
    """`apply`, and what of it went into the journal."""
    with Watch(site.state) as watch:
        samples[name].append(site.eligate("apply", "--yes"))
    writes = journal_writes(watch.events)
    samples[f"{name}: journal"].append(sum(span.seconds for span in writes))
    samples[f"{name}: records"].append(len(writes) - 1)
    return writes


def planned(site: Site, samples: Samples, count: int) -> None:
    site.has(count)
    samples[f"plan {count}"].append(site.eligate("plan"))


def there_and_back(site: Site, samples: Samples, count: int) -> None:
    """A first apply, a removal, and an apply that fails at the tunnel, with everything else in place."""
    site.has(count)
    site.state.mkdir(mode=0o700, exist_ok=True)
    watched(site, samples, f"apply {count}")
    site.settled()
    samples[f"remove {count}"].append(site.eligate("remove", "--yes"))
    site.has(count, psk="not the one")
    site.settled()
    site.state.mkdir(mode=0o700, exist_ok=True)
    with Watch(site.state) as watch:
        samples[f"failed {count}"].append(site.eligate("apply", "--yes", exits=5))
    gone = next(event.at for event in watch.events if (event.what, event.name) == (DELETE, "journal"))
    samples[f"back {count}"].append(gone - journal_writes(watch.events)[-1].ended)
    site.settled()


def routes_alone(site: Site, samples: Samples) -> None:
    """A site that stands, but for its routes: what apply does then is to add them, and to prove all of it again."""
    site.has(MANY)
    site.eligate("apply", "--yes")
    rows = site.routes()
    batch = "".join(f"route add {row} table {TABLE}\n" for row in rows)
    assert len(rows) == MANY, len(rows)
    site.without_routes()
    samples["ip -batch"].append(site.timed(["ip", "-batch", "-"], stdin=batch)[0])
    samples["ip -batch, charon"].append(samples["ip -batch"][-1] + site.settled())
    site.without_routes()
    writes = watched(site, samples, "again")
    assert len(writes) == 3, writes  # all actions; the batch is about to run; it has run
    samples["routes"].append(writes[2].begun - writes[1].ended)
    assert len(site.routes()) == MANY
    site.timed(["ip", "route", "del", *rows[MANY // 2].split(), "table", TABLE])
    site.settled()
    samples["again, one route"].append(site.eligate("apply", "--yes"))
    site.eligate("remove", "--yes")
    site.settled()


def measure(lab: Lab, binary: Path, rounds: int) -> Samples:
    site = Site(lab, binary)
    samples: Samples = {}
    for turn in range(rounds + 1):
        once = _Once()
        once["entering"].append(site.timed(["/bin/true"])[0])
        for count in (FEW, MANY):
            planned(site, once, count)
        for count in (1, FEW, MANY):
            there_and_back(site, once, count)
        routes_alone(site, once)
        # The first turn warms caches and charon up.
        if turn > 0:
            for name, values in once.items():
                samples.setdefault(name, []).extend(values)
    return samples


class _Once(dict):
    def __missing__(self, name: str) -> list[float]:
        return self.setdefault(name, [])


def report(samples: Samples, rounds: int, row: Callable[[str, list[float]], None]) -> None:
    middle = {name: statistics.median(values) for name, values in samples.items()}
    print(f"\nmany destinations: {rounds} rounds; milliseconds\n")
    print(f"  {'':<34} {'min':>8} {'median':>8} {'max':>8}")
    for count in (FEW, MANY):
        row(f"plan, {count} destinations", samples[f"plan {count}"])
    for count in (1, FEW, MANY):
        for word, name in (("apply", "apply {}"), ("  of it the journal", "apply {}: journal"),
                           ("remove", "remove {}"), ("apply that fails", "failed {}"),
                           ("  of it since the tunnel was tried", "back {}")):
            row(word if word[0] == " " else f"{word}, {count}", samples[name.format(count)])
    row(f"ip -batch, {MANY} routes", samples["ip -batch"])
    row("  until charon has read of them", samples["ip -batch, charon"])
    row("eligate, the same routes", samples["routes"])
    row("  apply of these, proven", samples["again"])
    row("  of it the journal", samples["again: journal"])
    row("  apply of one of them, proven", samples["again, one route"])

    def ratio(what: str, value: float, more: str = "") -> None:
        print(f"  {what:<58} {value:6.2f}  {more}".rstrip())

    entering = middle["entering"]
    print("\nratios of medians (entering the namespace taken off)")
    ratio(f"plan of {MANY} / plan of {FEW}", (middle[f"plan {MANY}"] - entering) / (middle[f"plan {FEW}"] - entering))
    ratio(f"{MANY} routes: eligate / ip -batch", middle["routes"] / (middle["ip -batch"] - entering),
          "wanted: at most 1.3")
    ratio("apply for them more than for one / ip -batch, charon",
          (middle["again"] - middle["again, one route"]) / (middle["ip -batch, charon"] - 2 * entering))
    for count in (1, FEW, MANY):
        apply = middle[f"apply {count}"] - entering
        ratio(f"{count} destinations: journal / apply", middle[f"apply {count}: journal"] / apply,
              f"{middle[f'apply {count}: records']:.0f} records behind the first")
        ratio(f"{count} destinations: way back / apply", middle[f"back {count}"] / apply, "with both gateways' refusal")
        ratio(f"{count} destinations: remove / apply", (middle[f"remove {count}"] - entering) / apply)
