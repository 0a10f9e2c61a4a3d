//! Promises of kind `clock` and `notice`.

use sections::{Choice, Number, Section};

use crate::read::values::{NAME, PERIOD, WARNING, WITHIN, need_text, read_text};
use crate::{
    About, BusinessDayIs, Clock, Event, Lead, Notice, NoticeRoute, OutsideHours, Reckoned, Timing,
    Within,
};

const OUTSIDE: [(&str, OutsideHours); 2] =
    [("next-opening", OutsideHours::NextOpening), ("none", OutsideHours::NoDeadline)];
const EVENTS: [(&str, Event); 5] = [
    ("outage", Event::Outage),
    ("recognition", Event::Recognition),
    ("judgement", Event::Judgement),
    ("waiting-for-customer", Event::WaitingForCustomer),
    ("recovery", Event::Recovery),
];
const BUSINESS_DAYS: [(&str, BusinessDayIs); 2] =
    [("open-time", BusinessDayIs::OpenTime), ("date", BusinessDayIs::Date)];
const UNTIL: [(&str, bool); 2] = [("instant", false), ("end-of-day", true)];
const ABOUT: [(&str, About); 5] = [
    ("maintenance", About::Maintenance),
    ("update", About::Update),
    ("abolition", About::Abolition),
    ("incident", About::Incident),
    ("suspension", About::Suspension),
];
const RECKONED: [(&str, Reckoned); 2] =
    [("instant", Reckoned::ByInstant), ("day", Reckoned::ByDay)];

/// Reads the keys of a clock, which stand beside those of the promise.
pub fn read_clock(section: &Section<'_>) -> Option<Clock> {
    let starts = need_text(section, "starts");
    let event = section.value(("event", "of an incident, that starts it"), &Choice(&EVENTS));
    let priority = ("priority", "of the incidents that it is for, 1 the most urgent");
    let priority = section.value(priority, &Number(1..=9)).and_then(|n| u8::try_from(n).ok());
    let done = read_text(section, "done");
    let within = section.need(("within", "by when"), &WITHIN);
    let calendar =
        section.value(("calendar", "needed for business hours and days, and for `outside`"), &NAME);
    let outside = section.choice_or(
        ("outside", "an event outside the calendar's hours: from the next opening, or no deadline"),
        &OUTSIDE,
        OutsideHours::NextOpening,
    );
    let business_day = section.choice_or(
        ("business_day", "the open time of an ordinary day, or a date"),
        &BUSINESS_DAYS,
        BusinessDayIs::Date,
    );
    let to_end_of_day = section.choice_or(
        ("until", "where a civil period ends: at the event's time of day or at the day's end"),
        &UNTIL,
        false,
    );
    let pauses = section.list(("pauses", "states in which the clock stands"), &NAME);
    let warn_before = section.value("warn_before", &WARNING);
    let clock = Clock {
        starts: starts?,
        event,
        priority,
        done,
        within: within?,
        calendar,
        outside,
        business_day,
        to_end_of_day,
        pauses: pauses.unwrap_or_default(),
        warn_before,
    };
    check_clock(section, &clock);
    Some(clock)
}

fn is_business(within: Within) -> bool {
    matches!(within, Within::BusinessTime(_) | Within::BusinessDays(_))
}

/// What one key asks of another.
fn check_clock(section: &Section<'_>, clock: &Clock) {
    if !section.has("calendar") {
        let needs = [
            ("within", is_business(clock.within)),
            ("warn_before", clock.warn_before.is_some_and(is_business)),
            ("outside", clock.outside == OutsideHours::NoDeadline),
        ];
        for (key, _) in needs.into_iter().filter(|(_, needs)| *needs) {
            let text = format!("`{key}` needs `calendar`: the name of a [[calendar]]");
            section.object(key, &text);
        }
    }
    let fits = [
        (
            "business_day",
            matches!(clock.within, Within::BusinessDays(_)),
            "`business_day` says how business days are counted, but `within` counts none",
        ),
        (
            "until",
            matches!(clock.within, Within::Period(_)),
            "`until` belongs to a period such as \"1 week\"; leave it out",
        ),
        (
            "pauses",
            !matches!(clock.within, Within::DayOfMonth { .. } | Within::Promptly),
            "a day of the month does not wait: leave `pauses` out",
        ),
        (
            "priority",
            clock.event.is_some(),
            "`priority` is that of an incident: say with `event` which event of it starts the clock",
        ),
        (
            "warn_before",
            clock.within != Within::Promptly,
            "\"promptly\" has no due time to warn before: leave `warn_before` out",
        ),
    ];
    for (key, sound, text) in fits {
        if !sound && section.has(key) {
            section.object(key, text);
        }
    }
    let longer = match (clock.within, clock.warn_before) {
        (Within::Plain(all), Some(Within::Plain(before)))
        | (Within::BusinessTime(all), Some(Within::BusinessTime(before))) => before >= all,
        (Within::BusinessDays(all), Some(Within::BusinessDays(before))) => before >= all,
        _ => false,
    };
    if longer {
        section.object(
            "warn_before",
            "the warning would come before the clock starts: make it shorter",
        );
    }
}

#[derive(Clone, Copy)]
enum When {
    Ahead,
    After,
}

/// Reads a notice: ahead on routes, or after the event on a clock.
pub fn read_notice(section: &Section<'_>) -> Option<Notice> {
    let about = section.need(("about", "what is told"), &Choice(&ABOUT));
    let timing =
        section.by_key(&[("routes", When::Ahead), ("within", When::After)], |when, section| {
            match when {
                When::Ahead => read_routes(section).map(Timing::Ahead),
                When::After => {
                    let channels = section.list(("channels", "any when left out"), &NAME);
                    let clock = read_clock(section);
                    Some(Timing::After { clock: clock?, channels: channels.unwrap_or_default() })
                }
            }
        });
    Some(Notice { about: about?, timing: timing?? })
}

fn read_routes(section: &Section<'_>) -> Option<Vec<NoticeRoute>> {
    let list = section.sections(("routes", "ahead, on any one of these"));
    let count = list.len();
    let mut routes = Vec::new();
    for route in list {
        let channels = route.list(("channels", "any of these; any at all when left out"), &NAME);
        let key = ("lead", "how long before; any time before when left out");
        let at_least = route.value(key, &PERIOD);
        let reckoned = route.choice_or(
            ("reckoned", "compared by the instant or by the day"),
            &RECKONED,
            Reckoned::ByInstant,
        );
        let sound = (!route.has("channels") || channels.is_some())
            && (!route.has("lead") || at_least.is_some());
        if sound {
            let channels = channels.unwrap_or_default();
            routes.push(NoticeRoute { channels, lead: Lead { at_least, reckoned } });
        }
        route.finish();
    }
    if count == 0 && section.has("routes") {
        section.object("routes", "needs at least one route, such as { lead = \"1 week\" }");
        return None;
    }
    (routes.len() == count).then_some(routes)
}
