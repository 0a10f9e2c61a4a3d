//! A message and all that can be decided about it without a network.
//!
//! Values in, values out: no socket, file, clock, randomness or logging lives here. The relay
//! feeds bytes and instants to the dialogues of this crate and carries out what they answer.

pub mod address;
pub mod compose;
pub mod dns;
pub mod dsn;
pub mod envelope;
#[cfg(test)]
mod examples;
pub mod fact;
pub mod id;
pub mod message;
pub mod queue;
pub mod retry;
pub mod roster;
pub mod smtp;

pub use address::{Address, AddressError};
pub use envelope::{Envelope, HeaderSummary, Recipient, Source};
pub use fact::{Attempt, AttemptKind, Fact, Queued, Reply};
pub use id::SpoolId;
