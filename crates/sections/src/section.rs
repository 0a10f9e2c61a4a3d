//! Reads one section of the file key by key, and remembers what it did not understand.
//!
//! Whoever reads asks for every key that the section may hold; [`Section::finish`] then knows
//! which keys nobody asked for and which known one was meant. Reading never stops at the first
//! mistake: a bad value is a finding, and the reader goes on without it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::findings::Findings;
use crate::kind::{Choice, ITEMS_MAX, Kind, quote};
use crate::nearest::nearest;
use crate::shape::{SectionShape, Shape};

const TOP: &str = "the top level";

/// A key to read, perhaps with a line about it for the description of the file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub(crate) name: &'static str,
    pub(crate) about: Option<&'static str>,
}

impl From<&'static str> for Key {
    fn from(name: &'static str) -> Key {
        Key { name, about: None }
    }
}

impl From<(&'static str, &'static str)> for Key {
    fn from((name, about): (&'static str, &'static str)) -> Key {
        Key { name, about: Some(about) }
    }
}

/// The lines of a section and of its keys, for findings that are made when it has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line on which the section begins.
    pub line: usize,
    keys: Vec<(&'static str, usize)>,
}

impl Place {
    /// The line of a key, or of the section when the key is not there.
    pub fn line_of(&self, key: &str) -> usize {
        self.keys.iter().find(|(name, _)| *name == key).map_or(self.line, |(_, line)| *line)
    }
}

/// One table of the file; an absent one reads as empty.
pub struct Section<'t> {
    /// Keys from the top, such as `service.function`; empty for the whole file.
    path: String,
    /// Whether it is one of a list, as `[[service]]` is.
    in_list: bool,
    /// What tells it from its like, such as its name.
    label: RefCell<String>,
    /// Which variant it is, such as `` with `kind` "clock"``.
    chosen: RefCell<String>,
    pub(crate) start: usize,
    table: Option<&'t DeTable<'t>>,
    asked: RefCell<BTreeSet<&'static str>>,
    /// Which keys are known depends on a value that is not understood.
    pub(crate) unknowable: Cell<bool>,
    pub(crate) findings: &'t Findings,
    pub(crate) shape: Option<Rc<RefCell<SectionShape>>>,
}

impl<'t> Section<'t> {
    /// The whole file.
    pub fn top(table: &'t DeTable<'t>, findings: &'t Findings) -> Section<'t> {
        Section::new(String::new(), false, 0, Some(table), findings)
    }

    /// The shape of what that function reads.
    pub fn describing(read: impl FnOnce(Section<'_>)) -> SectionShape {
        let findings = Findings::new("");
        let shape = Rc::<RefCell<SectionShape>>::default();
        let mut section = Section::new(String::new(), false, 0, None, &findings);
        section.shape = Some(Rc::clone(&shape));
        read(section);
        shape.take()
    }

    pub(crate) fn new(
        path: String,
        in_list: bool,
        start: usize,
        table: Option<&'t DeTable<'t>>,
        findings: &'t Findings,
    ) -> Section<'t> {
        Section {
            path,
            in_list,
            label: RefCell::default(),
            chosen: RefCell::default(),
            start,
            table,
            asked: RefCell::default(),
            unknowable: Cell::new(false),
            findings,
            shape: None,
        }
    }

    /// Findings then call it `[[promise]] "availability"`.
    pub fn label(&self, label: impl std::fmt::Display) {
        *self.label.borrow_mut() = format!(" \"{label}\"");
    }

    /// Findings about unknown keys say which variant lacks them.
    pub(crate) fn choose(&self, key: &str, word: &str) {
        self.chosen.borrow_mut().push_str(&format!(" with `{key}` {word:?}"));
    }

    fn title(&self) -> String {
        let label = self.label.borrow();
        match (self.path.as_str(), self.in_list) {
            ("", _) => format!("{TOP}{label}"),
            (path, true) => format!("[[{path}]]{label}"),
            (path, false) => format!("[{path}]{label}"),
        }
    }

    pub(crate) fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(crate) fn get(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key);
        let (_, value) = self.table?.iter().find(|(k, _)| k.get_ref() == key)?;
        Some(value)
    }

    pub(crate) fn table(&self) -> Option<&'t DeTable<'t>> {
        self.table
    }

    /// Whether the shape is asked for, not a file.
    pub(crate) fn is_describing(&self) -> bool {
        self.shape.is_some()
    }

    fn note(&self, key: Key, shape: impl FnOnce() -> Shape) {
        if let Some(noted) = &self.shape {
            noted.borrow_mut().note(key, shape());
        }
    }

    /// Changes the shape when that is asked for.
    pub(crate) fn describe(&self, change: impl FnOnce(&mut SectionShape)) {
        if let Some(noted) = &self.shape {
            change(&mut noted.borrow_mut());
        }
    }

    /// A section to describe one variant of this one.
    pub(crate) fn branch(&self) -> (Section<'t>, Rc<RefCell<SectionShape>>) {
        let path = self.path.clone();
        let shape =
            Rc::new(RefCell::new(SectionShape { path: path.clone(), ..Default::default() }));
        let mut branch = Section::new(path, self.in_list, self.start, None, self.findings);
        branch.shape = Some(Rc::clone(&shape));
        (branch, shape)
    }

    /// A value; a finding and `None` when it is of another kind.
    pub fn value<K: Kind>(&self, key: impl Into<Key>, kind: &K) -> Option<K::Out> {
        let key = key.into();
        self.note(key, || kind.shape());
        let value = self.get(key.name)?;
        let taken = kind.take(value.get_ref());
        if taken.is_none() {
            self.misfit(key.name, value, kind);
        }
        taken
    }

    /// As [`Section::value`], and a finding when the key is not there.
    pub fn need<K: Kind>(&self, key: impl Into<Key>, kind: &K) -> Option<K::Out> {
        let key = key.into();
        self.note(key, || kind.shape());
        self.demand(key.name, &kind.expected());
        self.value(key, kind)
    }

    /// One of a few words; `default` when the key is not there or wrong.
    pub fn choice_or<T: Copy + PartialEq>(
        &self,
        key: impl Into<Key>,
        words: &[(&'static str, T)],
        default: T,
    ) -> T {
        let key = key.into();
        let value = self.value(key, &Choice(words));
        let word = words.iter().find(|(_, meaning)| *meaning == default).map(|(word, _)| *word);
        self.describe(|shape| {
            shape.change(key.name, |known| known.default = word.map(str::to_owned));
        });
        value.unwrap_or(default)
    }

    /// A list of values; a finding for each bad one, and `None` when there was any.
    pub fn list<K: Kind>(&self, key: impl Into<Key>, kind: &K) -> Option<Vec<K::Out>> {
        let key = key.into();
        self.note(key, || Shape::List(Box::new(kind.shape())));
        let value = self.get(key.name)?;
        let Some(array) = value.get_ref().as_array() else {
            let expected = format!("a list in [ ], each item {}", kind.expected());
            self.misfit_because(key.name, value, &expected);
            return None;
        };
        if array.len() > ITEMS_MAX {
            self.too_many(key.name, value, array.len(), ITEMS_MAX);
            return None;
        }
        let element = |item: &Spanned<DeValue<'t>>| {
            let taken = kind.take(item.get_ref());
            if taken.is_none() {
                self.misfit(key.name, item, kind);
            }
            taken
        };
        array.iter().map(element).collect::<Vec<_>>().into_iter().collect()
    }

    /// As [`Section::list`], and a finding when the key is not there or the list is empty.
    pub fn need_list<K: Kind>(&self, key: impl Into<Key>, kind: &K) -> Option<Vec<K::Out>> {
        let key = key.into();
        self.note(key, || Shape::List(Box::new(kind.shape())));
        self.demand(key.name, &format!("a list in [ ], each item {}", kind.expected()));
        let list = self.list(key, kind)?;
        if list.is_empty() {
            self.object(key.name, &format!("`{}` needs at least one item", key.name));
            return None;
        }
        Some(list)
    }

    /// A finding when the key is not there.
    pub fn demand(&self, key: &'static str, expected: &str) {
        self.describe(|shape| shape.change(key, |known| known.required = true));
        if self.get(key).is_none() && !self.is_describing() {
            let text = format!("{} needs `{key}`: {expected}", self.title());
            self.findings.add(self.start, text);
        }
    }

    /// A finding when neither this key nor the other one is there.
    pub fn demand_unless(&self, other: &'static str, key: &'static str, expected: &str) {
        self.describe(|shape| shape.required_unless.push((other, key)));
        if !self.is_describing() && !self.has(other) {
            self.demand(key, expected);
        }
    }

    /// Whether the key is in the file.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// Whether the section is in the file.
    pub fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// Whether to read on: the section is in the file, or its shape is asked for.
    pub fn is_expected(&self) -> bool {
        self.is_there() || self.is_describing()
    }

    /// The lines of the section and of the keys that were asked for.
    pub fn place(&self) -> Place {
        let asked = self.asked.borrow();
        let lines = self.table.into_iter().flatten().filter_map(|(key, value)| {
            let name = asked.get(key.get_ref().as_ref())?;
            Some((*name, self.findings.line(value.span().start)))
        });
        Place { line: self.findings.line(self.start), keys: lines.collect() }
    }

    /// A finding about that key, or about the section when the key is not there.
    pub fn object(&self, key: &'static str, text: &str) {
        let at = self.get(key).map_or(self.start, |value| value.span().start);
        let title =
            if self.path.is_empty() { String::new() } else { format!("{}: ", self.title()) };
        self.findings.add(at, format!("{title}{text}"));
    }

    /// A finding at a place of the file.
    pub fn object_at(&self, at: usize, text: &str) {
        self.findings.add(at, format!("{}: {text}", self.title()));
    }

    /// A finding about the section as a whole.
    pub fn object_whole(&self, text: &str) {
        self.findings.add(self.start, format!("{} {text}", self.title()));
    }

    /// Call last: every key that nobody asked for is a finding.
    pub fn finish(self) {
        if self.unknowable.get() {
            return;
        }
        let asked = self.asked.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if !asked.contains(name) && !self.findings.is_full() {
                let hint = meant(name, &asked);
                let short: String = name.chars().take(60).collect();
                let chosen = self.chosen.borrow();
                let text = format!("{}{chosen} has no key `{short}`{hint}", self.title());
                self.findings.add(key.span().start, text);
            }
        }
    }

    fn misfit<K: Kind>(&self, key: &str, value: &Spanned<DeValue<'_>>, kind: &K) {
        let mut expected = kind.expected();
        if let Some(meant) = kind.meant(value.get_ref()) {
            expected.push_str(&format!("; did you mean {meant}?"));
        }
        self.misfit_because(key, value, &expected);
    }

    pub(crate) fn misfit_because(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let got = quote(value.get_ref());
        let text = format!("`{key}` is {got}: expected {expected}");
        self.findings.add(value.span().start, text);
    }

    pub(crate) fn too_many(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        count: usize,
        most: usize,
    ) {
        let text = format!("`{key}` has {count} items: it may have {most}");
        self.findings.add(value.span().start, text);
    }
}

/// The known key that is nearest to the unknown one, or all of them when none is near.
fn meant(name: &str, known: &BTreeSet<&'static str>) -> String {
    match nearest(name, known.iter().copied(), 1 + name.len() / 4) {
        Some(best) => format!("; did you mean `{best}`?"),
        None => {
            let all: Vec<&str> = known.iter().copied().collect();
            format!("; it may hold {}", all.join(", "))
        }
    }
}
