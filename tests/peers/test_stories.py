"""Contracts lived through: the program at a day of the past or the future, before a real nginx.

The wall clock of the program is moved (faketime); its timers are not, so a second stays a second.
"""

import datetime
import json
import time
import unittest

import pages
import places
import postfix
import yakusoku

CONTRACT = """\
[[courier]]
name = "postfix"
kind = "mail"
server = "{postfix}:25"
from = "notice@provider.test"
tls = "starttls"

[[check]]
name = "page"
kind = "http"
every = "1s"
timeout = "800ms"
url = "http://{nginx}/"
expect_body = "welcome"

[[contract]]
file = "{contract}"
notify = ["ops@customer.test"]

[contract.measure]
{function} = "page"
"""


class Story(unittest.TestCase):
    """One installation under one contract, at the instant `begins` in Tokyo."""

    contract = function = begins = address = None

    @classmethod
    def setUpClass(cls):
        cls.base = places.run_directory("story")
        cls.nginx = pages.Nginx(cls.base).start()
        cls.server = postfix.Postfix.destination(
            cls.base, "mx.customer.test", cls.address, ["customer.test"]
        ).start()
        contract = places.ROOT / "contracts" / f"{cls.contract}.toml"
        top = CONTRACT.format(
            nginx=cls.nginx.address,
            postfix=cls.address,
            contract=contract,
            function=cls.function,
        )
        cls.ours = yakusoku.Yakusoku(cls.base, delivery="sandbox", top=top)
        cls.travel(cls.begins)

    @classmethod
    def tearDownClass(cls):
        cls.ours.stop()
        cls.nginx.stop()
        cls.server.stop()
        places.remove(cls.base)

    @classmethod
    def travel(cls, to):
        """Stops the program and starts it at another instant."""
        cls.ours.stop()
        cls.ours.travel(to)
        cls.ours.start()

    def now(self):
        shifted = time.time() + self.ours.shift
        return datetime.datetime.fromtimestamp(shifted, yakusoku.TOKYO)

    def board(self):
        whole = json.loads(self.ours.command("board", "--all", "--format", "json", check=False))
        (contract,) = whole["contracts"]
        return {row["promise"]: row for row in contract["promises"]}

    def page_is(self, state):
        def holds():
            shown = self.ours.command("check", "list").splitlines()
            return any(state in line for line in shown if line.startswith("page "))

        places.eventually(holds, 30, f"the check says {state}")

    def stop_nginx_for(self, seconds):
        self.nginx.stop()
        self.page_is("no answer")
        time.sleep(seconds)
        self.nginx.start()
        self.page_is("answers")
        time.sleep(2)


class TheMonthlyWindow(Story):
    """Seed 003: the fourth Thursday of November 2023 is a holiday, so the window is the day after."""

    contract, function = "click-so-ko", "web"
    begins, address = "2023-11-23T22:00:30", "127.0.25.31"

    def downtime(self):
        (row,) = [row for name, row in self.board().items() if name == "availability"]
        return row["left"]

    def test_a_window_moved_for_a_holiday_is_excluded_and_one_told_late_is_not(self):
        # On the holiday itself nothing is excluded.
        self.page_is("answers")
        self.assertIn("next: 2023-11-24 22:00:00", self.board()["monthly"]["left"][0])
        # A day later the window runs; what is down in it does not count.
        self.travel("2023-11-24T22:00:30")
        self.page_is("answers")
        self.assertIn("maintenance now: 2023-11-24 22:00:00", self.board()["monthly"]["left"][0])
        self.stop_nginx_for(3)
        self.assertEqual(self.downtime(), ["uptime 100.000000 %"])
        # The next day we plan a window of our own for the same evening: too late by a week.
        self.travel("2023-11-25T20:00:00")
        words = ["window", "plan", "click-so-ko", "--title", "disk swap"]
        words += ["--from", "2023-11-25T20:00:20", "--until", "2023-11-25T21:00"]
        said = self.ours.command(*words, check=False)
        self.assertRegex(said, r"too late since 2023-11-1\d .*: it counts as a stop")
        self.ours.command("window", "announce", "plan-1", "--send", check=False)
        row = self.board()["maintenance-notice"]
        self.assertEqual(row["state"], "broken")
        self.assertRegex(row["left"][0], "plan-1 (told by email|was to be told by)")
        places.eventually(lambda: self.now().second >= 21, 60, "the window's begin")
        self.stop_nginx_for(3)
        self.assertNotEqual(self.downtime(), ["uptime 100.000000 %"])


class TheFirstNotice(Story):
    """Seed 002: word of a fault is due an hour after it occurred, to the second."""

    contract, function = "aoulu-cloud", "web"
    begins, address = "2026-11-20T11:00:00", "127.0.25.32"

    def test_a_notice_one_second_late_breaks_the_promise(self):
        self.page_is("answers")
        self.nginx.stop()
        self.page_is("no answer")
        listed = lambda: self.ours.command("incident", "list")
        places.eventually(lambda: "aoulu" in listed(), 60, "the incident")
        due = self.due()
        late = due + datetime.timedelta(seconds=1)
        self.travel(f"{late + datetime.timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}")
        told = ["incident", "told", "1", "top-page", "--by", "sato", "--at"]
        self.ours.command(*told, f"{late:%Y-%m-%dT%H:%M:%S}")
        self.assertEqual(self.board()["incident-notice"]["state"], "broken")

    def due(self):
        left = places.eventually(lambda: self.board()["incident-notice"]["left"], 30, "a clock")
        text = left[0].split("due ")[1][:19]
        return datetime.datetime.fromisoformat(text)
