//! A statement in words, in Japanese and English: for the terminal, and phrase by phrase for pages.

mod finding;
mod phrase;
mod statement;

pub use statement::text;
