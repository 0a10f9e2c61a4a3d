//! A small message, written and handed over by SMTP: what `yakusoku send` does.
//!
//! Blocking and short, with its own client: it must work when nothing else of ours runs.

pub mod client;
pub mod message;
pub mod trust;
