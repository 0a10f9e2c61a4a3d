//! Public holidays, as a table that somebody issued and that law can overtake.
//!
//! The Cabinet Office of Japan publishes the holidays of the next year each February; days after
//! that are computed from the law as it stands and may still move, as they did for 2020 and 2021.
//! So a table knows up to which day it is final. How the table is made stands in `data/README.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;

/// The table that comes with the program.
const JAPAN: &str = include_str!("../data/holidays-jp.csv");
/// More days than any table needs: 100 holidays a year for a century.
const DAYS_LIMIT: usize = 10_000;

/// The public holidays of a country, with their origin and with how far they are final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolidayTable {
    country: String,
    source: String,
    source_version: String,
    licence: String,
    issued: Date,
    official_until: Date,
    first: Date,
    last: Date,
    days: BTreeMap<Date, String>,
}

/// A text is not a holiday table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("holiday table, line {line}: {what}")]
pub struct HolidayError {
    /// The line, counted from 1; the one after the last when something is missing.
    pub line: usize,
    /// What is wrong there and how it is put right.
    pub what: String,
}

impl HolidayTable {
    /// The holidays of Japan that come with the program.
    pub fn japan() -> Arc<HolidayTable> {
        static TABLE: LazyLock<Arc<HolidayTable>> = LazyLock::new(|| {
            Arc::new(HolidayTable::read(JAPAN).expect("a test reads the table we ship"))
        });
        Arc::clone(&TABLE)
    }

    /// Reads a table: a header of `# name: value` lines (`country`, `source`, `source_version`,
    /// `licence`, `issued`, `official_until`, `first`, `last`), other `#` lines that are only for
    /// people, then `YYYY-MM-DD,NAME` in order.
    ///
    /// # Errors
    /// Names the first line that is wrong and says what belongs there.
    pub fn read(text: &str) -> Result<HolidayTable, HolidayError> {
        let mut header = BTreeMap::new();
        let mut days: BTreeMap<Date, String> = BTreeMap::new();
        for (line, content) in (1..).zip(text.lines()) {
            let wrong = |what: String| Err(HolidayError { line, what });
            if let Some(remark) = content.strip_prefix('#') {
                if let Some((name, value)) = remark.split_once(':') {
                    header.insert(name.trim(), (line, value.trim()));
                }
                continue;
            }
            if content.trim().is_empty() {
                continue;
            }
            let (day, name) = content.split_once(',').unwrap_or((content, ""));
            let Ok(day) = day.parse::<Date>() else {
                return wrong(format!("`{day}` is not a day: write YYYY-MM-DD,NAME"));
            };
            if name.trim().is_empty() {
                return wrong(format!("{day} has no name: write YYYY-MM-DD,NAME"));
            }
            if days.last_key_value().is_some_and(|(before, _)| *before >= day) {
                return wrong(format!("{day} is out of order: sort the days, name each once"));
            }
            if days.len() == DAYS_LIMIT {
                return wrong(format!("more than {DAYS_LIMIT} days: leave out the distant ones"));
            }
            days.insert(day, name.trim().to_owned());
        }
        Header { fields: header, end: text.lines().count() + 1 }.table(days)
    }

    /// The name of the holiday that falls on a day.
    pub fn name(&self, day: Date) -> Option<&str> {
        self.days.get(&day).map(String::as_str)
    }

    /// Whether a day is a holiday. Days outside of the table's years never are.
    pub fn is_holiday(&self, day: Date) -> bool {
        self.days.contains_key(&day)
    }

    /// Whether the table's word on a day is official and not a forecast.
    pub fn is_final(&self, day: Date) -> bool {
        day <= self.official_until
    }

    /// The country, ISO 3166: `JP`.
    pub fn country(&self) -> &str {
        &self.country
    }

    /// Where the days come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The version of the source.
    pub fn source_version(&self) -> &str {
        &self.source_version
    }

    /// The licence of the source, with its copyright line.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// When this table was made; a later table overrules an earlier one.
    pub fn issued(&self) -> Date {
        self.issued
    }

    /// The last day that was officially published when the table was issued.
    pub fn official_until(&self) -> Date {
        self.official_until
    }

    /// The first day on which the table has a word.
    pub fn first(&self) -> Date {
        self.first
    }

    /// The last day on which the table has a word, if only a forecast.
    pub fn last(&self) -> Date {
        self.last
    }

    /// All holidays in order.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = (Date, &str)> {
        self.days.iter().map(|(day, name)| (*day, name.as_str()))
    }
}

/// The named lines at the beginning, with their line numbers.
struct Header<'a> {
    fields: BTreeMap<&'a str, (usize, &'a str)>,
    /// The line after the last.
    end: usize,
}

impl Header<'_> {
    fn table(&self, days: BTreeMap<Date, String>) -> Result<HolidayTable, HolidayError> {
        let table = HolidayTable {
            country: self.text("country")?,
            source: self.text("source")?,
            source_version: self.text("source_version")?,
            licence: self.text("licence")?,
            issued: self.day("issued")?,
            official_until: self.day("official_until")?,
            first: self.day("first")?,
            last: self.day("last")?,
            days,
        };
        let outside = |day: &&Date| **day < table.first || table.last < **day;
        if let Some(day) = table.days.keys().find(outside) {
            let what = format!("{day} is not within `first` and `last`: correct the header");
            return Err(HolidayError { line: self.end, what });
        }
        if table.last < table.official_until {
            let what = "`official_until` is after `last`: a day the table does not know \
                        cannot be final";
            return Err(HolidayError { line: self.line("official_until"), what: what.to_owned() });
        }
        Ok(table)
    }

    fn line(&self, name: &str) -> usize {
        self.fields.get(name).map_or(self.end, |(line, _)| *line)
    }

    fn text(&self, name: &str) -> Result<String, HolidayError> {
        match self.fields.get(name) {
            Some((_, value)) if !value.is_empty() => Ok((*value).to_owned()),
            _ => {
                let what = format!("no `{name}`: add a line `# {name}: …` at the top");
                Err(HolidayError { line: self.line(name), what })
            }
        }
    }

    fn day(&self, name: &str) -> Result<Date, HolidayError> {
        let text = self.text(name)?;
        text.parse().map_err(|_| HolidayError {
            line: self.line(name),
            what: format!("`{name}` is `{text}`, not a day: write YYYY-MM-DD"),
        })
    }
}
