//! Reads one section of the file key by key, and remembers what it did not understand.
//!
//! Whoever reads asks for every key that the section may hold; [`Section::finish`] then knows
//! which keys nobody asked for and which known one was meant. Reading never stops at the first
//! mistake: a bad value is a finding, and the reader goes on with the default.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::{FromText, quote};

const TOP: &str = "the top level";

/// Something wrong in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Line in the file, from 1; 0 when it is about the file as a whole.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.text)
    }
}

/// The text of the file, to turn places into lines, and what was found so far.
pub struct Findings<'t> {
    text: &'t str,
    list: RefCell<Vec<Finding>>,
}

impl<'t> Findings<'t> {
    /// Nothing found yet in that text.
    pub fn new(text: &'t str) -> Findings<'t> {
        Findings { text, list: RefCell::default() }
    }

    /// Adds a finding at a byte of the text.
    pub fn add(&self, at: usize, text: String) {
        let line = self.text[..at.min(self.text.len())].matches('\n').count() + 1;
        self.list.borrow_mut().push(Finding { line, text });
    }

    /// Everything found, by line.
    pub fn into_sorted(self) -> Vec<Finding> {
        let mut list = self.list.into_inner();
        list.sort();
        list
    }
}

/// One table of the file; an absent one reads as empty.
pub struct Section<'t> {
    /// As findings name it, such as `[console]`.
    title: String,
    start: usize,
    table: Option<&'t DeTable<'t>>,
    asked: RefCell<BTreeSet<&'static str>>,
    findings: &'t Findings<'t>,
}

impl<'t> Section<'t> {
    /// The whole file.
    pub fn top(table: &'t DeTable<'t>, findings: &'t Findings<'t>) -> Section<'t> {
        Section::new(TOP.to_owned(), 0, Some(table), findings)
    }

    fn new(
        title: String,
        start: usize,
        table: Option<&'t DeTable<'t>>,
        findings: &'t Findings<'t>,
    ) -> Section<'t> {
        Section { title, start, table, asked: RefCell::default(), findings }
    }

    /// The value under that key.
    fn get(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key);
        let (_, value) = self.table?.iter().find(|(k, _)| k.get_ref() == key)?;
        Some(value)
    }

    /// A text value; a finding and `None` when it is something else.
    pub fn read<T: FromText>(&self, key: &'static str) -> Option<T> {
        let value = self.get(key)?;
        let parsed = value.get_ref().as_str().and_then(T::from_text);
        if parsed.is_none() {
            self.misfit(key, value, T::EXPECTED);
        }
        parsed
    }

    /// As [`Section::read`], and a finding when the key is not there.
    pub fn require<T: FromText>(&self, key: &'static str) -> Option<T> {
        if self.get(key).is_none() {
            let text = format!("{} needs `{key}`: {}", self.title, T::EXPECTED);
            self.findings.add(self.start, text);
        }
        self.read(key)
    }

    /// A list of text values; a finding for each bad one, and `None` when there was any.
    pub fn read_list<T: FromText>(&self, key: &'static str) -> Option<Vec<T>> {
        let value = self.get(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.misfit(key, value, &format!("a list in [ ], each item {}", T::EXPECTED));
            return None;
        };
        let element = |item: &Spanned<DeValue<'t>>| {
            let parsed = item.get_ref().as_str().and_then(T::from_text);
            if parsed.is_none() {
                self.misfit(key, item, T::EXPECTED);
            }
            parsed
        };
        array.iter().map(element).collect::<Vec<_>>().into_iter().collect()
    }

    /// A whole number in a range.
    pub fn number(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.get(key)?;
        let parsed = value
            .get_ref()
            .as_integer()
            .and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok())
            .filter(|n| range.contains(n));
        if parsed.is_none() {
            let expected = format!("a number from {} to {}", range.start(), range.end());
            self.misfit(key, value, &expected);
        }
        parsed
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str();
        let found = words.iter().find(|(word, _)| Some(*word) == text);
        if found.is_none() {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            self.misfit(key, value, &format!("one of {}", all.join(", ")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// The section below under that key; empty where there is none.
    pub fn section(&self, key: &'static str) -> Section<'t> {
        let title = if self.title == TOP { format!("[{key}]") } else { self.below(key) };
        let Some(value) = self.get(key) else {
            return Section::new(title, self.start, None, self.findings);
        };
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.misfit(key, value, &format!("a section {title}"));
        }
        Section::new(title, value.span().start, table, self.findings)
    }

    /// The sections of a list under that key, such as every `[[composition]]`.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'t>> {
        let title = if self.title == TOP { format!("[[{key}]]") } else { self.below(key) };
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.misfit(key, value, &format!("a list of sections, each headed {title}"));
            return Vec::new();
        };
        let one = |item: &'t Spanned<DeValue<'t>>| {
            let table = item.get_ref().as_table();
            if table.is_none() {
                self.misfit(key, item, &format!("a section {title}"));
            }
            Section::new(title.clone(), item.span().start, table, self.findings)
        };
        array.iter().map(one).collect()
    }

    fn below(&self, key: &str) -> String {
        let inner = self.title.trim_matches(['[', ']']);
        if key == "route" { format!("[[{inner}.{key}]]") } else { format!("[{inner}.{key}]") }
    }

    /// Every key with its text, where the keys are not ours to know; a finding for each value that
    /// is something else. The numbers are places for [`Section::object_at`].
    pub fn texts(&self) -> Vec<(&'t str, usize, &'t str, usize)> {
        let mut texts = Vec::new();
        for (key, value) in self.table.into_iter().flatten() {
            match value.get_ref().as_str() {
                Some(text) => {
                    texts.push((
                        key.get_ref().as_ref(),
                        key.span().start,
                        text,
                        value.span().start,
                    ));
                }
                None => self.misfit(key.get_ref(), value, "a text in quotes"),
            }
        }
        texts
    }

    /// A date without a time, such as 2026-11-01.
    pub fn date(&self, key: &'static str) -> Option<jiff::civil::Date> {
        let value = self.get(key)?;
        let written = match value.get_ref() {
            DeValue::Datetime(written) => written.to_string().parse().ok(),
            _ => None,
        };
        if written.is_none() {
            self.misfit(key, value, "a date without quotes, such as 2026-11-01");
        }
        written
    }

    /// A finding at a place of [`Section::texts`].
    pub fn object_at(&self, at: usize, text: &str) {
        self.findings.add(at, format!("{}: {text}", self.title));
    }

    /// Whether the key is in the file.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// A finding about that key, or about the section when the key is not there.
    pub fn object(&self, key: &'static str, text: &str) {
        let at = self.get(key).map_or(self.start, |value| value.span().start);
        let title = if self.title == TOP { String::new() } else { format!("{}: ", self.title) };
        self.findings.add(at, format!("{title}{text}"));
    }

    /// Call last: every key that nobody asked for is a finding.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if !asked.contains(name) {
                let hint = meant(name, &asked);
                let text = format!("{} has no key `{name}`{hint}", self.title);
                self.findings.add(key.span().start, text);
            }
        }
    }

    fn misfit(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let got = quote(value.get_ref());
        let text = format!("`{key}` is {got}: expected {expected}");
        self.findings.add(value.span().start, text);
    }
}

/// The known key that is nearest to the unknown one, or all of them when none is near.
fn meant(name: &str, known: &BTreeSet<&'static str>) -> String {
    let near = |known: &&&str| strsim::damerau_levenshtein(name, known);
    match known.iter().min_by_key(near) {
        Some(best) if strsim::damerau_levenshtein(name, best) <= 1 + name.len() / 4 => {
            format!("; did you mean `{best}`?")
        }
        _ => {
            let all: Vec<&str> = known.iter().copied().collect();
            format!("; it may hold {}", all.join(", "))
        }
    }
}
