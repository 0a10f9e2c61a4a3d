//! Handing a small message over by SMTP: what `yakusoku send` does. Writing it is in `mail`.
//!
//! Blocking and short, with its own client: it must work when nothing else of ours runs.

pub mod client;
pub mod trust;
