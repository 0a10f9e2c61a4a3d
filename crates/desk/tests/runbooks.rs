//! What a runbook does next, who is called next, and when a clock warns: tables.

use std::path::Path;
use std::sync::Arc;

use calendar::{HolidayTable, Spans};
use desk::{
    Carried, Entry, Ground, Happened, Mark, Proceed, Runbook, RunbookStep, Source, StepDoing,
    StepEnd, Story, call_next, marks_at, next, proceed, promise_clock, runbook_of, warn_now,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use terms::{Contract, Name};

/// `17:40` on Friday 20 November 2026 in Tokyo, or a whole date and time.
fn at(text: &str) -> Timestamp {
    let text = if text.len() > 8 { text.to_owned() } else { format!("2026-11-20 {text}") };
    let civil: DateTime = text.parse().expect("a date and a time");
    civil.to_zoned(tokyo()).expect("an instant").timestamp()
}

fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").expect("a zone")
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn contract(name: &str) -> Contract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let text = std::fs::read_to_string(folder.join(name).with_extension("toml"));
    let nothing = |_: &str| Err("not needed".to_owned());
    terms::read(name, &text.expect("a contract"), &nothing).expect("sound").contract
}

/// L1 by an agent, L1 again by other means, a call, and words.
fn runbook() -> Runbook {
    let order = |action: &str| StepDoing::Order { station: "web1".into(), action: action.into() };
    let step = |level: Option<u8>, doing, minutes| RunbookStep {
        level: level.map(|level| (name("port-ladder"), level)),
        doing,
        wait: SignedDuration::from_mins(minutes),
    };
    Runbook {
        name: name("web"),
        contract: name("skyarch"),
        functions: vec![name("http")],
        alarms: vec!["check/front".into()],
        conditions: vec![(name("login"), "ssh".into())],
        done: Vec::new(),
        steps: vec![
            step(Some(1), order("restart"), 3),
            step(Some(1), order("kill"), 5),
            step(None, StepDoing::Call, 10),
            step(None, StepDoing::Hand("switch over".into()), 15),
        ],
    }
}

/// A timeline as words: `17:42 step 1`, `17:43 failed 1`.
fn happened(words: &str) -> (Timestamp, Option<String>, Vec<Happened>) {
    let (time, rest) = words.split_once(' ').expect("a time");
    let parts: Vec<&str> = rest.split(' ').collect();
    let number = || parts[1].parse::<u16>().expect("a number");
    let began = |step: u16| {
        let wait = runbook().step(step).expect("a step").wait;
        Happened::StepBegan { runbook: name("web"), step, until: at(time) + wait }
    };
    let ended = |how| Happened::StepEnded {
        runbook: name("web"),
        step: number(),
        how,
        detail: String::new(),
    };
    let (ladder, level) = (name("port-ladder"), 1);
    let by = (parts[0] == "person").then(|| "tanaka".to_owned());
    let happened = match parts[0] {
        "step" => {
            let mut all = vec![began(number())];
            if number() <= 2 {
                let wait_until = at(time) + runbook().step(number()).expect("a step").wait;
                all.push(Happened::StepTaken { ladder, level, wait_until });
            }
            all
        }
        "ordered" => vec![Happened::Ordered { runbook: name("web"), step: number(), order: 7 }],
        "failed" => vec![ended(StepEnd::Failed), Happened::StepFailed { ladder, level }],
        "timed-out" => vec![ended(StepEnd::TimedOut)],
        "done" => vec![ended(StepEnd::Done)],
        "skipped" => vec![ended(StepEnd::Skipped)],
        "login" => {
            vec![Happened::ConditionSeen { condition: name("login"), holds: parts[1] == "works" }]
        }
        "muted" => vec![Happened::Muted { until: at(parts[1]) }],
        "stopped" => vec![Happened::RunbookStopped],
        "resumed" => vec![Happened::RunbookResumed],
        "recovered" => vec![Happened::Recovered],
        "called" => {
            let turn = "decide".to_owned();
            vec![Happened::Called { who: None, turn, since: at("17:40") }]
        }
        "person" => vec![Happened::Acknowledged],
        other => panic!("{other}"),
    };
    (at(time), by, happened)
}

/// HTTP is down since 17:40, and this happened since.
fn story(words: &str, now: Timestamp) -> Story {
    let opened = Happened::Opened { title: "http".into(), source: Source::Check };
    let began = Happened::OutageBegan { function: name("http") };
    let mut entries = Vec::new();
    let mut add = |at: Timestamp, by: Option<String>, happened: Happened| {
        let number = entries.len() as u32 + 1;
        entries.push(Entry { number, at, noted: at, by, happened });
    };
    add(at("17:40"), None, opened);
    add(at("17:40"), None, began);
    for line in words.split(';').map(str::trim).filter(|line| !line.is_empty()) {
        let (at, by, all) = happened(line);
        all.into_iter().for_each(|it| add(at, by.clone(), it));
    }
    Story::read(&entries, now)
}

fn clock(at: Timestamp) -> String {
    at.to_zoned(tokyo()).strftime("%H:%M").to_string()
}

#[test]
fn what_a_runbook_does_next() {
    let contract = contract("skyarch");
    let terms = contract.terms_at(at("17:40"));
    let holidays = HolidayTable::japan();
    let ground = Ground { terms, zone: &contract.zone, holidays: &holidays };
    let pending = Carried::Pending;
    let failed = Carried::Failed("exit status 1".into());
    let unknown = Carried::Unknown;
    let done = Carried::Done;
    let one = "17:41 login works; 17:42 step 1";
    let ordered = format!("{one}; 17:42 ordered 1");
    let two = format!("{ordered}; 17:43 failed 1; 17:43 step 2");
    let three = format!("{two}; 17:48 timed-out 2; 17:48 step 3");
    let four = format!("{three}; 17:58 timed-out 3; 17:58 step 4");
    let rows: [(&str, &str, &Carried, &str); 21] = [
        // A login has to be seen first; a check or a person tells.
        ("", "17:41", &pending, "rest"),
        ("17:41 login works", "17:42", &pending, "begin 1 until 17:45"),
        ("17:41 login works", "17:50", &pending, "begin 1 until 17:53"),
        // Without it the server ladder has its turn, of which the runbook knows nothing.
        ("17:41 login lost", "17:42", &pending, "rest"),
        (one, "17:44", &pending, "under 1 until 17:45"),
        (one, "17:45", &pending, "end 1 Unknown"),
        (&ordered, "17:44", &pending, "under 1 until 17:45"),
        (&ordered, "17:44", &done, "under 1 until 17:45"),
        (&ordered, "17:44", &unknown, "under 1 until 17:45"),
        (&ordered, "17:45", &unknown, "end 1 Unknown"),
        (&ordered, "17:45", &done, "end 1 TimedOut"),
        (&ordered, "17:43", &failed, "end 1 Failed: exit status 1"),
        // Another way to take the same level, then the steps that follow it.
        (&two, "17:44", &pending, "under 2 until 17:48"),
        (&three, "17:49", &failed, "end 3 Failed: exit status 1"),
        (&four, "18:00", &pending, "under 4 until 18:13"),
        // What a person did by hand is given its time too; then there is no more.
        (
            "17:41 login works; 17:42 skipped 1; 17:42 skipped 2; 17:42 step 3; 17:43 done 3",
            "17:50",
            &pending,
            "rest",
        ),
        (
            "17:41 login works; 17:42 skipped 1; 17:42 skipped 2; 17:42 step 3; 17:43 done 3",
            "17:53",
            &pending,
            "begin 4 until 18:08",
        ),
        // A mute, a stop and the end of the customer's hours hold it up.
        ("17:41 login works; 17:41 muted 17:55", "17:50", &pending, "rest"),
        ("17:41 login works; 17:41 stopped", "17:50", &pending, "rest"),
        (
            "17:41 login works; 17:41 stopped; 17:49 resumed",
            "17:50",
            &pending,
            "begin 1 until 17:53",
        ),
        ("17:41 login works", "18:30", &pending, "rest"),
    ];
    let runbook = runbook();
    for (words, now, carried, expected) in rows {
        let now = at(now);
        let story = story(words, now);
        let ladder = name("port-ladder");
        let says = next(&story.course(&ladder), &ground, now);
        let got = match proceed(&runbook, &story, &says, carried, now) {
            Proceed::Rest => "rest".to_owned(),
            Proceed::Begin { step, until } => format!("begin {step} until {}", clock(until)),
            Proceed::Under { step, until, .. } => format!("under {step} until {}", clock(until)),
            Proceed::End { step, how, detail } if detail.is_empty() => {
                format!("end {step} {how:?}")
            }
            Proceed::End { step, how, detail } => format!("end {step} {how:?}: {detail}"),
        };
        assert_eq!(got, expected, "{words} at {}", clock(now));
    }
    let over = story(&format!("{ordered}; 17:44 recovered"), at("17:45"));
    let says = next(
        &over.course(runbook.steps[0].level.as_ref().map(|it| &it.0).expect("a ladder")),
        &ground,
        at("17:45"),
    );
    let end = proceed(&runbook, &over, &says, &done, at("17:45"));
    assert!(matches!(end, Proceed::End { how: StepEnd::Done, .. }), "{end:?}");
}

#[test]
fn which_runbook_answers() {
    let base = runbook();
    let of = |functions: &[&str], alarms: &[&str]| Runbook {
        functions: functions.iter().map(|it| name(it)).collect(),
        alarms: alarms.iter().map(|it| (*it).to_owned()).collect(),
        ..base.clone()
    };
    let down = story("", at("17:41"));
    for (functions, alarms, contract, expected) in [
        (&["http"][..], &[][..], "skyarch", true),
        (&["ftp"], &[], "skyarch", false),
        (&[], &[], "skyarch", true),
        (&[], &["check/front"], "skyarch", true),
        (&["http"], &[], "other", false),
    ] {
        let all = [of(functions, alarms)];
        let found = runbook_of(&all, contract, &down);
        assert_eq!(found.is_some(), expected, "{functions:?} {alarms:?} {contract}");
    }
    // One that has begun goes on, whatever else fits.
    let begun = story("17:42 step 1", at("17:43"));
    let first = Runbook { name: name("other"), ..base.clone() };
    let all = [first, base.clone()];
    assert_eq!(runbook_of(&all, "skyarch", &begun).map(|it| it.name.as_str()), Some("web"));
}

#[test]
fn who_is_called_next() {
    let patience = SignedDuration::from_mins(5);
    // (what happened, when, how many people, the place from whoever is on call)
    let rows: [(&str, &str, usize, Option<usize>); 9] = [
        ("", "17:41", 2, Some(0)),
        ("17:41 called", "17:45", 2, None),
        ("17:41 called", "17:46", 2, Some(1)),
        ("17:41 called; 17:46 called", "17:51", 2, Some(2)),
        ("17:41 called; 17:43 person", "17:50", 2, None),
        ("17:40 person; 17:41 called", "17:46", 2, Some(1)),
        ("17:41 called; 17:46 called; 17:51 called", "17:56", 1, None),
        ("17:41 called", "17:46", 0, None),
        ("", "17:46", 0, Some(0)),
    ];
    for (words, now, people, expected) in rows {
        let story = story(words, at(now));
        let got = call_next(&story, ("decide", at("17:40")), people, patience, at(now));
        assert_eq!(got, expected, "{words} at {now} with {people}");
    }
}

#[test]
fn when_a_clock_warns() {
    let ten = SignedDuration::from_mins(10);
    let marks = [Mark::Passed(50), Mark::Left(ten), Mark::Left(SignedDuration::from_hours(48))];
    // (contract, promise, from, the warnings)
    let rows = [
        ("aoulu-cloud", "incident-notice", "2026-11-20 10:00", "11-20 10:30, 11-20 10:50"),
        // Three business hours from 17:00 on Friday end at 12:00 on Tuesday: Monday is a holiday.
        ("click-so-ko", "first-notice", "2026-11-20 17:00", "11-24 10:30, 11-24 11:50"),
        ("skyarch", "on-site", "2026-11-20 10:00", "11-20 11:00, 11-20 11:50"),
    ];
    for (contract_name, promise, from, expected) in rows {
        let contract = contract(contract_name);
        let from = at(from);
        let terms = contract.terms_at(from);
        let holidays: Arc<HolidayTable> = HolidayTable::japan();
        let ground = Ground { terms, zone: &contract.zone, holidays: &holidays };
        let promise = terms.promise(&name(promise)).expect("a promise");
        let clock = promise_clock(promise).expect("a clock");
        let got = marks_at(clock, &ground, from, &Spans::new(), &marks);
        let shown = got.iter().map(|at| at.to_zoned(tokyo()).strftime("%m-%d %H:%M").to_string());
        assert_eq!(shown.collect::<Vec<_>>().join(", "), expected, "{contract_name}");
    }
    let marks = [at("10:30"), at("10:50")];
    for (warned, now, expected) in [
        (&[][..], "10:29", false),
        (&[], "10:30", true),
        (&["10:30"], "10:49", false),
        (&["10:30"], "10:50", true),
        (&[], "10:55", true),
        (&["10:55"], "11:00", false),
    ] {
        let warned = warned.iter().map(|it| at(it));
        assert_eq!(warn_now(&marks, warned, at(now)), expected, "at {now}");
    }
}
