//! The program `yakusoku`: command line, configuration, roles and their wiring.
//!
//! The only crate that reads the clock, the environment and the command line. Data goes to
//! stdout, talk to stderr, and the exit status is one of [`exit::Status`].

#[macro_use]
mod stdout;

mod callers;
mod clock;
mod commands;
mod config;
mod contract_file;
mod couriers;
mod door;
mod exit;
mod held;
mod log_file;
mod logs;
mod notify;
mod ops;
mod own_addresses;
mod password;
mod probes;
mod ready;
mod send;
mod signals;
mod sockets;
mod start_pages;
mod status_files;
mod table;
mod terminal;
mod timers;
mod tls;
mod up;
mod watching;
mod welcome;
mod wiring;
mod wrap;

use std::process::ExitCode;

fn main() -> ExitCode {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("error: another TLS library was installed before ours");
        return exit::Status::Failed.into();
    }
    match commands::run(commands::parse()) {
        Ok(status) => status.into(),
        Err(error) => exit::tell(&error),
    }
}
