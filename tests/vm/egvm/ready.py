# SPDX-License-Identifier: Apache-2.0
"""Disks on which the package is already installed, for tests that are not about installing it."""

from __future__ import annotations

from pathlib import Path

from . import image
from .appliance import Appliance
from .image import CACHE, say

APT = "DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root -qq -y "
INSTALL = APT + "install --no-install-recommends "


def installed(release: str, deb: Path) -> Path:
    """A qcow2 on top of the release's image; made once for each package."""
    base = image.appliance(release)
    key = image._hash(base.disk.name, deb.read_bytes())
    disk = CACHE / f"installed-{release}-{key}.qcow2"
    with image._alone(f"installed-{release}"):
        if not disk.exists():
            say(f"installing the package on {release} (once for each package)")
            with Appliance(release, [deb], name="install", deadline=900.0) as guest:
                guest.arrange(traffic=False)
                guest.boot()
                guest.run("mkdir -p /var/log/journal")
                guest.run(f"{INSTALL} /srv/eg/payload/{deb.name} iputils-ping curl", 500.0)
                guest.shut_down()
                guest.keep_disk(disk)
            image._forget_older(f"installed-{release}-*", key)
    return disk
