//! What a contract says, in words: Japanese and English.

mod units;

pub use units::{day, instant, length, minutes, money, month, percent, span, strength};
