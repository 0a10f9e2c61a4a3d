//! A client says anything: the server's side answers well-formed replies, hands out only clean
//! messages, keeps its limits, and does not care how the network cuts the bytes.

use std::fs;
use std::path::Path;

use mail::smtp::reply::ReplyParser;
use mail::smtp::server::{AUTH_LINE_MAX, AuthOffer, Dialogue, Incoming, SignInRefusal, Step};
use mail::{Address, Envelope, Reply, SpoolId};

use super::assert_lines;
use super::mutate::mutated;
use super::rounds::{Random, rounds};
use super::script::{Block, Script, TLS, parse};

/// Longest reply line with its CRLF, in bytes (RFC 5321 section 4.5.3.1.5).
const REPLY_MAX: usize = 512;

/// Every dialogue of the corpus.
pub fn seeds() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    let text = |path| fs::read_to_string(path).expect("a text file");
    paths.into_iter().map(|path| parse(&text(path))).collect()
}

#[test]
fn fuzz_dialogue() {
    let seeds = seeds();
    let blocks: Vec<Vec<u8>> =
        seeds.iter().flat_map(|s| s.blocks.iter().map(|b| b.sent.clone())).collect();
    rounds(|random| {
        let seed = random.pick(&seeds);
        let script = altered(random, seed, &blocks);
        let whole = play(&script, || usize::MAX);
        let mut cuts = random.clone();
        let longest = *random.pick(&[1, 3, 40, 5_000]);
        assert_eq!(play(&script, || 1 + cuts.below(longest)), whole, "pieces matter");
    });
}

/// The script with some blocks mutated, and perhaps all of them sent at once.
fn altered(random: &mut Random, script: &Script, others: &[Vec<u8>]) -> Script {
    let mut settings = script.settings.clone();
    match random.below(4) {
        0 => settings.auth = AuthOffer::Always,
        1 => settings.limits.message_bytes = random.below(3_000) as u32,
        2 => settings.limits.recipients = 1 + random.below(3) as u16,
        _ => {}
    }
    let mut sent: Vec<Vec<u8>> = script.blocks.iter().map(|b| b.sent.clone()).collect();
    if random.once_in(3) {
        sent = vec![sent.concat()];
    }
    for block in &mut sent {
        if random.once_in(2) {
            *block = mutated(random, block, others);
        }
    }
    let blocks = sent.into_iter().map(|sent| Block { sent, ..Block::default() }).collect();
    Script { settings, spool_full: script.spool_full, blocks }
}

/// What came out of a session.
#[derive(Debug, Default, PartialEq)]
pub struct Session {
    pub replies: Vec<u8>,
    pub messages: Vec<Incoming>,
    closed: bool,
}

/// Plays a session, cutting the input as `cut` says.
pub fn play(script: &Script, mut cut: impl FnMut() -> usize) -> Session {
    let mut dialogue = Dialogue::new(script.settings.clone());
    let mut session = Session::default();
    dialogue.greeting(&mut session.replies);
    for block in &script.blocks {
        let mut tls = false;
        let mut rest = &block.sent[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cut().min(rest.len()));
            rest = after;
            send(&mut dialogue, piece, script.spool_full, &mut session, &mut tls);
        }
        if tls {
            dialogue.tls_started(TLS.to_owned());
        }
        assert!(buffered(&dialogue) <= AUTH_LINE_MAX + 1);
    }
    check_replies(&session.replies);
    for message in &session.messages {
        check_message(script, message);
    }
    session
}

fn send(
    dialogue: &mut Dialogue,
    mut input: &[u8],
    full: bool,
    session: &mut Session,
    tls: &mut bool,
) {
    while !input.is_empty() {
        let (eaten, step) = dialogue.feed(input, &mut session.replies);
        assert!(eaten > 0 || step != Step::NeedInput, "no progress in {}", input.escape_ascii());
        input = &input[eaten..];
        let next = act(dialogue, step, full, session, tls);
        session.closed |= next == Step::Close;
        assert!(!session.closed || next == Step::Close, "closed, and it goes on");
    }
}

/// What a relay would do.
fn act(
    dialogue: &mut Dialogue,
    step: Step,
    full: bool,
    session: &mut Session,
    tls: &mut bool,
) -> Step {
    let out = &mut session.replies;
    match step {
        Step::StartTls => *tls = true,
        Step::SignIn { user, password } if password == "secret" => dialogue.signed_in(user, out),
        Step::SignIn { user, .. } if user.contains("often") => {
            return dialogue.sign_in_refused(SignInRefusal::Throttled, out);
        }
        Step::SignIn { .. } => return dialogue.sign_in_refused(SignInRefusal::Wrong, out),
        Step::Message(incoming) => {
            session.messages.push(*incoming);
            if full {
                let reply = Reply { code: 452, enhanced: Some((4, 3, 1)), text: "full".to_owned() };
                dialogue.refused(&reply, out);
            } else {
                let id = SpoolId::from_micros(session.messages.len() as u64);
                dialogue.accepted(id, out);
            }
        }
        step => return step,
    }
    Step::NeedInput
}

/// Bytes of an unfinished line that the session holds, from its debug form.
fn buffered(dialogue: &Dialogue) -> usize {
    let form = format!("{dialogue:?}");
    let (_, count) = form.split_once("Frame(").expect("a frame");
    let digits = count.split(' ').next().expect("a word");
    digits.parse().expect("a count")
}

fn check_replies(replies: &[u8]) {
    assert_lines(replies, "replies");
    let text = std::str::from_utf8(replies).expect("replies are text");
    for line in text.split_terminator("\r\n") {
        assert!(line.len() + 2 <= REPLY_MAX && !line.contains(char::is_control), "{line:?}");
    }
    let mut parser = ReplyParser::new();
    let mut rest = replies;
    while !rest.is_empty() {
        let (eaten, reply) = parser.feed(rest);
        rest = &rest[eaten..];
        let reply = reply.expect("a whole reply").expect("a well-formed reply");
        let class = reply.enhanced.map(|(class, _, _)| u16::from(class));
        assert!(class.is_none_or(|class| class == reply.code / 100), "{reply}");
    }
}

fn check_message(script: &Script, incoming: &Incoming) {
    assert_lines(&incoming.content, "content");
    let limits = &script.settings.limits;
    let fed: usize = script.blocks.iter().map(|b| b.sent.len()).sum();
    assert!(incoming.content.len() <= (limits.message_bytes as usize).min(fed + 2));
    let envelope = &incoming.envelope;
    assert!((1..=usize::from(limits.recipients)).contains(&envelope.recipients.len()));
    assert!(!envelope.source.helo.contains(char::is_control));
    assert!(envelope.envid.as_ref().is_none_or(|id| !id.contains(char::is_control)));
    for recipient in &envelope.recipients {
        check_address(&recipient.address);
        let orcpt = recipient.orcpt.as_deref().unwrap_or_default();
        assert!(!orcpt.contains(|c: char| c.is_control() || c == ' '), "{orcpt:?}");
    }
    envelope.sender.iter().for_each(check_address);
    // The spool writes it down and must be able to read it again.
    let written = serde_json::to_vec(envelope).expect("an envelope has a JSON form");
    let read: Envelope = serde_json::from_slice(&written)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&written)));
    assert_eq!(&read, envelope);
}

fn check_address(address: &Address) {
    let text = address.as_str();
    assert_eq!(Address::parse(text).as_ref(), Ok(address), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
}
