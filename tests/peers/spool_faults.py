"""The spool on a bad day: bit rot, a torn tail, a full disk; and that 250 comes after the sync."""

import contextlib
import os
import pathlib
import re
import subprocess
import time
import unittest

import doubles
import places
import test_limits
import yakusoku


class Damage(unittest.TestCase):
    def setUp(self):
        self.base = places.run_directory("damage")
        self.addCleanup(places.remove, self.base)
        self.port = places.free_port()
        self.relay = yakusoku.Yakusoku(self.base, delivery=f"127.0.0.1:{self.port}")
        self.addCleanup(self.relay.stop)

    def fill(self, messages):
        """Takes mail that nobody fetches, then kills the program."""
        self.relay.start()
        for number in range(messages):
            self.relay.send(f"message {number}", f"u{number}@b.test", body=f"body-{number}-\r\n")
        self.relay.kill()

    def find(self, needle):
        """File and offset of some bytes below the data folder, the spool's first."""
        for path in sorted(self.relay.data.rglob("*")):
            if path.is_file():
                at = path.read_bytes().find(needle)
                if at >= 0:
                    return path, at
        self.fail(f"{needle!r} is in no file: is the spool in another form?")

    def check_delivered(self, expected):
        """Exactly these messages arrive; what else comes is returned (bounces)."""
        sink = doubles.Double(port=self.port)
        self.addCleanup(sink.stop)
        self.relay.start()

        def ours():
            return {subject for subject in sink.subjects() if subject.startswith("message ")}

        with contextlib.suppress(places.Late):
            places.eventually(lambda: ours() >= expected, 60)
        time.sleep(2)
        self.assertEqual(ours(), expected)
        return [it for it in sink.received if it.sender == ""]

    def test_bit_rot_is_told_and_the_rest_is_served(self):
        self.fill(20)
        path, at = self.find(b"body-7-")
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(b"BODY")
        bounces = self.check_delivered({f"message {n}" for n in range(20)} - {"message 7"})
        self.assertRegex(self.relay.log(), r"(?i)checksum|corrupt|damage")
        self.assertEqual(len(bounces), 1, "its sender hears of it")
        self.assertIn(b"u7@b.test", bounces[0].data)

    def test_a_torn_tail_is_told_and_the_rest_is_served(self):
        self.fill(20)
        path, at = self.find(b"body-19-")
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(b"\0" * (os.path.getsize(path) - at))
        self.check_delivered({f"message {n}" for n in range(19)})
        self.assertRegex(self.relay.log(), r"(?i)checksum|corrupt|damage|torn|cut")

    def test_rubbish_after_the_end_does_no_harm(self):
        self.fill(20)
        path, at = self.find(b"body-19-")
        with open(path, "r+b") as file:
            file.seek(min(os.path.getsize(path) - 4096, at + 64 * 1024))
            file.write(os.urandom(4096))
        self.check_delivered({f"message {n}" for n in range(20)})


class FullDisk(unittest.TestCase):
    def test_452_and_recovery_by_itself(self):
        base = places.run_directory("full-disk")
        self.addCleanup(places.remove, base)
        disk = base / "disk"
        disk.mkdir()
        options = ["-t", "tmpfs", "-o", "size=400m", "tmpfs", disk]
        subprocess.run(["mount", *options], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        port = places.free_port()
        relay = yakusoku.Yakusoku(base, delivery=f"127.0.0.1:{port}", data=disk / "data")
        self.addCleanup(relay.stop)
        relay.start()
        relay.send("before", "a@b.test")

        ballast = disk / "ballast"
        leave_free(ballast, disk, megabytes=1)
        accepted, refusal = test_limits.fill(relay, 600, kilobytes=1500)
        self.assertRegex(refusal, r"^452 4\.3\.1 ", f"after {accepted} messages")

        ballast.unlink()
        took = places.eventually(
            lambda: test_limits.fill(relay, 1)[0], 60, "mail being taken again", every=0.5
        )
        sink = doubles.Double(port=port)
        self.addCleanup(sink.stop)
        expected = accepted + took + 1
        places.eventually(lambda: len(sink.received) >= expected, 120, "delivery of all of it")


class Order(unittest.TestCase):
    def test_the_sync_comes_before_the_250(self):
        base = places.run_directory("order")
        self.addCleanup(places.remove, base)
        relay = yakusoku.Yakusoku(base, delivery=f"127.0.0.1:{places.free_port()}")
        self.addCleanup(relay.stop)
        trace = base / "trace"
        calls = "trace=fdatasync,fsync,sendto,sendmsg,write,writev,pwrite64,pwritev"
        relay.start(wrapper=["strace", "-f", "-qq", "-s", "200", "-e", calls, "-o", trace])
        for number in range(20):
            relay.send(f"traced {number}", "a@b.test")
        relay.stop()
        syncs, acknowledged = order(trace)
        self.assertEqual(len(acknowledged), 20, "a 250 for each message")
        previous = -1
        for go_ahead, taken in acknowledged:
            finished = [at for at in syncs if go_ahead < at < taken]
            self.assertTrue(finished, f"no sync between lines {go_ahead} and {taken} of {trace}")
            self.assertGreater(go_ahead, previous)
            previous = taken


def order(trace):
    """Line numbers: where syncs returned 0, and the 354 and 250 of every message."""
    syncs, acknowledged, go_ahead = [], [], None
    reply = r'\b(sendto|sendmsg|write|writev)\(.*"'
    for number, line in enumerate(pathlib.Path(trace).read_text(errors="replace").splitlines()):
        if re.search(r"\b(fdatasync|fsync)(\(| resumed>).*= 0$", line):
            syncs.append(number)
        elif re.search(reply + "354 ", line):
            go_ahead = number
        elif go_ahead is not None and re.search(reply + r"250 2\.", line):
            acknowledged.append((go_ahead, number))
            go_ahead = None
    return syncs, acknowledged


def leave_free(ballast, disk, megabytes):
    """Fills the disk but for some megabytes, while the program is still preparing its own files."""
    with open(ballast, "wb") as file:
        while True:
            status = os.statvfs(disk)
            free = status.f_bavail * status.f_frsize - megabytes * 1024 * 1024
            if free <= 0:
                return
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, free)
