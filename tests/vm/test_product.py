#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The lab's product tests on a guest's kernel: the packaged binary, and ESP in the kernel on both sides.

The appliance is a namespace here as in the lab; what systemd and the machine itself do is the story's affair.
EGVM_MODULES names the modules, `module` or `module:Class.test,Class.test`; each of their tests is one line here. The
module `sweep` takes EGSWEEP_STRIDE and EGSWEEP_SEED as it does in the lab."""

from __future__ import annotations

import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from egvm import debs, image  # noqa: E402
from egvm.appliance import PAYLOAD  # noqa: E402
from egvm.guest import Guest  # noqa: E402
from egvm.payload import lay_out  # noqa: E402
from egvm.story import RELEASE, main  # noqa: E402

ALL = "dataplane profiles failed_apply foreign quiet leaks restore secrets readiness hostile"
MODULES = (os.environ.get("EGVM_MODULES") or ALL).split()
# An emulated processor is many times slower than the lab's, and deadlines count in seconds.
BUSY = "30"
CUT = Path(os.environ.get("CUT") or image.REPOSITORY / "build/dev/bin/cut")


class Product(unittest.TestCase):
    guest: Guest

    @classmethod
    def setUpClass(cls) -> None:
        cls.guest = Guest(image.appliance(RELEASE), world=image.surroundings(), name=f"product-{RELEASE}",
                          deadline=max(2700.0, 900.0 * len(MODULES)), memory=1536)
        cls.addClassCleanup(cls.guest.close)
        cls.guest.hand_in(lambda folder: lay_out(folder, [debs.package(), CUT]))
        cls.guest.boot()
        cls.guest.run(f"{PAYLOAD}/tests/vm/world-only dpkg-deb -x {PAYLOAD}/{debs.package().name} /srv/eg/package")

    def module(self, name: str) -> None:
        file, _, tests = name.partition(":")
        said = f"/srv/eg/said-{file}"
        sweep = " ".join(f"{name}={os.environ[name]}" for name in ("EGSWEEP_STRIDE", "EGSWEEP_SEED") if name in os.environ)
        ended = self.guest.start(
            f"cd {PAYLOAD} && {PAYLOAD}/tests/vm/world-only env EGLAB_DATAPLANE=xfrm EGLAB_BUSY={BUSY} "
            f"EGLAB_PATIENCE=6 ELIGATE=/srv/eg/package/usr/bin/eligate CUT={PAYLOAD}/cut {sweep} "
            f"EGLAB_STATE=/srv/eg/state-{file} tests/lab/apart python3 -B tests/lab/product/test_{file}.py -v {tests.replace(',', ' ')} > {said} 2>&1")
        at, begun = 0, time.monotonic()
        while True:
            over = ended.done()
            fresh = self.guest.run(f"tail -c +{at + 1} {said} 2>/dev/null | head -c 65536", check=False).out
            at += len(fresh.encode())
            sys.stderr.write(fresh)
            sys.stderr.flush()
            if over and not fresh:
                break
            time.sleep(1.0)
        code = self.guest.finish(ended, 10.0, "the module to end").code
        self.assertEqual(code, 0, f"test_{file}.py on {RELEASE} after {time.monotonic() - begun:.0f} s")


def _add() -> None:
    for number, name in enumerate(MODULES):
        def one(self: Product, name: str = name) -> None:
            self.module(name)
        setattr(Product, f"test_{number}_{name.partition(':')[0]}", one)


_add()

if __name__ == "__main__":
    main()
