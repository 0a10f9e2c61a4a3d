"""Real Postfix servers, each with its own configuration, queue and address.

The host's own Postfix (/etc/postfix, /var/spool/postfix) is neither used nor touched.
"""

import email
import os
import pathlib
import subprocess

import places

MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {base}/log
maillog_file_prefixes = {base}
myhostname = {hostname}
mydestination =
alias_maps =
alias_database =
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_banner = $myhostname ESMTP
smtpd_tls_security_level = may
smtpd_tls_chain_files = {base}/tls.pem
smtp_tls_security_level = may
smtpd_peername_lookup = no
smtputf8_enable = yes
biff = no
{more}
"""

#: What receives: every mailbox of its domains in one Maildir, but none that begins with `unknown`.
DESTINATION = """\
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {base}
virtual_mailbox_maps = regexp:{base}/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
"""

MAILBOXES = """\
if !/^unknown/
/@/ mail/
endif
"""

#: name, type, private, and the command; everything runs outside a chroot.
SERVICES = """\
{address}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """`more` is further lines of main.cf."""

    def __init__(self, base, hostname, address, port=25, more="", machine=()):
        self.base = pathlib.Path(base) / f"postfix-{hostname}"
        self.hostname, self.address, self.port, self.more = hostname, address, port, more
        #: The prefix of a command that runs it on a machine of a test.
        self.machine = list(machine)
        #: For those who check whom they speak to.
        self.certificate = self.base / "certificate.pem"

    @classmethod
    def destination(cls, base, hostname, address, domains, more="", machine=()):
        """A server that keeps mail for `domains`, on port 25 of an address of its own."""
        path = pathlib.Path(base) / f"postfix-{hostname}"
        keeps = DESTINATION.format(base=path, domains=" ".join(domains))
        return cls(base, hostname, address, 25, f"{keeps}{more}", machine)

    @classmethod
    def client(cls, base, relayhost, port):
        """A server that hands everything to `relayhost`, as an application's Postfix would."""
        more = f"relayhost = {relayhost}\nminimal_backoff_time = 2s\nqueue_run_delay = 2s\n"
        return cls(base, "client.test", "127.0.0.1", port, more)

    def start(self):
        for part in ("queue", "data", "mail"):
            (self.base / part).mkdir(parents=True)
        self.base.chmod(0o755)
        (self.base / "mailboxes").write_text(MAILBOXES)
        (self.base / "main.cf").write_text(
            MAIN.format(base=self.base, hostname=self.hostname, more=self.more)
        )
        (self.base / "master.cf").write_text(
            SERVICES.format(address=self.address, port=self.port)
        )
        self._certificate()
        os.chown(self.base / "mail", 65534, 65534)
        subprocess.run(["chown", "postfix", self.base / "data"], check=True)
        places.own(self.stop)
        self._postfix("start")
        places.eventually(
            lambda: places.answers_on(self.machine, self.address, self.port),
            what=f"{self.hostname}'s greeting",
        )
        return self

    def stop(self):
        """Leaves no process behind, whether it started or not."""
        if (self.base / "queue").is_dir():
            self._postfix("abort", check=False)

    def log(self):
        path = self.base / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def messages(self):
        """Raw messages that were delivered, with CRLF line ends, oldest first."""
        new = self.base / "mail" / "new"
        if not new.is_dir():
            return []
        paths = sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for path in paths]

    def find(self, subject):
        """The raw messages of that subject."""
        messages = self.messages()
        return [raw for raw in messages if email.message_from_bytes(raw)["Subject"] == subject]

    def wait_for(self, subject, seconds=30):
        """The first message of that subject, when it has come."""
        what = f"{subject!r} at {self.hostname}"
        return places.eventually(lambda: self.find(subject), seconds, what)[0]

    def _certificate(self):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        command += ["-subj", f"/CN={self.hostname}", "-addext", "basicConstraints=CA:FALSE"]
        command += ["-addext", f"subjectAltName=DNS:{self.hostname},IP:{self.address}"]
        key, certificate = self.base / "key.pem", self.certificate
        subprocess.run(
            [*command, "-keyout", key, "-out", certificate], check=True, capture_output=True
        )
        pem = self.base / "tls.pem"
        pem.touch(0o600)
        pem.write_bytes(key.read_bytes() + certificate.read_bytes())

    def _postfix(self, verb, check=True):
        done = subprocess.run(
            [*self.machine, "postfix", "-c", self.base, verb],
            capture_output=True,
            text=True,
            timeout=60,
        )
        if check and done.returncode:
            raise AssertionError(f"postfix {verb}: {done.stderr}\n{self.log()}")
