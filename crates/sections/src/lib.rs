//! Reads a TOML file section by section, and finds every mistake in it at once.
//!
//! Whoever reads asks a [`Section`] for every key that it may hold, and calls [`Section::finish`].
//! The same code, run over [`Section::describing`], tells the [`Shape`] of the file instead, which
//! [`schema`] writes as a JSON Schema: what is read and what is described cannot differ.
//! What the keys mean is the reader's: this crate knows neither a server nor a contract.

mod below;
mod findings;
mod kind;
mod nearest;
mod parse;
mod schema;
mod section;
mod shape;
mod variant;

pub use below::FreeText;
pub use findings::{FINDINGS_MAX, Finding, Findings};
pub use kind::{Choice, Day, Either, ITEMS_MAX, Kind, Number, Truth, Word};
pub use nearest::nearest;
pub use parse::{NESTING_MAX, parse};
pub use schema::schema;
pub use section::{Key, Place, Section};
pub use shape::{KeyShape, SectionShape, Shape};
