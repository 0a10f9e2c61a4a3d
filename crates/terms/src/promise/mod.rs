//! Promises: clauses that can be kept or broken, one struct for each kind.

mod availability;
mod clock;
mod notice;
mod operation;
mod remedy;

pub use availability::{
    Availability, Combine, Denominator, Excluded, Exclusion, MinimumOutage, MonthSplit,
    PartialMonth, RevisedTarget, TestedWhen,
};
pub use clock::{Clock, Event, OutsideHours};
pub use notice::{About, Notice, NoticeRoute, Timing};
pub use operation::{
    Backup, Capacity, Check, Escalation, Hours, Keep, LadderStep, Maintenance, Report,
    ResponseTime, Retention, Schedule, SecurityFloor, Threshold, Unit,
};
pub use remedy::{NotBefore, Payment, Remedy, RemedyForm, Tier};

use crate::{Clause, Name, Text};

/// One clause that can be kept or broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// Its name in the file, in commands and in links.
    pub name: Name,
    /// What is promised, in a few words.
    pub title: Text,
    /// Where it is said.
    pub clause: Clause,
    /// Whether missing it is a breach.
    pub strength: Strength,
    /// What the number alone does not say.
    pub note: Option<Text>,
    /// What is promised.
    pub kind: Kind,
}

/// Whether missing a promise is a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strength {
    /// 保証: missing it is a breach.
    Guarantee,
    /// 目標・目安: the report says missed, and nothing is owed (002 preamble, 003 art. 3.2).
    Objective,
}

/// What is promised.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Up so much of a month.
    Availability(Availability),
    /// What is owed when availability was missed.
    Remedy(Remedy),
    /// A page answers within so long.
    ResponseTime(ResponseTime),
    /// Somebody is told by some time.
    Notice(Notice),
    /// Something is done by some time.
    Clock(Clock),
    /// Windows that recur.
    Maintenance(Maintenance),
    /// Hours in which something is provided.
    Hours(Hours),
    /// Something is looked at so often.
    Check(Check),
    /// What is done about a fault, level by level.
    Escalation(Escalation),
    /// Copies are made and kept.
    Backup(Backup),
    /// How much is served.
    Capacity(Capacity),
    /// How long data are kept.
    Retention(Retention),
    /// The weakest that is accepted.
    SecurityFloor(SecurityFloor),
    /// Something is reported so often.
    Report(Report),
}

impl Kind {
    /// The word for it in a file.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Availability(_) => "availability",
            Kind::Remedy(_) => "remedy",
            Kind::ResponseTime(_) => "response-time",
            Kind::Notice(_) => "notice",
            Kind::Clock(_) => "clock",
            Kind::Maintenance(_) => "maintenance",
            Kind::Hours(_) => "hours",
            Kind::Check(_) => "check",
            Kind::Escalation(_) => "escalation",
            Kind::Backup(_) => "backup",
            Kind::Capacity(_) => "capacity",
            Kind::Retention(_) => "retention",
            Kind::SecurityFloor(_) => "security-floor",
            Kind::Report(_) => "report",
        }
    }
}
