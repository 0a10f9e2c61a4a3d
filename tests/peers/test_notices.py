"""A notice for a customer, taken by a real Postfix over STARTTLS; its answer is our proof."""

import email
import email.policy
import pathlib
import unittest

import places
import postfix
import yakusoku

CONFIG = """\
[[courier]]
name = "postfix"
kind = "mail"
server = "{address}:25"
from = "notice@provider.test"
tls = "starttls"

[[contract]]
file = "{contract}"
notify = ["ops@customer.test", "unknown@customer.test"]
"""

TEXT = "障害が発生しています。\n.\n復旧までお待ちください。\n"


class ARealServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = places.run_directory("notices")
        address = "127.0.25.21"
        cls.server = postfix.Postfix.destination(
            cls.base, "mx.customer.test", address, ["customer.test"]
        ).start()
        contract = places.ROOT / "contracts" / "click-so-ko.toml"
        top = CONFIG.format(address=address, contract=contract)
        cls.ours = yakusoku.Yakusoku(cls.base, delivery="sandbox", top=top)
        cls.ours.start()

    def test_its_answer_is_the_proof(self):
        text = pathlib.Path(self.base) / "text"
        text.write_text(TEXT)
        words = ["notice", "send", "click-so-ko", "--about", "incident"]
        words += ["--at", "2026-11-20T11:00", "--text", str(text), "--subject", "障害 1", "--send"]
        self.ours.command(*words)

        def shown():
            answer = self.ours.command("notice", "show", "1")
            return answer if "sent" in answer and "failed" in answer else None

        lines = places.eventually(shown, 30, "the proof").splitlines()
        taken = next(line for line in lines if line.startswith("1. ops@customer.test"))
        self.assertRegex(taken, r": 127\.0\.25\.21: 250 2\.0\.0 Ok: queued as \w+$")
        refused = next(line for line in lines if line.startswith("2. unknown@customer.test"))
        self.assertRegex(refused, r"failed .*: 127\.0\.25\.21: 550 5\.1\.1 ")
        raw = places.eventually(self.server.messages, 30, "the mail")[0]
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertEqual(mail["Subject"], "障害 1")
        self.assertEqual(mail["Message-ID"], "<notice-1-1@provider.test>")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail.get_content().replace("\r\n", "\n"), TEXT)
        self.assertIn("with ESMTPS", mail["Received"])
