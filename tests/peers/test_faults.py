"""Destinations that drop, stall and refuse: mail waits, goes once, and nobody else is held up."""

import time
import unittest

import doubles
import places
import yakusoku

#: What goes wrong once. The second attempt is fine, so the message arrives.
PASSING = {
    "421 at connect": {"connect": "421 4.3.2 too busy"},
    "554 at connect": {"connect": "554 5.3.2 no service here"},
    "dropped at connect": {"connect": "drop"},
    "dropped after EHLO": {"ehlo": "drop"},
    "421 after EHLO": {"ehlo": "421 4.3.2 going down"},
    "dropped after MAIL": {"mail": "drop"},
    "451 after MAIL": {"mail": "451 4.3.0 try later"},
    "dropped after RCPT": {"rcpt": "drop"},
    "450 after RCPT": {"rcpt": "450 4.2.1 mailbox busy"},
    "452 after RCPT": {"rcpt": "452 4.2.2 mailbox full"},
    "dropped after DATA": {"data": "drop"},
    "451 after DATA": {"data": "451 4.3.0 no room"},
    "dropped at the dot": {"dot": "drop"},
    "451 at the dot": {"dot": "451 4.3.0 could not store"},
    "421 at the dot": {"dot": "421 4.3.0 going down"},
}


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = places.run_directory("faults")
        cls.addClassCleanup(places.remove, cls.base)
        cls.passing = {name: doubles.Double(faults, times=1) for name, faults in PASSING.items()}
        cls.good = doubles.Double()
        cls.bounces = doubles.Double()
        cls.others = {
            "no-ehlo.test": doubles.Double({"ehlo": "502 5.5.1 not here"}),
            "slow.test": doubles.Double(trickle=0.5),
            "silent.test": doubles.Double(trickle=3600),
            "rude.test": doubles.Double({"quit": "drop"}),
            "firm.test": doubles.Double({"rcpt": "550 5.7.1 not wanted"}),
            "firm-dot.test": doubles.Double({"dot": "554 5.6.0 not like this"}),
            "taken.test": doubles.Double({"dot": "take, then drop"}, times=1),
        }
        routes = {"good.test": str(cls.good), "sender.test": str(cls.bounces)}
        routes.update({domain: str(double) for domain, double in cls.others.items()})
        routes.update({domain(name): str(double) for name, double in cls.passing.items()})
        for double in (cls.good, cls.bounces, *cls.others.values(), *cls.passing.values()):
            cls.addClassCleanup(double.stop)
        cls.relay = yakusoku.Yakusoku(
            cls.base, routes=routes, outbound='connect_timeout = "5s"\nreply_timeout = "60s"'
        )
        cls.addClassCleanup(cls.relay.stop)
        cls.relay.start()

    def arrives(self, double, subject, seconds=20):
        places.eventually(lambda: subject in double.subjects(), seconds, f"{subject!r}")

    def test_a_fault_that_passes(self):
        for name in PASSING:
            self.relay.send(name, f"a@{domain(name)}")
        for name, double in self.passing.items():
            with self.subTest(name):
                self.arrives(double, name)
        time.sleep(2)
        for name, double in self.passing.items():
            with self.subTest(f"{name}, once"):
                self.assertEqual(double.subjects(), [name])
        self.assertEqual([it for it in self.bounces.subjects() if it in PASSING], [])

    def test_an_answer_lost_after_the_dot_costs_a_duplicate_and_no_mail(self):
        self.relay.send("taken", "a@taken.test")
        double = self.others["taken.test"]
        places.eventually(lambda: double.subjects() == ["taken", "taken"], what="the second try")

    def test_slow_peers_hold_nobody_up(self):
        for number in range(60):
            self.relay.send(f"slow {number}", f"u{number}@slow.test")
            self.relay.send(f"silent {number}", f"u{number}@silent.test")
        start = time.monotonic()
        for number in range(20):
            self.relay.send(f"quick {number}", f"u{number}@good.test")
        for number in range(20):
            self.arrives(self.good, f"quick {number}", 5)
        self.assertLess(time.monotonic() - start, 5)

    def test_without_ehlo(self):
        self.relay.send("old", "a@no-ehlo.test")
        self.arrives(self.others["no-ehlo.test"], "old")

    def test_a_missing_goodbye_is_no_matter(self):
        self.relay.send("rude", "a@rude.test")
        self.arrives(self.others["rude.test"], "rude")
        time.sleep(2)
        self.assertEqual(self.others["rude.test"].subjects(), ["rude"])

    def test_a_firm_no_is_told_at_once(self):
        for name in ("firm.test", "firm-dot.test"):
            before = len(self.bounces.received)
            self.relay.send(f"to {name}", f"a@{name}")
            places.eventually(lambda b=before: len(self.bounces.received) > b, what="the DSN")
            told = self.bounces.received[before]
            self.assertEqual((told.sender, told.recipients), ("", ["sender@sender.test"]))
            self.assertIn(f"a@{name}".encode(), told.data)
            commands = self.others[name].log
            self.assertLessEqual(sum(it.startswith("MAIL") for it in commands), 1, commands)

    def test_refused_and_welcome_mail_over_one_connection(self):
        """A transaction that nobody was accepted in is ended before the next one begins."""
        for number in range(20):
            self.relay.send(f"refused {number}", "unknown@good.test")
            self.relay.send(f"welcome {number}", f"u{number}@good.test")
        for number in range(20):
            self.arrives(self.good, f"welcome {number}")
        took = [it for it in self.good.received if b"Subject: welcome" in it.data]
        self.assertEqual({it.sender for it in took}, {"sender@sender.test"})
        self.assertNotIn("", self.good.subjects(), "no empty message")

    def test_one_refused_among_many(self):
        before = len(self.bounces.received)
        self.relay.send("mixed", ["a@good.test", "unknown@good.test", "b@good.test"])
        self.arrives(self.good, "mixed")
        took = [it for it in self.good.received if b"Subject: mixed" in it.data]
        recipients = sorted(name for it in took for name in it.recipients)
        self.assertEqual(recipients, ["a@good.test", "b@good.test"])
        places.eventually(lambda: len(self.bounces.received) > before, what="the DSN")


def domain(name):
    """A domain named after a fault."""
    return name.lower().replace(" ", "-") + ".test"
