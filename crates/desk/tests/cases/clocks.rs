//! Clocks, warnings, deadlines that move, and windows as they fall.

use std::fmt::Write as _;
use std::sync::Arc;

use calendar::{HolidayTable, Month, Spans};
use desk::{Deadline, NoDeadline, Told, due, promise_clock, revised, warn_at, windows};
use jiff::Timestamp;

use crate::{Case, at, check, check_rows, minutes, on, promise, say, span, spans, with_holidays};

/// id | contract | promise | event | due
pub const CLOCKS: &str = "
    H1  | click-so-ko  | response.p1     | Fri 2026-11-20 16:00    | Tue 2026-11-24 12:00
    H2  | click-so-ko  | response.p1     | Thu 2026-11-19 11:30    | Thu 2026-11-19 16:30
    H2  | click-so-ko  | response.p1     | Thu 2026-11-19 12:30    | Thu 2026-11-19 17:00
    H4  | click-so-ko  | response.p1     | Thu 2026-11-19 09:59    | Thu 2026-11-19 15:00
    H4  | click-so-ko  | response.p1     | Thu 2026-11-19 18:00    | Fri 2026-11-20 15:00
    H6  | click-so-ko  | response.p2     | Sat 2026-11-21 10:00    | Tue 2026-11-24 18:00
    H7  | click-so-ko  | response.p3     | Fri 2026-09-18 15:00    | Wed 2026-09-30 15:00
    H10 | click-so-ko  | response.p2     | Tue 2026-11-17 14:00    | Wed 2026-11-18 14:00
    H11 | click-so-ko  | first-notice    | Mon 2026-11-16 16:30    | Tue 2026-11-17 11:30
    H11 | click-so-ko  | first-notice    | Fri 2026-11-20 17:00    | Tue 2026-11-24 12:00
    H12 | click-so-ko  | first-notice    | Mon 2026-11-16 19:00    | none: outside hours
    X4  | click-so-ko  | first-notice    | Thu 2026-11-05 10:02    | Thu 2026-11-05 14:02
    X4  | click-so-ko  | first-notice    | Wed 2026-11-18 15:01    | Thu 2026-11-19 10:01
    X4  | click-so-ko  | first-notice    | Mon 2026-11-30 23:51    | none: outside hours
    X5  | skyarch      | incident-report | Thu 2026-11-05 10:25:30 | Mon 2026-11-09 23:59:59
    X5  | skyarch      | incident-report | Wed 2026-11-18 15:45:20 | Fri 2026-11-20 23:59:59
    X5  | skyarch      | incident-report | Tue 2026-12-01 00:20    | Thu 2026-12-03 23:59:59
    S5  | skyarch      | on-site         | Wed 2026-12-30 22:10    | Thu 2026-12-31 00:10
    S7  | skyarch      | work            | Fri 2026-11-20 15:00    | Thu 2026-11-26 23:59:59
    S7  | skyarch      | work            | Sat 2026-11-21 15:00    | Thu 2026-11-26 23:59:59
    H21 | skyarch      | reinstall       | Mon 2026-11-16 23:10    | Tue 2026-11-17 01:10
    G5  | skyarch      | on-site         | Sun 2017-01-01 07:30    | Sun 2017-01-01 09:30
    O8  | aoulu-cloud  | incident-notice | Tue 2026-11-10 10:00    | Tue 2026-11-10 11:00
    A27 | cyber-solutions      | claim   | Mon 2026-11-30 23:50    | Thu 2026-12-31 23:59:59
    M21 | customers-mail-cloud | claim   | Thu 2026-11-05 10:00    | Tue 2026-12-15 23:59:59
    H22 | click-so-ko  | response.p2     | Fri 2028-01-07 15:00    | Tue 2028-01-11 15:00 (provisional)
";

/// what it shows | contract | promise | event | due
const OTHERS: &str = "
    eight hours are a day   | customers-mail-cloud | support-answer      | Fri 2026-11-20 15:00 | Tue 2026-11-24 15:00
    ten days of open time   | click-so-ko          | close-after-silence | Fri 2026-11-20 15:00 | Mon 2026-12-07 15:00
    to the time of day      | skyarch              | inspection          | Fri 2026-11-20 15:00 | Fri 2026-11-27 15:00
    over the year's end     | skyarch              | incident-report     | Tue 2026-12-29 15:00 | Tue 2027-01-05 23:59:59
    no number               | customers-mail-cloud | suspension-notice   | Fri 2026-11-20 15:00 | none: promptly
";

/// id | contract and promise | event | warning
pub const WARNINGS: &str = "
    H20 | click-so-ko response.p1  | Fri 2026-11-20 16:00 | Tue 2026-11-24 11:00
    H20 | click-so-ko first-notice | Mon 2026-11-16 16:30 | Tue 2026-11-17 10:30
    H20 | click-so-ko response.p2  | Sat 2026-11-21 10:00 | Tue 2026-11-24 17:00
";

/// what it shows | contract and promise | event | pauses | due
const PAUSES: &str = "
    goes on after it      | click-so-ko response.p1 | Thu 2026-11-19 10:00 | 2026-11-19 11:00 to 2026-11-19 15:00 | Thu 2026-11-19 18:00
    in no open time       | click-so-ko response.p1 | Thu 2026-11-19 10:00 | 2026-11-19 12:00 to 2026-11-19 13:00 | Thu 2026-11-19 15:00
    over a weekend        | click-so-ko response.p1 | Fri 2026-11-20 16:00 | 2026-11-20 17:00 to 2026-11-24 11:00 | Tue 2026-11-24 15:00
    two that overlap      | skyarch on-site         | Mon 2026-11-16 10:00 | 2026-11-16 10:30 to 2026-11-16 11:00, 2026-11-16 10:45 to 2026-11-16 11:30 | Mon 2026-11-16 13:00
    before the event      | skyarch on-site         | Mon 2026-11-16 10:00 | 2026-11-16 09:00 to 2026-11-16 10:00 | Mon 2026-11-16 12:00
    begins when it is due | skyarch on-site         | Mon 2026-11-16 10:00 | 2026-11-16 12:00 to 2026-11-16 13:00 | Mon 2026-11-16 12:00
    part of a day         | skyarch work            | Fri 2026-11-13 15:00 | 2026-11-17 10:00 to 2026-11-17 17:00 | Wed 2026-11-18 23:59:59
    all of a day's hours  | skyarch work            | Fri 2026-11-13 15:00 | 2026-11-17 10:00 to 2026-11-17 18:00 | Thu 2026-11-19 23:59:59
    two whole days        | skyarch work            | Fri 2026-11-13 15:00 | 2026-11-17 00:00 to 2026-11-19 00:00 | Fri 2026-11-20 23:59:59
    over the last midnight | skyarch work           | Fri 2026-11-13 15:00 | 2026-11-18 17:00 to 2026-11-19 11:00 | Thu 2026-11-19 23:59:59
    a week to the minute  | skyarch inspection      | Fri 2026-11-13 15:00 | 2026-11-17 00:00 to 2026-11-18 00:00 | Sat 2026-11-21 15:00
    a day of the month    | customers-mail-cloud claim | Thu 2026-11-05 10:00 | 2026-11-17 00:00 to 2026-12-18 00:00 | Tue 2026-12-15 23:59:59
";

pub const CASES: &[Case] = &[
    Case {
        id: "O8",
        input: "fault 10:00 detected 10:10, posted 11:00:00 / 11:00:01",
        got: || {
            on("aoulu-cloud", |ground| {
                let clock = promise_clock(promise(ground.terms, "incident-notice")).expect("one");
                let occurred = at("2026-11-10 10:00");
                let due = due(clock, ground, occurred, &Spans::new()).due().expect("a deadline");
                let met = |posted| if due.met_by(at(posted)) { "in time" } else { "late" };
                format!("{} / {}", met("2026-11-10 11:00:00"), met("2026-11-10 11:00:01"))
            })
        },
        expected: "in time / late",
    },
    Case {
        id: "H14",
        input: "4th Thursday of October 2026",
        got: || fallen("2026-10"),
        expected: "Thu 2026-10-22 22:00 to Fri 2026-10-23 00:00",
    },
    Case {
        id: "H16",
        input: "4th Thursday of February 2030",
        got: || fallen("2030-02"),
        expected: "Thu 2030-02-28 22:00 to Fri 2030-03-01 00:00 (provisional)",
    },
    Case { id: "H16", input: "nothing of it in March", got: march, expected: "0 min" },
    Case {
        id: "H17",
        input: "outage 21:50-00:10 on that night",
        got: || {
            on("click-so-ko", |ground| {
                let outage = span("2026-10-22 21:50 to 2026-10-23 00:10");
                let night: Spans = windows(ground, outage).iter().map(|one| one.span).collect();
                minutes(std::iter::once(outage).collect::<Spans>().minus(&night).total())
            })
        },
        expected: "20 min",
    },
    Case {
        id: "H22",
        input: "the next table makes 2028-01-10 a working day, and 2028 official",
        got: || {
            let newer = table("2028-01-08", "2028-12-31", &[("2028-01-10", "2028-01-17")]);
            told_twice("response.p2", "2028-01-07 15:00", &HolidayTable::japan(), &newer)
        },
        expected: "told Tue 2028-01-11 15:00 (provisional), then Mon 2028-01-10 15:00",
    },
    Case {
        id: "H22",
        input: "the next table has the same days: it is no longer provisional",
        got: || {
            let newer = table("2028-01-08", "2028-12-31", &[]);
            told_twice("response.p2", "2028-01-07 15:00", &HolidayTable::japan(), &newer)
        },
        expected: "told Tue 2028-01-11 15:00 (provisional), then Tue 2028-01-11 15:00",
    },
    Case {
        id: "G14",
        input: "2021: Marine Day moved from 07-19 to 07-22 while a clock ran over it",
        got: || {
            let before = table("2020-02-01", "2021-12-31", &[("2021-07-22", "2021-07-19")]);
            let after = table("2020-12-01", "2021-12-31", &[]);
            told_twice("response.p2", "2021-07-16 15:00", &before, &after)
        },
        expected: "told Tue 2021-07-20 15:00, then Mon 2021-07-19 15:00",
    },
    Case {
        id: "G14",
        input: "the month before the move",
        got: || {
            let before = table("2020-02-01", "2021-12-31", &[("2021-07-22", "2021-07-19")]);
            let after = table("2020-12-01", "2021-12-31", &[]);
            told_twice("response.p2", "2021-06-18 15:00", &before, &after)
        },
        expected: "told Mon 2021-06-21 15:00, then nothing new",
    },
    Case { id: "G14", input: "a deadline that has passed", got: passed, expected: "nothing new" },
    Case {
        id: "G5",
        input: "a month with a leap second",
        got: || {
            let month: Month = "2017-01".parse().expect("a month");
            minutes(month.span(&crate::tokyo()).duration())
        },
        expected: "44640 min",
    },
];

#[test]
fn clocks() {
    check_rows::<5>(CLOCKS, |[_, contract, name, event, _]| deadline(contract, name, event, "-"));
    check_rows::<5>(OTHERS, |[_, contract, name, event, _]| deadline(contract, name, event, "-"));
}

#[test]
fn pauses() {
    check_rows::<5>(PAUSES, |[_, which, event, pauses, _]| {
        let (contract, name) = which.split_once(' ').expect("contract and promise");
        deadline(contract, name, event, pauses)
    });
}

#[test]
fn warnings() {
    check_rows::<4>(WARNINGS, |[_, which, event, _]| {
        let (contract, name) = which.split_once(' ').expect("contract and promise");
        on(contract, |ground| {
            let clock = promise_clock(promise(ground.terms, name)).expect("a clock");
            warn_at(clock, ground, at(event), &Spans::new()).map_or("none".into(), say)
        })
    });
}

#[test]
fn cases() {
    check(CASES);
}

/// By when a promise of a contract is due.
fn deadline(contract: &str, name: &str, event: &str, pauses: &str) -> String {
    on(contract, |ground| {
        let clock = promise_clock(promise(ground.terms, name)).expect("a clock");
        say_deadline(due(clock, ground, at(event), &spans(pauses)))
    })
}

fn say_deadline(deadline: Deadline) -> String {
    match deadline {
        Deadline::Due(due) if due.provisional => format!("{} (provisional)", say(due.shown())),
        Deadline::Due(due) => say(due.shown()),
        Deadline::None(NoDeadline::OutsideHours) => "none: outside hours".to_owned(),
        Deadline::None(NoDeadline::Promptly) => "none: promptly".to_owned(),
        Deadline::None(NoDeadline::NeverOpens) => "none: never opens".to_owned(),
    }
}

/// The windows of 003 in a month.
fn fallen(month: &str) -> String {
    on("click-so-ko", |ground| {
        let month: Month = month.parse().expect("a month");
        let windows = windows(ground, month.span(ground.zone));
        let said = windows.iter().map(|window| {
            let provisional = if window.provisional { " (provisional)" } else { "" };
            format!("{} to {}{provisional}", say(window.span.from()), say(window.span.until()))
        });
        said.collect::<Vec<_>>().join(", ")
    })
}

/// How much of the window of February 2030 lies in March.
fn march() -> String {
    on("click-so-ko", |ground| {
        let night = span("2030-02-28 12:00 to 2030-03-01 12:00");
        let march: Month = "2030-03".parse().expect("a month");
        let fallen: Spans = windows(ground, night).iter().map(|one| one.span).collect();
        minutes(fallen.clip(march.span(ground.zone)).total())
    })
}

/// The table of the program as if it had been issued on that day, with days moved: (from, to).
fn table(issued: &str, official_until: &str, moved: &[(&str, &str)]) -> Arc<HolidayTable> {
    let japan = HolidayTable::japan();
    let mut text = format!(
        "# country: JP\n# source: made up\n# source_version: 1\n# licence: none\n# issued: {issued}\n\
         # official_until: {official_until}\n# first: {}\n# last: {}\n",
        japan.first(),
        japan.last(),
    );
    let mut days: Vec<_> = japan.days().map(|(day, name)| (day.to_string(), name)).collect();
    for (day, _) in &mut days {
        if let Some((_, to)) = moved.iter().find(|(from, _)| from == day) {
            *day = (*to).to_owned();
        }
    }
    days.sort();
    for (day, name) in days {
        writeln!(text, "{day},{name}").expect("a string takes it");
    }
    Arc::new(HolidayTable::read(&text).expect("a table"))
}

/// What is told when a clock of 003 starts, and what a newer table makes of it a day later.
fn told_twice(
    name: &str,
    event: &str,
    before: &Arc<HolidayTable>,
    after: &Arc<HolidayTable>,
) -> String {
    let day = jiff::SignedDuration::from_hours(24);
    let first = tell(name, event, before, &[], at(event)).expect("the first deadline");
    let second = tell(name, event, after, &[first], at(event) + day);
    let second = second.map(|told| {
        assert_eq!(told.holidays_issued, after.issued());
        say_deadline(told.deadline)
    });
    let second = second.unwrap_or_else(|| "nothing new".to_owned());
    format!("told {}, then {second}", say_deadline(first.deadline))
}

/// What a newer table makes of a deadline that had passed before.
fn passed() -> String {
    let before = table("2020-02-01", "2021-12-31", &[("2021-07-22", "2021-07-19")]);
    let after = table("2020-12-01", "2021-12-31", &[]);
    let event = "2021-07-16 15:00";
    let first = tell("response.p2", event, &before, &[], at(event)).expect("the first deadline");
    let told = tell("response.p2", event, &after, &[first], at("2021-07-20 15:01"));
    told.map_or("nothing new".to_owned(), |told| say_deadline(told.deadline))
}

/// What is to be told of a clock of 003.
fn tell(
    name: &str,
    event: &str,
    holidays: &Arc<HolidayTable>,
    told: &[Told],
    now: Timestamp,
) -> Option<Told> {
    with_holidays("click-so-ko", holidays, |ground| {
        let clock = promise_clock(promise(ground.terms, name)).expect("a clock");
        revised(told, clock, ground, at(event), &Spans::new(), now)
    })
}
