//! Orders: which are acted upon, what was acted upon, and how.

mod act;
mod book;
mod ledger;
mod verify;

pub use act::Acting;
pub use book::{Book, Running};
pub use ledger::Ledger;
pub use verify::OfficeKey;
