//! What logs come to: each row is a log in short form and what is known, down and bounded in it.

use calendar::Spans;
use evidence::{Event, Evidence, Gatherer, Measurement, Observed, read_line};
use jiff::{SignedDuration, Timestamp};

/// 2026-11-01 00:00 UTC; the clock times of this file are on that day.
fn day() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().expect("an instant")
}

fn clock(text: &str) -> Timestamp {
    let parts: Vec<i64> = text.split(':').map(|part| part.parse().expect("a number")).collect();
    let [hours, minutes, seconds] = [0, 1, 2].map(|place| parts.get(place).copied().unwrap_or(0));
    day() + SignedDuration::from_secs(hours * 3_600 + minutes * 60 + seconds)
}

fn look(at: Timestamp, ok: bool, every: SignedDuration) -> Event {
    let (function, site) = ("smtp".to_owned(), None);
    Event::Measurement(Measurement { function, site, at, ok, every })
}

/// `FROM..LAST/MINUTES+` is up, `-` is down: measurements at that pace, both ends included.
fn measurements(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    for part in text.split_whitespace() {
        let (part, ok) = part
            .strip_suffix('+')
            .map(|part| (part, true))
            .or(part.strip_suffix('-').map(|part| (part, false)))
            .expect("+ or - at the end");
        let (span, minutes) = part.split_once('/').unwrap_or((part, "1"));
        let (from, last) = span.split_once("..").unwrap_or((span, span));
        let every = SignedDuration::from_mins(minutes.parse().expect("minutes"));
        let mut at = clock(from);
        while at <= clock(last) {
            events.push(look(at, ok, every));
            at += every;
        }
    }
    events
}

fn gather(as_of: Option<Timestamp>, events: impl IntoIterator<Item = Event>) -> Evidence {
    let mut gatherer = Gatherer::new(as_of);
    for event in events {
        gatherer.add(event).expect("not too much");
    }
    gatherer.finish()
}

fn observed(evidence: &Evidence) -> &Observed {
    &evidence.measured["smtp"][""]
}

fn shown(at: Timestamp) -> String {
    let text = at.strftime("%H:%M:%S").to_string();
    text.strip_suffix(":00").unwrap_or(&text).to_owned()
}

fn shown_spans(spans: &Spans) -> String {
    let spans = spans.iter().map(|span| format!("{}-{}", shown(span.from()), shown(span.until())));
    spans.collect::<Vec<_>>().join(" ")
}

fn shown_down(observed: &Observed) -> String {
    let seen = observed.down.iter().map(|seen| {
        let (from, until) = (shown(seen.span.from()), shown(seen.span.until()));
        let [least, most] = [seen.at_least, seen.at_most].map(|length| {
            assert_eq!(length.as_secs() % 30, 0, "{length:?}");
            length.as_secs() / 30
        });
        let half = |halves: i64| match halves % 2 {
            0 => format!("{}", halves / 2),
            _ => format!("{}.5", halves / 2),
        };
        format!("{from}-{until} ({}, {})", half(least), half(most))
    });
    seen.collect::<Vec<_>>().join(" ")
}

/// Bounds are in minutes.
#[test]
fn what_measurements_come_to() {
    let cases = [
        (
            "A17: checks each minute, ten failed",
            "10:00+ 10:01..10:10- 10:11+",
            "10:00-10:12",
            "10:01-10:11 (9, 11)",
        ),
        (
            "A18, S1: one check of ten minutes failed",
            "9:50..10:00/10+ 10:10/10- 10:20..10:40/10+",
            "09:50-10:50",
            "10:10-10:20 (0, 20)",
        ),
        (
            "A19: the monitor is dead in the middle of an outage",
            "9:50..9:58+ 9:59- 10:31..10:44- 10:45..10:50+",
            "09:50-10:00 10:31-10:51",
            "09:59-10:00 (0, 2) 10:31-10:45 (13, 14)",
        ),
        ("A20: measuring began late", "12:00..23:59+", "12:00-00:00", ""),
        (
            "A23: the clock is set back five minutes in an outage",
            "9:55..10:00+ 10:01..10:10- 10:05:30..10:12:30- 10:13:30..10:20:30+",
            "09:55-10:21:30",
            "10:01-10:13:30 (11.5, 13.5)",
        ),
        (
            "A23: the clock is set back five minutes at the end of an outage: down beats up",
            "9:55..10:00+ 10:01..10:10- 10:05:30..10:20:30+",
            "09:55-10:21:30",
            "10:01-10:11 (9, 12)",
        ),
        (
            "A23: set back at the beginning: the good checks overlap the failed ones",
            "9:55..10:10+ 10:05:30..10:12:30- 10:13:30..10:20:30+",
            "09:55-10:21:30",
            "10:05:30-10:13:30 (7, 10)",
        ),
        (
            "A23: set back while all is well",
            "9:55..10:10+ 10:05:30..10:20:30+",
            "09:55-10:21:30",
            "",
        ),
        (
            "G6: every minute, then every five minutes",
            "9:50..10:00+ 10:01..10:10- 10:11..10:15+ 10:20/5+ 10:25..10:35/5- 10:40/5+",
            "09:50-10:45",
            "10:01-10:11 (9, 11) 10:25-10:40 (10, 20)",
        ),
        (
            "G6: every five minutes, then every minute, in an outage",
            "9:50/5+ 9:55..10:05/5- 10:06..10:09- 10:10+",
            "09:50-10:11",
            "09:55-10:10 (14, 20)",
        ),
        ("one missed check is bridged", "10:00- 10:02-", "10:00-10:03", "10:00-10:03 (2, 3)"),
        (
            "two missed checks are not",
            "10:00- 10:03-",
            "10:00-10:01 10:03-10:04",
            "10:00-10:01 (0, 1) 10:03-10:04 (0, 1)",
        ),
        (
            "a missed check belongs to the state before it",
            "10:00+ 10:02- 10:04+",
            "10:00-10:05",
            "10:02-10:04 (0, 4)",
        ),
        (
            "the same instant twice: down",
            "10:00+ 10:01+ 10:01- 10:02+",
            "10:00-10:03",
            "10:01-10:02 (0, 2)",
        ),
        ("the same twice", "10:00- 10:00- 10:01+", "10:00-10:02", "10:00-10:01 (0, 1)"),
        (
            "every other minute",
            "10:00+ 10:01- 10:02+ 10:03- 10:04+",
            "10:00-10:05",
            "10:01-10:02 (0, 2) 10:03-10:04 (0, 2)",
        ),
    ];
    for (name, log, known, down) in cases {
        let events = measurements(log);
        let count = events.len() as u64;
        let evidence = gather(None, events.clone());
        assert_eq!(shown_spans(&observed(&evidence).known), known, "{name}: known");
        assert_eq!(shown_down(observed(&evidence)), down, "{name}: down");
        assert_eq!(evidence.measurements, count, "{name}");
        // Where measurements overlap, bounds are as wide as they must be, by what came in which order.
        if !name.starts_with("A23") && !name.starts_with("the same instant") {
            let backwards = gather(None, events.into_iter().rev());
            assert_eq!(backwards, evidence, "{name}: backwards");
        }
    }
}

/// The same states at another pace are the same figures.
#[test]
fn a_change_of_pace_changes_no_figure() {
    let slow = "0:00..9:55/5+ 10:00..10:25/5- 10:30..23:55/5+";
    let fast = "0:00..9:59+ 10:00..10:29- 10:30..23:59+";
    let changed = "0:00..9:59+ 10:00..10:09- 10:10..10:25/5- 10:30..23:55/5+";
    for log in [slow, fast, changed] {
        let evidence = gather(None, measurements(log));
        assert_eq!(shown_spans(&observed(&evidence).known), "00:00-00:00", "{log}");
        assert_eq!(observed(&evidence).down.len(), 1, "{log}");
        let span = observed(&evidence).down[0].span;
        assert_eq!((span.from(), span.until()), (clock("10:00"), clock("10:30")), "{log}");
    }
}

/// What was known at 10:05.
#[test]
fn what_was_known_at_an_instant() {
    let log = r#"
{"kind":"outage","function":"a","from":"2026-11-01T09:00Z","until":"2026-11-01T09:30Z"}
{"kind":"outage","function":"b","from":"2026-11-01T09:00Z","until":"2026-11-01T10:05Z"}
{"kind":"outage","function":"c","from":"2026-11-01T09:00Z","until":"2026-11-01T10:06Z","seen":"2026-11-01T10:06Z"}
{"kind":"outage","function":"d","from":"2026-11-01T10:04Z","seen":"2026-11-01T10:05Z"}
{"kind":"outage","function":"e","from":"2026-11-01T10:05Z"}
{"kind":"blind","from":"2026-11-01T10:00Z","until":"2026-11-01T11:00Z"}
{"kind":"blind","from":"2026-11-01T10:05Z","until":"2026-11-01T11:00Z"}
{"kind":"window","id":"m2","from":"2026-11-02T00:00Z","until":"2026-11-02T01:00Z"}
{"kind":"window","id":"m1","from":"2026-11-01T00:00Z","until":"2026-11-01T01:00Z"}
{"kind":"notice","of":"m1","channel":"E_Mail","sent":"2026-11-01T10:05Z"}
{"kind":"notice","of":"m2","channel":"top page","sent":"2026-11-01T10:06Z"}
{"kind":"exclusion","reason":"attack","from":"2026-11-01T09:00Z","until":"2026-11-01T10:00Z","by":"Sato","decided":"2026-11-01T10:05:01Z"}
{"kind":"measurement","function":"smtp","at":"2026-11-01T10:04:20Z","ok":false,"every":"30s"}
{"kind":"measurement","function":"smtp","at":"2026-11-01T10:04:50Z","ok":false,"every":"30s"}
{"kind":"measurement","function":"smtp","at":"2026-11-01T10:05:20Z","ok":true,"every":"30s"}
{"kind":"run","function":"web","from":"2026-11-01T10:00:00Z","every":"1min","states":"2u 10d"}
"#;
    let lines = log.lines().enumerate();
    let events: Vec<Event> = lines
        .filter_map(|(at, line)| read_line(line.as_bytes(), at as u64).expect("a sound line"))
        .collect();
    let evidence = gather(Some(clock("10:05")), events.clone());
    let told = evidence.outages.iter().map(|outage| {
        let function = format!("{:?}", outage.function);
        let shown = |at: Option<Timestamp>| at.map_or("-".to_owned(), shown);
        format!("{function} {} {}", shown(outage.until), shown(outage.seen))
    });
    let expected =
        ["One(\"a\") 09:30 -", "One(\"b\") 10:05 -", "One(\"c\") - -", "One(\"d\") - 10:05"];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let blind: Spans = evidence.blind.iter().map(|blind| blind.span).collect();
    assert_eq!((evidence.blind.len(), shown_spans(&blind).as_str()), (1, "10:00-10:05"));
    let windows: Vec<&str> = evidence.windows.iter().map(|window| window.id.as_str()).collect();
    assert_eq!(windows, ["m1", "m2"]);
    assert_eq!(evidence.notices.len(), 1);
    assert_eq!(evidence.notices[0].channel, "e-mail");
    assert_eq!(evidence.decisions, []);
    assert_eq!(shown_spans(&observed(&evidence).known), "10:04:20-10:05");
    let down = observed(&evidence).down[0];
    assert_eq!((down.span.from(), down.span.until()), (clock("10:04:20"), clock("10:05")));
    assert_eq!((down.at_least.as_secs(), down.at_most.as_secs()), (30, 40));
    let web = &evidence.measured["web"][""];
    // The check at 10:05 itself is known, and holds for no time yet.
    assert_eq!(shown_spans(&web.known), "10:00-10:05");
    assert_eq!(shown_down(web), "10:02-10:05 (3, 4)");
    assert_eq!(evidence.measurements, 2 + 6);
    assert_eq!(evidence.first(), Some(clock("9:00")));

    let all = gather(None, events);
    assert_eq!((all.outages.len(), all.notices.len(), all.decisions.len()), (5, 2, 1));
    assert_eq!(all.measurements, 3 + 12);
}

/// A month of one-minute measurements, all over the place, is the month in order.
#[test]
fn a_shuffled_month_is_the_month() {
    let mut month: Vec<Event> = (0..43_200)
        .filter(|minute| minute % 5_000 != 77 && !(30_000..30_100).contains(minute))
        .map(|minute| {
            let down = minute % 1_000 < 7 || minute % 997 == 3;
            look(day() + SignedDuration::from_mins(minute), !down, SignedDuration::from_mins(1))
        })
        .collect();
    let sorted = gather(None, month.clone());
    // A shuffle that is the same every time.
    let mut number = 7_u64;
    for place in (1..month.len()).rev() {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        month.swap(place, (number >> 33) as usize % (place + 1));
    }
    assert_eq!(gather(None, month), sorted);
    assert_eq!(observed(&sorted).known.len(), 2);
}

/// Each limit is reached with words that say which.
#[test]
fn what_is_too_much() {
    let minutes = SignedDuration::from_mins;
    let cases: [(&str, &str); 5] = [
        ("1000000 outages: settle", r#"{"kind":"outage","function":"all","from":"AT"}"#),
        (
            "100000 blind spans: settle",
            r#"{"kind":"blind","from":"AT","until":"2027-01-01T00:00Z"}"#,
        ),
        ("100000 windows: settle", r#"{"kind":"window","id":"m","from":"AT","until":"AT"}"#),
        ("100000 notices: settle", r#"{"kind":"notice","of":"m","channel":"email","sent":"AT"}"#),
        (
            "100000 exclusions: settle",
            r#"{"kind":"exclusion","reason":"r","from":"AT","until":"AT","by":"b","decided":"AT"}"#,
        ),
    ];
    for (expected, line) in cases {
        let line = line.replace("AT", &day().to_string());
        let event = read_line(line.as_bytes(), 1).expect("a sound line").expect("an event");
        assert_eq!(first_refusal(|_| event.clone()), format!("the log has more than {expected}"));
    }
    let flapping = |number| look(day() + minutes(number), number % 2 == 0, minutes(1));
    assert_eq!(
        first_refusal(flapping),
        "the log has more than 1000000 changes and gaps in measurements: sort it by time, or settle"
    );
    let everywhere = |number: i64| {
        let (function, site) = (number.to_string(), Some("tokyo".to_owned()));
        let (at, ok, every) = (day(), true, minutes(1));
        Event::Measurement(Measurement { function, site, at, ok, every })
    };
    assert_eq!(
        first_refusal(everywhere),
        "the log has more than 100000 functions and sites with measurements: settle"
    );
}

/// The first words of the first refusal.
fn first_refusal(event: impl Fn(i64) -> Event) -> String {
    let mut gatherer = Gatherer::new(None);
    let refused = (0..1_100_000).find_map(|number| gatherer.add(event(number)).err());
    let text = refused.expect("there is a limit").to_string();
    let advice = text.find(": ").expect("advice") + 2;
    let end = text[advice..].find(" fewer").map_or(text.len(), |place| advice + place);
    text[..end].to_owned()
}

/// Case G5 and its like.
#[test]
fn instants_of_a_leap_second_and_of_any_offset_are_read() {
    let cases = [
        ("2017-01-01T08:59:60+09:00", "2016-12-31T23:59:59Z"),
        ("2017-01-01T08:59:59.5+09:00", "2016-12-31T23:59:59.5Z"),
        ("2017-01-01t08:59+09:00", "2016-12-31T23:59:00Z"),
        ("2016-12-31 23:59:00-00:00", "2016-12-31T23:59:00Z"),
    ];
    for (written, expected) in cases {
        let line = format!(r#"{{"kind":"outage","function":"smtp","from":"{written}"}}"#);
        let Ok(Some(Event::Outage(outage))) = read_line(line.as_bytes(), 1) else {
            panic!("{written} is an instant");
        };
        assert_eq!(outage.from.to_string(), expected, "{written}");
    }
}
