"""A real DNS server (Knot) with the zone `test.`, and a zone that fails."""

import pathlib
import re
import subprocess

import dns.resolver

import places

#: An address of our own, so that a resolver of the machine is not in the way.
ADDRESS, PORT = "127.0.53.1", 5300

CONFIG = """\
server:
    rundir: "{base}/run"
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: "{base}/knot.log"
    any: info
database:
    storage: "{base}/db"
template:
  - id: default
    storage: "{base}/zones"
    file: "%s.zone"
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: test
  - domain: servfail.test
"""

ZONE = """\
$ORIGIN test.
$TTL 5
@ SOA ns.test. hostmaster.test. {serial} 60 60 600 5
@ NS ns
ns A {address}
"""


class Knot:
    """`records` is zone file text, relative to `test.`; servfail.test has no file and fails."""

    def __init__(self, base, records):
        self.base = pathlib.Path(base) / "knot"
        self.records = records
        self.serial = 0
        self.process = None

    def start(self):
        for part in ("run", "db", "zones"):
            (self.base / part).mkdir(parents=True)
        config = CONFIG.format(base=self.base, address=ADDRESS, port=PORT)
        (self.base / "knot.conf").write_text(config)
        self._write()
        self.process = subprocess.Popen(
            ["knotd", "-c", self.base / "knot.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        places.own(self.stop)
        places.eventually(lambda: self.text("ns.test", "A"), what="the name server's answer")
        return self

    def add(self, records):
        """Publishes more records and waits until they are served."""
        self.records += "\n" + records
        self._write()
        subprocess.run(
            ["knotc", "-c", self.base / "knot.conf", "-b", "zone-reload", "test"],
            check=True,
            capture_output=True,
        )

    def text(self, name, kind="TXT"):
        """The first record's data, a TXT record's pieces joined; None when there is none."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.lifetime = [ADDRESS], PORT, 2
        try:
            record = resolver.resolve(name, kind)[0]
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers):
            return None
        except dns.exception.Timeout:
            return None
        return b"".join(record.strings) if kind == "TXT" else record.to_text().encode()

    def key(self, name, timeout=5):
        """In the form that dkimpy asks with."""
        return self.text(re.sub(r"\.$", "", name.decode()))

    def stop(self):
        places.end(self.process)

    def _write(self):
        self.serial += 1
        head = ZONE.format(serial=self.serial, address=ADDRESS)
        (self.base / "zones" / "test.zone").write_text(f"{head}{self.records}\n")
