"""A machine of a test's own with a real systemd: a container of the same release as ours, booted by systemd-nspawn.

What the machine is made of is downloaded once and kept below target/machine; each machine is a copy.
"""

import contextlib
import os
import pathlib
import platform
import shutil
import subprocess
import zlib

import places


def release():
    """The release that we run on, so that a program of ours finds the C library that it was linked with."""
    known = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    is_known = pathlib.Path("/usr/share/debootstrap/scripts", known).is_file()
    return known if is_known else "bookworm"


RELEASE = release()
PACKAGES = ["systemd", "systemd-sysv", "dbus", "polkitd", "libpam-systemd", "nginx-light"]

#: nspawn keeps a folder of each machine in /run and will not clear it on a disk, as in a container of
#: our own; in a mount namespace nobody else sees ours. The machine's cgroups are of one hierarchy. Asked
#: to end, nspawn shuts the machine down while the shell waits; 133 is a restart of the machine.
BOOT = """\
trap : TERM
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
status=133
while [ $status = 133 ]; do
    status=0
    systemd-nspawn --register=no --keep-unit --resolv-conf=off --timezone=off --console=read-only "$@" ||
        status=$?
done
"""

#: What a kernel must allow before a systemd of ours can boot.
PROBE = """\
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/yakusoku-probe
rmdir /sys/fs/cgroup/yakusoku-probe
"""


def obstacle():
    """Why no machine can boot here, or None."""
    if os.geteuid() != 0:
        return "a machine with systemd needs root"
    namespaces = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork"]
    tried = subprocess.run(
        [*namespaces, "sh", "-ec", PROBE], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        return f"the kernel allows no machine with systemd here: {tried.stderr.strip()}"
    return None


def prepared():
    """The folder that machines are copied from; made at the first call, which takes a minute."""
    store = places.ROOT / "target" / "machine"
    root = store / f"{RELEASE}-{zlib.crc32(' '.join(PACKAGES).encode()):08x}"
    if not root.exists():
        store.mkdir(parents=True, exist_ok=True)
        new = root.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        words = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE, new]
        with open(store / "log", "wb") as log:
            ended = subprocess.run(words, stdout=log, stderr=log, timeout=900, check=False)
        if ended.returncode:
            raise AssertionError(f"debootstrap could not make a machine: see {store / 'log'}")
        shutil.rmtree(new / "var" / "cache" / "apt", ignore_errors=True)
        new.rename(root)
    return root


def children(process):
    """Numbers of the processes that a process has begun."""
    return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()


def tidy():
    """Removes the cgroups that nspawn made below ours and left empty."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, names, ours = line.split(":", 2)
        hierarchies = {"": ["unified", "."], "name=systemd": ["systemd"]}.get(names, [])
        for hierarchy in hierarchies:
            for name in ["supervisor", "payload"]:
                group = pathlib.Path("/sys/fs/cgroup", hierarchy, ours.lstrip("/"), name)
                for folder, _, _ in os.walk(group, topdown=False):
                    # One that another machine is in stays.
                    with contextlib.suppress(OSError):
                        os.rmdir(folder)


class Machine:
    """One machine. `network` is the namespace that is its network, `program` what stands at
    /usr/bin/yakusoku."""

    def __init__(self, base, name, network, program):
        self.root = pathlib.Path(base) / name
        self.name, self.network, self.program = name, network, program
        self.console = pathlib.Path(base) / f"{name}.console"
        self.process = None

    def start(self):
        """Copies and boots it, and waits until it is up."""
        subprocess.run(["cp", "-a", "--reflink=auto", prepared(), self.root], check=True)
        places.own(self.stop)
        where = [f"--directory={self.root}", f"--machine={self.name}"]
        network = f"--network-namespace-path=/run/netns/{self.network}"
        program = f"--bind-ro={self.program}:/usr/bin/yakusoku"
        with open(self.console, "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-ec", BOOT, "boot", *where, network, program, "--boot"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.until_up()
        return self

    def stop(self):
        places.end(self.process)
        tidy()

    def first(self):
        """Our number of the machine's first process; None while there is none."""
        try:
            (nspawn,) = children(self.process.pid)
            (first,) = children(nspawn)
            is_init = pathlib.Path(f"/proc/{first}/comm").read_text() == "systemd\n"
        except (FileNotFoundError, ValueError):
            return None
        return first if is_init else None

    def until_up(self, but=None):
        """Waits until the machine is up; `but` is its first process from before a restart."""

        def is_up():
            if self.process.poll() is not None:
                said = self.console.read_text(errors="replace")[-4000:]
                raise AssertionError(f"the machine ended with {self.process.returncode}:\n{said}")
            first = self.first()
            if first in (None, but):
                return False
            state = self.run("systemctl", "is-system-running", check=False).strip()
            return state in ("running", "degraded")

        places.eventually(is_up, 60, f"{self.name} is up", every=0.3)

    def run(self, *words, check=True, **more):
        """Runs a command on the machine as root, in /root, and returns what it prints."""
        inside = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"]
        clean = ["env", "-i", "-C", "/root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        done = subprocess.run(
            ["nsenter", f"--target={self.first()}", *inside, "--", *clean, *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **more,
        )
        if check and done.returncode:
            raise AssertionError(f"{words} on {self.name}: {done.stdout}{done.stderr}")
        return done.stdout

    def path(self, name):
        """Where we see a file of the machine that is named from its root."""
        return self.root / name.lstrip("/")

    def unit(self, name, *properties):
        """Properties of a unit, as `systemctl show` has them."""
        shown = self.run("systemctl", "show", name, "--property", ",".join(properties))
        return dict(line.split("=", 1) for line in shown.splitlines())
