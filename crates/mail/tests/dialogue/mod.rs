//! Plays a dialogue with the server's side and writes down what came out.

mod pieces;
mod script;

use mail::smtp::server::{Dialogue, Incoming, SignInRefusal, Step};
use mail::{Reply, SpoolId};

use script::TLS;
pub use script::{Block, Script, parse, settings};

impl Script {
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
