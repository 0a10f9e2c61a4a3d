"""An SMTP server that misbehaves as told: the faults that real servers do not show on demand."""

import dataclasses
import socket
import threading
import time


@dataclasses.dataclass
class Received:
    """One transaction that was accepted."""

    sender: str
    recipients: list
    data: bytes
    at: float


class Double:
    """Listens until stopped; one thread a session.

    `faults` maps a phase to what happens there instead of the usual answer: a reply line, or
    `drop` to close without a word. Phases: connect, ehlo, mail, rcpt, data, dot, rset, quit.
    That happens `times` times, then all is well. `trickle` seconds pass between two bytes of
    every reply.
    """

    def __init__(self, faults=None, times=10**9, trickle=0.0, address="127.0.0.1", port=0):
        self.faults, self.times, self.trickle = faults or {}, times, trickle
        self.received, self.log = [], []
        self.lock = threading.Lock()
        self.open = set()
        self.listener = socket.create_server((address, port), backlog=200)
        self.address, self.port = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def __str__(self):
        return f"{self.address}:{self.port}"

    def stop(self):
        self.listener.close()
        with self.lock:
            for peer in self.open:
                peer.close()

    def subjects(self):
        """The Subject of every accepted message, in order."""
        with self.lock:
            return [_subject(message.data) for message in self.received]

    def fault(self, phase):
        """What goes wrong in this phase this time, if anything."""
        with self.lock:
            if phase not in self.faults or self.times == 0:
                return None
            self.times -= 1
            return self.faults[phase]

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.open.add(peer)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        try:
            with peer, peer.makefile("rb") as lines:
                Session(self, peer, lines).run()
        except (OSError, Dropped, ValueError):
            pass
        finally:
            with self.lock:
                self.open.discard(peer)


class Dropped(Exception):
    """The session was closed on purpose."""


class Session:
    """One client's session."""

    def __init__(self, double, peer, lines):
        self.double, self.peer, self.lines = double, peer, lines
        #: Of the transaction that is open; a refused DATA does not end it, as in real servers.
        self.sender, self.recipients = None, []

    def run(self):
        self.answer("connect", "220 double.test ESMTP")
        while True:
            line = self.lines.readline()
            if not line:
                return
            command = line.decode(errors="replace").strip()
            with self.double.lock:
                self.double.log.append(command)
            verb = command[:4].lower()
            handler = getattr(self, f"on_{verb}", None)
            if handler is None:
                self.say("500 5.5.1 what?")
            elif handler(command) == "bye":
                return

    def on_ehlo(self, _):
        self.answer("ehlo", "250-double.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8")

    def on_helo(self, _):
        self.say("250 double.test")

    def on_mail(self, command):
        if self.sender is not None:
            self.say("503 5.5.1 nested MAIL command")
        elif self.answer("mail", "250 2.1.0 ok"):
            self.sender, self.recipients = command.split("<", 1)[1].split(">")[0], []

    def on_rcpt(self, command):
        recipient = command.split("<", 1)[1].split(">")[0]
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif recipient.startswith("unknown"):
            self.say("550 5.1.1 no such user here")
        elif self.answer("rcpt", "250 2.1.5 ok"):
            self.recipients.append(recipient)

    def on_data(self, _):
        if not self.recipients:
            self.say("554 5.5.1 no valid recipients")
            return
        if not self.answer("data", "354 go ahead"):
            return
        data = bytearray()
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                raise Dropped
            data += line[1:] if line.startswith(b".") else line
        if self.double.faults.get("dot") == "take, then drop":
            self.keep(bytes(data))
            if self.double.fault("dot"):
                raise Dropped
            self.say("250 2.0.0 taken")
        elif self.answer("dot", "250 2.0.0 taken"):
            self.keep(bytes(data))
        self.sender, self.recipients = None, []

    def on_rset(self, _):
        self.sender, self.recipients = None, []
        self.answer("rset", "250 2.0.0 ok")

    def on_noop(self, _):
        self.say("250 2.0.0 ok")

    def on_quit(self, _):
        self.answer("quit", "221 2.0.0 bye")
        return "bye"

    def keep(self, data):
        message = Received(self.sender, list(self.recipients), data, time.monotonic())
        with self.double.lock:
            self.double.received.append(message)

    def answer(self, phase, usual):
        """The fault of this phase or the usual answer; whether it was the usual one."""
        fault = self.double.fault(phase)
        if fault == "drop":
            raise Dropped
        self.say(fault or usual)
        if fault and fault.startswith("421"):
            raise Dropped
        return not fault

    def say(self, line):
        reply = f"{line}\r\n".encode()
        if not self.double.trickle:
            self.peer.sendall(reply)
            return
        for byte in reply:
            self.peer.sendall(bytes([byte]))
            time.sleep(self.double.trickle)


def _subject(data):
    for line in data.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(b"subject:"):
            return line[8:].strip().decode(errors="replace")
    return ""
