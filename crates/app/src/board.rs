//! The promise board: every promise of every contract in force, its state and what is left.
//!
//! States of availability, remedies and claims are those of the statements of this month and the
//! last one; notices and windows are judged by the plans in the evidence. A promise that nothing in
//! the records speaks of is not measured, which is neither kept nor broken.

mod response;
mod row;

use std::collections::BTreeMap;

use calendar::{HolidayTable, Month, Span, day_span};
use desk::Due;
use evidence::{Evidence, Functions};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use settlement::{Credit, Figure, Question, Statement, settle};
use terms::{Contract, Currency, Kind, Name, Promise, Terms};

use crate::contracts::WatchedContract;
use crate::gathered::{evidence_of, whole_second};
use crate::{AppError, Office};

/// A promise is at risk with less than this part of its budget left.
pub const AT_RISK_PART: i32 = 4;

/// One contract on the board.
#[derive(Clone, Debug, PartialEq)]
pub struct Section<'o> {
    /// The contract.
    pub contract: &'o Contract,
    /// Whether it runs.
    pub term: Term,
    /// The terms in force.
    pub terms: &'o Terms,
    /// A row for every promise while the contract runs, in the order of the contract.
    pub rows: Vec<Row<'o>>,
}

/// Whether a contract runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// It begins on that day.
    Begins(Date),
    /// It runs.
    Runs,
    /// It ended with that day.
    Ended(Date),
}

/// One promise on the board.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'o> {
    /// The promise.
    pub promise: &'o Promise,
    /// Its state now.
    pub state: State,
    /// The budget or the clock that is left, or what is next.
    pub left: Left,
    /// The statement that it rests on: service and month.
    pub statement: Option<(&'o Name, Month)>,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// 未達成
    Broken,
    /// 要注意: less than one part in [`AT_RISK_PART`] of the budget is left, or a notice is due soon.
    AtRisk,
    /// 判定不能: it depends on what nobody measured.
    Undetermined,
    /// A clock runs, for us or for the customer.
    Running,
    /// 順守
    Kept,
    /// There is a figure, and the contract names no number to judge it by.
    NoTarget,
    /// Nothing in the records speaks of it.
    NotMeasured,
}

/// What is left of a promise, or next.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    /// Nothing to tell.
    Nothing,
    /// Downtime that is left in this month.
    Budget {
        /// Left.
        left: SignedDuration,
        /// Of so much.
        whole: SignedDuration,
        /// The figure so far.
        net: Figure,
        /// The least that the figure can be.
        lower: Figure,
    },
    /// A figure without a target.
    Figure(Figure),
    /// Nothing is owed for that month.
    NothingOwed(Month),
    /// Something is owed for that month.
    Owed {
        /// For which month.
        month: Month,
        /// How much.
        credit: Credit,
        /// In what.
        currency: Currency,
        /// The time to claim it is over.
        is_over: bool,
    },
    /// The customer may claim for that month.
    Claim {
        /// For which month.
        month: Month,
        /// Until when.
        due: Due,
        /// The time is over.
        is_over: bool,
    },
    /// Maintenance goes on.
    InWindow(Span),
    /// The next maintenance.
    NextWindow {
        /// When.
        span: Span,
        /// It may still move with a holiday.
        provisional: bool,
    },
    /// Open on all days at all hours.
    AlwaysOpen,
    /// Open, until then.
    OpenUntil(Timestamp),
    /// Closed, until then.
    Opens {
        /// When.
        at: Timestamp,
        /// It may still move with a holiday.
        provisional: bool,
    },
    /// So many answers of this month were in time.
    Answers {
        /// In time.
        in_time: u64,
        /// Of so many.
        total: u64,
        /// What is in time.
        within: SignedDuration,
    },
    /// A window is announced.
    Noticed {
        /// Its name.
        window: String,
        /// When it is.
        span: Span,
    },
    /// A window must still be announced.
    NoticeBy {
        /// Its name.
        window: String,
        /// When it is.
        span: Span,
        /// The last second in which a notice is in time.
        latest: Timestamp,
    },
    /// A window was not announced in time.
    NotNoticed {
        /// Its name.
        window: String,
        /// When it is.
        span: Span,
        /// The last second in which a notice would have been in time.
        latest: Timestamp,
    },
}

/// Every contract of the office, in the order of the configuration.
///
/// # Errors
/// When the records fail.
pub async fn board(office: &Office, now: Timestamp) -> Result<Vec<Section<'_>>, AppError> {
    let now = whole_second(now);
    let mut sections = Vec::new();
    for watched in &office.contracts {
        sections.push(section(office, watched, now).await?);
    }
    Ok(sections)
}

async fn section<'o>(
    office: &Office,
    watched: &'o WatchedContract,
    now: Timestamp,
) -> Result<Section<'o>, AppError> {
    let contract = &watched.contract;
    let terms = contract.terms_at(now);
    let term = term(contract, now);
    let rows = match term {
        Term::Runs => {
            let this = Month::of(now, &contract.zone);
            let looked_at = both(this.plus(-1).span(&contract.zone), this.span(&contract.zone));
            let evidence = evidence_of(office, watched, looked_at, now).await?;
            let mut rows = rows(contract, &evidence, now);
            response::judge(office, watched, &mut rows, now).await?;
            rows
        }
        Term::Begins(_) | Term::Ended(_) => Vec::new(),
    };
    Ok(Section { contract, term, terms, rows })
}

fn both(earlier: Span, later: Span) -> Span {
    Span::new(earlier.from(), later.until()).unwrap_or(later)
}

fn term(contract: &Contract, now: Timestamp) -> Term {
    let begins = day_span(contract.start, &contract.zone).from();
    match contract.end {
        _ if now < begins => Term::Begins(contract.start),
        Some(end) if now >= day_span(end, &contract.zone).until() => Term::Ended(end),
        _ => Term::Runs,
    }
}

/// A row for every promise in force, judged by this evidence.
#[must_use]
pub fn rows<'o>(contract: &'o Contract, evidence: &Evidence, now: Timestamp) -> Vec<Row<'o>> {
    let mut view = View {
        contract,
        terms: contract.terms_at(now),
        evidence,
        now,
        month: Month::of(now, &contract.zone),
        holidays: HolidayTable::japan(),
        settled: BTreeMap::new(),
    };
    view.terms.promises.iter().map(|promise| view.row(promise)).collect()
}

/// What rows are judged by.
struct View<'o, 'e> {
    contract: &'o Contract,
    terms: &'o Terms,
    evidence: &'e Evidence,
    now: Timestamp,
    /// The month that is now.
    month: Month,
    holidays: std::sync::Arc<HolidayTable>,
    /// Statements that a row asked for already.
    settled: BTreeMap<(Name, Month), Statement>,
}

impl<'o> View<'o, '_> {
    fn row(&mut self, promise: &'o Promise) -> Row<'o> {
        let row = |state, left, statement| Row { promise, state, left, statement };
        match &promise.kind {
            Kind::Availability(it) => {
                let (state, left) = self.availability(&it.service);
                row(state, left, Some((&it.service, self.month)))
            }
            Kind::Remedy(remedy) => {
                let last = self.month.plus(-1);
                let service = crate::statements::service_of(self.terms, &remedy.of);
                let (state, left) = self.remedy(service, last);
                row(state, left, service.map(|service| (service, last)))
            }
            Kind::Clock(_) => {
                let last = self.month.plus(-1);
                let service = self.claimed_service(&promise.name);
                let (state, left) = self.claim(service, last);
                let statement = service.filter(|_| left != Left::Nothing);
                row(state, left, statement.map(|service| (service, last)))
            }
            Kind::Notice(notice) => {
                let (state, left) = self.notice(notice);
                row(state, left, None)
            }
            Kind::Maintenance(_) => row(State::NotMeasured, self.window(&promise.name), None),
            Kind::Hours(hours) => {
                let left = self.hours(hours.calendar.as_ref());
                row(State::NotMeasured, left, None)
            }
            _ => row(State::NotMeasured, Left::Nothing, None),
        }
    }

    fn settled(&mut self, service: &Name, month: Month) -> &Statement {
        let (contract, evidence) = (self.contract, self.evidence);
        let (now, holidays) = (self.now, &self.holidays);
        self.settled.entry((service.clone(), month)).or_insert_with(|| {
            let as_of = Some(now);
            let question = Question { contract, service, month, as_of, fees: None, holidays };
            settle(&question, evidence)
        })
    }

    /// Whether the evidence speaks of a function of the service at all.
    fn is_known(&self, service: &Name) -> bool {
        let functions = self.terms.service(service).map_or(&[][..], |s| &s.functions[..]);
        functions.iter().any(|function| {
            let name = function.name.as_str();
            let told = self.evidence.outages.iter().any(|outage| match &outage.function {
                Functions::All => true,
                Functions::One(other) => other == name,
            });
            told || self.evidence.measured.contains_key(name)
        })
    }
}
