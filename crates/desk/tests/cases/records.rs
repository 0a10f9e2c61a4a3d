//! Copies, slots of a schedule, and reports.

use calendar::Span;
use desk::{
    Done, Run, RunBy, RunState, missed, removable, report_due, restored, slots_of_length,
    slots_of_period,
};
use terms::{Kind, Schedule};

use crate::{Case, at, check, on, promise, say, span};

pub const CASES: &[Case] = &[
    Case {
        id: "S12",
        input: "eight daily copies, the eighth not verified",
        got: || removed("daily-backup", None, &daily(7, &[run("11-08 03:00", "unverified")])),
        expected: "none",
    },
    Case {
        id: "S12",
        input: "eight daily copies, the eighth verified",
        got: || removed("daily-backup", None, &daily(8, &[])),
        expected: "11-01 03:00",
    },
    Case {
        id: "S12",
        input: "the eighth failed, the ninth verified",
        got: || {
            let later = [run("11-08 03:00", "failed"), run("11-09 03:00", "verified")];
            removed("daily-backup", None, &daily(7, &later))
        },
        expected: "11-01 03:00, 11-08 03:00",
    },
    Case {
        id: "S15",
        input: "two manual runs on one day beside seven daily copies",
        got: || removed("daily-backup", Some(false), &daily(7, &by_hand())),
        expected: "none",
    },
    Case {
        id: "S15",
        input: "the same, if manual runs counted",
        got: || removed("daily-backup", Some(true), &daily(7, &by_hand())),
        expected: "11-01 03:00, 11-02 03:00",
    },
    Case {
        id: "S16",
        input: "restore for a failed server; the newest copy is not verified",
        got: || {
            let runs = daily(3, &[run("11-04 03:00", "unverified"), run("11-05 03:00", "failed")]);
            match restored(&runs) {
                Some(Run { id, state: RunState::Verified { at, manifest }, .. }) => {
                    format!("{id}, verified {} against {manifest}", say(*at))
                }
                other => format!("{other:?}"),
            }
        },
        expected: "11-03 03:00, verified Tue 2026-11-03 04:00 against sha256:11-03 03:00",
    },
    Case {
        id: "S17",
        input: "log host unreachable 10:00-13:00, nothing filled back",
        got: || logs(&[]),
        expected: "10:00-11:00 missing, 11:00-12:00 missing, 12:00-13:00 missing",
    },
    Case {
        id: "S17",
        input: "the lines of 10:30-13:00 were still there at 13:05",
        got: || logs(&[("2026-11-17 13:05", "2026-11-17 10:30 to 2026-11-17 13:00")]),
        expected: "10:00-11:00 missing, 11:00-12:00 filled 13:05, 12:00-13:00 filled 13:05",
    },
    Case {
        id: "S17",
        input: "and the rest was found at 15:00",
        got: || {
            logs(&[
                ("2026-11-17 15:00", "2026-11-17 10:00 to 2026-11-17 10:30"),
                ("2026-11-17 13:05", "2026-11-17 10:30 to 2026-11-17 13:00"),
            ])
        },
        expected: "10:00-11:00 filled 15:00, 11:00-12:00 filled 13:05, 12:00-13:00 filled 13:05",
    },
    Case {
        id: "S17",
        input: "the daily copy of 11-03 was never made",
        got: || {
            on("click-so-ko", |ground| {
                let Kind::Backup(backup) = &promise(ground.terms, "database-dump").kind else {
                    panic!("no backup")
                };
                let Schedule::Every(every) = backup.schedule else { panic!("no period") };
                let (first, until) = (at("2026-11-01 00:00"), at("2026-11-06 00:00"));
                let slots = slots_of_period(every, first, until, ground.zone);
                let made = ["2026-11-01 03:00", "2026-11-02 03:00", "2026-11-04 03:00"];
                let done: Vec<_> = made
                    .iter()
                    .map(|made| done(made, "2026-11-01 00:00 to 2026-11-01 00:00"))
                    .collect();
                let missed = missed(&slots, &done);
                let days = missed.iter().map(|missed| say(missed.slot.from()));
                days.collect::<Vec<_>>().join(", ")
            })
        },
        expected: "Tue 2026-11-03 00:00, Thu 2026-11-05 00:00",
    },
    Case {
        id: "S18",
        input: "364 days without a report",
        got: || reported("2025-11-20 10:00", "2026-11-19 10:00"),
        expected: "in time, due Fri 2026-11-20 09:59:59",
    },
    Case {
        id: "S18",
        input: "no report on the web for 365 days",
        got: || reported("2025-11-20 10:00", "2026-11-20 10:00"),
        expected: "late, due Fri 2026-11-20 09:59:59",
    },
];

/// Copies that are kept for a time (003: 7 days), and the last one, which never goes.
const KEPT_FOR_A_TIME: &[Case] = &[
    Case {
        id: "003",
        input: "files of seven days, on the ninth",
        got: || removed_at("click-so-ko", "file-backup", "2026-11-09 03:00", &daily(9, &[])),
        expected: "11-01 03:00, 11-02 03:00",
    },
    Case {
        id: "003",
        input: "no copy for a month: the last verified stays",
        got: || removed_at("click-so-ko", "file-backup", "2026-12-09 03:00", &daily(2, &[])),
        expected: "11-01 03:00",
    },
    Case {
        id: "004",
        input: "the terms do not say how long",
        got: || removed_at("skyarch", "snapshot-data", "2026-12-09 03:00", &daily(9, &[])),
        expected: "none",
    },
];

#[test]
fn cases() {
    check(CASES);
    check(KEPT_FOR_A_TIME);
}

/// A run of November 2026; `by hand` among the words when a person asked for it.
fn run(made: &str, words: &str) -> Run {
    let instant = at(&format!("2026-{made}"));
    let state = match words.split(' ').next() {
        Some("failed") => RunState::Failed,
        Some("unverified") => RunState::Copied,
        _ => RunState::Verified {
            at: instant + jiff::SignedDuration::from_hours(1),
            manifest: format!("sha256:{made}"),
        },
    };
    let by = if words.ends_with("by hand") { RunBy::Hand } else { RunBy::Schedule };
    Run { id: made.to_owned(), made: instant, by, state }
}

/// Verified copies of the first days of November, and more.
fn daily(days: u8, more: &[Run]) -> Vec<Run> {
    let daily = (1..=days).map(|day| run(&format!("11-{day:02} 03:00"), "verified"));
    daily.chain(more.iter().cloned()).collect()
}

fn by_hand() -> [Run; 2] {
    [run("11-07 12:00", "verified by hand"), run("11-07 15:00", "verified by hand")]
}

/// Which runs of 004 may be removed, with that value of `manual_runs_evict` or the file's.
fn removed(name: &str, manual_runs_evict: Option<bool>, runs: &[Run]) -> String {
    on("skyarch", |ground| {
        let Kind::Backup(backup) = &promise(ground.terms, name).kind else { panic!("no backup") };
        let mut backup = backup.clone();
        backup.manual_runs_evict = manual_runs_evict.unwrap_or(backup.manual_runs_evict);
        named(&removable(&backup, runs, at("2026-11-10 00:00"), ground.zone))
    })
}

/// Which runs may be removed at an instant.
fn removed_at(contract: &str, name: &str, now: &str, runs: &[Run]) -> String {
    on(contract, |ground| {
        let Kind::Backup(backup) = &promise(ground.terms, name).kind else { panic!("no backup") };
        named(&removable(backup, runs, at(now), ground.zone))
    })
}

fn named(runs: &[&Run]) -> String {
    let ids: Vec<_> = runs.iter().map(|run| run.id.as_str()).collect();
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}

fn done(when: &str, covers: &str) -> Done {
    Done { at: at(when), covers: span(covers) }
}

/// The hours of 09:00-14:00 whose logs were not collected in them, when they were at 09:30, 13:05
/// and as filled back.
fn logs(filled: &[(&str, &str)]) -> String {
    on("skyarch-gold", |ground| {
        let Kind::Check(check) = &promise(ground.terms, "system-log").kind else {
            panic!("no check")
        };
        let (first, now) = (at("2026-11-17 09:00"), at("2026-11-17 14:00"));
        let mut collected = vec![
            done("2026-11-17 09:30", "2026-11-17 08:30 to 2026-11-17 09:30"),
            done("2026-11-17 13:05", "2026-11-17 13:00 to 2026-11-17 13:05"),
        ];
        collected.extend(filled.iter().map(|(when, covers)| done(when, covers)));
        let missed = missed(&slots_of_length(check.every, first, now), &collected);
        let said = missed.iter().map(|missed| match missed.filled {
            Some(when) => format!("{} filled {}", clock(missed.slot), time(when)),
            None => format!("{} missing", clock(missed.slot)),
        });
        said.collect::<Vec<_>>().join(", ")
    })
}

fn clock(slot: Span) -> String {
    format!("{}-{}", time(slot.from()), time(slot.until()))
}

fn time(at: jiff::Timestamp) -> String {
    at.to_zoned(crate::tokyo()).strftime("%H:%M").to_string()
}

/// Whether the yearly report of 004 is late.
fn reported(last: &str, now: &str) -> String {
    on("skyarch", |ground| {
        let Kind::Report(report) = &promise(ground.terms, "service-report").kind else {
            panic!("no report")
        };
        let due = report_due(report, at(last), ground.zone);
        let word = if due.met_by(at(now)) { "in time" } else { "late" };
        format!("{word}, due {}", say(due.shown()))
    })
}
