//! Every kind of check against real servers: up, refusing, wrong, slow, down, and back.
//!
//! Runs where `YAKUSOKU_TEST_PEERS` is set, as root, with the packages nginx-light, postfix,
//! dovecot-imapd, dovecot-pop3d, vsftpd, postgresql, mariadb-server, knot and monitoring-plugins-basic.

#[path = "../common/mod.rs"]
mod common;
mod server;

mod databases;
mod files;
mod mail;
mod names;
mod pages;

use std::time::Duration;

use common::{check, reach, shown};
use server::Server;
use watch::{Check, Kind, Seen, look};

/// Whether the machine is set up for these tests.
fn is_wanted() -> bool {
    std::env::var_os("YAKUSOKU_TEST_PEERS").is_some()
}

async fn seen(kind: Kind, port: u16) -> Seen {
    let patient = Check { timeout: Duration::from_secs(8), ..check(kind, port) };
    look(&patient, &reach()).await
}

async fn expect(kind: Kind, port: u16, expected: &str) {
    let found = seen(kind.clone(), port).await;
    assert_eq!(shown(found.answer), expected, "{kind:?} {found:?}");
}

/// The life of a server: what is up is seen up, paused is silent, back again, gone is silent, and back.
async fn life(server: &mut Server, kind: Kind, port: u16, paused: &str) {
    expect(kind.clone(), port, "succeeded").await;
    server.pause();
    let found = look(&check(kind.clone(), port), &reach()).await;
    assert_eq!(shown(found.answer), paused, "paused: {kind:?} {found:?}");
    server.go_on();
    expect(kind.clone(), port, "succeeded").await;
    server.down();
    let found = look(&check(kind.clone(), port), &reach()).await;
    assert_eq!(shown(found.answer), "silent connection-refused", "gone: {kind:?} {found:?}");
    server.up();
    expect(kind, port, "succeeded").await;
}
