"""The agent on a machine with a real systemd, journal and polkit, set up line by line as docs/AGENT.md
says; the office is another machine on the same wire.
"""

import json
import re
import shutil
import sqlite3
import time
import unittest

import machine
import namespaces
import places
import yakusoku

OFFICE, SERVER = "10.77.5.1", "10.77.5.2"
DEPLOY = ["agent.example.toml", "50-yakusoku-agent.rules", "yakusoku-agent.service"]

#: Actions that the file allows and the rule for polkit does not.
MORE_ACTIONS = """
[[action]]
name = "restart-logind"
unit = "systemd-logind.service"
do = "restart"

[[action]]
name = "stop-nginx"
unit = "nginx.service"
do = "stop"
"""


def documented():
    """The lines of docs/AGENT.md that set an agent up: each a command and what is said of it."""
    text = (places.ROOT / "docs" / "AGENT.md").read_text()
    block = text.split("## Setting it up")[1].split("```")[1]
    lines = [line.partition("#") for line in block.strip().splitlines()]
    return [(command.strip(), said.strip()) for command, _, said in lines]


class TheAgent(unittest.TestCase):
    """One office and one machine for all tests; each leaves the machine as it found it."""

    @classmethod
    def setUpClass(cls):
        why = machine.obstacle()
        if why:
            raise unittest.SkipTest(why)
        cls.base = places.run_directory("systemd")
        cls.addClassCleanup(places.remove, cls.base)
        wire = namespaces.Wire({"office": OFFICE, "server": SERVER}).start()
        cls.addClassCleanup(wire.stop)
        top = f'[link]\nlisten = "{OFFICE}:8443"'
        cls.office = yakusoku.Yakusoku(cls.base, delivery="sandbox", top=top)
        cls.office.start("office", wrapper=wire.on("office"))
        cls.addClassCleanup(cls.office.stop)
        network = wire.namespace("server")
        cls.server = machine.Machine(cls.base, "web-1", network, yakusoku.BINARY).start()
        cls.addClassCleanup(cls.server.stop)
        cls.set_up()

    @classmethod
    def set_up(cls):
        """Does what the document says, and edits what it says to edit."""
        for name in DEPLOY:
            shutil.copy(places.ROOT / "deploy" / name, cls.server.path("/root"))
        # As rsyslog makes it.
        syslog = cls.server.path("/var/log/syslog")
        syslog.write_text("Nov 22 06:00:00 web-1 kernel: before the agent\n")
        cls.server.run("chown", "root:adm", "/var/log/syslog")
        syslog.chmod(0o640)
        added = cls.office.command("station", "add", "web-1", "--kind", "agent")
        token = re.search(r"ykst1\.[\w-]+", added).group() + "\n"
        edits = {"agent.example.toml": cls.edit_file, "50-yakusoku-agent.rules": cls.edit_rule}
        cls.checked = ""
        cls.entries_before = cls.entries()
        for command, said in documented():
            pasted = {"input": token} if said.startswith("paste") else {}
            # The example names a database and a cache that this machine does not have.
            is_check = command.endswith("agent check")
            printed = cls.server.run("sh", "-c", command, check=not is_check, **pasted)
            if is_check:
                cls.checked = printed
            if said.startswith("edit"):
                edits[next(name for name in edits if name in command)]()
        places.eventually(cls.values, 20, "readings", every=0.3)

    @classmethod
    def edit_file(cls):
        path = cls.server.path("/etc/yakusoku/agent.toml")
        text = path.read_text()
        for old, new in [
            ("office.example.jp:8443", f"{OFFICE}:8443"),
            ('interval = "60s"', 'interval = "10s"'),
            ('slot = "1h"', 'slot = "1m"'),
            ('journald = true\n', 'journald = true\nslot = "1m"\n'),
        ]:
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text + MORE_ACTIONS)

    @classmethod
    def edit_rule(cls):
        """Allows the restart of the machine, as the rule itself says how."""
        path = cls.server.path("/etc/polkit-1/rules.d/50-yakusoku-agent.rules")
        head, tail = path.read_text().split("`reboot = true`:\n")
        path.write_text(head + "`reboot = true`:\n" + tail.replace("    // ", "    "))

    # --- what the office has

    @classmethod
    def station(cls):
        return json.loads(cls.office.command("station", "show", "web-1", "--format", "json"))

    @classmethod
    def values(cls):
        """The newest values, once there are rates among them."""
        values = cls.station()["values"]
        return values if "cpu.busy_permille" in values else None

    def state(self, name):
        """How something is that has no number: its word and the system's words."""
        found = [it for it in self.station()["states"] if it["what"] == name]
        return (found[0]["state"], found[0]["detail"]) if found else None

    def order(self, action):
        """Orders an action and returns what became of it: its state and what it printed."""
        self.office.command("station", "order", "web-1", action, check=False)
        newest = self.station()["orders"][0]
        self.assertEqual(newest["action"], action)
        return newest["state"], newest["detail"]

    def told(self, source, column):
        """A sum over the slots of a log at the office."""
        uri = f"file:{self.office.data}/office.db?mode=ro"
        with sqlite3.connect(uri, uri=True) as records:
            query = f"SELECT coalesce(sum({column}), 0) FROM log_slot WHERE source = ?"
            return records.execute(query, [source]).fetchone()[0]

    # --- what the machine has

    @classmethod
    def entries(cls):
        """How many entries the journal has of nginx."""
        words = ["journalctl", "--quiet", "--output=cat", "--unit=nginx.service"]
        return len(cls.server.run(*words).splitlines())

    def main(self, unit):
        return self.server.unit(unit, "MainPID")["MainPID"]

    def eventually(self, probe, what, seconds=30):
        return places.eventually(probe, seconds, what, every=0.3)

    def test_it_runs_without_rights_and_says_when_it_is_ready(self):
        shown = self.server.unit(
            "yakusoku-agent", "Type", "ActiveState", "UnitFileState", "User", "NRestarts"
        )
        self.assertEqual(shown["Type"], "notify")
        self.assertEqual((shown["ActiveState"], shown["UnitFileState"]), ("active", "enabled"))
        status = self.server.run("cat", f"/proc/{self.main('yakusoku-agent')}/status")
        rights = dict(line.split(":\t", 1) for line in status.splitlines())
        self.assertNotIn("0", rights["Uid"].split())
        self.assertEqual((int(rights["CapEff"], 16), rights["NoNewPrivs"]), (0, "1"))
        # With a file that it cannot read, its start fails.
        self.server.run("systemctl", "stop", "yakusoku-agent")
        file = self.server.path("/etc/yakusoku/agent.toml")
        good = file.read_text()
        file.write_text(good + "nonsense = 1\n")
        with self.assertRaisesRegex(AssertionError, "yakusoku-agent.service"):
            self.server.run("systemctl", "start", "yakusoku-agent")
        file.write_text(good)
        self.server.run("systemctl", "restart", "yakusoku-agent")

    def test_an_agent_that_hangs_or_dies_is_started_again(self):
        self.assertEqual(self.server.unit("yakusoku-agent", "WatchdogUSec"), {"WatchdogUSec": "2min"})
        drop_in = self.server.path("/etc/systemd/system/yakusoku-agent.service.d/patience.conf")
        drop_in.parent.mkdir()
        drop_in.write_text("[Service]\nWatchdogSec=2s\nRestartSec=1s\n")
        self.server.run("systemctl", "daemon-reload")
        self.server.run("systemctl", "restart", "yakusoku-agent")
        for signal, result in [("STOP", "watchdog"), ("KILL", "signal")]:
            before = self.main("yakusoku-agent")
            # Longer than the watchdog waits: a healthy agent is left alone.
            time.sleep(3)
            self.assertEqual(self.main("yakusoku-agent"), before)
            self.server.run(
                "systemctl", "kill", f"--signal={signal}", "--kill-who=main", "yakusoku-agent"
            )
            self.eventually(
                lambda: self.main("yakusoku-agent") not in (before, "0"), f"back after {signal}"
            )
            said = self.server.run("journalctl", "--quiet", "--unit=yakusoku-agent.service")
            self.assertIn(f"Failed with result '{result}'", said)
        drop_in.unlink()
        drop_in.parent.rmdir()
        self.server.run("systemctl", "daemon-reload")
        self.server.run("systemctl", "restart", "yakusoku-agent")

    def test_the_protection_of_the_unit_hides_nothing_that_is_measured(self):
        outside = {line.split()[0] for line in self.checked.split("\n\n")[0].splitlines()[1:]}
        values = self.eventually(self.values, "readings")
        self.assertEqual(set(values), outside)
        size = self.server.run("df", "--block-size=1", "--output=size", "/").split()[1]
        self.assertEqual(values["disk./.size_bytes"], int(size))
        names = self.server.run("sh", "-c", "cat /proc/[0-9]*/comm", check=False).split()
        self.assertEqual(values["process.nginx.count"], names.count("nginx"))
        for name, detail in [
            ("unit.nginx.service", "active (running)"),
            ("process.nginx", "runs"),
            ("log.syslog", "is read"),
            ("log.nginx", "is read"),
        ]:
            self.eventually(lambda: self.state(name) == ("good", detail), name)
        self.assertEqual(self.state("unit.postgresql.service"), ("bad", "not-found"))
        self.assertRegex(self.checked, r"log\.nginx +good")
        self.assertRegex(self.checked, r"log\.syslog +good")

    def test_an_order_does_what_polkit_allows_and_no_more(self):
        before, logind = self.main("nginx"), self.main("systemd-logind")
        self.assertEqual(self.order("restart-nginx"), ("done", "exit status 0"))
        after = self.main("nginx")
        self.assertNotEqual(after, before)
        for action in ["restart-logind", "stop-nginx"]:
            state, detail = self.order(action)
            self.assertEqual(state, "failed")
            self.assertRegex(detail, "Access denied|authentication required")
        self.assertEqual((self.main("nginx"), self.main("systemd-logind")), (after, logind))
        self.assertEqual(self.order("format-disk")[0], "refused")

    def test_a_fault_its_words_and_a_restart_of_the_machine(self):
        syslog = self.server.path("/var/log/syslog")

        def write(*lines):
            with open(syslog, "a") as log:
                log.writelines(f"Nov 22 06:00:00 web-1 {line}\n" for line in lines)

        lines, trouble = self.told("syslog", "line_total"), self.told("syslog", "trouble_total")
        write("app: fine", "kernel: Out of memory: killed process 7 (java)", "app: 0 errors")
        # nginx fails: its state comes to the office, and a restart does not help.
        config = self.server.path("/etc/nginx/nginx.conf")
        good = config.read_text()
        config.write_text(good + "no such directive;\n")
        self.server.run("systemctl", "restart", "nginx", check=False)
        self.eventually(
            lambda: self.state("unit.nginx.service") == ("bad", "failed (failed, exit-code)"),
            "the failed unit at the office",
        )
        state, detail = self.order("restart-nginx")
        self.assertEqual((state, detail.splitlines()[0]), ("failed", "exit status 1"))
        config.write_text(good)
        self.assertEqual(self.order("restart-nginx")[0], "done")
        self.eventually(
            lambda: self.state("unit.nginx.service") == ("good", "active (running)"), "it is well"
        )
        # The machine goes down by an order and comes up again; what was written meanwhile is read.
        first = self.server.first()
        self.office.command("station", "order", "web-1", "reboot", "--wait", "0", check=False)
        self.eventually(lambda: self.server.first() != first, "the machine goes down")
        write("app: written while nobody read")
        self.server.until_up(but=first)
        write("app: an error after it came up")
        self.eventually(lambda: self.station()["orders"][0]["state"] == "done", "the order is done")
        detail = self.station()["orders"][0]["detail"]
        self.assertEqual(detail, "the machine went down and came up again")
        said = self.server.console.read_text(errors="replace")
        self.assertNotIn("Job yakusoku-agent.service/stop running", said, "it holds nothing up")
        self.assertEqual(self.server.unit("yakusoku-agent", "ActiveState")["ActiveState"], "active")
        # Each line once, over the restart; a slot ends with its minute.
        self.eventually(lambda: self.told("syslog", "line_total") >= lines + 5, "its lines", 75)
        self.assertEqual(self.told("syslog", "line_total"), lines + 5)
        self.assertEqual(self.told("syslog", "trouble_total"), trouble + 2)
        entries = self.entries() - self.entries_before
        self.eventually(lambda: self.told("nginx", "line_total") >= entries, "its entries", 75)
        self.assertEqual(self.told("nginx", "line_total"), entries)
        self.assertGreaterEqual(self.told("nginx", "trouble_total"), 2)
