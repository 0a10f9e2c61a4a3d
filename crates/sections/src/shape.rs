//! The shape of a file: which keys its sections hold and what may stand under them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::section::Key;

/// What may stand under a key.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A text in quotes.
    Text {
        /// Completes the sentence "expected …".
        expected: &'static str,
    },
    /// One of these words.
    Words(Vec<&'static str>),
    /// A whole number.
    Number {
        /// Smallest.
        least: u64,
        /// Largest.
        most: u64,
    },
    /// `true` or `false`.
    Truth,
    /// A date.
    Day,
    /// Any number of the same.
    List(Box<Shape>),
    /// One of these.
    Either(Vec<Shape>),
    /// A table.
    Section(Rc<RefCell<SectionShape>>),
}

/// The keys that a section may hold.
#[derive(Clone, Debug, Default)]
pub struct SectionShape {
    /// Its place in the file, such as `service.function`; empty for the whole file.
    pub path: String,
    /// In the order in which they are read.
    pub keys: Vec<(&'static str, KeyShape)>,
    /// Keys of which the second must be there when the first is not.
    pub required_unless: Vec<(&'static str, &'static str)>,
    /// What else it may hold, by the value or the presence of a key.
    pub variants: Vec<VariantShape>,
}

/// One key of a section.
#[derive(Clone, Debug)]
pub struct KeyShape {
    /// What may stand under it.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, in one line.
    pub about: Option<&'static str>,
    /// What holds when it is not there, as the file would have it.
    pub default: Option<String>,
}

/// Keys that depend on another.
#[derive(Clone, Debug)]
pub struct VariantShape {
    /// The key whose word decides; `None` when the presence of a key does.
    pub decides: Option<&'static str>,
    /// By the word of that key, or by the key that is there: what else may be there.
    pub branches: Vec<(&'static str, SectionShape)>,
}

impl SectionShape {
    /// Notes a key; what was noted of it before stays.
    pub(crate) fn note(&mut self, key: Key, shape: Shape) {
        match self.keys.iter_mut().find(|(name, _)| *name == key.name) {
            Some((_, known)) => known.about = known.about.or(key.about),
            None => {
                let noted = KeyShape { shape, required: false, about: key.about, default: None };
                self.keys.push((key.name, noted));
            }
        }
    }

    /// Changes what is known of a key that was noted.
    pub(crate) fn change(&mut self, name: &str, change: impl FnOnce(&mut KeyShape)) {
        if let Some((_, known)) = self.keys.iter_mut().find(|(known, _)| *known == name) {
            change(known);
        }
    }
}
