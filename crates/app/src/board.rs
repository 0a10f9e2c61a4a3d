//! The promise board: every promise of every contract in force, its state and what is left.
//!
//! States of availability are those of the statement of this month; remedies and claims have a row
//! for the last month and for each one before it that can still be claimed for. Notices and windows
//! are judged by the plans in the evidence. A promise that nothing in the records speaks of is not
//! measured, which is neither kept nor broken.

mod boards;
mod claimed;
mod clocks;
mod left;
mod present;
mod response;
mod row;
mod told;

pub use left::Left;
pub use present::DownNow;

use std::collections::BTreeMap;
use std::sync::Arc;

use calendar::{HolidayTable, Month, Span, day_span};
use desk::Story;
use evidence::{Evidence, Functions};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use settlement::{Question, Statement, settle};
use terms::{Contract, Kind, Name, Promise, Terms};

use crate::contracts::WatchedContract;
use crate::gathered::{MARGIN, around, judged, whole_second};
use crate::sightings::Sightings;
use crate::{AppError, Office, Refusal};

pub(crate) use boards::Boards;
pub(crate) use response::CountedHours;

/// A promise is at risk with less than this part of its budget left.
pub const AT_RISK_PART: i32 = 4;

/// One contract on the board.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The contract, and what we see of it ourselves.
    pub watched: Arc<WatchedContract>,
    /// Whether it runs.
    pub term: Term,
    /// A row for every promise while the contract runs, in the order of the contract; more than one
    /// where several months can still be claimed for. When it has ended, what can still be claimed.
    pub rows: Vec<Row>,
    /// Functions that are down now, the longest first.
    pub down: Vec<DownNow>,
    /// Why there are no rows, though there should be.
    pub trouble: Option<Refusal>,
    /// An instant at which the terms shown are in force.
    pub at: Timestamp,
}

impl Section {
    /// The contract.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.watched.contract
    }

    /// The terms in force; those at its end, when it has ended.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        self.watched.contract.terms_at(self.at)
    }
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
pub struct Row {
    /// The promise.
    pub promise: Promise,
    /// Its state now.
    pub state: State,
    /// The budget or the clock that is left, or what is next.
    pub left: Left,
    /// The statement that it rests on: service and month.
    pub statement: Option<(Name, Month)>,
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
    /// It is looked at, as was promised.
    Watched,
    /// There is a figure, and the contract names no number to judge it by.
    NoTarget,
    /// Nothing in the records speaks of it.
    NotMeasured,
}

/// Every contract of the office, in the order of the configuration. One that was made a moment ago
/// serves again, see [`boards::KEPT`].
///
/// # Errors
/// When the records fail. A contract that cannot be judged is a [trouble](Section::trouble) of its own.
pub async fn board(office: &Office, now: Timestamp) -> Result<Arc<Vec<Section>>, AppError> {
    let now = whole_second(now);
    office.boards.newest(now, make(office, now)).await
}

async fn make(office: &Office, now: Timestamp) -> Result<Vec<Section>, AppError> {
    let contracts = office.contracts();
    let spans: Vec<Option<Span>> =
        contracts.iter().map(|watched| looked_at(&watched.contract, now)).collect();
    let mut seen = Sightings::default();
    let measured = spans.iter().zip(&contracts).filter(|(_, w)| !w.measured.is_empty());
    if let Some(whole) = measured.filter_map(|(span, _)| *span).reduce(both) {
        // Once for all contracts.
        seen.over(office, around(whole, MARGIN)).await?;
    }
    let mut sections = Vec::new();
    for (watched, span) in contracts.into_iter().zip(spans) {
        sections.push(section(office, watched, span, now, &mut seen).await?);
    }
    Ok(sections)
}

async fn section(
    office: &Office,
    watched: &Arc<WatchedContract>,
    looked_at: Option<Span>,
    now: Timestamp,
    seen: &mut Sightings,
) -> Result<Section, AppError> {
    let (term, at) = (term(&watched.contract, now), in_term(&watched.contract, now));
    let mut section = Section {
        watched: Arc::clone(watched),
        term,
        rows: Vec::new(),
        down: Vec::new(),
        trouble: None,
        at,
    };
    let Some(span) = looked_at else { return Ok(section) };
    let this = Month::of(at, &watched.contract.zone).span(&watched.contract.zone);
    let notices = office.store.notices(watched.contract.name.as_str(), this.from()).await?;
    let stories = stories(office, &watched.contract, this, now).await?;
    let judge = move |watched: &WatchedContract, evidence: &Evidence| {
        let mut rows = rows(&watched.contract, evidence, &stories, now);
        told::judge(&mut rows, &watched.contract, &notices, now);
        rows
    };
    match judged(office, watched, span, now, seen, judge).await {
        Ok(mut rows) => {
            response::judge(office, watched, &mut rows, now).await?;
            if term == Term::Runs {
                let runs = seen.over(office, span).await?;
                present::judge(office, watched, &mut rows, &runs, seen, now).await?;
                section.down = present::down(office, watched, now, seen).await?;
            }
            section.rows = rows;
        }
        Err(AppError::Refused(why)) => section.trouble = Some(why),
        Err(other) => return Err(other),
    }
    Ok(section)
}

/// The incidents of a contract that were open in a span, with their numbers.
async fn stories(
    office: &Office,
    contract: &Contract,
    span: Span,
    now: Timestamp,
) -> Result<Vec<(i64, Story)>, AppError> {
    let name = contract.name.as_str();
    // The board is of a whole second, and so is what was noted in it.
    let now = now.saturating_add(SignedDuration::from_millis(999)).unwrap_or(now);
    let mut stories = Vec::new();
    for record in office.store.incidents_of(name, span.from(), span.until()).await? {
        let incident = crate::incidents::load(office, record, now).await?;
        // One that was opened after this instant, while the board is being made, has no story yet.
        if incident.story.source.is_some() {
            stories.push((incident.record.id, incident.story));
        }
    }
    Ok(stories)
}

/// The months that the rows of a contract rest on; `None` when it has none.
fn looked_at(contract: &Contract, now: Timestamp) -> Option<Span> {
    let this = Month::of(now, &contract.zone).span(&contract.zone);
    let claimed = claimed::months(contract, &HolidayTable::japan(), now);
    let first = claimed.values().flatten().min().map(|month| month.span(&contract.zone));
    match term(contract, now) {
        Term::Begins(_) => None,
        Term::Runs => Some(first.map_or(this, |first| both(first, this))),
        Term::Ended(_) => first.map(|first| both(first, this)),
    }
}

fn both(one: Span, other: Span) -> Span {
    let (from, until) = (one.from().min(other.from()), one.until().max(other.until()));
    Span::new(from, until).unwrap_or(other)
}

pub(crate) fn term(contract: &Contract, now: Timestamp) -> Term {
    let begins = day_span(contract.start, &contract.zone).from();
    match contract.end {
        _ if now < begins => Term::Begins(contract.start),
        Some(end) if now >= day_span(end, &contract.zone).until() => Term::Ended(end),
        _ => Term::Runs,
    }
}

/// Now, or the last second of a contract that has ended.
fn in_term(contract: &Contract, now: Timestamp) -> Timestamp {
    let end = contract.end.map(|end| day_span(end, &contract.zone).until());
    let last = end.and_then(|end| end.checked_sub(SignedDuration::from_secs(1)).ok());
    last.map_or(now, |last| last.min(now))
}

/// A row for every promise in force, judged by this evidence and these incidents of the month; of a
/// contract that has ended, what can still be claimed.
#[must_use]
pub fn rows(
    contract: &Contract,
    evidence: &Evidence,
    incidents: &[(i64, Story)],
    now: Timestamp,
) -> Vec<Row> {
    let holidays = HolidayTable::japan();
    let mut view = View {
        contract,
        terms: contract.terms_at(in_term(contract, now)),
        evidence,
        incidents,
        now,
        month: Month::of(now, &contract.zone),
        claimed: claimed::months(contract, &holidays, now),
        holidays,
        settled: BTreeMap::new(),
    };
    let mut rows: Vec<Row> =
        view.terms.promises.iter().flat_map(|promise| view.rows(promise)).collect();
    if matches!(term(contract, now), Term::Ended(_)) {
        let is_claim = |kind: &Kind| matches!(kind, Kind::Remedy(_) | Kind::Clock(_));
        rows.retain(|row| row.state == State::Running && is_claim(&row.promise.kind));
    }
    rows
}

/// What rows are judged by.
struct View<'o, 'e> {
    contract: &'o Contract,
    terms: &'o Terms,
    evidence: &'e Evidence,
    incidents: &'e [(i64, Story)],
    now: Timestamp,
    /// The month that is now.
    month: Month,
    /// By the name of a remedy, the months that it is shown for.
    claimed: BTreeMap<&'o Name, Vec<Month>>,
    holidays: Arc<HolidayTable>,
    /// Statements that a row asked for already.
    settled: BTreeMap<(Name, Month), Statement>,
}

impl<'o> View<'o, '_> {
    fn rows(&mut self, promise: &'o Promise) -> Vec<Row> {
        if let Some((state, left)) = self.incident_clock(&promise.name) {
            return vec![Row { promise: promise.clone(), state, left, statement: None }];
        }
        match &promise.kind {
            Kind::Remedy(remedy) => self.remedy_rows(promise, remedy),
            Kind::Clock(_) => self.clock_rows(promise),
            _ => vec![self.row(promise)],
        }
    }

    fn row(&mut self, promise: &'o Promise) -> Row {
        let row = |(state, left)| {
            let promise = promise.clone();
            Row { promise, state, left, statement: None }
        };
        match &promise.kind {
            Kind::Availability(it) => {
                let statement = Some((it.service.clone(), self.month));
                Row { statement, ..row(self.availability(&it.service)) }
            }
            Kind::Notice(notice) => row(self.notice(notice)),
            Kind::Maintenance(_) => row((State::NotMeasured, self.window(&promise.name))),
            Kind::Hours(hours) => row((State::NotMeasured, self.hours(hours.calendar.as_ref()))),
            _ => row((State::NotMeasured, Left::Nothing)),
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
