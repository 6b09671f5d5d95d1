# SPDX-License-Identifier: Apache-2.0
"""Disk images of guests, made by mmdebstrap and kept in build/vm until what they are made of changes.

Two kinds: the appliance (a minimal Debian with kernel and systemd; packages that a test installs later lie in its apt
cache, because a guest has no network), and the surroundings (what the lab's line, provider and centre run; no kernel).
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
CACHE = Path(os.environ.get("EGVM_CACHE") or REPOSITORY / "build" / "vm")
INSIDE = Path(__file__).resolve().parent / "inside"
RELEASES = ("bookworm", "trixie")

_COMMON = ("systemd-sysv", "udev", "dbus", "kmod", "iproute2", "apparmor", "linux-image-cloud-amd64", "zstd")
# What eligate's package depends on and what the tests install in a running guest: downloaded, not installed.
_LATER = ("charon-systemd", "strongswan-swanctl", "libcharon-extra-plugins", "libcharon-extauth-plugins",
          "libstrongswan-standard-plugins", "nftables", "ca-certificates", "libcares2", "libc-ares2", "libnl-route-3-200",
          "libpsl5", "libpsl5t64",
          "openssl", "iputils-ping", "curl", "dnsmasq-base", "ifupdown", "isc-dhcp-client", "dhcpcd-base",
          "network-manager")
_SURROUNDINGS = ("charon-systemd", "strongswan-swanctl", "libcharon-extra-plugins", "libcharon-extauth-plugins",
                 "libstrongswan-standard-plugins", "nftables", "nsd", "nginx-light", "tinyproxy", "chrony", "iproute2",
                 "iputils-ping", "util-linux", "procps", "curl", "openssl", "tcpdump", "python3", "kmod",
                 "dnsmasq-base", "unbound",
                 # What eligate's binary needs, for the lab's product tests on a guest's kernel.
                 "libc-ares2", "libnl-route-3-200", "libpsl5", "libsystemd0")

# What Debian does now and then, when it likes: under emulation that is seconds of a test, each time of another one.
_HOUSEWORK = ("e2scrub_reap.service", "e2scrub_all.timer", "fstrim.timer", "apt-daily.timer", "apt-daily-upgrade.timer",
              "dpkg-db-backup.timer", "systemd-tmpfiles-clean.timer",
              "getty@tty1.service", "serial-getty@ttyS0.service",
              # File systems, devices and modules that nothing here uses; each is a process to emulate at boot.
              "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
              "sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "modprobe@drm.service",
              "modprobe@dm_mod.service", "modprobe@efi_pstore.service", "modprobe@configfs.service",
              "modprobe@fuse.service", "modprobe@loop.service", "systemd-pstore.service",
              "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service", "systemd-ask-password-console.path",
              "systemd-ask-password-wall.path", "proc-sys-fs-binfmt_misc.automount", "systemd-binfmt.service")


class GuestError(Exception):
    """A guest or its image does not work; the text is for the person at the terminal."""


@dataclass(frozen=True)
class Image:
    """A root file system; kernel and initrd only where there is one to boot."""

    disk: Path
    kernel: Path | None = None
    initrd: Path | None = None


def say(text: str) -> None:
    print(f"vm: {text}", file=sys.stderr, flush=True)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One process at a time makes an image."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hash(*parts: object) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def _inside() -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted(INSIDE.iterdir()) if path.is_file()]


def _mmdebstrap(release: str, include: tuple[str, ...], folder: Path, *options: str) -> None:
    """A Debian in this folder; its packages are kept beside it, so that the next one is a matter of seconds."""
    debs = CACHE / "debs" / release
    debs.mkdir(parents=True, exist_ok=True)
    # Through a copy on the host: mmdebstrap's sync-in would ask for a second tar of the same files.
    keep = [f'--setup-hook=mkdir -p "$1/var/cache/apt/archives" && cp -n "{debs}"/*.deb "$1/var/cache/apt/archives/" '
            '2>/dev/null || true', "--skip=essential/unlink,cleanup/apt",
            f'--customize-hook=cp -n "$1"/var/cache/apt/archives/*.deb "{debs}/"',
            '--customize-hook=rm -f "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap" "$1/etc/apt/apt.conf.d/99mmdebstrap"']
    # In a mount namespace of its own: whatever happens, nothing of the host stays mounted below the folder.
    argv = ["unshare", "--mount", "--propagation", "private", "mmdebstrap", "--quiet", "--variant=minbase",
            "--mode=root", "--dpkgopt=force-unsafe-io",
            '--aptopt=Acquire::Languages "none"', '--aptopt=Apt::Install-Recommends "false"',
            f"--include={','.join(include)}", *keep, *options, release, str(folder)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1500, check=False)
    if done.returncode != 0:
        raise GuestError(f"mmdebstrap {release} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    for deb in (folder / "var/cache/apt/archives").glob("*.deb"):
        if not (debs / deb.name).exists():
            shutil.copyfile(deb, debs / deb.name)


def _disk_of(folder: Path, disk: Path, megabytes: int) -> None:
    fresh = disk.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal" if "world" in disk.name else "has_journal",
                    "-E", "lazy_itable_init=1", "-d", str(folder), str(fresh), f"{megabytes}M"],
                   check=True, timeout=600, stdout=subprocess.DEVNULL)
    fresh.replace(disk)


def _forget_older(pattern: str, kept: str) -> None:
    for path in CACHE.glob(pattern):
        if kept not in path.name and not path.name.endswith(".lock"):
            path.unlink()


def _furnish_appliance(root: Path) -> None:
    """What a person at the keyboard would have set, and the tests' own door (eg-*)."""
    (root / "etc/hostname").write_text("appliance\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.1.1 appliance\n")
    (root / "etc/resolv.conf").write_text("nameserver 192.168.3.1\n")
    (root / "etc/fstab").write_text("/dev/vda / ext4 defaults,errors=remount-ro 0 1\n")
    (root / "etc/machine-id").write_text("")
    network = root / "etc/systemd/network"
    (network / "10-wan.network").write_text("[Match]\nName=wan0\n\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=no\n")
    (network / "20-lan.network").write_text("[Match]\nName=lan0\n\n[Network]\nAddress=192.168.1.1/24\n"
                                            "ConfigureWithoutCarrier=yes\n")
    units = root / "etc/systemd/system"
    for name, content in _inside():
        target = units / name if name.endswith(".service") else root / "usr/local/lib" / name
        target.write_bytes(content)
        target.chmod(0o644 if name.endswith(".service") else 0o755)
        if name.endswith(".service"):
            wants = units / "sysinit.target.wants"
            wants.mkdir(exist_ok=True)
            (wants / name).symlink_to(f"../{name}")
    for verb, *names in (("enable", "systemd-networkd.service"), ("mask", *_HOUSEWORK)):
        subprocess.run(["systemctl", f"--root={root}", "--quiet", verb, *names], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Of some three hundred devices these are looked for; each costs 40 ms of a boot, and nobody sits at a keyboard.
    trigger = units / "systemd-udev-trigger.service.d"
    trigger.mkdir()
    matches = " ".join(f"--subsystem-match={name}" for name in ("net", "block", "virtio", "virtio-ports", "mem", "misc"))
    (trigger / "few.conf").write_text(f"[Service]\nExecStart=\nExecStart=udevadm trigger --action=add {matches}\n")
    # systemd.unit(5), ConditionNeedsUpdate=: nothing has changed below /usr since, no cache has to be built again.
    for stamp in ("etc/.updated", "var/.updated"):
        (root / stamp).touch()
    # Debian 13 brings a hundred profiles of programs that are not here; to compile them takes 40 s of the first boot.
    for profile in (root / "etc/apparmor.d").iterdir():
        if profile.is_file():
            profile.unlink()


def appliance(release: str) -> Image:
    """The bare appliance of a Debian release."""
    if release not in RELEASES:
        raise GuestError(f"no such release: {release} (there are {', '.join(RELEASES)})")
    key = _hash(release, _COMMON, _LATER, _HOUSEWORK, _inside(),
                *map(inspect.getsource, (appliance, _furnish_appliance, _mmdebstrap)))
    disk, kernel, initrd = (CACHE / f"appliance-{release}-{key}.{kind}" for kind in ("img", "kernel", "initrd"))
    with _alone(f"appliance-{release}"):
        if not disk.exists():
            begun = time.monotonic()
            say(f"building the {release} appliance image (once, a minute or more)")
            folder = CACHE / f"appliance-{release}.root"
            shutil.rmtree(folder, ignore_errors=True)
            # A name that one of the two releases does not have is no fault.
            later = " ".join(_LATER)
            # An initrd with the modules of every controller costs 4 s of each boot.
            _mmdebstrap(release, _COMMON, folder,
                        '--customize-hook=echo MODULES=list > "$1/etc/initramfs-tools/conf.d/eg"',
                        '--customize-hook=printf "%s\\n" virtio_pci virtio_blk ext4 > "$1/etc/initramfs-tools/modules"; '
                        'chroot "$1" update-initramfs -u >/dev/null',
                        f'--customize-hook=for p in {later}; do chroot "$1" apt-get install -qq -y '
                        '--no-install-recommends --download-only $p >/dev/null 2>&1 || true; done')
            _furnish_appliance(folder)
            shutil.copyfile((folder / "vmlinuz").resolve() if not (folder / "vmlinuz").is_symlink()
                            else folder / os.readlink(folder / "vmlinuz").lstrip("/"), kernel)
            shutil.copyfile(folder / os.readlink(folder / "initrd.img").lstrip("/"), initrd)
            _disk_of(folder, disk, 2500)
            shutil.rmtree(folder)
            _forget_older(f"appliance-{release}-*", key)
            say(f"the {release} appliance image took {time.monotonic() - begun:.0f} s")
    return Image(disk, kernel, initrd)


def surroundings() -> Image:
    """What stands around the appliance; the same for every release of it."""
    key = _hash(_SURROUNDINGS, *map(inspect.getsource, (surroundings, _mmdebstrap)))
    disk = CACHE / f"world-{key}.img"
    with _alone("world"):
        if not disk.exists():
            begun = time.monotonic()
            say("building the image of the surroundings (once, a minute or more)")
            folder = CACHE / "world.root"
            shutil.rmtree(folder, ignore_errors=True)
            _mmdebstrap("bookworm", _SURROUNDINGS, folder,
                        '--customize-hook=rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* '
                        '"$1"/usr/share/doc "$1"/usr/share/man',
                        # AppArmor's profiles of the appliance go by path: the provider's daemons are not meant.
                        '--customize-hook=for f in charon-systemd swanctl tcpdump chronyd; do '
                        'for d in usr/sbin usr/bin; do [ ! -e "$1/$d/$f" ] || cp "$1/$d/$f" "$1/usr/local/sbin/"; '
                        'done; done')
            _disk_of(folder, disk, 1200)
            shutil.rmtree(folder)
            _forget_older("world-*", key)
            say(f"the image of the surroundings took {time.monotonic() - begun:.0f} s")
    return Image(disk)
