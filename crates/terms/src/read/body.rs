//! The body of a contract file, and of a `[[version]]`: lists of named items, billing, agreement.

use std::collections::BTreeMap;
use std::rc::Rc;

use calendar::Closure;
use sections::{Choice, Day, Either, Number, Section};

use crate::read::draft::{Draft, Entries, Entry, Source};
use crate::read::promise::read_promise;
use crate::read::values::{CLAUSE, CLOSURE, NAME, OPENING, need_text};
use crate::read::{fees, values};
use crate::{CalendarRule, Excluded, Exclusion, Function, Name, Service, SitesQuorum, UpWhen};

/// Largest quorum of sites or functions.
const QUORUM_MAX: u64 = 100;
/// Keys of the weekdays, Monday first.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Everything that a version may change.
pub fn read_body(section: &Section<'_>, file: usize) -> Draft {
    let calendar = ("calendar", "hours in which business is done; deadlines run on them");
    let service = ("service", "what is promised as a whole, with the functions that are watched");
    let exclusion = ("exclusion", "time that does not count against the provider");
    let promise = ("promise", "a clause that can be kept or broken");
    let fee = ("fee", "something that is paid for");
    let remove = ("remove", "names of promises and exclusions that end here");
    Draft {
        calendars: entries(section.sections(calendar), file, read_calendar),
        services: entries(section.sections(service), file, read_service),
        exclusions: entries(section.sections(exclusion), file, read_exclusion),
        promises: entries(section.sections(promise), file, read_promise),
        fees: entries(section.sections(fee), file, fees::read_fee),
        billing: fees::read_billing(section.section(("billing", "how fees are charged"))),
        agreement: fees::read_agreement(
            section.section(("agreement", "how long the agreement runs and how it ends")),
        ),
        remove: read_remove(section, remove),
    }
}

fn read_remove(section: &Section<'_>, key: (&'static str, &'static str)) -> Vec<(Name, usize)> {
    let names = section.list(key, &NAME).unwrap_or_default();
    let line = section.place().line_of(key.0);
    names.into_iter().map(|name| (name, line)).collect()
}

/// Reads every section of a list; two of one name are a finding.
fn entries<'t, T>(
    list: Vec<Section<'t>>,
    file: usize,
    read: impl Fn(&Section<'t>, Option<Name>) -> Option<T>,
) -> Entries<T> {
    let mut lines: BTreeMap<Name, usize> = BTreeMap::new();
    let mut entries = Vec::new();
    for section in list {
        let name = section.need(("name", "in commands, links and logs"), &NAME);
        if let Some(name) = &name {
            section.label(name);
        }
        let value = read(&section, name.clone());
        let place = section.place();
        let Some(name) = name else {
            section.finish();
            continue;
        };
        if let Some(line) = lines.get(&name) {
            let text = format!("{name:?} is taken: line {line} has it too", name = name.as_str());
            section.object("name", &text);
        } else {
            lines.insert(name.clone(), place.line);
            entries.push(Rc::new(Entry { name, value, source: Source { file, place } }));
        }
        section.finish();
    }
    entries
}

fn read_calendar(section: &Section<'_>, name: Option<Name>) -> Option<CalendarRule> {
    let title = need_text(section, "title");
    let hours = section.list(("hours", "open on each working day"), &OPENING);
    let weekdays: Vec<(&'static str, usize)> =
        WEEKDAYS.iter().enumerate().map(|(i, day)| (*day, i)).collect();
    let days_off = section.list("days_off", &Choice(&weekdays)).unwrap_or_default();
    let days = section.section(("days", "hours of single weekdays, instead of `hours`"));
    let mut weekly: [Vec<calendar::Opening>; 7] = Default::default();
    for (key, day) in &weekdays {
        let own = days.list(*key, &OPENING);
        if !days_off.contains(day) || days.has(key) {
            weekly[*day] = own.or_else(|| hours.clone()).unwrap_or_default();
        }
    }
    days.finish();
    let japanese_holidays = section.choice_or("holidays", &[("jp", true), ("none", false)], false);
    let closures = section.list("closures", &CLOSURE);
    if !section.has("hours") && !section.has("days") {
        section.object_whole(
            "needs `hours`: parts of a day such as [\"10:00-12:00\", \"13:00-18:00\"]",
        );
        return None;
    }
    let sound = (!section.has("hours") || hours.is_some())
        && (!section.has("closures") || closures.is_some());
    let closures = closures.unwrap_or_default();
    check_hours(section, &weekly);
    let rule = CalendarRule { name: name?, title: title?, weekly, japanese_holidays, closures };
    if sound && !opens(&rule) {
        section.object("days_off", "never opens: leave a weekday with hours and without a closure");
    }
    Some(rule)
}

/// Openings of one day may not overlap, or their open time would be unclear to a reader.
fn check_hours(section: &Section<'_>, weekly: &[Vec<calendar::Opening>; 7]) {
    for (day, openings) in WEEKDAYS.iter().zip(weekly) {
        let mut sorted = openings.clone();
        sorted.sort_unstable();
        for pair in sorted.windows(2) {
            if pair[1].from_minute() < pair[0].until_minute() {
                let text = format!("{} and {} overlap on {day}", pair[0], pair[1]);
                let key = if section.has("hours") { "hours" } else { "days" };
                section.object(key, &text);
                return;
            }
        }
    }
}

/// Whether a weekday has hours and a day of the year no closure. Closures of one year pass.
fn opens(rule: &CalendarRule) -> bool {
    let every_year = |closure: &Closure| matches!(closure, Closure::EveryYear { .. });
    let yearly: Vec<Closure> = rule.closures.iter().copied().filter(every_year).collect();
    let mut leap_year = jiff::civil::date(2024, 1, 1).series(jiff::Span::new().days(1)).take(366);
    let has_hours = rule.weekly.iter().any(|hours| !hours.is_empty());
    has_hours && leap_year.any(|day| !yearly.iter().any(|closure| closure.covers(day)))
}

fn read_service(section: &Section<'_>, name: Option<Name>) -> Option<Service> {
    let title = need_text(section, "title");
    let start = section.value(("start", "first day, when later than the contract's"), &Day);
    let functions = section.sections(("function", "a part that is up or down by itself"));
    if functions.is_empty() {
        section.object_whole("needs at least one [[service.function]]");
    }
    let count = functions.len();
    let functions = entries(functions, 0, read_function);
    let functions: Vec<Function> =
        functions.iter().filter_map(|entry| entry.value.clone()).collect();
    // A function that is not sound has its finding; without it the service would look smaller.
    (functions.len() == count).then_some(())?;
    Some(Service { name: name?, title: title?, start, functions })
}

fn read_function(section: &Section<'_>, name: Option<Name>) -> Option<Function> {
    let title = need_text(section, "title");
    let words = [("answered", UpWhen::Answered), ("succeeded", UpWhen::Succeeded)];
    let up_when = section.choice_or(
        ("up_when", "what a check must see: any answer, or the one that was asked for"),
        &words,
        UpWhen::Answered,
    );
    let words = [("any", SitesQuorum::Any), ("all", SitesQuorum::All)];
    let at_least = AtLeast(SitesQuorum::AtLeast);
    let sites = section.value(
        ("sites", "how many of the sites that watch it must see it down; any when left out"),
        &Either(Choice(&words), at_least),
    );
    let sites = sites.unwrap_or(SitesQuorum::Any);
    Some(Function { name: name?, title: title?, up_when, sites })
}

/// A number of sites or functions.
pub struct AtLeast<T>(pub fn(u8) -> T);

impl<T> sections::Kind for AtLeast<T> {
    type Out = T;

    fn expected(&self) -> String {
        Number(1..=QUORUM_MAX).expected()
    }

    fn shape(&self) -> sections::Shape {
        Number(1..=QUORUM_MAX).shape()
    }

    fn take(&self, value: &toml::de::DeValue<'_>) -> Option<T> {
        Number(1..=QUORUM_MAX).take(value).and_then(|n| u8::try_from(n).ok()).map(self.0)
    }
}

#[derive(Clone, Copy)]
enum Excludes {
    Cause,
    NoticedWindows,
    RecurringWindows,
}

const EXCLUDES: [(&str, Excludes); 3] = [
    ("cause", Excludes::Cause),
    ("noticed-windows", Excludes::NoticedWindows),
    ("recurring-windows", Excludes::RecurringWindows),
];

fn read_exclusion(section: &Section<'_>, name: Option<Name>) -> Option<Exclusion> {
    let title = need_text(section, "title");
    let clause = section.need("clause", &CLAUSE);
    let excluded = section.need_variant(
        (
            "excludes",
            "a cause that a person decides, windows noticed in time, or windows that recur",
        ),
        &EXCLUDES,
        |excludes, section| match excludes {
            Excludes::Cause => {
                let also = section.list(("also", "other words for it in a log"), &NAME);
                Some(Excluded::Cause { also: also.unwrap_or_default() })
            }
            Excludes::NoticedWindows => {
                let notice = section.need(("notice", "a promise of kind notice"), &NAME);
                notice.map(|notice| Excluded::NoticedWindows { notice })
            }
            Excludes::RecurringWindows => {
                let key = ("maintenance", "a promise of kind maintenance");
                let maintenance = section.need(key, &values::NAME);
                maintenance.map(|maintenance| Excluded::RecurringWindows { maintenance })
            }
        },
    );
    Some(Exclusion { name: name?, title: title?, clause: clause?, excluded: excluded?? })
}
