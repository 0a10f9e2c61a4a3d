//! Which months can still be claimed for, and their rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use calendar::{HolidayTable, Month};
use desk::{Ground, claim_due};
use jiff::{SignedDuration, Timestamp};
use settlement::{Credit, Verdict};
use terms::{Contract, Kind, Name, Promise, Remedy, Terms};

use super::{Left, Row, State, Term, View, in_term, term};

/// Most months of one remedy on the board: no contract of ours gives more than a few to claim.
const CLAIMED_MONTHS_MAX: i32 = 24;

/// By the name of each remedy in force, the months that it is shown for, newest first: the last one,
/// and those before it whose claim still runs. When the contract has ended, only such whose claim
/// runs, its last month too.
pub(super) fn months<'c>(
    contract: &'c Contract,
    holidays: &Arc<HolidayTable>,
    now: Timestamp,
) -> BTreeMap<&'c Name, Vec<Month>> {
    let terms = contract.terms_at(in_term(contract, now));
    let ended = match term(contract, now) {
        Term::Begins(_) => return BTreeMap::new(),
        Term::Runs => None,
        Term::Ended(day) => Some(Month::of_date(day)),
    };
    let last = ended.unwrap_or_else(|| Month::of(now, &contract.zone).plus(-1));
    let ground = |terms| Ground { terms, zone: &contract.zone, holidays };
    let runs = |name: &Name, month: Month| {
        // A claim is due by the terms of its month.
        let outage = month.span(&contract.zone).until() - SignedDuration::from_secs(1);
        let terms = contract.terms_at(outage);
        let remedy = remedies(terms).find(|(promise, _)| promise.name == *name);
        let due = remedy.and_then(|(_, remedy)| claim_due(remedy, &ground(terms), outage));
        due.is_some_and(|due| due.met_by(now))
    };
    let of = |name: &Name| {
        let earlier = (1..CLAIMED_MONTHS_MAX).map(|back| last.plus(-back));
        let is_last_shown = ended.is_none() || runs(name, last);
        let first = Month::of_date(contract.start);
        let earlier = earlier.take_while(|month| *month >= first && runs(name, *month));
        std::iter::once(last).filter(|_| is_last_shown).chain(earlier).collect()
    };
    remedies(terms).map(|(promise, _)| (&promise.name, of(&promise.name))).collect()
}

fn remedies(terms: &Terms) -> impl Iterator<Item = (&Promise, &Remedy)> {
    terms.promises.iter().filter_map(|promise| match &promise.kind {
        Kind::Remedy(remedy) => Some((promise, remedy)),
        _ => None,
    })
}

/// A row without a statement.
fn quiet(promise: &Promise) -> Row {
    let (state, left) = (State::NotMeasured, Left::Nothing);
    Row { promise: promise.clone(), state, left, statement: None }
}

impl<'o> View<'o, '_> {
    /// What is owed: for the last month, and for those before it that can still be claimed for.
    pub(super) fn remedy_rows(&mut self, promise: &'o Promise, remedy: &Remedy) -> Vec<Row> {
        let Some(service) = crate::statements::service_of(self.terms, &remedy.of) else {
            return vec![quiet(promise)];
        };
        let months = self.claimed.get(&promise.name).cloned().unwrap_or_default();
        let mut rows = Vec::new();
        for (place, month) in months.into_iter().enumerate() {
            let (state, left) = self.remedy(service, month);
            if place == 0 || state == State::Running {
                // Before the contract began there is no statement.
                let began = month >= Month::of_date(self.contract.start);
                let statement = began.then(|| (service.clone(), month));
                rows.push(Row { promise: promise.clone(), state, left, statement });
            }
        }
        rows
    }

    /// The customer's time to claim, for each remedy and month for which it runs; else for the last
    /// month.
    pub(super) fn clock_rows(&mut self, promise: &'o Promise) -> Vec<Row> {
        let mut rows = Vec::new();
        for (remedy, it) in remedies(self.terms) {
            let service = crate::statements::service_of(self.terms, &it.of);
            let Some(service) = service.filter(|_| it.claim.as_ref() == Some(&promise.name)) else {
                continue;
            };
            for month in self.claimed.get(&remedy.name).cloned().unwrap_or_default() {
                let (state, left) = self.claim(service, month);
                let statement = (left != Left::Nothing).then(|| (service.clone(), month));
                rows.push(Row { promise: promise.clone(), state, left, statement });
            }
        }
        if rows.iter().any(|row| row.state == State::Running) {
            rows.retain(|row| row.state == State::Running);
            return rows;
        }
        // A claim that is over says more than that nothing is owed, and that more than nothing.
        let rank = |row: &Row| match row.left {
            Left::Claim { .. } => 0,
            Left::Nothing => 2,
            _ => 1,
        };
        rows.sort_by_key(rank);
        rows.truncate(1);
        if rows.is_empty() { vec![quiet(promise)] } else { rows }
    }

    /// What is owed for a month.
    fn remedy(&mut self, service: &Name, month: Month) -> (State, Left) {
        if !self.was_settled(service, month) {
            return (State::NotMeasured, Left::Nothing);
        }
        let now = self.now;
        let statement = self.settled(service, month);
        let (credit, currency) = (statement.credit.clone(), statement.currency);
        let is_over = statement.claim.as_ref().is_some_and(|claim| !claim.due.met_by(now));
        match (statement.verdict, credit) {
            (Verdict::Undetermined, _) => (State::Undetermined, Left::Nothing),
            (_, Credit::None) => (State::Kept, Left::NothingOwed(month)),
            (_, credit) => {
                // Nothing in the records tells whether it was claimed in time.
                let state = if is_over { State::NotMeasured } else { State::Running };
                (state, Left::Owed { month, credit, currency, is_over })
            }
        }
    }

    /// The customer's time to claim for a month.
    fn claim(&mut self, service: &Name, month: Month) -> (State, Left) {
        if !self.was_settled(service, month) {
            return (State::NotMeasured, Left::Nothing);
        }
        let now = self.now;
        let statement = self.settled(service, month);
        match statement.claim.as_ref().map(|claim| claim.due) {
            None if statement.verdict == Verdict::Undetermined => {
                (State::NotMeasured, Left::Nothing)
            }
            None => (State::NotMeasured, Left::NothingOwed(month)),
            Some(due) => {
                let is_over = !due.met_by(now);
                let state = if is_over { State::NotMeasured } else { State::Running };
                (state, Left::Claim { month, due, is_over })
            }
        }
    }

    /// Whether a month was under contract and the evidence knows something of it.
    fn was_settled(&self, service: &Name, month: Month) -> bool {
        self.is_known(service) && month >= Month::of_date(self.contract.start)
    }
}
