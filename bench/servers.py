"""The servers of a benchmark: a sink, a stock Postfix, and the program."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = os.environ.get("YAKUSOKU_BIN", str(ROOT / "target" / "release" / "yakusoku"))

#: Everything that is not a place or an address is Postfix's default.
POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {base}/log
maillog_file_prefixes = {base}
myhostname = postfix.bench.example
mydestination =
alias_maps =
inet_protocols = ipv4
relayhost = [127.0.0.1]:{sink}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_greeting(port, seconds=60):
    """Seconds until a server greets with 220."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
                if peer.recv(3) == b"220":
                    return time.monotonic() - begun
        except OSError:
            pass
        time.sleep(0.01)
    raise SystemExit(f"error: nothing greets on port {port}")


class Sink:
    """smtp-sink with its running counter. One for all runs: servers keep connections to it."""

    def __init__(self):
        self.port, self.got, self.changed = free_port(), 0, threading.Condition()
        command = ["smtp-sink", "-4", "-c", "-m", "1000", f"inet:127.0.0.1:{self.port}", "1024"]
        if os.geteuid() == 0:
            command[1:1] = ["-u", "nobody"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, daemon=True).start()
        wait_for_greeting(self.port)

    def _read(self):
        tail = b""
        while block := os.read(self.process.stdout.fileno(), 65536):
            tail = tail[-200:] + block
            counts = re.findall(rb"mesg=(\d+)\D", tail)
            with self.changed:
                self.got = max([self.got, *map(int, counts)])
                self.changed.notify_all()

    def wait(self, count, seconds):
        """Whether the counter reaches `count` in time."""
        with self.changed:
            return self.changed.wait_for(lambda: self.got >= count, seconds)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Postfix:
    """Postfix as Debian ships it, outside its chroot, handing everything to the sink."""

    def __init__(self, base, sink):
        self.base, self.port = pathlib.Path(base), free_port()
        for part in ("queue", "data"):
            (self.base / part).mkdir(parents=True)
        self.base.chmod(0o755)
        (self.base / "main.cf").write_text(POSTFIX_MAIN.format(base=self.base, sink=sink.port))
        stock = pathlib.Path("/usr/share/postfix/master.cf.dist").read_text()
        services = re.sub(r"(?m)^smtp( +)inet", f"127.0.0.1:{self.port}\\1inet", stock)
        services = re.sub(r"(?m)^(\S+ +\S+ +\S+ +\S+ +)[y-]( )", r"\1n\2", services)
        (self.base / "master.cf").write_text(services)
        subprocess.run(["chown", "postfix", self.base / "data"], check=True)
        self._run("start")
        self.root = int((self.base / "queue/pid/master.pid").read_text())
        wait_for_greeting(self.port)

    def stop(self):
        self._run("abort")

    def _run(self, verb):
        done = subprocess.run(["postfix", "-c", self.base, verb], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"error: postfix {verb}: {done.stderr}")


class Yakusoku:
    """`yakusoku up` with its flags for benchmarks; `start` again continues on the same data."""

    def __init__(self, base, route, sign=None):
        self.base, self.route, self.sign = pathlib.Path(base), route, sign
        self.base.mkdir(parents=True, exist_ok=True)
        self.data = self.base / "data"
        self.port, self.console, self.process = free_port(), free_port(), None

    def start(self, wrapper=(), wait=True):
        """Seconds until it greets."""
        ready = self.base / "ready.json"
        ready.unlink(missing_ok=True)
        command = [*wrapper, BINARY, "up", "--data", self.data]
        command += ["--smtp", f"127.0.0.1:{self.port}", "--console", f"127.0.0.1:{self.console}"]
        command += ["--ready-file", ready, "--route", self.route]
        command += ["--sign", self.sign] if self.sign else []
        with open(self.base / "log", "ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, cwd=self.base
            )
        self.root = self.process.pid
        if not wait:
            return 0.0
        took = wait_for_greeting(self.port)
        while not ready.exists():
            if self.process.poll() is not None:
                raise SystemExit(f"error: the program ended; see {self.base / 'log'}")
            time.sleep(0.01)
        return took

    def queued(self):
        """Recipients in custody, as `yakusoku queue` tells."""
        done = subprocess.run(
            [BINARY, "queue", "--data", self.data], capture_output=True, text=True, timeout=120
        )
        found = re.search(r"(\d+) queued", done.stderr + done.stdout)
        return int(found[1]) if found else None

    def kill(self):
        """SIGKILL for all of it."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def ready(self):
        return json.loads((self.base / "ready.json").read_text())
