//! Reads a dialogue that is written as text.
//!
//! A script is a text file. Directives open it (`# tls: active`); other `#` lines are for the
//! reader. `C:` is a line of the client, sent with CRLF; `C-raw:` is sent as it is, with `\r`,
//! `\n`, `\t`, `\\` and `\xNN` for bytes; `{text*N}` in either repeats. Client lines that follow
//! each other are sent in one piece. Then come the events: `S:` is a reply (a reply of many lines
//! in one, joined by ` / `), `=` is what the caller is told to do. Both need only begin as
//! written; `S*N:` stands for N of them.

use std::net::{IpAddr, Ipv4Addr};

use mail::roster::InboundLimits;
use mail::smtp::server::{AuthOffer, Settings, TlsState};

/// The cipher that every session of the tests has.
pub const TLS: &str = "TLSv1.3 TLS13_AES_128_GCM_SHA256";

/// A script, read.
pub struct Script {
    pub settings: Settings,
    pub spool_full: bool,
    pub blocks: Vec<Block>,
}

/// What the client sends in one piece, and what must come of it.
#[derive(Default)]
pub struct Block {
    pub sent: Vec<u8>,
    pub expected: Vec<String>,
}

pub fn settings() -> Settings {
    Settings {
        hostname: "mx.yakusoku.test".to_owned(),
        composition: "pro".to_owned(),
        client_ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        limits: InboundLimits::default(),
        tls: TlsState::Unavailable,
        auth: AuthOffer::None,
        admitted: true,
        auth_required: false,
    }
}

pub fn parse(text: &str) -> Script {
    // The first block has no client line: it is the greeting.
    let mut script =
        Script { settings: settings(), spool_full: false, blocks: vec![Block::default()] };
    for line in text.lines() {
        let client = line.strip_prefix("C: ").or((line == "C:").then_some(""));
        if let Some(directive) = line.strip_prefix('#') {
            script.directive(directive);
        } else if let Some(sent) = client {
            script.sending().extend([unescape(sent, false), b"\r\n".to_vec()].concat());
        } else if let Some(sent) = line.strip_prefix("C-raw: ") {
            script.sending().extend(unescape(sent, true));
        } else if let Some(event) = line.strip_prefix("S*") {
            let (count, reply) = event.split_once(": ").expect("S*N: reply");
            for _ in 0..count.parse().expect("a count") {
                script.last().expected.push(format!("S: {reply}"));
            }
        } else if line.starts_with("S: ") || line.starts_with("= ") {
            script.last().expected.push(line.to_owned());
        } else {
            assert!(line.is_empty(), "a line that is neither C nor S nor =: {line}");
        }
    }
    script
}

impl Script {
    fn last(&mut self) -> &mut Block {
        self.blocks.last_mut().expect("the greeting's block is there from the start")
    }

    /// The bytes of the block that is being sent; a new one once events have been seen.
    fn sending(&mut self) -> &mut Vec<u8> {
        if self.blocks.len() == 1 || !self.last().expected.is_empty() {
            self.blocks.push(Block::default());
        }
        &mut self.last().sent
    }

    fn directive(&mut self, text: &str) {
        let Some((name, value)) = text.trim().split_once(": ") else { return };
        let number = || value.parse::<u32>().expect("a number");
        let settings = &mut self.settings;
        match (name, value) {
            ("tls", "offered") => settings.tls = TlsState::Offered,
            ("tls", "active") => settings.tls = TlsState::Active(TLS.to_owned()),
            ("auth", "encrypted") => settings.auth = AuthOffer::WhenEncrypted,
            ("auth", "always") => settings.auth = AuthOffer::Always,
            ("admitted", "no") => settings.admitted = false,
            ("auth-required", "yes") => settings.auth_required = true,
            ("size-limit", _) => settings.limits.message_bytes = number(),
            ("recipients-limit", _) => settings.limits.recipients = number() as u16,
            ("commands-limit", _) => settings.limits.commands = number(),
            ("spool", "full") => self.spool_full = true,
            _ => {}
        }
    }
}

/// Carries out `{text*N}` and, where asked, the escapes.
fn unescape(text: &str, escapes: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let repeat =
            rest.strip_prefix('{').and_then(|r| r.split_once('}')).and_then(|(r, after)| {
                let (text, count) = r.rsplit_once('*')?;
                Some((unescape(text, escapes).repeat(count.parse().ok()?), after))
            });
        if let Some((repeated, after)) = repeat {
            bytes.extend(repeated);
            rest = after;
        } else if escapes && c == '\\' {
            let (byte, len) = match rest.as_bytes()[1] {
                b'r' => (b'\r', 2),
                b'n' => (b'\n', 2),
                b't' => (b'\t', 2),
                b'\\' => (b'\\', 2),
                b'x' => (u8::from_str_radix(&rest[2..4], 16).expect("two digits"), 4),
                _ => panic!("an unknown escape in {text}"),
            };
            bytes.push(byte);
            rest = &rest[len..];
        } else {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    bytes
}
