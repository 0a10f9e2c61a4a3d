//! The process on a machine away from the office: measures it, reads its logs, acts when ordered.

mod database;
mod journal;
mod logs;
pub mod machine;
mod measure;
mod program;
mod reader;
pub mod settings;
