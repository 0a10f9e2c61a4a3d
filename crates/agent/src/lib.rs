//! The process on a machine away from the office: measures it, reads its logs, acts when ordered.

pub mod machine;
mod reader;
pub mod settings;
