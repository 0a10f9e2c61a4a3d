//! What single promises name.

use calendar::HolidayTable;

use crate::check::any_zone;
use crate::check::availability::{check_availability, check_remedy};
use crate::check::index::{Index, Item};
use crate::problems::Problems;
use crate::read::Entry;
use crate::{
    BusinessDayIs, CalendarRule, Check, Clock, Escalation, Kind, Name, Promise, Timing, Within,
};

/// Looks at what a promise names.
pub fn check_promise(entry: &Entry<Promise>, index: &Index<'_>, problems: &mut Problems) {
    let Some(promise) = &entry.value else { return };
    let item = Item { list: "promise", name: &entry.name, source: &entry.source };
    match &promise.kind {
        Kind::Availability(availability) => {
            check_availability(&item, availability, index, problems);
        }
        Kind::Remedy(remedy) => check_remedy(&item, remedy, index, problems),
        Kind::ResponseTime(response) => {
            index.function(&item, "function", &response.function, problems);
        }
        Kind::Notice(notice) => {
            if let Timing::After { clock, .. } = &notice.timing {
                check_clock(&item, clock, index, problems);
            }
        }
        Kind::Clock(clock) => check_clock(&item, clock, index, problems),
        Kind::Maintenance(maintenance) => {
            check_calendar(&item, "calendar", maintenance.calendar.as_ref(), index, problems);
        }
        Kind::Hours(hours) => {
            check_calendar(&item, "calendar", hours.calendar.as_ref(), index, problems);
        }
        Kind::Check(check) => check_check(&item, check, index, problems),
        Kind::Escalation(escalation) => check_escalation(&item, escalation, index, problems),
        Kind::Capacity(capacity) => {
            if let Some(exclusion) = &capacity.exclusion {
                index.exclusion(&item, "exclusion", exclusion, problems);
            }
        }
        Kind::Backup(_) | Kind::Retention(_) | Kind::SecurityFloor(_) | Kind::Report(_) => {}
    }
}

fn check_calendar<'d>(
    item: &Item<'_>,
    key: &str,
    name: Option<&Name>,
    index: &Index<'d>,
    problems: &mut Problems,
) -> Option<&'d CalendarRule> {
    index.calendar(item, key, name?, problems)
}

fn check_clock(item: &Item<'_>, clock: &Clock, index: &Index<'_>, problems: &mut Problems) {
    let calendar = check_calendar(item, "calendar", clock.calendar.as_ref(), index, problems);
    let (Some(calendar), Within::BusinessDays(_)) = (calendar, clock.within) else { return };
    let reckoned = calendar.calendar(&any_zone(), &HolidayTable::japan());
    if clock.business_day == BusinessDayIs::OpenTime && reckoned.day_length().is_none() {
        let text = format!(
            "a business day as open time needs days of one length, and those of calendar {:?} \
             differ: give `within` in business hours, or `business_day = \"date\"`",
            calendar.name.as_str()
        );
        item.object("business_day", &text, problems);
    }
}

fn check_check(item: &Item<'_>, check: &Check, index: &Index<'_>, problems: &mut Problems) {
    if let Some(function) = &check.function {
        index.function(item, "function", function, problems);
    }
    if let Some(escalation) = &check.escalation {
        index.promise(item, "escalation", escalation, "escalation", problems);
    }
}

fn check_escalation(
    item: &Item<'_>,
    escalation: &Escalation,
    index: &Index<'_>,
    problems: &mut Problems,
) {
    let calendar = escalation.contact_first_outside.as_ref();
    check_calendar(item, "contact_first_outside", calendar, index, problems);
    let Some(otherwise) = &escalation.otherwise else { return };
    if index.promise(item, "otherwise", otherwise, "escalation", problems).is_none() {
        return;
    }
    let mut way = vec![item.name];
    let mut next = Some(otherwise);
    while let Some(name) = next {
        if name == item.name {
            let way: Vec<&str> = way.iter().map(|name| name.as_str()).collect();
            let text = format!("`otherwise` goes round in a circle: {} and again", way.join(", "));
            item.object("otherwise", &text, problems);
            return;
        }
        // A circle further on is found where it begins.
        if way.contains(&name) || way.len() > LADDERS_MAX {
            return;
        }
        way.push(name);
        next = index.sound_promise(name).and_then(|promise| match &promise.kind {
            Kind::Escalation(ladder) => ladder.otherwise.as_ref(),
            _ => None,
        });
    }
}

/// Most ladders that are followed from one to the next.
const LADDERS_MAX: usize = 20;
