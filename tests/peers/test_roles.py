"""Roles alone: the relay goes on while the office and its records are away."""

import os
import unittest

import doubles
import places
import yakusoku


class Roles(unittest.TestCase):
    def setUp(self):
        self.base = places.run_directory("roles")
        self.addCleanup(places.remove, self.base)
        self.sink = doubles.Double()
        self.addCleanup(self.sink.stop)
        self.relay = yakusoku.Yakusoku(self.base, delivery=str(self.sink))
        self.addCleanup(self.relay.stop)

    def arrives(self, subject):
        places.eventually(lambda: subject in self.sink.subjects(), what=repr(subject))

    def log(self, subject):
        """The log's rows of the message with that subject; exit status 1 while there are none."""
        reference = f"<{subject.replace(' ', '.')}@x>"
        return self.relay.command("log", "--ref", reference, check=False)

    def test_the_relay_without_its_office(self):
        office = self.relay.start("office")
        relay = self.relay.start("relay")
        self.relay.send("with the office", "a@b.test")
        self.arrives("with the office")

        places.end(office)
        self.relay.send("office down", "a@b.test")
        self.arrives("office down")

        # Not even the records are needed to start.
        places.end(relay)
        records = list(self.relay.data.glob("office.db*"))
        self.assertTrue(records, "the records are in the data folder")
        for path in records:
            os.rename(path, f"{path}.away")
        self.relay.start("relay")
        self.relay.send("records away", "a@b.test")
        self.arrives("records away")

        # Back again, the office learns what happened meanwhile.
        for path in records:
            os.rename(f"{path}.away", path)
        self.relay.start("office")
        for subject in ("with the office", "office down", "records away"):
            places.eventually(
                lambda s=subject: "succeeded" in self.log(s),
                what=f"{subject!r} in the delivery log",
                every=0.5,
            )
