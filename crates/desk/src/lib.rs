//! Who is waiting, for what, and until when.
//!
//! Deadlines of clocks ([`due`]), whether somebody was told in time ([`noticed`]), and the decisions
//! of people on call. Values in, values out: the instant that is "now" is always given, and what
//! was decided is recorded and sent by the caller. The crate knows nothing of measurements,
//! credits, couriers or records.

mod civil;
mod clock;
mod ground;
mod notice;

pub use clock::{Deadline, Due, End, NoDeadline, due, promise_clock, warn_at};
pub use ground::Ground;
pub use notice::{Noticed, latest, noticed};
