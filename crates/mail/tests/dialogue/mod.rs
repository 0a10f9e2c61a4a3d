//! Plays a dialogue with the server's side and writes down what came out.
//!
//! A script is a text file. Directives open it (`# tls: active`); other `#` lines are for the
//! reader. `C:` is a line of the client, sent with CRLF; `C-raw:` is sent as it is, with `\r`,
//! `\n`, `\t`, `\\` and `\xNN` for bytes; `{text*N}` in either repeats. Client lines that follow
//! each other are sent in one piece. Then come the events: `S:` is a reply (a reply of many lines
//! in one, joined by ` / `), `=` is what the caller is told to do. Both need only begin as
//! written; `S*N:` stands for N of them.

mod pieces;

use std::net::{IpAddr, Ipv4Addr};

use mail::roster::InboundLimits;
use mail::smtp::server::{AuthOffer, Dialogue, Incoming, Settings, SignInRefusal, Step, TlsState};
use mail::{Reply, SpoolId};

/// The cipher that every session of the tests has.
const TLS: &str = "TLSv1.3 TLS13_AES_128_GCM_SHA256";

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

    /// Every block's events, the input fed in pieces of at most `piece` bytes.
    pub fn play(&self, piece: usize) -> Vec<Vec<String>> {
        let mut player = Player {
            dialogue: Dialogue::new(self.settings.clone()),
            spool_full: self.spool_full,
            messages: 0,
            out: Vec::new(),
            events: Vec::new(),
            tls_asked: false,
        };
        player.dialogue.greeting(&mut player.out);
        player.note_replies();
        let mut all = vec![std::mem::take(&mut player.events)];
        for block in &self.blocks[1..] {
            for piece in block.sent.chunks(piece) {
                player.send(piece);
            }
            if std::mem::take(&mut player.tls_asked) {
                player.dialogue.tls_started(TLS.to_owned());
            }
            all.push(std::mem::take(&mut player.events));
        }
        all
    }
}

struct Player {
    dialogue: Dialogue,
    spool_full: bool,
    messages: u64,
    out: Vec<u8>,
    events: Vec<String>,
    tls_asked: bool,
}

impl Player {
    fn send(&mut self, mut input: &[u8]) {
        loop {
            let (eaten, step) = self.dialogue.feed(input, &mut self.out);
            input = &input[eaten..];
            self.note_replies();
            let next = self.act(step);
            self.note_replies();
            if next == Step::Close {
                if self.events.last().is_none_or(|last| last != "= close") {
                    self.events.push("= close".to_owned());
                }
                return;
            }
            if input.is_empty() {
                return;
            }
        }
    }

    /// What a relay would do.
    fn act(&mut self, step: Step) -> Step {
        match step {
            Step::StartTls => {
                self.events.push("= start-tls".to_owned());
                self.tls_asked = true;
            }
            Step::SignIn { user, password } => {
                self.events.push(format!("= sign-in {user} {password}"));
                return self.sign_in(user, &password);
            }
            Step::Message(incoming) => {
                self.events.push(show(&incoming));
                if self.spool_full {
                    let text = "The spool is full, try again later".to_owned();
                    let reply = Reply { code: 452, enhanced: Some((4, 3, 1)), text };
                    self.dialogue.refused(&reply, &mut self.out);
                } else {
                    self.messages += 1;
                    self.dialogue.accepted(SpoolId::from_micros(self.messages), &mut self.out);
                }
            }
            step => return step,
        }
        Step::NeedInput
    }

    fn sign_in(&mut self, user: String, password: &str) -> Step {
        let why = match (user.as_str(), password) {
            ("api@example.jp", "secret") => {
                self.dialogue.signed_in(user, &mut self.out);
                return Step::NeedInput;
            }
            ("often@example.jp", _) => SignInRefusal::Throttled,
            ("down@example.jp", _) => SignInRefusal::Unavailable,
            _ => SignInRefusal::Wrong,
        };
        self.dialogue.sign_in_refused(why, &mut self.out)
    }

    /// Turns the bytes of `out` into events, a reply each.
    fn note_replies(&mut self) {
        let text = String::from_utf8(std::mem::take(&mut self.out)).expect("replies are text");
        let mut reply = String::new();
        for line in text.split_terminator("\r\n") {
            assert!(!line.contains(['\r', '\n']), "a reply with a line end inside: {line:?}");
            let more = line.as_bytes()[3] == b'-';
            let piece = if reply.is_empty() { line } else { &line[4..] };
            reply.push_str(piece);
            if more {
                reply.push_str(" / ");
            } else {
                self.events.push(format!("S: {}", std::mem::take(&mut reply)));
            }
        }
        assert!(reply.is_empty(), "a reply without its last line");
    }
}

/// A message in one line.
fn show(incoming: &Incoming) -> String {
    let envelope = &incoming.envelope;
    let sender = envelope.sender.as_ref().map_or("<>", |sender| sender.as_str());
    let mut line = format!("= message from {sender} to");
    for recipient in &envelope.recipients {
        let n = recipient.notify;
        let flags = [(n.success, "success"), (n.failure, "failure"), (n.delay, "delay")];
        let words: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        line.push_str(&format!(" {}", recipient.address));
        if words != ["failure"] {
            line.push_str(&format!(" ({})", words.join(" ")));
        }
        if let Some(orcpt) = &recipient.orcpt {
            line.push_str(&format!(" (orcpt {orcpt})"));
        }
    }
    let source = &envelope.source;
    let words = [
        envelope.eight_bit.then(|| "8bit".to_owned()),
        envelope.smtputf8.then(|| "utf8".to_owned()),
        envelope.ret_full.then(|| "ret-full".to_owned()),
        envelope.envid.as_ref().map(|envid| format!("envid {envid}")),
        source.user.as_ref().map(|user| format!("user {user}")),
        source.tls.as_ref().map(|_| "tls".to_owned()),
    ];
    for word in words.into_iter().flatten() {
        line.push_str(&format!(", {word}"));
    }
    line.push_str(&format!(", helo {}: ", source.helo));
    match incoming.content.len() {
        ..=200 => line.push_str(&format!("\"{}\"", incoming.content.escape_ascii())),
        len => line.push_str(&format!("{len} bytes")),
    }
    line
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
