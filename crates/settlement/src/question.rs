//! What is asked of a settlement.

use std::sync::Arc;

use calendar::{HolidayTable, Month, Span};
use jiff::Timestamp;
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

    /// The part of the month in which the service was under contract; `None` when it was not.
    pub(crate) fn covered(&self) -> Option<Span> {
        let terms = &self.contract.version_on(self.month.first()).terms;
        let service_start = terms.service(self.service).and_then(|service| service.start);
        let start = service_start.map_or(self.contract.start, |day| day.max(self.contract.start));
        let month = self.whole_month();
        let from = calendar::day_span(start, self.zone()).from().max(month.from());
        let end = self.contract.end.map(|day| calendar::day_span(day, self.zone()).until());
        let until = end.map_or(month.until(), |end| end.min(month.until()));
        Span::new(from, until).ok().filter(|span| !span.is_empty())
    }

    /// The versions in force in the month, each with its part of it, oldest first.
    pub(crate) fn versions(&self) -> Vec<(Span, &'a Version)> {
        let month = self.whole_month();
        let mut parts: Vec<(Span, &Version)> = Vec::new();
        let mut from = month.from();
        let mut version = self.contract.version_on(self.month.first());
        for next in self.contract.versions.iter().skip(1) {
            let begins = calendar::day_span(next.in_force, self.zone()).from();
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
