# SPDX-License-Identifier: Apache-2.0
"""One guest: boot it, run scripts inside, boot it again from the same disk. It has no network card.

Whatever happens, its qemu ends with the process that started it, and its folder goes with it.
"""

from __future__ import annotations

import base64
import ctypes
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from .image import CACHE, GuestError, Image, say

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)

# A pipe that nobody writes to: read(1) of it waits without a process. Time is the machine's since its start: its clock
# of the day jumps while it boots, and bash's SECONDS with it.
_UNTIL = """exec 7<> <(:); read -r now _ </proc/uptime; end=$((${{now%.*}} + {seconds}))
until said=$({{
{script}
}} 2>&1); do
  read -r now _ </proc/uptime
  [ "${{now%.*}}" -lt $end ] || {{ echo "$said"; exit 1; }}
  read -r -t {every} -u 7
done
exit 0
"""


@dataclass(frozen=True)
class Done:
    """What a script inside printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


class Guest:
    """`with Guest(image, payload=folder) as guest: guest.boot(); guest.run("uname -r")`."""

    def __init__(self, image: Image, *, world: Image | None = None, payload: Path | None = None, name: str = "guest",
                 deadline: float = 2700.0, memory: int = 1024, base: Path | None = None) -> None:
        """base = a qcow2 on top of the image's disk to start from; it stays as it is."""
        self.name = f"{name}-{next(_numbers)}-{os.getpid()}"
        self.folder = CACHE / "run" / self.name
        self._image, self._world, self._payload = image, world, payload
        self._memory = memory
        self._until = time.monotonic() + deadline
        self._qemu: subprocess.Popen | None = None
        self._door: socket.socket | None = None
        self._waiting: dict[str, Future] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        _forget_the_killed(self.folder.parent)
        self.folder.mkdir(parents=True)
        self._disk = self._overlay(base, "qcow2") if base else self._overlay(image.disk, "raw")

    def _overlay(self, base: Path, kind: str) -> Path:
        disk = self.folder / "disk.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", kind, "-b", str(base), str(disk)], check=True)
        return disk

    def hand_in(self, fill: Callable[[Path], None]) -> None:
        """What the next boots find in /srv/eg/payload."""
        self._payload = self.folder / "payload"
        self._payload.mkdir(exist_ok=True)
        fill(self._payload)

    # --- boots ---------------------------------------------------------------------------------------------

    def _argv(self, append: str) -> list[str]:
        # Emulation is what the tests' time goes to, and translating code is most of that: QEMU 7.2 keeps what it has
        # translated by the guest's virtual address, so each process with a random one is translated anew (a hundred
        # times /bin/true: 6.5 s with, 2.6 s without). erms and fsrm: a string instruction goes byte by byte.
        # All of it: 41 s for 52 s until the boot with traffic is over, `eligate verify` 1.2 s for 2.4 s.
        # One processor: alone a guest with two is faster, but two guests share our two cores, and then boot, install and
        # apply take 176 and 198 s (Debian 12, 13) for 252 and 257 s with two each. And a kernel that patches its code
        # while another processor is in it can die of it here (Oops at sched_clock_cpu+0x9, one boot in some hundreds).
        argv = ["qemu-system-x86_64", "-accel", "tcg", "-smp", "1", "-cpu",
                "max,erms=off,fsrm=off,la57=off", "-m",
                str(self._memory), "-nodefaults", "-nic", "none", "-display", "none", "-no-reboot", "-rtc", "base=utc",
                "-kernel", str(self._image.kernel), "-initrd", str(self._image.initrd),
                "-append", f"console=ttyS0 root=/dev/vda rw quiet net.ifnames=0 panic=-1 mitigations=off "
                           f"cryptomgr.notests no_timer_check norandmaps init_on_alloc=0 TERM=dumb {append}".strip(),
                "-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console",
                "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=door,path={self.folder}/door,server=on,wait=off",
                "-device", "virtserialport,chardev=door,nr=1"]
        for path, kind, extra in self._drives():
            argv += ["-drive", f"file={path},if=virtio,format={kind},cache=unsafe{extra}"]
        return argv

    def _drives(self) -> list[tuple[Path, str, str]]:
        drives = [(self._disk, "qcow2", "")]
        tar = self.folder / "payload.tar"
        with tarfile.open(tar, "w") as archive:
            archive.add(Path(__file__).with_name("agent"), arcname="eg-agent", filter=_of_root)
            if self._payload is not None:
                archive.add(self._payload, arcname=".", filter=_of_root)
        drives.append((tar, "raw", ",readonly=on"))
        if self._world is not None:
            drives.append((self._world.disk, "raw", ",snapshot=on"))
        return drives

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    def boot(self, wait: bool = True, append: str = "") -> float:
        """Start the machine; returns the seconds until its door opened, or until the boot was over."""
        if self._qemu is not None:
            raise GuestError(f"{self.name} already runs")
        begun = time.monotonic()
        log = open(self.folder / "qemu.log", "ab")
        self._qemu = subprocess.Popen(self._argv(append), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      preexec_fn=_end_with_parent, start_new_session=True)
        log.close()
        self._open_door()
        if wait:
            self.wait("the boot to be over", "systemctl is-active --quiet multi-user.target", 240.0, 2.0)
        return time.monotonic() - begun

    def _open_door(self) -> None:
        hello: Future = Future()
        self._waiting = {"hello": hello}
        door = socket.socket(socket.AF_UNIX)
        until = time.monotonic() + 15.0
        while door.connect_ex(str(self.folder / "door")) != 0:
            self._still_runs()
            if time.monotonic() > until:
                raise self._failure("its qemu does not answer")
            time.sleep(0.05)
        self._door = door
        threading.Thread(target=self._listen, args=(door,), daemon=True).start()
        self._result(hello, 240.0, "its door to open")

    def _listen(self, door: socket.socket) -> None:
        with door.makefile("rb") as lines:
            for line in lines:
                words = line.decode(errors="replace").split(" ")
                future = self._waiting.pop(words[0], None)
                if future is not None:
                    future.set_result(words[1:])

    def shut_down(self, seconds: float = 120.0) -> None:
        """As a person would; the disk keeps what was written."""
        self.start("systemctl poweroff")
        self._ended(seconds, "the machine to shut down")

    def cut_power(self) -> None:
        self._end()

    def reboot(self, wait: bool = True) -> float:
        """Down and up again from the same disk; returns what boot() returns."""
        self.shut_down()
        return self.boot(wait)

    def _ended(self, seconds: float, what: str) -> None:
        try:
            self._qemu.wait(min(seconds, self._left()))
        except subprocess.TimeoutExpired:
            raise self._failure(f"waited in vain for {what}") from None
        finally:
            self._end()

    def _end(self) -> None:
        qemu, self._qemu = self._qemu, None
        if self._door is not None:
            self._door.close()
            self._door = None
        if qemu is not None:
            qemu.kill()
            qemu.wait(20)

    # --- scripts inside ------------------------------------------------------------------------------------

    def start(self, script: str) -> Future:
        """Run a shell script as root inside; the future holds the words of its answer."""
        future: Future = Future()
        with self._lock:
            name = str(next(self._ids))
            self._waiting[name] = future
            try:
                self._door.sendall(f"{name} {base64.b64encode(script.encode()).decode()}\n".encode())
            except (OSError, AttributeError):
                raise self._failure("its door is shut") from None
        return future

    def finish(self, future: Future, seconds: float, what: str) -> Done:
        words = self._result(future, seconds, what)
        out, err = (base64.b64decode(word.strip()).decode(errors="replace") for word in (words + ["", ""])[1:3])
        return Done(int(words[0]), out, err)

    def run(self, script: str, seconds: float = 180.0, check: bool = True) -> Done:
        """Run a shell script as root inside, to its end."""
        done = self.finish(self.start(script), seconds, f"`{script[:200]}` to end")
        if check and done.code != 0:
            raise GuestError(f"`{script[:500]}` ended with {done.code} in {self.name}:\n{done.said[-4000:]}")
        return done

    def out(self, script: str, seconds: float = 180.0) -> str:
        return self.run(script, seconds).out.strip()

    def wait(self, what: str, script: str, seconds: float = 60.0, every: float = 0.3) -> float:
        """Poll a script inside until it succeeds; returns the seconds that it took. One shell inside does it: to ask
        from here again and again took a fifth of an emulated boot's time."""
        begun = time.monotonic()
        done = self.run(_UNTIL.format(script=script, seconds=int(seconds) + 1, every=every), seconds + 120.0, check=False)
        if done.code != 0:
            raise self._failure(f"waited {seconds:g} s in vain for {what}\n{done.said[-2000:]}")
        return time.monotonic() - begun

    def push(self, source: Path, target: str) -> None:
        """A file into the running guest; large ones belong into the payload."""
        content = base64.b64encode(source.read_bytes()).decode()
        self.run(f"base64 -d > '{target}' <<'END'\n{content}\nEND\nchmod {source.stat().st_mode & 0o777:o} '{target}'", 120.0)

    def pull(self, source: str, target: Path) -> None:
        """A file, or a folder as a tar, out of the running guest."""
        done = self.run(f"if [ -d '{source}' ]; then tar -C '{source}' -c . ; else cat '{source}'; fi | base64 -w0", 120.0)
        target.write_bytes(base64.b64decode(done.out))

    # --- deadlines and ends --------------------------------------------------------------------------------

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _still_runs(self) -> None:
        if self._qemu is None or self._qemu.poll() is not None:
            raise self._failure("its qemu has ended")

    def _result(self, future: Future, seconds: float, what: str) -> list[str]:
        until = time.monotonic() + min(seconds, self._left())
        while True:
            try:
                return future.result(0.5)
            except TimeoutError:
                self._still_runs()
                if time.monotonic() > until:
                    why = f"waited {seconds:g} s in vain for" if self._left() else "the time for all of it is over before"
                    raise self._failure(f"{why} {what}") from None

    def _failure(self, why: str) -> GuestError:
        def tail(path: Path) -> str:
            try:
                return "\n".join(path.read_text(errors="replace").splitlines()[-25:])
            except OSError:
                return ""
        return GuestError(f"guest {self.name}: {why}\n--- console\n{tail(self.console)}\n{tail(self.folder / 'qemu.log')}")

    def close(self, keep: bool = False) -> None:
        self._end()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def keep_disk(self, target: Path) -> None:
        """The disk as it is now, for other guests to start from (the machine must be off)."""
        fresh = target.with_suffix(".new")
        shutil.copyfile(self._disk, fresh)
        fresh.replace(target)

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _forget_the_killed(folders: Path) -> None:
    """What guests left whose process could not clean up any more."""
    for folder in folders.glob("*-*"):
        pid = folder.name.rpartition("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _of_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
