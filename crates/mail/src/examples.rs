//! The message that the tests of this crate talk about.

use jiff::Timestamp;

use crate::{Address, Envelope, HeaderSummary, Recipient, Source, SpoolId};

/// Sunday morning.
pub fn at() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().expect("an instant")
}

/// Accepted at that instant.
pub fn id() -> SpoolId {
    SpoolId::from_micros(at().as_microsecond() as u64)
}

pub fn address(text: &str) -> Address {
    Address::parse(text).expect("a valid address")
}

pub fn recipient(text: &str) -> Recipient {
    Recipient { address: address(text), notify: Default::default(), orcpt: None }
}

/// From Taro to Hanako.
pub fn envelope() -> Envelope {
    Envelope {
        composition: "pro".to_owned(),
        sender: Some(address("taro@example.jp")),
        recipients: vec![recipient("hanako@example.com")],
        source: Source {
            ip: "192.0.2.7".parse().expect("an address"),
            helo: "client.example.jp".to_owned(),
            user: None,
            tls: None,
        },
        eight_bit: false,
        smtputf8: false,
        ret_full: false,
        envid: None,
        headers: HeaderSummary::default(),
    }
}
