//! The process on a machine away from the office: measures it, reads its logs, acts when ordered.

mod journal;
pub mod machine;
mod program;
mod reader;
pub mod settings;
