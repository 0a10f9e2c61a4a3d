//! What a deadline is reckoned on: the terms in force, where their days are, and which are holidays.

use std::sync::Arc;

use calendar::{BusinessCalendar, HolidayTable};
use jiff::tz::TimeZone;
use terms::{Name, Terms};

/// What a deadline is reckoned on.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The terms in force at the event; they know the calendars.
    pub terms: &'a Terms,
    /// Where their days and months are.
    pub zone: &'a TimeZone,
    /// The public holidays, as far as they are known.
    pub holidays: &'a Arc<HolidayTable>,
}

impl Ground<'_> {
    /// The calendar of that name. Without a name, or with one that the terms do not have (the reader
    /// of contracts lets none through), it is 24 hours on 365 days.
    pub fn calendar(&self, name: Option<&Name>) -> BusinessCalendar {
        match name.and_then(|name| self.terms.calendar(name)) {
            Some(rule) => rule.calendar(self.zone, self.holidays),
            None => BusinessCalendar::always(self.zone.clone()),
        }
    }
}
