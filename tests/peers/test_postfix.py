"""A real Postfix hands mail to us, and real Postfix servers with real DNS take it from us."""

import email
import re
import smtplib
import socketserver
import threading
import time
import unittest

import dkim

import nameserver
import places
import postfix
import yakusoku

#: Destinations as their DNS has them. Nobody listens on 127.0.25.99.
RECORDS = """\
ume MX 10 mx.ume
mx.ume A 127.0.25.1
take MX 5 dead.take
take MX 10 mx.take
take MX 20 mx.ume
dead.take A 127.0.25.99
mx.take A 127.0.25.2
bare A 127.0.25.2
alias CNAME ume
null MX 0 .
nothing TXT "neither MX nor address"
lost MX 10 nowhere.lost
sender MX 10 mx.ume
grey MX 10 mx.grey
mx.grey A 127.0.25.3
"""

GREY = "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{port}\n"


class Greylist:
    """A policy service for Postfix (SMTPD_POLICY_README) that turns each first attempt away."""

    def __init__(self, wait):
        seen = {}

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                attributes = {}
                for line in self.rfile:
                    name, _, value = line.decode().strip().partition("=")
                    if name:
                        attributes[name] = value
                        continue
                    key = (attributes["sender"], attributes["recipient"])
                    first = seen.setdefault(key, time.monotonic())
                    early = time.monotonic() - first < wait
                    action = "450 4.7.1 greylisted, come again" if early else "DUNNO"
                    self.wfile.write(f"action={action}\n\n".encode())
                    attributes = {}

        self.seen = seen
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # A client that has gone before it is taken must not hold up those behind it.
        self.server.socket.settimeout(0.5)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Destinations(unittest.TestCase):
    """sender.test signs; its own mailboxes (for bounces) are on the server of ume.test."""

    @classmethod
    def setUpClass(cls):
        cls.base = places.run_directory("postfix")
        cls.addClassCleanup(places.remove, cls.base)
        cls.dns = cls.runs(nameserver.Knot(cls.base, RECORDS))
        cls.greylist = Greylist(wait=2)
        cls.addClassCleanup(cls.greylist.stop)
        make = postfix.Postfix.destination
        cls.ume = cls.runs(
            make(cls.base, "mx.ume.test", "127.0.25.1", ["ume.test", "sender.test", "alias.test"])
        )
        cls.take = cls.runs(
            make(cls.base, "mx.take.test", "127.0.25.2", ["take.test", "bare.test"])
        )
        grey = GREY.format(port=cls.greylist.port)
        cls.grey = cls.runs(make(cls.base, "mx.grey.test", "127.0.25.3", ["grey.test"], grey))
        cls.relay = yakusoku.Yakusoku(cls.base, composition='signing_domain = "sender.test"')
        cls.relay.command("domain", "add", "sender.test")
        for name, kind, value in cls.relay.records("sender.test"):
            if kind == "TXT":
                cls.dns.add(f"{name}. TXT {quoted(value)}")
        cls.runs(cls.relay)
        relayhost = f"[127.0.0.1]:{cls.relay.smtp}"
        cls.client = cls.runs(postfix.Postfix.client(cls.base, relayhost, places.free_port()))

    @classmethod
    def runs(cls, server):
        cls.addClassCleanup(server.stop)
        server.start()
        return server

    def assert_signed(self, raw, domain=b"sender.test"):
        """Every signature of the domain holds for dkimpy, with keys from DNS."""
        headers, _ = dkim.rfc822_parse(raw)
        values = [value for name, value in headers if name.lower() == b"dkim-signature"]
        self.assertTrue(values, "no signature")
        kinds = set()
        for index, value in enumerate(values):
            tags = dkim.util.parse_tag_value(value)
            self.assertEqual(tags[b"d"], domain)
            self.assertTrue(dkim.DKIM(raw).verify(idx=index, dnsfunc=self.dns.key), value)
            kinds.add(tags[b"a"])
        self.assertEqual(kinds, {b"rsa-sha256", b"ed25519-sha256"})

    def bounce(self, to, subject="", seconds=30):
        """The one DSN that came for that recipient to bounces@sender.test."""

        def find():
            return [raw for raw in self.ume.messages() if report(raw).get("to") == to]

        return report(places.eventually(find, seconds, f"a DSN for {to}")[0])

    def send_lost(self, to):
        self.relay.send(f"lost {to}", to, sender="bounces@sender.test")

    def test_two_destinations_of_one_message(self):
        self.relay.send("two", ["a@ume.test", "b@ume.test", "c@take.test"])
        for server in (self.ume, self.take):
            self.assert_signed(server.wait_for("two"))
        envelope = email.message_from_bytes(self.ume.wait_for("two"))
        self.assertEqual(envelope["Return-Path"], "<sender@sender.test>")

    def test_a_dead_mx_is_passed_over(self):
        self.relay.send("dead first", "a@take.test")
        self.take.wait_for("dead first")
        self.assertFalse(self.ume.find("dead first"), "the order of preference is kept")

    def test_starttls_is_used_when_offered(self):
        self.relay.send("secret", "a@ume.test")
        received = email.message_from_bytes(self.ume.wait_for("secret")).get_all("Received")[0]
        self.assertRegex(received, r"with E?SMTPS|ESMTPS")

    def test_no_mx_but_an_address(self):
        self.relay.send("bare", "a@bare.test")
        self.assert_signed(self.take.wait_for("bare"))

    def test_an_alias(self):
        self.relay.send("alias", "a@alias.test")
        self.ume.wait_for("alias")

    def test_bodies_that_canonicalization_gets_wrong(self):
        bodies = {
            "blank tail": "Hello\r\n  \r\n\r\n",
            "blank lines": "a\r\n \t \r\n\r\n b  c \r\n",
            "dots": "..\r\n.\r\n...\r\n",
            "empty": "",
            "utf-8": "約束\u3000 \r\n",
        }
        for name, body in bodies.items():
            with self.relay.client() as peer:
                data = yakusoku.message(name, "a@take.test").replace(b"Hello\r\n", body.encode())
                peer.sendmail("me@sender.test", ["a@take.test"], data, ["BODY=8BITMIME"])
        for name in bodies:
            with self.subTest(name):
                self.assert_signed(self.take.wait_for(name))

    def test_through_a_real_postfix(self):
        with smtplib.SMTP("127.0.0.1", self.client.port, timeout=30) as peer:
            for number in range(30):
                to = f"u{number}@{'ume' if number % 2 else 'take'}.test"
                peer.sendmail("app@sender.test", [to], yakusoku.message(f"app {number}", to))
        for number in range(30):
            server = self.ume if number % 2 else self.take
            self.assert_signed(server.wait_for(f"app {number}"))
        self.assertIn("status=sent (250 2.", self.client.log())

    def test_greylisting(self):
        self.relay.send("grey", "a@grey.test")
        self.grey.wait_for("grey")
        self.assertIn("greylisted, come again", self.grey.log())

    def test_an_unknown_mailbox_comes_back(self):
        self.send_lost("unknown.one@ume.test")
        told = self.bounce("unknown.one@ume.test")
        self.assertEqual(told["action"], "failed")
        self.assertEqual(told["status"], "5.1.1")
        self.assertIn("mx.ume.test", told["remote"])
        self.assertRegex(told["diagnostic"], r"smtp; 550 5\.1\.1 .*unknown")
        self.assertEqual(told["sender"], "<>", "a DSN has no sender to bounce to")
        self.assertIn("lost unknown.one@ume.test", told["original"])
        self.assertEqual(told["reporting"], "dns; relay.test")

    def test_some_recipients_of_a_message(self):
        self.relay.send("partly", ["unknown.two@ume.test", "known@ume.test"], "bounces@sender.test")
        self.ume.wait_for("partly")
        self.assertEqual(self.bounce("unknown.two@ume.test")["status"], "5.1.1")

    def test_domains_that_take_no_mail(self):
        for to, status in (
            ("a@null.test", r"5\.1\.10|5\.7\.27"),  # RFC 7505 section 4.2
            ("a@missing.test", r"5\.1\.2|5\.4\.4"),
            ("a@nothing.test", r"5\.1\.2|5\.4\.4"),
        ):
            with self.subTest(to):
                self.send_lost(to)
                told = self.bounce(to)
                self.assertEqual(told["action"], "failed")
                self.assertRegex(told["status"], f"^({status})$")

    def test_failing_dns_is_no_reason_to_give_up(self):
        self.relay.send("patience", "a@servfail.test", "bounces@sender.test")
        time.sleep(4)
        self.assertIn("servfail.test", self.relay.command("queue", "list"))
        self.assertFalse([raw for raw in self.ume.messages() if b"servfail" in raw])

    def test_never_a_bounce_for_a_bounce(self):
        before = len(self.ume.messages())
        with self.relay.client() as peer:
            data = yakusoku.message("a bounce", "unknown.three@ume.test", sender="")
            peer.sendmail("", ["unknown.three@ume.test"], data)
        self.relay.send("after it", "a@ume.test")
        self.ume.wait_for("after it")
        log = places.eventually(lambda: "unknown.three" in self.ume.log(), what="the attempt")
        self.assertTrue(log)
        time.sleep(3)
        self.assertNotIn("unknown.three", "".join(map(str, self.ume.messages()[before:])))

    def test_dsn_wishes_are_kept(self):
        """NOTIFY=NEVER is silence (RFC 3461 section 4.1)."""
        with self.relay.client() as peer:
            data = yakusoku.message("hush", "unknown.four@ume.test")
            peer.sendmail(
                "bounces@sender.test", ["unknown.four@ume.test"], data, [], ["NOTIFY=NEVER"]
            )
        places.eventually(lambda: "unknown.four" in self.ume.log(), what="the attempt")
        self.send_lost("unknown.five@ume.test")
        self.bounce("unknown.five@ume.test")
        self.assertFalse([raw for raw in self.ume.messages() if b"unknown.four" in raw])


def quoted(text):
    """A TXT value in pieces that fit one character-string each (RFC 1035 section 3.3.14)."""
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))


def report(raw):
    """What a DSN says (RFC 3464); empty for other messages."""
    parsed = email.message_from_bytes(raw)
    if parsed.get_content_type() != "multipart/report":
        return {}
    parts = {part.get_content_type(): part for part in parsed.walk()}
    whole, one = parts["message/delivery-status"].get_payload()[:2]
    original = parts.get("message/rfc822") or parts.get("text/rfc822-headers")
    return {
        "to": re.sub(r"^(rfc822|utf-8) *; *", "", one["Final-Recipient"] or ""),
        "action": one["Action"],
        "status": one["Status"],
        "remote": one["Remote-MTA"] or "",
        "diagnostic": (one["Diagnostic-Code"] or "").replace("\n", ""),
        "reporting": whole["Reporting-MTA"],
        "sender": parsed["Return-Path"],
        "original": str(original),
    }
