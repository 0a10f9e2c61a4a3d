"""kill -9 of the office and an agent at random under a running incident.

YAKUSOKU_DRILL_SECONDS says for how long [default: 40]. Afterwards nothing that was acknowledged is
missing: what people wrote, what was seen, until when the contract must be answered. A notice that may
have been sent twice says so.
"""

import collections
import email
import json
import os
import pathlib
import random
import re
import subprocess
import time
import unittest

import console
import pages
import places
import postfix
import yakusoku

SECONDS = float(os.environ.get("YAKUSOKU_DRILL_SECONDS", "40"))

CONFIG = """\
[link]
listen = "127.0.0.1:{link}"

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

[[contract]]
file = "{contracts}/aoulu-cloud.toml"
notify = ["ops@customer.test"]
notify_incident = "send"

[contract.measure]
web = "page"

[[oncall]]
name = "Sato"
mail = "sato@customer.test"
over = ["postfix"]
"""

AGENT = """\
station = "web1"
office = "https://127.0.0.1:{link}"
token = "file:{base}/token"
state = "{base}/state"
interval = "10s"
"""


class Roles:
    """The processes of the drill, each killed and started again."""

    def __init__(self, ours, agent_config):
        self.ours = ours
        self.agent_config = agent_config
        self.agent = None
        #: Seconds in which no office looked.
        self.away = 0.0
        self.kills = collections.Counter()

    def start_agent(self):
        with open(self.agent_config.with_suffix(".log"), "ab") as log:
            self.agent = subprocess.Popen(
                [yakusoku.BINARY, "agent", "--config", self.agent_config],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill_agent(self, rest):
        self.agent.kill()
        self.agent.wait()
        time.sleep(rest)
        self.start_agent()

    def kill_office(self, rest):
        begun = time.monotonic()
        self.ours.kill()
        time.sleep(rest)
        self.ours.start()
        self.away += time.monotonic() - begun

    def kill_one(self, chance):
        name = chance.choice(["office", "agent"])
        self.kills[name] += 1
        getattr(self, f"kill_{name}")(chance.uniform(0, 2))

    def stop(self):
        places.end(self.agent)
        self.ours.stop()


class Drill(unittest.TestCase):
    def setUp(self):
        self.base = places.run_directory("drill")
        self.addCleanup(places.remove, self.base)
        self.nginx = pages.Nginx(self.base).start()
        self.addCleanup(self.nginx.stop)
        address, link = "127.0.25.33", places.free_port()
        self.server = postfix.Postfix.destination(
            self.base, "mx.customer.test", address, ["customer.test"]
        ).start()
        self.addCleanup(self.server.stop)
        contracts = places.ROOT / "contracts"
        top = CONFIG.format(
            link=link, postfix=address, nginx=self.nginx.address, contracts=contracts
        )
        self.ours = yakusoku.Yakusoku(self.base, delivery="sandbox", top=top)
        self.ours.start()
        self.password = self.ours.command("user", "add", "tanaka", "--admin", "--generate").strip()
        place = pathlib.Path(self.base) / "agent"
        place.mkdir()
        added = self.ours.command("station", "add", "web1", "--kind", "agent")
        (place / "token").write_text(re.search(r"ykst1\.[\w-]+", added).group())
        (place / "token").chmod(0o600)
        (place / "agent.toml").write_text(AGENT.format(link=link, base=place))
        self.roles = Roles(self.ours, place / "agent.toml")
        self.roles.start_agent()
        self.addCleanup(self.roles.stop)

    def test_nothing_that_was_acknowledged_is_missing(self):
        chance = random.Random(SECONDS)
        self.eventually(lambda: self.page_is("answers"), "the page answers")
        self.nginx.kill()
        self.eventually(lambda: "aoulu" in self.ours.command("incident", "list"), "the incident")
        due, unknown = self.due(), self.unknown()
        begun, written, flaps = time.monotonic(), [], 0
        while time.monotonic() - begun < SECONDS:
            self.roles.kill_one(chance)
            text = f"note {len(written)} of the drill"
            self.ours.command("incident", "note", "1", text, "--by", "sato")
            written.append(text)
            flaps += self.flap(chance)
        self.eventually(lambda: self.is_quiet(), "everything is sent", 90)
        story = self.ours.command("incident", "show", "1")
        for text in written:
            self.assertEqual(story.count(text), 1, story)
        self.assertEqual(self.due(), due)
        # What was not seen is no more than the office was away, and a second on either side.
        unseen = self.unknown() - unknown
        slack = 4 * (self.roles.kills["office"] + 1)
        self.assertLessEqual(unseen, self.roles.away + slack, self.roles.kills)
        self.compare_notices()
        kills, mails = dict(self.roles.kills), len(self.server.messages())
        told = f"kills {kills}, {len(written)} notes, {flaps} flaps, {mails} mails, unseen {unseen:g} s"
        print(f"\n{told}, without an office {self.roles.away:.0f} s", flush=True)

    def eventually(self, probe, what, seconds=60):
        return places.eventually(probe, seconds, what, every=0.2)

    def flap(self, chance):
        """Lets the page come and go now and then."""
        if chance.random() < 0.7:
            return 0
        if self.nginx.process:
            self.nginx.kill()
            self.nginx.process = None
        else:
            self.nginx.start()
        return 1

    def page_is(self, state):
        lines = self.ours.command("check", "list").splitlines()
        return any(state in line for line in lines if line.startswith("page "))

    def due(self):
        """Until when the contract must be answered, as the incident says."""
        shown = self.ours.command("incident", "show", "1")
        return re.search(r"^incident-notice +(.*?)  ", shown, re.M).group(1)

    def unknown(self):
        """Seconds of this month that nobody looked at."""
        at = time.strftime("%Y-%m", time.gmtime(time.time() + 9 * 3600))
        path = f"/contracts/aoulu-cloud/{at}/statement.json"
        page = console.read(f"http://127.0.0.1:{self.ours.console}", "tanaka", self.password, path)
        return json.loads(page)["unknown_seconds"]

    def notices(self):
        listed = self.ours.command("notice", "list").splitlines()[1:]
        numbers = [line.split()[0] for line in listed if line[:1].isdigit()]
        return [self.ours.command("notice", "show", number) for number in numbers]

    def is_quiet(self):
        return all(re.search(r"^1\. .*: sent ", text, re.M) for text in self.notices())

    def compare_notices(self):
        """Every notice reached the customer once, or says that it may have come twice."""
        ids = [email.message_from_bytes(raw)["Message-ID"] for raw in self.server.messages()]
        came = collections.Counter(ids)
        for text in self.notices():
            number = re.match(r"notice (\d+)", text).group(1)
            times = came[f"<notice-{number}-1@provider.test>"]
            self.assertGreaterEqual(times, 1, text)
            if times > 1:
                self.assertIn("twice", text)
