//! Hostile bytes against the reader of logs: nothing panics, a message is one line, what is read is
//! written and read again the same, and the short cut for measurements reads what the long way reads.

#[path = "../../mail/tests/fuzz/rounds.rs"]
mod rounds;

use evidence::{Event, Gatherer, LINE_MAX, read_line, write_event};
use jiff::Timestamp;

use rounds::{Random, rounds};

/// Lines to begin with: one of each kind, and what the short cut knows.
const SEEDS: &[&str] = &[
    r#"{"kind":"measurement","function":"smtp","at":"2026-11-03T02:00:00Z","ok":true,"every":"60s"}"#,
    r#"{"kind":"measurement","function":"smtp","site":"tokyo","at":"2024-02-29T23:59:59+09:00","ok":false,"every":"86400s"}"#,
    r#"{"kind": "measurement", "function": "smtp", "at": "2000-12-31T00:00:00-11:30", "ok": true, "every": "1s"}"#,
    r#"{"kind":"measurement","function":"web","at":"2016-12-31T23:59:60Z","ok":true,"every":60}"#,
    r#"{"kind":"outage","function":"all","from":"2026-11-03T02:00:00+09:00","until":null}"#,
    r#"{"kind":"outage","function":"smtp","from":"2026-11-03T02:00+09:00","until":"2026-11-03T03:00+09:00","seen":"2026-11-03T02:05+09:00"}"#,
    r#"{"kind":"run","function":"smtp","from":"2026-11-03T02:00:00.5Z","every":"1500ms","states":"1400u 10d 30-"}"#,
    r#"{"kind":"blind","from":"2026-11-03T02:00:00Z","until":"2026-11-03T02:00:00Z"}"#,
    r#"{"kind":"window","id":"m1","from":"2026-11-03T02:00:00Z","until":"2026-11-04T02:00:00Z"}"#,
    r#"{"kind":"notice","of":"m1","channel":"Top_Page","sent":"2026-11-03T02:00:00Z"}"#,
    r#"{"kind":"exclusion","reason":"attack","from":"2026-11-03T02:00:00Z","until":"2026-11-04T02:00:00Z","by":"佐藤","decided":"2026-11-05T02:00:00Z"}"#,
];

/// What breaks readers of JSON, numbers and instants.
const WORDS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "\t",
    "\n",
    "\r",
    "\0",
    "-",
    "+",
    "Z",
    "T",
    "00",
    "23",
    "24",
    "59",
    "60",
    "02-29",
    "02-30",
    "1970",
    "1969",
    "2200",
    "2201",
    "9999",
    "0",
    "1",
    "99999999999999999999",
    "86400",
    "86401",
    "1e9",
    "1.5",
    "null",
    "true",
    "false",
    "\"all\"",
    "\"site\":",
    "\\u0000",
    "\\ud800",
    "あ",
    "\u{feff}",
    "\u{202e}",
    "u",
    "d",
    "18446744073709551615u",
    "ms\"",
    "[[[[[[[[",
    "{\"a\":",
    "+23:59",
    "-23:59",
    "+24:00",
    "+9:00",
    "-00:00",
];

#[test]
fn fuzz_log_reader() {
    rounds(|random| {
        let mut line = random.pick(SEEDS).as_bytes().to_vec();
        for _ in 0..random.below(5) {
            mutate(random, &mut line);
        }
        check(&line);
    });
}

/// Every second around what a calendar stumbles over, at every kind of offset.
#[test]
fn fuzz_log_reader_knows_the_calendar() {
    rounds(|random| {
        let year = 1965 + random.below(240);
        let (month, day) = (random.below(14), random.below(33));
        let (hour, minute, second) = (random.below(25), random.below(61), random.below(62));
        let offset = match random.below(3) {
            0 => "Z".to_owned(),
            _ => format!(
                "{}{:02}:{:02}",
                random.pick(&["+", "-"]),
                random.below(27),
                random.below(62)
            ),
        };
        let at = format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}");
        let every = random.below(90_000);
        check(
            format!(
                "{{\"kind\":\"measurement\",\"function\":\"f\",\"at\":\"{at}\",\"ok\":true,\
                 \"every\":\"{every}s\"}}"
            )
            .as_bytes(),
        );
    });
}

fn check(line: &[u8]) {
    let result = read_line(line, 2);
    // A blank in front is nothing to JSON, but the short cut does not know it.
    let long_way = read_line(&[b" ", line].concat(), 2);
    match (result, long_way) {
        (Err(error), _) => {
            let text = error.to_string();
            assert!(!text.contains(['\n', '\0']) && text.len() < 1_000, "{text:?}");
        }
        (Ok(event), long_way) if line.len() < LINE_MAX => {
            assert_eq!(Ok(&event), long_way.as_ref(), "{}", line.escape_ascii());
            event.into_iter().for_each(check_event);
        }
        _ => {}
    }
}

fn check_event(event: Event) {
    let written = write_event(&event);
    if written.len() <= LINE_MAX {
        assert_eq!(read_line(written.as_bytes(), 1), Ok(Some(event.clone())), "{written}");
    }
    for as_of in [None, Some(Timestamp::UNIX_EPOCH), "2026-11-03T02:00:00Z".parse().ok()] {
        let mut gatherer = Gatherer::new(as_of);
        gatherer.add(event.clone()).expect("one event is not too much");
        let evidence = gatherer.finish();
        for observed in evidence.measured.values().flat_map(|sites| sites.values()) {
            let ends = observed.known.iter().next_back().map(|span| span.until());
            assert!(as_of.is_none() || ends <= as_of, "{written}");
        }
    }
}

fn mutate(random: &mut Random, line: &mut Vec<u8>) {
    let at = random.below(line.len() + 1);
    let end = at + random.below((line.len() - at).min(20) + 1);
    match random.below(8) {
        0 if at < line.len() => line[at] ^= 1 << random.below(8),
        1 if at < line.len() => line[at] = b'0' + random.below(10) as u8,
        2 | 3 => drop(line.splice(at..at, random.pick(WORDS).bytes())),
        4 | 5 => drop(line.splice(at..end, random.pick(WORDS).bytes())),
        6 => drop(line.drain(at..end)),
        _ => {
            let copies = if random.once_in(50) { 9_000 } else { 2 };
            let slice = line[at..end].repeat(copies);
            line.splice(at..at, slice);
            line.truncate(2 * LINE_MAX);
        }
    }
}
