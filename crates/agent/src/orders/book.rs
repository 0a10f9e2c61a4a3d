//! What was acted upon, on disk: it is written down before anything is done, so that no order is ever
//! done twice.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use link::{Order, Outcome, WorkResult};
use serde::{Deserialize, Serialize};

use crate::journal::write_whole;

/// Most orders whose names are remembered: those that the office may hand out again because it did
/// not hear their result yet.
const RECENT_MAX: usize = 256;

/// What was acted upon.
#[derive(Debug)]
pub struct Book {
    path: PathBuf,
    page: Page,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Page {
    /// When this page was begun. What was issued before may have been acted upon by a book that is
    /// lost.
    since: Timestamp,
    /// Number of the last order that was begun; 0 without.
    last_number: u64,
    /// Orders that have a result.
    recent: VecDeque<String>,
    /// The order that was begun and has no result.
    running: Option<Running>,
}

/// An order that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its name.
    pub order: String,
    /// What it does.
    pub action: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// The machine goes down by it.
    pub reboots: bool,
    /// Which start of the machine it was begun in.
    pub boot: String,
}

impl Book {
    /// Opens the book, or begins one.
    ///
    /// # Errors
    /// When it cannot be read, or is something else: then nothing must be acted upon.
    pub fn open(path: &Path, now: Timestamp) -> io::Result<Book> {
        let page = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Page { since: now, last_number: 0, recent: VecDeque::new(), running: None }
            }
            Err(error) => return Err(error),
        };
        let mut book = Book { path: path.to_owned(), page };
        let page = book.page.clone();
        book.keep(page)?;
        Ok(book)
    }

    /// Number of the last order that was begun.
    pub fn last_number(&self) -> u64 {
        self.page.last_number
    }

    /// When this book was begun.
    pub fn since(&self) -> Timestamp {
        self.page.since
    }

    /// The order that was begun and has no result.
    pub fn running(&self) -> Option<&Running> {
        self.page.running.as_ref()
    }

    /// Whether an order has a result, or is running.
    pub fn knows(&self, order: &str) -> bool {
        let running = self.page.running.as_ref().is_some_and(|running| running.order == order);
        running || self.page.recent.iter().any(|known| known == order)
    }

    /// Writes down that an order is begun. Only then it may be.
    ///
    /// # Errors
    /// When it cannot be written; then it must not be begun.
    pub fn begin(&mut self, order: &Order, running: Running) -> io::Result<()> {
        let page = self.page.clone();
        self.keep(Page { last_number: order.number, running: Some(running), ..page })
    }

    /// Writes down that an order has a result, which is in the journal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(&mut self, order: &str) -> io::Result<()> {
        let mut page = self.page.clone();
        if page.running.as_ref().is_some_and(|running| running.order == order) {
            page.running = None;
        }
        page.recent.push_back(order.to_owned());
        while page.recent.len() > RECENT_MAX {
            page.recent.pop_front();
        }
        self.keep(page)
    }

    fn keep(&mut self, page: Page) -> io::Result<()> {
        write_whole(&self.path, &serde_json::to_vec(&page)?)?;
        self.page = page;
        Ok(())
    }
}

impl Running {
    /// What is told of an order in the middle of which the agent ended.
    pub fn interrupted(&self, boot: &str, now: Timestamp) -> WorkResult {
        let (outcome, detail) = match self.reboots && self.boot != boot {
            true => (Outcome::Done, "the machine went down and came up again"),
            false => (
                Outcome::Unknown,
                "the agent ended while this was being done; it is not done again",
            ),
        };
        WorkResult {
            order: self.order.clone(),
            outcome,
            detail: detail.to_owned(),
            started_at: self.started_at,
            ended_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("an instant")
    }

    fn order(number: u64) -> Order {
        Order {
            id: format!("o-{number}"),
            station: "web-1".to_owned(),
            number,
            action: "restart".to_owned(),
            issued: at(0),
            expires: at(60),
            incident: None,
        }
    }

    fn running(order: &Order, reboots: bool) -> Running {
        Running {
            order: order.id.clone(),
            action: order.action.clone(),
            started_at: at(1),
            reboots,
            boot: "first".to_owned(),
        }
    }

    #[test]
    fn what_was_begun_is_known_after_a_crash() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("orders.json");
        let mut book = Book::open(&path, at(0)).expect("a book");
        assert_eq!((book.last_number(), book.knows("o-7")), (0, false));
        book.begin(&order(7), running(&order(7), false)).expect("begun");
        let mut book = Book::open(&path, at(99)).expect("a book");
        assert_eq!((book.last_number(), book.knows("o-7"), book.since()), (7, true, at(0)));
        let left = book.running().cloned().expect("it was begun");
        assert_eq!(left.interrupted("first", at(9)).outcome, Outcome::Unknown);
        assert_eq!(left.interrupted("second", at(9)).outcome, Outcome::Unknown);
        book.end("o-7").expect("ended");
        let book = Book::open(&path, at(99)).expect("a book");
        assert_eq!((book.running(), book.last_number(), book.knows("o-7")), (None, 7, true));
        fs::write(&path, "{").expect("spoiled");
        assert!(Book::open(&path, at(99)).is_err(), "a spoiled book is not a new one");
    }

    #[test]
    fn a_restart_of_the_machine_is_done_when_it_came_up_again() {
        let left = running(&order(7), true);
        assert_eq!(left.interrupted("second", at(9)).outcome, Outcome::Done);
        assert_eq!(left.interrupted("first", at(9)).outcome, Outcome::Unknown);
    }

    #[test]
    fn names_are_forgotten_in_their_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut book = Book::open(&folder.path().join("orders.json"), at(0)).expect("a book");
        for number in 0..300 {
            book.end(&format!("o-{number}")).expect("ended");
        }
        assert_eq!(
            (book.knows("o-43"), book.knows("o-44"), book.knows("o-299")),
            (false, true, true)
        );
    }
}
