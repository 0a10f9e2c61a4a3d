//! What is wrong in a file, and on which line.

use std::cell::RefCell;
use std::fmt;

/// Most findings that are kept for one file; whoever has so many has another problem.
pub const FINDINGS_MAX: usize = 200;

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

/// Where the lines of the file begin, to turn places into lines, and what was found so far.
pub struct Findings {
    line_starts: Vec<usize>,
    list: RefCell<Vec<Finding>>,
}

impl Findings {
    /// Nothing found yet in that text.
    pub fn new(text: &str) -> Findings {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(i, _)| i + 1);
        let line_starts = std::iter::once(0).chain(after).collect();
        Findings { line_starts, list: RefCell::default() }
    }

    /// The line of a byte of the text, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// Adds a finding at a byte of the text; beyond [`FINDINGS_MAX`] nothing.
    pub fn add(&self, at: usize, text: String) {
        if !self.is_full() {
            let line = self.line(at);
            self.list.borrow_mut().push(Finding { line, text });
        }
    }

    /// Whether more findings would be dropped, so that nobody needs to look for them.
    pub fn is_full(&self) -> bool {
        self.list.borrow().len() >= FINDINGS_MAX
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// Everything found, by line.
    pub fn into_sorted(self) -> Vec<Finding> {
        let mut list = self.list.into_inner();
        list.sort();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_places() {
        let findings = Findings::new("a\nbc\n\nd");
        let lines: Vec<usize> = (0..9).map(|at| findings.line(at)).collect();
        assert_eq!(lines, [1, 1, 2, 2, 2, 3, 4, 4, 4]);
    }

    #[test]
    fn an_endless_list_of_mistakes_ends() {
        let findings = Findings::new("");
        for _ in 0..2 * FINDINGS_MAX {
            findings.add(0, "again".to_owned());
        }
        assert_eq!(findings.into_sorted().len(), FINDINGS_MAX);
    }
}
