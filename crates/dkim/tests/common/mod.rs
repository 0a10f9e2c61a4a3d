//! Messages that signing has to get right, each for a reason.

use std::collections::HashMap;

use dkim::{KeyPair, Signer, generate, record};
use mail::roster::Algorithm;

/// The domain that signs in these tests.
pub const DOMAIN: &str = "sender.example.jp";

const HEADER: &str = "From: Hanako <hanako@sender.example.jp>\r\n\
    To: taro@receiver.example\r\n\
    Subject: order 1\r\n\
    Date: Sun, 22 Nov 2026 09:00:00 +0900\r\n\
    Message-ID: <1@sender.example.jp>\r\n";

/// Name and message.
pub fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let plain = |body: &str| format!("{HEADER}\r\n{body}").into_bytes();
    let with = |fields: &str, body: &str| format!("{fields}{HEADER}\r\n{body}").into_bytes();
    let iso_2022_jp = b"Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n\
        \x1b$B$3$s$K$A$O\x1b(B  \r\n\x1b$B@$3&\x1b(B\r\n";
    vec![
        ("one line", plain("Hello\r\n")),
        ("empty body", plain("")),
        ("no empty line after the header", HEADER.as_bytes().to_vec()),
        ("only line ends", plain("\r\n\r\n\r\n")),
        ("only white space", plain("  \r\n\t\r\n ")),
        ("no newline at the end", plain("Hello")),
        ("blanks, no newline at the end", plain("Hello \t")),
        ("empty lines at the end", plain("Hello\r\n\r\n\r\n")),
        ("white space lines at the end", plain("Hello\r\n  \r\n\r\n")),
        ("white space line, then no newline", plain("Hello \r\n\t \r\n ")),
        ("white space line in the middle", plain("Hello\r\n   \r\n\r\nWorld\r\n")),
        ("leading white space", plain("\r\n  Hello\r\n\t World\r\n")),
        ("runs of white space", plain("a  b\t\tc \t d   \r\ne\r\n")),
        ("dots", plain("..\r\n.\r\n...a\r\n")),
        ("UTF-8", plain("こんにちは、世界\r\n\u{3000}全角の空白\u{3000}\r\n")),
        ("ISO-2022-JP", [HEADER.as_bytes(), &iso_2022_jp[..]].concat()),
        (
            "bytes of no encoding",
            [HEADER.as_bytes(), b"\r\n\xff\xfe\x80 \xa0\r\n\xa0\r\n"].concat(),
        ),
        ("control characters", plain("a\x01 \x0b\r\n\x0c\r\nb\x00c\r\n")),
        ("long lines", plain(&format!("{}\r\n{}\r\n", "x".repeat(998), " y".repeat(499)))),
        (
            "folded fields",
            with(
                "References: <a@b>\r\n\t<c@d>\r\n  <e@f>\r\nContent-Type: multipart/mixed;\r\n \
                 boundary=\"x\"\r\n",
                "--x\r\n\r\nHi\r\n--x--\r\n",
            ),
        ),
        ("field that starts with a fold", with("Cc:\r\n a@b\r\n", "Hi\r\n")),
        ("empty field", with("Cc:\r\nReply-To: \r\n", "Hi\r\n")),
        (
            "fields more than once",
            with("Subject: first\r\nReply-To: a@b\r\nReply-To: c@d\r\nCC: e@f\r\n", "Hi\r\n"),
        ),
        ("odd letter case and blanks", with("CC:a@b  \r\nmime-version:   1.0\r\n", "Hi\r\n")),
        ("UTF-8 in the header", with("Reply-To: \u{7530}\u{4e2d} <a@b>\r\n", "Hi\r\n")),
        (
            "mailing",
            with(
                "List-Unsubscribe: <https://sender.example.jp/u/1>\r\n\
                 List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
                "Hi\r\n",
            ),
        ),
        (
            "an older signature",
            with("DKIM-Signature: v=1; a=rsa-sha256; d=old.example\r\n", "Hi\r\n"),
        ),
    ]
}

/// A signer with an RSA and an Ed25519 key, and the records that publish them.
pub struct Sender {
    pub signer: Signer,
    pub records: HashMap<String, String>,
    /// The RSA key, for an implementation that signs by itself.
    #[allow(dead_code, reason = "roundtrip.rs has no use for it")]
    pub rsa: KeyPair,
}

impl Sender {
    pub fn new() -> Sender {
        let rsa = generate(Algorithm::RsaSha256).expect("an RSA key");
        let ed = generate(Algorithm::Ed25519Sha256).expect("an Ed25519 key");
        let keys = [
            ("rsa".to_owned(), Algorithm::RsaSha256, rsa.private.clone()),
            ("ed".to_owned(), Algorithm::Ed25519Sha256, ed.private.clone()),
        ];
        let records = HashMap::from([
            (format!("rsa._domainkey.{DOMAIN}"), record(Algorithm::RsaSha256, &rsa.public)),
            (format!("ed._domainkey.{DOMAIN}"), record(Algorithm::Ed25519Sha256, &ed.public)),
        ]);
        Sender { signer: Signer::new(DOMAIN, &keys).expect("a signer"), records, rsa }
    }

    /// The message with its signatures in front.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        [self.signer.sign(message).expect("a signature"), message.to_vec()].concat()
    }
}
