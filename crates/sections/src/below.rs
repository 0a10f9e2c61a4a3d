//! Sections below a section: one, a list, or one in place of a value.

use std::cell::RefCell;
use std::rc::Rc;

use toml::Spanned;
use toml::de::DeValue;

use crate::kind::{ITEMS_MAX, Kind};
use crate::section::{Key, Section};
use crate::shape::{SectionShape, Shape};

/// A key that is not the reader's to know, and its text.
pub struct FreeText<'t> {
    /// The key.
    pub key: &'t str,
    /// Its place, for [`Section::object_at`].
    pub key_at: usize,
    /// The text.
    pub text: &'t str,
    /// Its place.
    pub text_at: usize,
}

impl<'t> Section<'t> {
    /// The section below under that key; empty where there is none.
    pub fn section(&self, key: impl Into<Key>) -> Section<'t> {
        let key = key.into();
        let path = self.below(key.name);
        let value = self.get(key.name);
        let table = value.and_then(|value| value.get_ref().as_table());
        let start = value.map_or(self.start, |value| value.span().start);
        if let (Some(value), None) = (value, table) {
            self.misfit_because(key.name, value, &format!("a section [{path}]"));
        }
        let mut section = Section::new(path.clone(), false, start, table, self.findings);
        section.shape = self.shape_below(key, &path, Shape::Section);
        section
    }

    /// The sections of a list under that key, such as every `[[composition]]`.
    pub fn sections(&self, key: impl Into<Key>) -> Vec<Section<'t>> {
        self.sections_up_to(key, ITEMS_MAX)
    }

    /// As [`Section::sections`], with another limit than that of lists.
    pub fn sections_up_to(&self, key: impl Into<Key>, most: usize) -> Vec<Section<'t>> {
        let key = key.into();
        let path = self.below(key.name);
        let list = |shape| Shape::List(Box::new(Shape::Section(shape)));
        if let Some(shape) = self.shape_below(key, &path, list) {
            let mut section = Section::new(path, true, 0, None, self.findings);
            section.shape = Some(shape);
            return vec![section];
        }
        let Some(value) = self.get(key.name) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            let expected = format!("a list of sections, each headed [[{path}]]");
            self.misfit_because(key.name, value, &expected);
            return Vec::new();
        };
        if array.len() > most {
            self.too_many(key.name, value, array.len(), most);
            return Vec::new();
        }
        let one = |item: &'t Spanned<DeValue<'t>>| {
            let table = item.get_ref().as_table();
            if table.is_none() {
                self.misfit_because(key.name, item, &format!("a section [[{path}]]"));
            }
            Section::new(path.clone(), true, item.span().start, table, self.findings)
        };
        array.iter().map(one).collect()
    }

    /// Every key with its text, in a section whose keys are not the reader's to know; a finding for
    /// each value that is something else.
    pub fn texts(&self) -> Vec<FreeText<'t>> {
        let mut texts = Vec::new();
        for (key, value) in self.table().into_iter().flatten() {
            let name = key.get_ref().as_ref();
            match value.get_ref().as_str() {
                Some(text) => texts.push(FreeText {
                    key: name,
                    key_at: key.span().start,
                    text,
                    text_at: value.span().start,
                }),
                None => self.misfit_because(name, value, "a text in quotes"),
            }
        }
        texts
    }

    /// A value of that kind, or else a section that holds the same in parts.
    pub fn value_or_section<K: Kind>(
        &self,
        key: impl Into<Key>,
        kind: &K,
        read: impl FnOnce(Section<'t>) -> Option<K::Out>,
    ) -> Option<K::Out> {
        let key = key.into();
        let path = self.below(key.name);
        let both = |section| Shape::Either(vec![kind.shape(), Shape::Section(section)]);
        if let Some(shape) = self.shape_below(key, &path, both) {
            let mut section = Section::new(path, false, 0, None, self.findings);
            section.shape = Some(shape);
            return read(section);
        }
        match self.get(key.name)?.get_ref() {
            DeValue::Table(_) => read(self.section(key)),
            _ => self.value(key, kind),
        }
    }

    /// Notes a key with a section below, whose shape is still to be told.
    fn shape_below(
        &self,
        key: Key,
        path: &str,
        shape: impl FnOnce(Rc<RefCell<SectionShape>>) -> Shape,
    ) -> Option<Rc<RefCell<SectionShape>>> {
        let noted = self.shape.as_ref()?;
        let below = SectionShape { path: path.to_owned(), ..SectionShape::default() };
        let below = Rc::new(RefCell::new(below));
        noted.borrow_mut().note(key, shape(Rc::clone(&below)));
        Some(below)
    }
}
