"""What a run cost: processor time, memory, device flushes, and what others took meanwhile."""

import os
import pathlib
import statistics
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
PROCESSORS = os.cpu_count()


def processes():
    """Parent, processor seconds (own and of children that have ended) of every process."""
    table = {}
    for path in pathlib.Path("/proc").iterdir():
        if not path.name.isdigit():
            continue
        try:
            text = (path / "stat").read_text()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2 :].split()
        table[int(path.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    return table


def family(root, table=None):
    """A process and all its descendants."""
    table = table or processes()
    members, grown = {root} & table.keys(), True
    while grown:
        more = {pid for pid, (parent, _) in table.items() if parent in members} - members
        members |= more
        grown = bool(more)
    return members


def processor_seconds(root):
    """User and system time of a family. Time of a member that ended is with its parent."""
    table = processes()
    return sum(table[pid][1] for pid in family(root, table))


def memory_mib(root):
    """Proportional set size of a family, so that shared pages count once."""
    total = 0
    for pid in family(root):
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next((int(it.split()[1]) for it in text.splitlines() if it.startswith("Pss:")), 0)
    return total / 1024


def machine_seconds():
    """Processor seconds of the whole machine: user, nice, system, interrupts."""
    fields = list(map(int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / TICKS


class Device:
    """The disk below a path; flushes are counted for a whole disk, never for a partition."""

    def __init__(self, path):
        number = os.stat(path).st_dev
        block = pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
        block = block.resolve() if block.exists() else None
        if block and (block / "partition").exists():
            block = block.parent
        self.stat = block / "stat" if block else None
        self.name = block.name if block else "none (tmpfs?)"

    def flushes(self):
        """Flush requests so far; Documentation/admin-guide/iostats.rst, field 16."""
        if not self.stat:
            return 0
        fields = self.stat.read_text().split()
        return int(fields[15]) if len(fields) > 15 else 0


def sync_rate(directory, seconds=1.0, size=10240):
    """How often this disk makes 10 KB durable in a second, right now: the round's weather."""
    path = pathlib.Path(directory) / "probe"
    block, done = os.urandom(size), 0
    with open(path, "wb", buffering=0) as file:
        start = time.monotonic()
        while (elapsed := time.monotonic() - start) < seconds:
            file.write(block)
            os.fdatasync(file.fileno())
            done += 1
    path.unlink()
    return done / elapsed


class Meter:
    """Between `start` and `stop`: what the family of `root` (0: nobody) cost."""

    def __init__(self, root, device):
        self.root, self.device = root, device
        self.peak, self.over = 0.0, threading.Event()

    def start(self):
        os.sync()
        self.flushes = self.device.flushes()
        self.machine, self.ours = machine_seconds(), processor_seconds(os.getpid())
        self.theirs = processor_seconds(self.root) if self.root else 0.0
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        self.begun = time.monotonic()

    def stop(self, messages):
        elapsed = time.monotonic() - self.begun
        self.over.set()
        self.watcher.join()
        theirs = (processor_seconds(self.root) if self.root else 0.0) - self.theirs
        # A server that we started is our descendant too: count it once.
        ours = processor_seconds(os.getpid()) - self.ours
        everything = machine_seconds() - self.machine
        known = ours if self.root in family(os.getpid()) else ours + theirs
        return {
            "cpu_ms": 1000 * theirs / messages,
            "peak_mib": self.peak,
            "flushes": (self.device.flushes() - self.flushes) / messages,
            "other_cpu": 100 * max(0.0, everything - known) / (elapsed * PROCESSORS),
        }

    def _watch(self):
        while self.root and not self.over.wait(0.25):
            self.peak = max(self.peak, memory_mib(self.root))


def median(rows, key):
    return statistics.median(row[key] for row in rows)
