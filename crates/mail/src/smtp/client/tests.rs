//! Whole sessions as text: `S:` is what the server says, `C:` what we must say before it says
//! more, `=` the step that the caller is handed.

use super::*;

const PIPELINING: &str = "S: 220 mx.example\nC: EHLO me.example\nS: 250-mx.example\nS: 250-PIPELINING\nS: 250 SIZE 1000\n= Ready\n";

fn envelope(extra: serde_json::Value) -> Envelope {
    let mut all = serde_json::json!({
        "composition": "pro", "sender": "s@example.jp",
        "recipients": [{ "address": "a@x.example" }, { "address": "b@x.example" }],
        "source": { "ip": "192.0.2.1", "helo": "x" }, "headers": {},
    });
    for (key, value) in extra.as_object().expect("an object") {
        all[key] = value.clone();
    }
    serde_json::from_value(all).expect("an envelope")
}

/// Plays a session; every `Ready` begins the next of `messages`, every `SendContent` sends
/// "Hello" and begins the next one behind it where there is room.
fn play(script: &str, messages: &[Envelope]) {
    let mut dialogue = Dialogue::new("me.example", true);
    let mut messages = messages.iter();
    let mut out = Vec::new();
    let mut steps: VecDeque<String> = VecDeque::new();
    for (number, line) in script.lines().enumerate() {
        let place = format!("line {}: {line}", number + 1);
        if let Some(said) = line.strip_prefix("S: ") {
            assert!(out.is_empty(), "{place}\nwe also said {:?}", String::from_utf8_lossy(&out));
            hear(&mut dialogue, said, &mut out, &mut steps, &mut messages);
        } else if let Some(expected) = line.strip_prefix("C: ") {
            let end = memchr::memmem::find(&out, b"\r\n").map_or(out.len(), |at| at + 2);
            let said = String::from_utf8(out.drain(..end).collect()).expect("text");
            assert_eq!(said.trim_end(), expected, "{place}");
        } else if let Some(expected) = line.strip_prefix("= ") {
            assert_eq!(steps.pop_front().as_deref(), Some(expected), "{place}");
        }
    }
    assert!(steps.is_empty() && out.is_empty(), "{steps:?} {:?}", String::from_utf8_lossy(&out));
}

fn hear<'a>(
    dialogue: &mut Dialogue,
    said: &str,
    out: &mut Vec<u8>,
    steps: &mut VecDeque<String>,
    messages: &mut impl Iterator<Item = &'a Envelope>,
) {
    let bytes = format!("{said}\r\n").into_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (eaten, step) = dialogue.feed(&bytes[at..], out);
        at += eaten;
        match &step {
            Step::NeedInput => continue,
            Step::StartTls => dialogue.tls_started(out),
            Step::SendContent => {
                dot_stuff(b"Hello\r\n", out);
                dialogue.content_sent();
            }
            _ => {}
        }
        steps.push_back(match step {
            Step::Done(answers) => {
                let codes = answers.iter().map(|a| format!("{:?} {}", a.phase, a.reply.code));
                format!("Done {}", codes.collect::<Vec<_>>().join(", "))
            }
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        });
        if dialogue.has_room()
            && let Some(envelope) = messages.next()
        {
            begin(dialogue, envelope, out, steps);
        }
    }
}

fn begin(
    dialogue: &mut Dialogue,
    envelope: &Envelope,
    out: &mut Vec<u8>,
    steps: &mut VecDeque<String>,
) {
    let recipients: Vec<&Recipient> = envelope.recipients.iter().collect();
    let transaction = Transaction { envelope, recipients: &recipients, size: 7 };
    if let Err(reply) = dialogue.begin(&transaction, out) {
        steps.push_back(format!("Err {}", reply.code));
    }
}

fn plain() -> Envelope {
    envelope(serde_json::json!({}))
}

fn pipelined(rest: &str, messages: &[Envelope]) {
    play(&format!("{PIPELINING}{rest}"), messages);
}

#[test]
fn a_message_in_one_round_trip() {
    pipelined(
        "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 250 ok\nS: 250 ok\nS: 550 5.1.1 who\nS: 354 go\n= SendContent\nC: Hello\nC: .\n\
         S: 250 taken\n= Done Content 250, Rcpt 550\n",
        &[plain()],
    );
}

#[test]
fn the_next_message_travels_behind_the_dot() {
    pipelined(
        "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 250 ok\nS: 250 ok\nS: 250 ok\nS: 354 go\n= SendContent\nC: Hello\nC: .\n\
         C: MAIL FROM:<> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 451 4.3.0 no\n= Done Content 451, Content 451\n\
         S: 250 ok\nS: 250 ok\nS: 250 ok\nS: 354 go\n= SendContent\nC: Hello\nC: .\n\
         S: 250 ok\n= Done Content 250, Content 250\n",
        &[plain(), envelope(serde_json::json!({ "sender": null }))],
    );
}

#[test]
fn nobody_is_left_and_the_server_says_so() {
    pipelined(
        "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 250 ok\nS: 450 later\nS: 550 never\nS: 554 no valid recipients\n= Done Rcpt 450, Rcpt 550\n\
         C: RSET\nS: 250 ok\n= Ready\n",
        &[plain()],
    );
}

/// What was refused must not spoil what follows on the same connection.
#[test]
fn a_refused_message_is_reset_before_the_next() {
    pipelined(
        "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 250 ok\nS: 250 ok\nS: 250 ok\nS: 451 not now\n= Done Content 451, Content 451\n\
         C: RSET\nC: MAIL FROM:<> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 250 reset\nS: 250 ok\nS: 250 ok\nS: 250 ok\nS: 354 go\n= SendContent\nC: Hello\nC: .\n\
         S: 250 ok\n= Done Content 250, Content 250\n",
        &[plain(), envelope(serde_json::json!({ "sender": null }))],
    );
}

#[test]
fn a_server_that_takes_recipients_of_nobody_is_left() {
    pipelined(
        "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 550 no\nS: 250 ok\nS: 250 ok\nS: 354 go\n= Nonsense\n",
        &[plain()],
    );
}

#[test]
fn nobody_is_left_and_the_server_opens_the_door() {
    pipelined(
        "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 450 busy\nS: 503 first MAIL\nS: 503 first MAIL\nS: 354 go\n= Done Mail 450, Mail 450\nC: .\n\
         S: 554 nobody\n= Ready\n",
        &[plain()],
    );
}

#[test]
fn one_command_at_a_time_for_a_server_that_does_not_pipeline() {
    play(
        "S: 220 old.example\nC: EHLO me.example\nS: 502 what\nC: HELO me.example\nS: 250 old.example\n= Ready\n\
         C: MAIL FROM:<s@example.jp>\nS: 250 ok\nC: RCPT TO:<a@x.example>\nS: 250 ok\n\
         C: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n= SendContent\nC: Hello\nC: .\n\
         S: 250 ok\n= Done Content 250, Content 250\n\
         C: MAIL FROM:<s@example.jp>\nS: 550 no\n= Done Mail 550, Mail 550\nC: RSET\nS: 250 ok\n= Ready\n",
        &[plain(), plain()],
    );
}

#[test]
fn tls_is_used_where_it_is_offered() {
    play(
        "S: 220 mx\nC: EHLO me.example\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n= StartTls\n\
         C: EHLO me.example\nS: 250 mx\n= Ready\n",
        &[],
    );
    play(
        "S: 220 mx\nC: EHLO me.example\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 not now\n= Ready\n",
        &[],
    );
}

#[test]
fn what_was_offered_in_clear_counts_for_nothing_behind_tls() {
    play(
        "S: 220 mx\nC: EHLO me.example\nS: 250-mx\nS: 250-PIPELINING\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n= StartTls\n\
         C: EHLO me.example\nS: 502 what\nC: HELO me.example\nS: 250 mx\n= Ready\nC: MAIL FROM:<s@example.jp>\n",
        &[plain()],
    );
}

#[test]
fn a_message_that_was_not_sent_is_not_taken() {
    pipelined(
        "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
         S: 250 ok\nS: 250 ok\nS: 550 5.1.1 who\nS: 250 taken\n= Nonsense\n",
        &[plain()],
    );
}

/// 2xx, or a 3xx that is not 354, answers something else than DATA: the session is out of step.
#[test]
fn an_answer_that_data_cannot_have_ends_the_session() {
    for recipients in ["S: 250 ok\nS: 550 who\n", "S: 450 later\nS: 550 who\n"] {
        for answer in ["250 ok", "220 hello", "334 go", "399 go"] {
            pipelined(
                &format!(
                    "C: MAIL FROM:<s@example.jp> SIZE=7\nC: RCPT TO:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\n\
                     S: 250 ok\n{recipients}S: {answer}\n= Nonsense\n"
                ),
                &[plain()],
            );
        }
    }
}

#[test]
fn refusals_at_the_door() {
    play("S: 554 go away\n= Refused\n", &[]);
    play("S: 220 mx\nC: EHLO me.example\nS: 421 busy\n= Refused\n", &[]);
    play("S: hello there\n= Nonsense\n", &[]);
    pipelined("S: 421 4.4.2 idle for too long\n= Refused\n", &[]);
}

#[test]
fn what_is_clear_without_asking() {
    let utf8 = envelope(serde_json::json!({ "recipients": [{ "address": "太郎@x.example" }] }));
    pipelined("= Err 553\n", &[utf8]);
    let mut dialogue = Dialogue::new("me.example", false);
    let mut out = Vec::new();
    dialogue.feed(b"220 mx\r\n250-mx\r\n250 SIZE 5\r\n", &mut out);
    let envelope = plain();
    let transaction = Transaction { envelope: &envelope, recipients: &[], size: 7 };
    assert_eq!(dialogue.begin(&transaction, &mut out).map_err(|r| r.code), Err(552));
}

#[test]
fn parameters_of_a_server_with_extensions() {
    let full = envelope(serde_json::json!({
        "eight_bit": true, "smtputf8": true, "ret_full": true, "envid": "a+b=c",
        "recipients": [
            { "address": "a@x.example", "notify": { "success": true, "failure": true, "delay": false },
              "orcpt": "rfc822;a@x.example" },
            { "address": "b@x.example", "notify": { "success": false, "failure": false, "delay": false } },
        ],
    }));
    play(
        "S: 220 mx\nC: EHLO me.example\nS: 250-mx\nS: 250-PIPELINING\nS: 250-8BITMIME\nS: 250-SMTPUTF8\nS: 250 DSN\n= Ready\n\
         C: MAIL FROM:<s@example.jp> BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a+2Bb+3Dc\n\
         C: RCPT TO:<a@x.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@x.example\n\
         C: RCPT TO:<b@x.example> NOTIFY=NEVER\nC: DATA\n",
        &[full],
    );
}

#[test]
fn dots() {
    let cases: [(&[u8], &[u8]); 6] = [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.b\r\n..c\r\n", b"a\r\n..b\r\n...c\r\n.\r\n"),
        (b"..", b"...\r\n.\r\n"),
    ];
    for (content, expected) in cases {
        let mut out = Vec::new();
        dot_stuff(content, &mut out);
        assert_eq!(out, expected, "{:?}", String::from_utf8_lossy(content));
    }
}
