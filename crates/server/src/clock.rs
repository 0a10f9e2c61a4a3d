//! The only clock of the program: everything below is given `now`.

use jiff::Timestamp;

/// The system's time.
pub fn now() -> Timestamp {
    Timestamp::now()
}
