"""Mail in from Python's smtplib and by hand; a double behind the relay shows what it took."""

import base64
import smtplib
import socket
import unittest

import doubles
import places
import yakusoku

#: One text for a wrong name and a wrong password, so that neither is told from the other.
REFUSED = b"5.7.8 Wrong name or password"


class Inbound(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = places.run_directory("inbound")
        cls.addClassCleanup(places.remove, cls.base)
        cls.sink = doubles.Double()
        cls.addClassCleanup(cls.sink.stop)
        cls.relay = yakusoku.Yakusoku(cls.base, delivery=str(cls.sink))
        cls.addClassCleanup(cls.relay.stop)
        cls.user = "api@sender.test"
        cls.password = cls.relay.add_user(cls.user)
        cls.relay.start()

    def taken(self, subject):
        """The transaction of that subject, once it has gone through."""

        def find():
            with self.sink.lock:
                needle = f"Subject: {subject}\r\n".encode()
                return [it for it in self.sink.received if needle in it.data]

        return places.eventually(find, what=f"{subject!r} behind the relay")[0]

    def tls(self):
        return smtplib.SMTP_SSL(
            "127.0.0.1", self.relay.smtps, context=yakusoku.trusting(), timeout=30
        )

    def test_in_clear(self):
        self.relay.send("clear", "a@b.test", sender="me@sender.test")
        took = self.taken("clear")
        self.assertEqual((took.sender, took.recipients), ("me@sender.test", ["a@b.test"]))
        header, body = took.data.split(b"\r\n\r\n", 1)
        self.assertTrue(header.startswith(b"Received: "), header)
        self.assertIn(b"To: <a@b.test>\r\nSubject: clear\r\n", header)
        self.assertEqual(body, b"Hello\r\n")

    def test_what_is_offered(self):
        with self.relay.client() as peer:
            offered = set(peer.esmtp_features)
            self.assertLessEqual(
                {"pipelining", "8bitmime", "smtputf8", "size", "chunking"}
                | {"enhancedstatuscodes", "dsn", "starttls"},
                offered,
            )

    def test_starttls_forgets_what_was_said_before(self):
        with self.relay.client() as peer:
            peer.mail("before@sender.test")
            peer.starttls(context=yakusoku.trusting())
            peer.ehlo()
            self.assertNotIn("starttls", peer.esmtp_features)
            self.assertEqual(peer.docmd("RCPT TO:<a@b.test>")[0], 503)
            peer.sendmail("me@sender.test", ["a@b.test"], yakusoku.message("starttls", "a@b.test"))
        self.taken("starttls")

    def test_commands_slipped_in_before_tls_are_not_run(self):
        """RFC 3207 section 4.2 and CVE-2011-0411: what was sent in clear must not count."""
        with socket.create_connection(("127.0.0.1", self.relay.smtp), timeout=10) as raw:
            lines = raw.makefile("rb")
            lines.readline()
            raw.sendall(b"EHLO x\r\n")
            while lines.readline()[3:4] == b"-":
                pass
            raw.sendall(b"STARTTLS\r\nMAIL FROM:<slipped@sender.test>\r\n")
            first = raw.recv(4096)
            if first.startswith(b"220"):
                self.assertEqual(first.count(b"\r\n"), 1, first)
                with yakusoku.trusting().wrap_socket(raw) as secure:
                    secure.sendall(b"EHLO x\r\nRCPT TO:<a@b.test>\r\n")
                    answers = b""
                    while b"\r\n503" not in answers:
                        more = secure.recv(4096)
                        self.assertTrue(more, answers)
                        answers += more
            else:
                self.assertIn(first[:1], b"45")

    def test_implicit_tls(self):
        with self.tls() as peer:
            peer.ehlo()
            peer.sendmail("me@sender.test", ["a@b.test"], yakusoku.message("smtps", "a@b.test"))
        self.taken("smtps")

    def test_auth_plain_and_login(self):
        for method in ("PLAIN", "LOGIN"):
            with self.subTest(method), self.tls() as peer:
                peer.ehlo()
                self.assertIn(method, peer.esmtp_features["auth"].split())
                peer.user, peer.password = self.user, self.password
                function = getattr(peer, f"auth_{method.lower()}")
                self.assertEqual(peer.auth(method, function)[0], 235)
                subject = f"auth {method}"
                peer.sendmail(self.user, ["a@b.test"], yakusoku.message(subject, "a@b.test"))
                self.taken(subject)

    def test_a_wrong_password_is_refused(self):
        with self.tls() as peer:
            peer.ehlo()
            for name in (self.user, "nobody@nowhere.test"):
                wrong = base64.b64encode(f"\0{name}\0wrong".encode()).decode()
                self.assertEqual(peer.docmd("AUTH", f"PLAIN {wrong}"), (535, REFUSED), name)

    def test_8bit_content_arrives_as_it_was(self):
        body = "こんにちは\r\n".encode() + b"\x1b$B$3$s\x1b(B \xa0\xff\r\n"
        data = yakusoku.message("8bit", "a@b.test", body="") + body
        with self.relay.client() as peer:
            peer.sendmail("me@sender.test", ["a@b.test"], data, mail_options=["BODY=8BITMIME"])
        self.assertTrue(self.taken("8bit").data.endswith(b"\r\n\r\n" + body))

    def test_smtputf8(self):
        with self.relay.client() as peer:
            peer.sendmail(
                "me@sender.test",
                ["花子@b.test"],
                yakusoku.message("utf8", "花子@b.test"),
                mail_options=["SMTPUTF8", "BODY=8BITMIME"],
            )
        self.assertEqual(self.taken("utf8").recipients, ["花子@b.test"])

    def test_chunks_by_hand(self):
        data = yakusoku.message("chunks", "a@b.test", body=".\r\n..\r\nlast\r\n")
        half = len(data) // 2
        with self.relay.client() as peer:
            self.assertEqual(peer.mail("me@sender.test")[0], 250)
            self.assertEqual(peer.rcpt("a@b.test")[0], 250)
            peer.send(f"BDAT {half}\r\n".encode() + data[:half])
            self.assertEqual(peer.getreply()[0], 250)
            peer.send(f"BDAT {len(data) - half} LAST\r\n".encode() + data[half:])
            self.assertEqual(peer.getreply()[0], 250)
        self.assertTrue(self.taken("chunks").data.endswith(b"\r\n\r\n.\r\n..\r\nlast\r\n"))

    def test_pipelined_by_hand(self):
        """Two transactions in one write, and replies in order (RFC 2920)."""
        one = yakusoku.message("pipelined 1", "a@b.test", body="..dot\r\n")
        commands = b"MAIL FROM:<me@sender.test>\r\nRCPT TO:<a@b.test>\r\n"
        commands += b"RCPT TO:<not an address>\r\nDATA\r\n"
        two = yakusoku.message("pipelined 2", "a@b.test")
        with self.relay.client() as peer:
            peer.send(commands)
            codes = [peer.getreply()[0] for _ in range(4)]
            self.assertEqual((codes[0], codes[1], codes[2] // 100, codes[3]), (250, 250, 5, 354))
            peer.send(one.replace(b"\r\n..dot", b"\r\n...dot") + b".\r\n" + commands)
            codes = [peer.getreply()[0] for _ in range(5)]
            self.assertEqual((codes[0], codes[1], codes[2], codes[4]), (250, 250, 250, 354))
            peer.send(two + b".\r\nQUIT\r\n")
            self.assertEqual([peer.getreply()[0] for _ in range(2)], [250, 221])
        self.assertTrue(self.taken("pipelined 1").data.endswith(b"\r\n\r\n..dot\r\n"))
        self.taken("pipelined 2")

    def test_smuggling_is_refused(self):
        """A dot between bare line feeds ends nothing (CVE-2023-51764 and its kin)."""
        for number, end in enumerate((b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r")):
            data = yakusoku.message(f"smuggled {number}", "a@b.test")
            inner = b"MAIL FROM:<evil@sender.test>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n"
            inner += yakusoku.message(f"evil {number}", "a@b.test")
            with self.subTest(end=end), self.relay.client() as peer:
                peer.mail("me@sender.test")
                peer.rcpt("a@b.test")
                self.assertEqual(peer.docmd("DATA")[0], 354)
                peer.send(data + end + inner + b"\r\n.\r\n")
                code = peer.getreply()[0]
                self.assertIn(code // 100, (2, 5), "one answer to one message")
                self.assertEqual(peer.docmd("NOOP")[0], 250, "and no further one")
        self.relay.send("after smuggling", "a@b.test")
        self.taken("after smuggling")
        self.assertFalse([it for it in self.sink.received if it.sender == "evil@sender.test"])
