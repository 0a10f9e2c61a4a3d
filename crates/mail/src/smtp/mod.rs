//! The SMTP dialogues without a socket: what a server answers, and what its answers mean.

pub mod client;
pub mod command;
pub mod reply;
pub mod server;
