//! What is asked of a settlement.

use std::sync::Arc;

use calendar::{HolidayTable, Month, Span};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use terms::{Availability, Contract, Kind, Name, Promise, Service, Terms, Version};

use crate::MonthFees;

/// One month of one service under one contract.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What was promised.
    pub contract: &'a Contract,
    /// Of which service.
    pub service: &'a Name,
    /// In which month of the contract's zone.
    pub month: Month,
    /// What was known then; `None`: everything in the evidence, and the month is taken as over.
    pub as_of: Option<Timestamp>,
    /// The customer's fees of that month, for the amount of a credit.
    pub fees: Option<&'a MonthFees>,
    /// The public holidays that deadlines are reckoned with.
    pub holidays: &'a Arc<HolidayTable>,
}

/// A part of the month with the terms in force in it.
pub(crate) struct Segment<'a> {
    pub span: Span,
    pub terms: &'a Terms,
    pub service: Option<&'a Service>,
    pub promise: Option<(&'a Promise, &'a Availability)>,
}

impl<'a> Question<'a> {
    /// The service that a contract is mostly about: the first with an availability promise, or the
    /// first of all; `None` for a contract without services.
    pub fn main_service(contract: &'a Contract, month: Month) -> Option<&'a Name> {
        let terms = &contract.version_on(month.first()).terms;
        let promised = terms.promises.iter().find_map(|promise| match &promise.kind {
            Kind::Availability(availability) => Some(&availability.service),
            _ => None,
        });
        promised.or_else(|| terms.services.first().map(|service| &service.name))
    }

    pub(crate) fn zone(&self) -> &'a TimeZone {
        &self.contract.zone
    }

    /// The month as a span of instants.
    pub(crate) fn whole_month(&self) -> Span {
        self.month.span(self.zone())
    }

    /// The time in which the service is under contract: from the first day of the contract, of the
    /// service, or of the version that brings it, whichever is last; to the last day of the contract
    /// or of the last version that has it. `None` when it never is.
    pub(crate) fn term(&self) -> Option<Span> {
        let contract = self.contract;
        let has = |version: &&Version| version.terms.service(self.service).is_some();
        let first = contract.versions.iter().position(|version| has(&version))?;
        let last = contract.versions.iter().rposition(|version| has(&version))?;
        let service_start = contract.versions[first].terms.service(self.service)?.start;
        // The first version is in force before its date too.
        let version_start = (first > 0).then(|| contract.versions[first].in_force);
        let days = [Some(contract.start), service_start, version_start];
        let start = days.into_iter().flatten().max()?;
        let after = contract.versions.get(last + 1).map(|next| self.begin_of(next.in_force));
        let end = contract.end.map(|day| calendar::day_span(day, self.zone()).until());
        let until = [after, end].into_iter().flatten().min().unwrap_or(Timestamp::MAX);
        Span::new(self.begin_of(start), until).ok()
    }

    fn begin_of(&self, day: Date) -> Timestamp {
        calendar::day_span(day, self.zone()).from()
    }

    /// The part of the month in which the service was under contract; `None` when it was not.
    pub(crate) fn covered(&self) -> Option<Span> {
        self.term()?.intersect(self.whole_month())
    }

    /// The versions in force in the month, each with its part of it, oldest first.
    pub(crate) fn versions(&self) -> Vec<(Span, &'a Version)> {
        let month = self.whole_month();
        let mut parts: Vec<(Span, &Version)> = Vec::new();
        let mut from = month.from();
        let mut version = self.contract.version_on(self.month.first());
        for next in self.contract.versions.iter().skip(1) {
            let begins = self.begin_of(next.in_force);
            if begins > month.from() && begins < month.until() {
                parts.extend(Span::new(from, begins).ok().map(|span| (span, version)));
                (from, version) = (begins, next);
            }
        }
        parts.extend(Span::new(from, month.until()).ok().map(|span| (span, version)));
        parts
    }

    /// The parts of the month with what they say of the service. Never empty.
    pub(crate) fn segments(&self) -> Vec<Segment<'a>> {
        let segment = |(span, version): (Span, &'a Version)| Segment {
            span,
            terms: &version.terms,
            service: version.terms.service(self.service),
            promise: version.terms.availability_of(self.service),
        };
        self.versions().into_iter().map(segment).collect()
    }
}
