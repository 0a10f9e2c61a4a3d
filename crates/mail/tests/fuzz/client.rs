//! A server says anything: each transaction that ends has an answer for each recipient, nobody
//! is told that a message was taken which was not sent, and no command holds a line end.

use mail::retry::Phase;
use mail::smtp::client::{Dialogue, Step, Transaction, dot_stuff};
use mail::{Envelope, Recipient};

use super::assert_lines;
use super::dialogue::{play, seeds};
use super::mutate::mutated;
use super::rounds::{Random, rounds};
use super::script::{Block, Script, settings};

/// Sessions of servers, good and odd.
const SERVERS: &[&str] = &[
    "220 mx\r\n250-mx\r\n250-PIPELINING\r\n250-SIZE 100000\r\n250-8BITMIME\r\n250-DSN\r\n\
     250 SMTPUTF8\r\n250 ok\r\n250 ok\r\n550 5.1.1 who\r\n354 go\r\n250 2.0.0 taken\r\n\
     250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n451 4.3.0 no\r\n",
    "220 mx\r\n250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n220 go\r\n250-mx\r\n250 DSN\r\n\
     250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
    "220 old\r\n502 what\r\n250 old\r\n250 ok\r\n250 ok\r\n452 later\r\n354 go\r\n250 ok\r\n\
     250 ok\r\n550 no\r\n550 no\r\n250 reset\r\n250 ok\r\n",
    "220 mx\r\n250-mx\r\n250 PIPELINING\r\n450 busy\r\n503 no\r\n503 no\r\n354 go\r\n554 x\r\n\
     250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n",
];

const COMMANDS: &[&str] =
    &["EHLO me.example", "HELO me.example", "STARTTLS", "MAIL FROM:<", "RCPT TO:<", "DATA", "RSET"];

#[test]
fn fuzz_client() {
    let servers: Vec<Vec<u8>> = SERVERS.iter().map(|s| s.as_bytes().to_vec()).collect();
    let envelopes = envelopes();
    rounds(|random| {
        let server = random.pick(&servers);
        let said = mutated(random, server, &servers);
        let messages: Vec<&Envelope> =
            (0..random.below(4)).map(|_| random.pick(&envelopes)).collect();
        let whole = Player::new(&messages).hear(&said, || usize::MAX);
        let mut cuts = random.clone();
        let longest = *random.pick(&[1, 7, 100]);
        let pieces = Player::new(&messages).hear(&said, || 1 + cuts.below(longest));
        assert_eq!(pieces, whole, "pieces matter");
    });
}

/// What the server's side hands out: every envelope that the client's side can meet.
fn envelopes() -> Vec<Envelope> {
    let messages = seeds().into_iter().flat_map(|script| play(&script, || usize::MAX).messages);
    let envelopes: Vec<Envelope> = messages.map(|message| message.envelope).collect();
    assert!(envelopes.len() > 10);
    envelopes
}

struct Player<'a> {
    dialogue: Dialogue,
    waiting: Vec<&'a Envelope>,
    /// Recipients of the transactions under way, and whether the content was sent.
    ongoing: Vec<(usize, bool)>,
    out: Vec<u8>,
    /// Everything that happened, to compare.
    story: Vec<String>,
}

impl<'a> Player<'a> {
    fn new(messages: &[&'a Envelope]) -> Player<'a> {
        Player {
            dialogue: Dialogue::new("me.example", true),
            waiting: messages.to_vec(),
            ongoing: Vec::new(),
            out: Vec::new(),
            story: Vec::new(),
        }
    }

    fn hear(mut self, said: &[u8], mut cut: impl FnMut() -> usize) -> Vec<String> {
        let mut rest = said;
        while !rest.is_empty() {
            let (mut piece, after) = rest.split_at(cut().min(rest.len()));
            rest = after;
            while !piece.is_empty() {
                let (eaten, step) = self.dialogue.feed(piece, &mut self.out);
                assert!(
                    eaten > 0 || step != Step::NeedInput,
                    "no progress in {}",
                    piece.escape_ascii()
                );
                piece = &piece[eaten..];
                self.note_commands();
                if !self.act(step) {
                    return self.story;
                }
            }
        }
        self.story
    }

    /// What a relay would do; whether it goes on.
    fn act(&mut self, step: Step) -> bool {
        if step != Step::NeedInput {
            self.story.push(format!("{step:?}"));
        }
        match step {
            Step::NeedInput => return true,
            Step::Refused(_) | Step::Nonsense => return false,
            Step::StartTls => self.dialogue.tls_started(&mut self.out),
            Step::Ready => {}
            Step::SendContent => {
                let front = self.ongoing.first_mut().expect("a transaction is under way");
                assert!(!front.1, "the content was asked for twice");
                front.1 = true;
                self.dialogue.content_sent();
            }
            Step::Done(answers) => {
                let (recipients, sent) = self.ongoing.remove(0);
                assert_eq!(answers.len(), recipients, "answers for recipients");
                for answered in answers {
                    let taken = answered.reply.code / 100 == 2;
                    let settled = sent && answered.phase == Phase::Content;
                    assert!(!taken || settled, "taken although not sent: {answered:?}");
                }
            }
        }
        self.note_commands();
        while self.dialogue.has_room() {
            let Some(envelope) = self.waiting.pop() else { break };
            self.begin(envelope);
        }
        true
    }

    fn begin(&mut self, envelope: &Envelope) {
        let recipients: Vec<&Recipient> = envelope.recipients.iter().collect();
        let transaction = Transaction { envelope, recipients: &recipients, size: 50_000 };
        match self.dialogue.begin(&transaction, &mut self.out) {
            Ok(()) => self.ongoing.push((recipients.len(), false)),
            Err(reply) => self.story.push(reply.to_string()),
        }
        self.note_commands();
    }

    fn note_commands(&mut self) {
        let said = std::mem::take(&mut self.out);
        assert_lines(&said, "commands");
        let said = String::from_utf8(said).expect("commands are text");
        for line in said.split_terminator("\r\n") {
            let known = line == "." || COMMANDS.iter().any(|c| line.starts_with(c));
            assert!(known && !line.contains(char::is_control), "{line:?}");
            let ascii = line.is_ascii() || self.dialogue.extensions().smtputf8;
            assert!(ascii, "beyond ASCII to a server that does not know it: {line}");
            self.story.push(line.to_owned());
        }
    }
}

/// What we send is what a server gets, whatever the lines begin with.
#[test]
fn fuzz_dots() {
    rounds(|random| {
        let content = lines(random);
        let mut sent = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.jp>\r\nDATA\r\n".to_vec();
        dot_stuff(&content, &mut sent);
        sent.extend_from_slice(b"QUIT\r\n");
        let block = Block { sent, ..Block::default() };
        let script = Script { settings: settings(), spool_full: false, blocks: vec![block] };
        let session = play(&script, || 1 + random.below(50));
        let mut expected = content;
        if !expected.is_empty() && !expected.ends_with(b"\r\n") {
            expected.extend_from_slice(b"\r\n");
        }
        assert_eq!(session.messages.len(), 1, "{}", expected.escape_ascii());
        assert_eq!(session.messages[0].content, expected);
        assert!(session.replies.ends_with(b"221 2.0.0 Bye\r\n"));
    });
}

/// Content as the server's side lets it in.
fn lines(random: &mut Random) -> Vec<u8> {
    let pieces: [&[u8]; 6] = [b"\r\n", b"\r\n", b".", b"..", b"a", b"QUIT"];
    (0..random.below(30)).flat_map(|_| random.pick(&pieces).to_vec()).collect()
}
