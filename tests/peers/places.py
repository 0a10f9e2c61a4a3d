"""Where the suites work: a directory of their own, free ports, and patience.

Everything a suite makes lies below one run directory that other users may enter, because Postfix
and Knot drop to users of their own; a checkout below /root is closed to them.
"""

import atexit
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def run_directory(name):
    """A fresh directory for one class of tests; YAKUSOKU_TEST_RUN says below what."""
    base = os.environ.get("YAKUSOKU_TEST_RUN")
    if base:
        pathlib.Path(base).mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
    path.chmod(0o755)
    return path


def remove(path):
    """Removes a run directory, unless YAKUSOKU_TEST_KEEP asks to look into it."""
    if not os.environ.get("YAKUSOKU_TEST_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


def own(stop):
    """Runs `stop` at the end of the process too, should a suite be ended before its clean-up."""
    atexit.register(stop)


GIVEN = set()


def free_port(host="127.0.0.1"):
    """A port that nobody listens on at this moment, and that was not given to another server of these tests:
    the kernel hands one out again as soon as it is closed."""
    while True:
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, 0))
            port = probe.getsockname()[1]
        if port not in GIVEN:
            GIVEN.add(port)
            return port


class Late(AssertionError):
    """Something did not happen in time."""


def eventually(probe, seconds=20.0, what="it", every=0.05):
    """Waits until `probe()` is true and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise Late(f"{what} did not happen within {seconds:g} s")
        time.sleep(every)


#: `answers`, as a machine of a test sees it.
GREETED = "import sys; sys.path.insert(0, sys.argv[1]); import places; sys.exit(not places.answers(sys.argv[2], int(sys.argv[3])))"


def answers_on(machine, host, port):
    """As `answers`, seen from where the prefix `machine` of a command leads."""
    words = [*machine, sys.executable, "-c", GREETED, str(HERE), host, str(port)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def answers(host, port):
    """Whether something greets with 220 there."""
    try:
        with socket.create_connection((host, port), timeout=2) as peer:
            return peer.recv(3) == b"220"
    except OSError:
        return False


def end(process, seconds=20):
    """Asks a process group that we started to go, then makes it."""
    if process is None or process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)
