//! What is wrong in the files of one contract, and what is only odd.

use std::collections::BTreeSet;
use std::fmt;

use sections::FINDINGS_MAX;

use crate::read::Source;

/// Something wrong or odd in a contract file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, as it was named when it was opened.
    pub file: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for Finding {
    /// `file:line: text`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.text)
    }
}

/// Findings of every file, each said once.
#[derive(Default)]
pub struct Problems {
    /// Names of the files, the one that was asked for first.
    pub files: Vec<String>,
    errors: BTreeSet<(usize, usize, String)>,
    warnings: BTreeSet<(usize, usize, String)>,
    said: BTreeSet<(usize, usize, String)>,
    /// Added to what is found from now on: which version it is about.
    pub context: String,
}

impl Problems {
    /// Something that keeps the contract from being used.
    pub fn error(&mut self, file: usize, line: usize, text: String) {
        if let Some(found) = self.unsaid(file, line, text) {
            self.errors.insert(found);
        }
    }

    /// Something that is probably not meant.
    pub fn warn(&mut self, source: &Source, key: &str, text: String) {
        if let Some(found) = self.unsaid(source.file, source.place.line_of(key), text) {
            self.warnings.insert(found);
        }
    }

    /// As [`Problems::error`], about a key of an item.
    pub fn object(&mut self, source: &Source, key: &str, text: String) {
        self.error(source.file, source.place.line_of(key), text);
    }

    /// The finding with its context, unless it was said of an earlier version or there are enough.
    fn unsaid(&mut self, file: usize, line: usize, text: String) -> Option<(usize, usize, String)> {
        let full = self.said.len() >= FINDINGS_MAX;
        if full || !self.said.insert((file, line, text.clone())) {
            return None;
        }
        Some((file, line, format!("{text}{}", self.context)))
    }

    /// Whether more findings would be dropped.
    pub fn is_full(&self) -> bool {
        self.said.len() >= FINDINGS_MAX
    }

    /// Whether the contract can be used.
    pub fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// What keeps the contract from being used, by file and line.
    pub fn errors(&self) -> Vec<Finding> {
        self.findings(&self.errors)
    }

    /// What is probably not meant.
    pub fn warnings(&self) -> Vec<Finding> {
        self.findings(&self.warnings)
    }

    fn findings(&self, set: &BTreeSet<(usize, usize, String)>) -> Vec<Finding> {
        let finding = |(file, line, text): &(usize, usize, String)| Finding {
            file: self.files[*file].clone(),
            line: *line,
            text: text.clone(),
        };
        set.iter().map(finding).collect()
    }
}
