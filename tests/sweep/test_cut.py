#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cut counts what changes the machine, the same in each run, and ends or disturbs a program exactly there."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import unittest
from pathlib import Path

from cut_test import CUT, KILLED, OWN_FAILURE, CutTest


class Listing(CutTest):
    def test_every_change_has_a_number(self) -> None:
        done = self.shell("list", script="echo one > a; mkdir d; read -r line < a; echo two > a; exit 7")
        self.assertEqual(done.returncode, 7)
        self.assertEqual([line[0] for line in self.lines()], [str(n) for n in range(1, 7)])
        self.assertEqual([line[1] for line in self.lines()], ["sh", "sh", "sh", "mkdir", "sh", "sh"])
        points = self.points()
        self.assertEqual(points[:2] + points[3:], ["openat a done", "write a done", "mkdir d done", "openat a done",
                                                   "write a done"])
        self.assertRegex(points[2], "^execve /.*/mkdir done$")

    def test_does_not_wait_for_what_has_left_the_session(self) -> None:
        """A process that is to outlive the command is killed with the end of it; a child in the background is waited for."""
        done = self.shell("list", script="setsid sh -c 'sleep 50; touch late' & (sleep 0.3; touch soon) & exit 3")
        self.assertEqual(done.returncode, 3)
        self.assertTrue((self.folder / "soon").exists())
        self.assertFalse((self.folder / "late").exists())

    def test_calls_on_names_and_descriptors(self) -> None:
        self.python("list", script="""
            import os
            here = os.open(".", os.O_RDONLY)
            file = os.open("a", os.O_WRONLY | os.O_CREAT | os.O_EXCL, dir_fd=here)
            os.writev(file, [b"x", b"y"])
            os.pwrite(file, b"z", 0)
            os.fchmod(file, 0o600)
            os.fsync(file)
            os.rename("a", "b", src_dir_fd=here, dst_dir_fd=here)
            os.fsync(here)
            os.symlink("nowhere", "s")
            os.link("b", "l")
            os.chmod("b", 0o640)
            os.ftruncate(file, 0)
            for name in ("b", "l", "s"):
                os.unlink(name, dir_fd=here)
            unnamed = os.open(".", os.O_TMPFILE | os.O_WRONLY)
            os.posix_fallocate(unnamed, 0, 10)
            try:
                os.rmdir("nothing")
            except OSError:
                pass
            """)
        folder = str(self.folder)
        self.assertEqual(self.points(), [
            "openat a done", "writev a done", "pwrite64 a done", "fchmod a done", "fsync a done", "renameat a -> b done",
            f"fsync {folder} done", "symlink nowhere -> s done", "link b -> l done", "chmod b done", "ftruncate b done",
            "unlinkat b done", "unlinkat l done", "unlinkat s done",
            f"openat {folder} (without a name) done", f"fallocate {folder} (without a name) done",
            "rmdir nothing ENOENT"])

    def test_what_changes_nothing_has_no_number(self) -> None:
        with (self.folder / "out").open("w") as out:
            done = subprocess.run(
                [CUT, "list", "--to", self.report, "--", sys.executable, "-I", "-S", "-B", "-c", textwrap.dedent("""
                    import os, socket
                    print("into a file", flush=True)
                    open("/dev/null", "w").write("x")
                    open("/proc/self/status").read()
                    read, write = os.pipe()
                    os.write(write, b"x")
                    one, other = socket.socketpair()
                    one.send(b"x")
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
                    os.eventfd_write(os.eventfd(0), 1) if hasattr(os, "eventfd") else None
                    os.write(os.memfd_create("memory"), b"x")
                    """)], cwd=self.folder, stdout=out, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual((self.folder / "out").read_text(), "into a file\n")
        self.assertEqual(self.lines(), [])

    def test_threads(self) -> None:
        self.python("list", script="""
            import os, threading
            stop = threading.Event()
            def read():
                while not stop.is_set():
                    open("/proc/self/status").read()
            readers = [threading.Thread(target=read) for _ in range(3)]
            for thread in readers:
                thread.start()
            for number in range(5):
                writer = threading.Thread(target=lambda: open(f"f{number}", "w").close())
                writer.start()
                writer.join()
            stop.set()
            """)
        self.assertEqual(self.points(), [f"openat f{number} done" for number in range(5)])

    def test_a_child_and_its_parent_always_come_in_the_same_order(self) -> None:
        for _ in range(5):
            self.python("list", script="""
                import os
                child = os.fork()
                if child == 0:
                    os.execv("/bin/true", ["true"])
                open("a", "w").close()
                os.waitpid(child, 0)
                """)
            self.assertEqual(self.points(), ["execve /bin/true done", "openat a done"])

    def test_a_child_that_waits_for_its_parent_is_not_waited_for_for_ever(self) -> None:
        self.python("list", script="""
            import os
            read, write = os.pipe()
            if os.fork() == 0:
                os.read(read, 1)
                os._exit(0)
            open("a", "w").close()
            os.write(write, b"x")
            os.wait()
            """)
        self.assertEqual(self.points(), ["openat a done"])

    def test_a_thread_that_becomes_another_program(self) -> None:
        done = self.python("list", script="""
            import os, threading, time
            threading.Thread(target=os.execv, args=("/bin/sh", ["sh", "-c", "echo x > a; exit 4"])).start()
            time.sleep(60)
            """)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(self.points(), ["execve /bin/sh done", "openat a done", "write a done"])

    def test_a_process_that_stops_and_goes_on(self) -> None:
        done = self.shell("list", script="(sleep 0.2; kill -CONT $$) & kill -STOP $$; echo x > a; wait")
        self.assertEqual(done.returncode, 0)
        self.assertEqual((self.folder / "a").read_text(), "x\n")


class Killing(CutTest):
    SCRIPT = "echo one > a; echo two > b; echo done"

    def test_before_and_after_each_point(self) -> None:
        names = {1: "a", 3: "b"}
        for number, name in names.items():
            for moment in ("before", "after"):
                with self.subTest(number=number, moment=moment):
                    for file in self.folder.iterdir():
                        file.unlink()
                    done = self.shell("kill", str(number), moment, script=self.SCRIPT)
                    self.assertEqual((done.returncode, done.stdout), (KILLED, ""))
                    self.assertEqual((self.folder / name).exists(), moment == "after")
                    self.assertEqual([line[0] for line in self.lines()], [str(number)])
                    self.assertEqual(self.lines()[0][4], "done" if moment == "after" else "not run")

    def test_what_is_written_is_written_whole_or_not_at_all(self) -> None:
        self.shell("kill", "2", "before", script=self.SCRIPT)
        self.assertEqual((self.folder / "a").read_text(), "")
        self.shell("kill", "2", "after", script=self.SCRIPT)
        self.assertEqual((self.folder / "a").read_text(), "one\n")

    def test_a_program_that_has_fewer_points_ends_by_itself(self) -> None:
        done = self.shell("kill", "5", "before", script=self.SCRIPT + "; exit 3")
        self.assertEqual((done.returncode, done.stdout), (3, "done\n"))
        self.assertEqual(self.lines(), [])

    def test_the_whole_tree_dies(self) -> None:
        # The child says who it is by a pipe, which is no point.
        done = self.shell("kill", "2", "before", script="sleep 1000 & echo $!; echo x > a")
        self.assertEqual(done.returncode, KILLED)
        self.assertFalse((self.folder / "a").exists())
        # Nobody need have asked yet how it ended.
        status = Path(f"/proc/{int(done.stdout)}/status")
        self.assertTrue(not status.exists() or "State:\tZ" in status.read_text())

    def test_in_a_child(self) -> None:
        done = self.shell("kill", "2", "before", script="mkdir d; echo x > a")
        self.assertEqual(done.returncode, KILLED)
        self.assertEqual(self.lines()[0][1:3], ["mkdir", "mkdir"])
        self.assertEqual(sorted(file.name for file in self.folder.iterdir()), ["report"])

    def test_after_a_child_has_become_its_program(self) -> None:
        done = self.shell("kill", "1", "after", script="mkdir d; echo x > a")
        self.assertEqual(done.returncode, KILLED)
        self.assertFalse((self.folder / "d").exists())


class Failing(CutTest):
    TRY = """
        import os
        def attempt(what, *arguments):
            try:
                what(*arguments)
                print("ok", flush=True)
            except OSError as fault:
                print(os.strerror(fault.errno), flush=True)
        file = os.open("a", os.O_WRONLY | os.O_CREAT)
        attempt(os.write, file, b"x")
        attempt(os.write, file, b"y")
        attempt(os.mkdir, "d")
        attempt(os.unlink, "a")
        open("/proc/self/comm", "w").write("other")
        """

    def test_one_call_fails_and_is_not_run(self) -> None:
        done = self.python("fail", "2", "ENOSPC", script=self.TRY)
        self.assertEqual(done.stdout.splitlines(), ["No space left on device", "ok", "ok", "ok"])
        self.assertEqual(self.points()[:3], ["openat a done", "write a ENOSPC", "write a done"])
        self.python("fail", "2", "EIO", script="""
            import os
            file = os.open("b", os.O_WRONLY | os.O_CREAT)
            try:
                os.write(file, b"not there")
            except OSError:
                os.write(file, b"there")
            """)
        self.assertEqual((self.folder / "b").read_text(), "there")

    def test_a_disk_that_stays_full_still_lets_files_go(self) -> None:
        done = self.python("fail", "2", "ENOSPC", "--from", script=self.TRY)
        self.assertEqual(done.stdout.splitlines(), ["No space left on device"] * 3 + ["ok"])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_full_disk_still_knows_what_it_has(self) -> None:
        (self.folder / "d").mkdir()
        done = self.python("fail", "2", "ENOSPC", "--from", script=self.TRY + """
        os.fsync(os.open(".", os.O_RDONLY))
        """)
        self.assertEqual(done.stdout.splitlines(), ["No space left on device"] * 2 + ["File exists", "ok"])

    def test_a_disk_that_is_read_only_from_now_on(self) -> None:
        done = self.python("fail", "2", "EROFS", "--from", script=self.TRY)
        self.assertEqual(done.stdout.splitlines(), ["Read-only file system"] * 4)
        # /proc is no part of it.
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_child_that_cannot_be_run(self) -> None:
        done = self.shell("fail", "1", "EPERM", script="/bin/mkdir d; echo $?")
        self.assertEqual(done.stdout, "126\n")
        self.assertFalse((self.folder / "d").exists())


class Running(CutTest):
    def begin(self, *words: str, script: str) -> subprocess.Popen:
        return subprocess.Popen([CUT, *words, "--", "sh", "-c", script], cwd=self.folder, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_stop_waits_for_sigcont(self) -> None:
        with self.begin("stop", "3", "before", "--to", str(self.report), script="echo 1 > a; echo 2 > b") as running:
            deadline = time.monotonic() + 20
            while not (self.report.exists() and self.report.read_text()) and time.monotonic() < deadline:
                time.sleep(0.01)
            word, pid = self.lines()[0][4].split()
            self.assertEqual(word, "stopped")
            self.assertTrue(Path(f"/proc/{int(pid)}").exists())
            self.assertEqual((self.folder / "a").read_text(), "1\n")
            self.assertFalse((self.folder / "b").exists())
            running.send_signal(signal.SIGCONT)
            running.communicate(timeout=20)
            self.assertEqual(running.returncode, 0)
        self.assertEqual((self.folder / "b").read_text(), "2\n")

    def test_signals_are_handed_on(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.begin("list", script=f"trap 'exit 9' {number.name[3:]}; echo ready; read -r line") as running:
                self.assertEqual(running.stdout.readline(), "ready\n")
                running.send_signal(number)
                running.wait(timeout=20)
                self.assertEqual(running.returncode, 9)

    def test_streams_pass_through(self) -> None:
        with self.begin("list", script="read -r line; echo $line; echo $line >&2") as running:
            self.assertEqual(running.communicate("hello\n", timeout=20), ("hello\n", "hello\n"))

    def test_the_report_goes_to_standard_error_or_a_descriptor(self) -> None:
        with self.begin("list", script="echo x > a") as running:
            self.assertIn("1\tsh\topenat\t", running.communicate(timeout=20)[1])
        read, write = os.pipe()
        done = subprocess.run([CUT, "list", "--to", str(write), "--", "sh", "-c", f"ls /proc/$$/fd; echo x > {self.report}"],
                              pass_fds=[write], capture_output=True, text=True, timeout=20)
        os.close(write)
        with open(read) as report:
            self.assertIn(f"openat\t{self.report}\tdone", report.read())
        self.assertNotIn(str(write), done.stdout.split())

    def test_exit_codes(self) -> None:
        self.assertEqual(self.shell("list", script="kill -TERM $$").returncode, 128 + signal.SIGTERM)
        self.assertEqual(self.cut("list", command=["./nothing"]).returncode, 127)
        self.assertEqual(self.cut("list", command=[str(self.folder)]).returncode, 126)
        for words in (["list"], ["list", "--"], ["kill", "0", "before", "--", "true"], ["fail", "1", "EWHAT", "--", "true"],
                      ["kill", "1", "ENOSPC", "--", "true"], ["kill", "1", "before", "--from", "--", "true"]):
            done = subprocess.run([CUT, *words], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, OWN_FAILURE, words)
            self.assertIn("usage: cut list", done.stderr)


if __name__ == "__main__":
    unittest.main()
