//! The statement: the result of a settlement, with the account of every second.

use calendar::{Month, Span};
use desk::Due;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use terms::{Clause, Currency, Name, Percent, Strength, Text};

use crate::{Credit, Figure, Finding, Taken, TakenWhy};

/// What came of one month of one service under one contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The contract.
    pub contract: Name,
    /// What its document is called.
    pub contract_title: Text,
    /// Who promised.
    pub provider: Text,
    /// Who was promised.
    pub customer: Text,
    /// The service.
    pub service: Name,
    /// What people call it.
    pub service_title: Text,
    /// The availability promise; `None` when the contract makes none for this service.
    pub promise: Option<Judging>,
    /// The month.
    pub month: Month,
    /// The instants of the month.
    pub month_span: Span,
    /// Where its days are.
    pub zone: TimeZone,
    /// What amounts are in.
    pub currency: Currency,
    /// First days of the versions in force in it, oldest first; at least one.
    pub versions: Vec<Date>,
    /// The cut, when the month was not over then: the figures may still change.
    pub provisional: Option<Timestamp>,
    /// What came of it.
    pub verdict: Verdict,
    /// The figure: what was detected, less exclusions.
    pub net: Figure,
    /// The same without any exclusion; what it is divided by is the whole month.
    pub gross: Figure,
    /// The least that the share up can be: every unknown instant was down.
    pub lower: Figure,
    /// How much of the time was known, as a share.
    pub coverage: Figure,
    /// How much more may be down before the target is missed, by what was detected; `None` without a
    /// target, and for a month that is not under contract.
    pub budget_left: Option<SignedDuration>,
    /// Outages of the service that touch the month, by their beginning.
    pub outages: Vec<Judged>,
    /// Times when functions were down and the service as a whole was not.
    pub partial: Vec<Partial>,
    /// What was taken out by exclusions in this month.
    pub taken: Vec<Taken>,
    /// What is owed.
    pub credit: Credit,
    /// The most that could be owed, depending on what nobody measured; only when that is more.
    pub credit_at_most: Option<Credit>,
    /// By when the customer must have asked; only where something is owed.
    pub claim: Option<Claim>,
    /// What could not be judged, and what a reader must know.
    pub findings: Vec<Finding>,
}

impl Statement {
    /// The target that it was judged by.
    pub fn target(&self) -> Option<Percent> {
        self.promise.as_ref().and_then(|promise| promise.target)
    }
}

/// The promise that a month was judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Judging {
    /// Its name.
    pub name: Name,
    /// In a few words.
    pub title: Text,
    /// Where it is said.
    pub clause: Clause,
    /// Guarantee or objective.
    pub strength: Strength,
    /// At least so much.
    pub target: Option<Percent>,
}

/// What came of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// 達成: even if every unknown instant was down.
    Kept,
    /// 未達成: what was detected is enough.
    Broken,
    /// 判定不能: it depends on what nobody measured.
    Undetermined,
    /// 目標値なし: the contract names no number.
    NoTarget,
}

impl Verdict {
    /// The word for it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Kept => "kept",
            Verdict::Broken => "broken",
            Verdict::Undetermined => "undetermined",
            Verdict::NoTarget => "no_target",
        }
    }
}

/// One outage of the service and what became of each of its seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The whole outage, over the ends of the month too.
    pub span: Span,
    /// The functions that were down in it.
    pub functions: Vec<Name>,
    /// Between which bounds its true length lies, when one run of measurements found it.
    pub bounds: Option<(SignedDuration, SignedDuration)>,
    /// It had not ended when the evidence was cut.
    pub open: bool,
    /// Every part of it; the times add up to its length, but for what is counted in the month in
    /// which it began.
    pub treatments: Vec<Treatment>,
}

/// What became of a part of an outage.
#[derive(Clone, Debug, PartialEq)]
pub enum Treatment {
    /// It counts.
    Counted(SignedDuration),
    /// The outage, or what exclusions leave of it, is shorter than the shortest that counts.
    TooShort {
        /// So much.
        time: SignedDuration,
        /// The shortest that counts.
        minimum: SignedDuration,
    },
    /// An exclusion takes it out.
    Excluded {
        /// So much.
        time: SignedDuration,
        /// The exclusion.
        name: Name,
        /// In a few words.
        title: Text,
        /// Where the contract says so.
        clause: Clause,
        /// On what ground.
        why: TakenWhy,
    },
    /// Left over by truncating the outage to whole units.
    Truncated {
        /// So much.
        time: SignedDuration,
        /// The unit.
        to: SignedDuration,
    },
    /// It lies in another month.
    OtherMonth(SignedDuration),
    /// It is counted in the month in which the outage began.
    WhereItBegan(SignedDuration),
    /// The service was not under contract.
    NotUnderContract(SignedDuration),
}

impl Treatment {
    /// How much time it is about.
    pub fn time(&self) -> SignedDuration {
        match self {
            Treatment::Counted(time)
            | Treatment::TooShort { time, .. }
            | Treatment::Excluded { time, .. }
            | Treatment::Truncated { time, .. }
            | Treatment::OtherMonth(time)
            | Treatment::WhereItBegan(time)
            | Treatment::NotUnderContract(time) => *time,
        }
    }
}

impl Judged {
    /// How much of it counts in this month.
    pub fn counted(&self) -> SignedDuration {
        let counted = self.treatments.iter().filter(|part| matches!(part, Treatment::Counted(_)));
        counted.fold(SignedDuration::ZERO, |sum, part| sum + part.time())
    }
}

/// A function was down and the service as a whole was not: it does not count (001 art. 19(2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// What was down.
    pub function: Name,
    /// When, within the month.
    pub span: Span,
    /// How much of it was no outage of the service.
    pub time: SignedDuration,
}

/// A claim that the customer may make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The promise that says so.
    pub promise: Name,
    /// Where it is said.
    pub clause: Clause,
    /// By when.
    pub due: Due,
}
