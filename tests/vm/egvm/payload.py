# SPDX-License-Identifier: Apache-2.0
"""What is handed in to a guest."""

from __future__ import annotations

import compileall
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

from .image import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))

from eglab import pki  # noqa: E402


def lay_out(folder: Path, files: list[Path], early: bool = False) -> None:
    """The tests' own programs and these files; early: the surroundings too, to stand from the boot's first instant."""
    for part in ("tests/lab", "tests/vm", "profiles", "packaging"):
        shutil.copytree(REPOSITORY / part, folder / part, symlinks=True,
                        ignore=shutil.ignore_patterns("__pycache__", "egvm"))
    for file in files:
        shutil.copy2(file, folder / file.name)
    if early:
        shutil.copy2(REPOSITORY / "tests/vm/early", folder / "early")
        pki.make(folder / "pki")
    # Emulated, it would take seconds of each boot. The surroundings are Debian 12's, Python 3.11; another one here
    # makes files that they do not look at.
    compileall.compile_dir(folder / "tests", quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
