//! One contract file by itself.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use sections::{Choice, Day, Section};

use crate::read::body::read_body;
use crate::read::draft::{Draft, Source};
use crate::read::values::{FILE, NAME, ZONE, need_text, read_text};
use crate::{Currency, Lang, Name, Text};

/// A file with this key may leave out what its base says.
const EXTENDS: &str = "extends";
const LANGUAGES: [(&str, Lang); 2] = [("ja", Lang::Ja), ("en", Lang::En)];
const CURRENCIES: [(&str, Currency); 2] = [("JPY", Currency::Jpy), ("EUR", Currency::Eur)];

/// What a file says of the contract as a whole.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Its keys; what was left out or is not sound is `None`.
    pub name: Option<Name>,
    /// As above.
    pub title: Option<Text>,
    /// As above.
    pub language: Option<Lang>,
    /// As above.
    pub zone: Option<TimeZone>,
    /// As above.
    pub currency: Option<Currency>,
    /// As above.
    pub start: Option<Date>,
    /// As above.
    pub end: Option<Date>,
    /// As above.
    pub provider: Option<Text>,
    /// As above.
    pub customer: Option<Text>,
}

impl Head {
    /// What this file leaves out is taken from the one that it extends.
    pub fn over(self, base: Head) -> Head {
        Head {
            name: self.name.or(base.name),
            title: self.title.or(base.title),
            language: self.language.or(base.language),
            zone: self.zone.or(base.zone),
            currency: self.currency.or(base.currency),
            start: self.start.or(base.start),
            end: self.end.or(base.end),
            provider: self.provider.or(base.provider),
            customer: self.customer.or(base.customer),
        }
    }
}

/// The first version, or a later one.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its first day.
    pub in_force: Option<Date>,
    /// What was revised.
    pub note: Option<Text>,
    /// What it says.
    pub draft: Draft,
    /// For findings about it.
    pub source: Source,
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// About the contract as a whole.
    pub head: Head,
    /// The file that it extends.
    pub extends: Option<String>,
    /// Its own body.
    pub body: Part,
    /// Its `[[version]]`s, in the order of the file.
    pub versions: Vec<Part>,
}

/// Reads the whole file.
pub fn read_top(top: Section<'_>, file: usize) -> File {
    let extends = top.value((EXTENDS, "a file beside this one that this one changes"), &FILE);
    let is_whole = !top.has(EXTENDS);
    let head = read_head(&top);
    let in_force = top.value(("in_force", "first day of the first version"), &Day);
    if !is_whole && top.has("in_force") {
        top.object(
            "in_force",
            "`in_force` is the base's: this file holds in each of its versions; what begins later \
             goes under [[version]] with its own `in_force`",
        );
    }
    top.demand_unless(
        EXTENDS,
        "in_force",
        "the first day of the first version, such as 2020-01-01",
    );
    let note = read_text(&top, "note");
    let draft = read_body(&top, file);
    if is_whole && top.has("remove") {
        top.object("remove", "there is nothing to remove: this is the first version");
    }
    let versions = top.sections(("version", "a later version: it changes by name, the rest stays"));
    let versions = versions.into_iter().map(|version| read_version(version, file)).collect();
    let body = Part { in_force, note, draft, source: Source { file, place: top.place() } };
    top.finish();
    File { head, extends, body, versions }
}

fn read_head(top: &Section<'_>) -> Head {
    let name = top.value(("name", "in commands, addresses and records"), &NAME);
    let title = read_text(top, "title");
    let language =
        top.value(("language", "of its documents; ja when left out"), &Choice(&LANGUAGES));
    let zone = top.value(("time_zone", "where its days and months are"), &ZONE);
    let currency = top.value(("currency", "of its fees; JPY when left out"), &Choice(&CURRENCIES));
    let start = top.value(("start", "the customer's first day"), &Day);
    let end = top.value(("end", "the customer's last day, when it has ended"), &Day);
    top.demand_unless(EXTENDS, "name", NAME.expected);
    top.demand_unless(EXTENDS, "title", "what the document is called");
    top.demand_unless(EXTENDS, "time_zone", ZONE.expected);
    top.demand_unless(EXTENDS, "start", "the customer's first day, such as 2020-01-01");
    top.demand_unless(EXTENDS, "parties", "a section [parties] with `provider` and `customer`");
    let parties = top.section(("parties", "who promises, and who is promised"));
    let (mut provider, mut customer) = (None, None);
    if parties.is_expected() {
        provider = need_text(&parties, "provider");
        customer = need_text(&parties, "customer");
    }
    parties.finish();
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        top.object("end", &format!("the contract ends on {end}, before it starts on {start}"));
    }
    Head { name, title, language, zone, currency, start, end, provider, customer }
}

fn read_version(section: Section<'_>, file: usize) -> Part {
    let in_force = section.need(("in_force", "its first day"), &Day);
    if let Some(day) = in_force {
        section.label(day);
    }
    let note = read_text(&section, "note");
    let draft = read_body(&section, file);
    let place = section.place();
    section.finish();
    Part { in_force, note, draft, source: Source { file, place } }
}
