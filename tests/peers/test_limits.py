"""Every limit has an answer, and what is refused now is taken later."""

import smtplib
import socket
import time
import unittest

import doubles
import places
import yakusoku

LIMITS = 'sessions = 30\nmessage_size = "64 KB"\nrecipients = 10\ncommands = 50'


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = places.run_directory("limits")
        cls.addClassCleanup(places.remove, cls.base)
        cls.sink = doubles.Double()
        cls.addClassCleanup(cls.sink.stop)
        cls.relay = yakusoku.Yakusoku(cls.base, delivery=str(cls.sink), limits=LIMITS)
        cls.addClassCleanup(cls.relay.stop)
        cls.relay.start()

    def test_the_31st_session_is_turned_away(self):
        def session():
            peer = socket.create_connection(("127.0.0.1", self.relay.smtp), timeout=10)
            return peer, peer.recv(512)

        open_ones = [session() for _ in range(30)]
        try:
            self.assertEqual({greeting[:4] for _, greeting in open_ones}, {b"220 "})
            peer, greeting = session()
            with peer:
                self.assertRegex(greeting, rb"^421 4\.\d\.\d ")
                self.assertEqual(peer.recv(1), b"", "and it is closed")
        finally:
            for peer, _ in open_ones:
                peer.close()

        def free_again():
            peer, greeting = session()
            peer.close()
            return greeting.startswith(b"220")

        places.eventually(free_again, what="a free session")

    def test_a_message_that_is_too_large(self):
        data = yakusoku.message("large", "a@b.test", body=("x" * 76 + "\r\n") * 1000)
        with self.relay.client() as peer:
            self.assertEqual(peer.esmtp_features["size"], "65536")
            self.assertEqual(peer.docmd("MAIL FROM:<a@b.test> SIZE=100000")[0], 552)
            peer.docmd("MAIL FROM:<a@b.test>")
            peer.rcpt("a@b.test")
            self.assertEqual(peer.data(data)[0], 552)
            self.assertEqual(peer.noop()[0], 250, "the session goes on")

    def test_too_many_recipients(self):
        with self.relay.client() as peer:
            peer.mail("me@sender.test")
            codes = [peer.rcpt(f"u{number}@b.test") for number in range(11)]
        self.assertEqual([code for code, _ in codes], [250] * 10 + [452])
        self.assertTrue(codes[10][1].startswith(b"4.5.3"), codes[10])

    def test_too_many_commands(self):
        with socket.create_connection(("127.0.0.1", self.relay.smtp), timeout=10) as peer:
            peer.sendall(b"EHLO x\r\n" + b"NOOP\r\n" * 60)
            heard = b""
            while more := peer.recv(4096):
                heard += more
        self.assertRegex(heard, rb"421 4\.\d\.\d [^\r]*\r\n$")


class SpoolLimit(unittest.TestCase):
    def test_452_until_there_is_room(self):
        base = places.run_directory("spool-limit")
        self.addCleanup(places.remove, base)
        port = places.free_port()  # nobody listens: mail stays in the spool
        relay = yakusoku.Yakusoku(
            base, delivery=f"127.0.0.1:{port}", top='[spool]\nlimit = "8 MB"'
        )
        self.addCleanup(relay.stop)
        relay.start()
        accepted, refusal = fill(relay, 40)
        self.assertGreater(accepted, 4)
        self.assertRegex(refusal, r"^452 4\.3\.1 ")

        sink = doubles.Double(port=port)
        self.addCleanup(sink.stop)
        places.eventually(lambda: len(sink.received) >= accepted, 60, "delivery of what was taken")
        places.eventually(lambda: fill(relay, 1)[0] == 1, 60, "mail being taken again", every=0.5)
        self.assertEqual(len(set(sink.subjects())), len(sink.subjects()), "nothing twice")


def fill(relay, messages, kilobytes=500):
    """Sends until refused; how many were accepted and the refusal, if any."""
    body = ("x" * 76 + "\r\n") * (kilobytes * 1024 // 78)
    accepted = 0
    with relay.client() as peer:
        for _ in range(messages):
            data = yakusoku.message(f"fill {time.monotonic_ns()}", "a@b.test", body=body)
            try:
                peer.sendmail("me@sender.test", ["a@b.test"], data)
            except smtplib.SMTPRecipientsRefused as refused:
                code, text = refused.recipients["a@b.test"]
                return accepted, f"{code} {text.decode()}"
            except smtplib.SMTPResponseException as refused:
                return accepted, f"{refused.smtp_code} {refused.smtp_error.decode()}"
            accepted += 1
    return accepted, ""
