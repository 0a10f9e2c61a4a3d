//! What a contract says, in words: Japanese and English.
//!
//! (units.rs is shared with the settlement and already in main: build promise wording beside it.)

mod units;

pub use units::{day, instant, length, minutes, money, month, percent, span, strength};
