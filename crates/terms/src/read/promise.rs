//! One `[[promise]]`: what every promise has, then its kind.

use sections::Section;

use crate::read::values::{CLAUSE, need_text, read_text};
use crate::read::{availability, clock, operation, remedy};
use crate::{Kind, Name, Promise, Strength};

/// Reads a promise; see [`Kind`] for what each kind means.
pub fn read_promise(section: &Section<'_>, name: Option<Name>) -> Option<Promise> {
    let title = need_text(section, "title");
    let clause = section.need(("clause", "where the document says it"), &CLAUSE);
    let words = [("guarantee", Strength::Guarantee), ("objective", Strength::Objective)];
    let strength = section.choice_or(
        ("strength", "whether missing it is a breach, or only missed"),
        &words,
        Strength::Guarantee,
    );
    let note = read_text(section, "note");
    let kind = section.need_variant(
        ("kind", "what is promised; the other keys depend on it"),
        &KINDS,
        |read, section| read(section),
    );
    Some(Promise { name: name?, title: title?, clause: clause?, strength, note, kind: kind?? })
}

type Reader = fn(&Section<'_>) -> Option<Kind>;

/// How each kind is read.
const KINDS: [(&str, Reader); 14] = [
    ("availability", |s| availability::read(s).map(Kind::Availability)),
    ("remedy", |s| remedy::read(s).map(Kind::Remedy)),
    ("response-time", |s| operation::read_response_time(s).map(Kind::ResponseTime)),
    ("notice", |s| clock::read_notice(s).map(Kind::Notice)),
    ("clock", |s| clock::read_clock(s).map(Kind::Clock)),
    ("maintenance", |s| operation::read_maintenance(s).map(Kind::Maintenance)),
    ("hours", |s| operation::read_hours(s).map(Kind::Hours)),
    ("check", |s| operation::read_check(s).map(Kind::Check)),
    ("escalation", |s| operation::read_escalation(s).map(Kind::Escalation)),
    ("backup", |s| operation::read_backup(s).map(Kind::Backup)),
    ("capacity", |s| operation::read_capacity(s).map(Kind::Capacity)),
    ("retention", |s| operation::read_retention(s).map(Kind::Retention)),
    ("security-floor", |s| operation::read_security_floor(s).map(Kind::SecurityFloor)),
    ("report", |s| operation::read_report(s).map(Kind::Report)),
];
