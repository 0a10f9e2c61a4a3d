"""The program under test: `target/release/yakusoku`, or what YAKUSOKU_BIN names."""

import datetime
import glob
import json
import os
import pathlib
import signal
import smtplib
import ssl
import subprocess
import time

import nameserver
import places

BINARY = os.environ.get("YAKUSOKU_BIN", str(places.ROOT / "target" / "release" / "yakusoku"))

#: Retries that a test has the patience for.
RETRY = 'waits = ["1s", "1s", "2s"]\nexpires_after = "1h"'

CONFIG = """\
data = "{data}"
hostname = "relay.test"
{top}

[console]
listen = "127.0.0.1:{console}"

[dns]
resolvers = ["{dns}"]

[[composition]]
name = "test"
delivery = "{delivery}"
listen = ["127.0.0.1:{smtp}"]
listen_tls = ["127.0.0.1:{smtps}"]
{composition}

[composition.admission]
rule = "either"
addresses = ["127.0.0.1"]

[composition.limits]
{limits}

[composition.retry]
{retry}

[composition.outbound]
{outbound}

{routes}
"""


TOKYO = datetime.timezone(datetime.timedelta(hours=9))
#: faketime(1), which has this library, would stand between us and the program.
FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class Yakusoku:
    """One installation. `up`, `relay` or `office` is started in it, killed and started again.

    `routes` maps a domain to `HOST:PORT`; the other arguments are lines of their sections.
    """

    def __init__(self, base, delivery="mx", routes=None, **lines):
        self.base = pathlib.Path(base) / "yakusoku"
        self.base.mkdir(parents=True, exist_ok=True)
        self.data = pathlib.Path(lines.pop("data", self.base / "data"))
        self.data.mkdir(parents=True, exist_ok=True)
        self.smtp, self.smtps = places.free_port(), places.free_port()
        self.console = places.free_port()
        self.processes = []
        #: Seconds that the program's wall clock is ahead; its timers are as they are.
        self.shift = 0
        route = '[[composition.route]]\ndomain = "{}"\nvia = "{}"\n'
        known = {"top": "", "composition": "", "limits": "", "retry": RETRY, "outbound": ""}
        known.update(lines)
        self.config = self.base / "yakusoku.toml"
        self.config.write_text(
            CONFIG.format(
                data=self.data,
                dns=f"{nameserver.ADDRESS}:{nameserver.PORT}",
                delivery=delivery,
                smtp=self.smtp,
                smtps=self.smtps,
                console=self.console,
                routes="\n".join(route.format(*item) for item in (routes or {}).items()),
                **known,
            )
        )

    def start(self, role="up", *flags, wrapper=()):
        """Starts a role and waits until it says that it is ready."""
        ready = self.base / f"ready-{role}.json"
        ready.unlink(missing_ok=True)
        log = open(self.base / f"{role}.log", "ab")
        command = [*wrapper, BINARY, role, "--config", self.config, "--ready-file", ready, *flags]
        with log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self.base,
                start_new_session=True,
                env=self.environment(),
            )
        self.processes.append(process)
        places.own(self.stop)

        def is_ready():
            if process.poll() is not None:
                raise AssertionError(f"{role} ended with {process.returncode}:\n{self.log(role)}")
            return ready.exists() and ready.stat().st_size > 0

        places.eventually(is_ready, 60, f"{role}'s ready file")
        return process

    def travel(self, to):
        """Moves the wall clock, from the next start on, to an instant in Tokyo as a text."""
        at = datetime.datetime.fromisoformat(to).replace(tzinfo=TOKYO)
        self.shift = round(at.timestamp() - time.time())

    def environment(self):
        """What moves the wall clock of a command; timers and the times of files stay."""
        if not self.shift:
            return None
        (library,) = glob.glob(FAKETIME)
        moved = {"LD_PRELOAD": library, "FAKETIME": f"{self.shift:+}s", "NO_FAKE_STAT": "1"}
        return {**os.environ, **moved, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def log(self, role="up"):
        """What the role said, for messages of failed tests."""
        return (self.base / f"{role}.log").read_text(errors="replace")[-4000:]

    def kill(self):
        """kill -9 for every role."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def stop(self):
        for process in self.processes:
            places.end(process)
        self.processes.clear()

    def command(self, *words, check=True):
        """Runs a command of the same installation and returns its standard output."""
        done = subprocess.run(
            [BINARY, *words, "--config", self.config],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.base,
        )
        if check and done.returncode:
            raise AssertionError(f"yakusoku {' '.join(words)}: {done.stderr}")
        return done.stdout

    def add_user(self, name):
        """Makes an API user and returns the password."""
        return self.command("user", "add", name, "--generate").strip()

    def records(self, domain):
        """The DNS records to publish: a list of name, type, value."""
        listed = json.loads(self.command("dns", "records", domain, "--format", "json"))
        return [(it["name"].rstrip("."), it["type"], it["value"]) for it in listed]

    def client(self):
        """A session in clear, EHLO said."""
        peer = smtplib.SMTP("127.0.0.1", self.smtp, "client.test", timeout=30)
        peer.ehlo()
        return peer

    def send(self, subject, to, sender="sender@sender.test", body="Hello\r\n"):
        """Sends one message and expects it to be accepted for every recipient."""
        to = [to] if isinstance(to, str) else to
        with self.client() as peer:
            refused = peer.sendmail(sender, to, message(subject, to[0], sender, body))
        if refused:
            raise AssertionError(f"refused: {refused}")


def message(subject, to, sender="sender@sender.test", body="Hello\r\n"):
    """A small message."""
    return (
        f"From: <{sender or 'mailer-daemon@sender.test'}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n"
        f"Date: Sun, 22 Nov 2026 09:00:00 +0900\r\nMessage-ID: <{subject.replace(' ', '.')}@x>\r\n"
        f"\r\n{body}"
    ).encode()


def trusting():
    """A TLS context for our self-signed certificate; 1.2 at least."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
