//! Who is waiting, for what, and until when.
//!
//! Deadlines of clocks ([`due`]), whether somebody was told in time ([`noticed`]), and the decisions
//! of people on call: claims, ladders, thresholds, copies, slots, reports. Values in, values out:
//! the instant that is "now" is always given, and what was decided is recorded and sent by the
//! caller. The crate knows nothing of measurements, credits, couriers or records.

mod backups;
mod calling;
mod civil;
mod claim;
mod clock;
mod ground;
mod hindrance;
mod incident;
mod ladder;
mod notice;
mod report;
mod revision;
mod rota;
mod runbook;
mod running;
mod slots;
mod story;
mod text;
mod threshold;
mod windows;

pub use backups::{Run, RunBy, RunState, removable, restored};
pub use calling::{CALL_ROUNDS_MAX, MARKS, MARKS_MAX, Mark, call_next, marks_at, warn_now};
pub use claim::{Claim, Customer, Given, Judged, award_cap, claim_due, given, judged};
pub use clock::{Deadline, Due, End, NoDeadline, due, promise_clock, warn_at};
pub use ground::Ground;
pub use hindrance::{Hindrance, hindrance};
pub use incident::{Closing, Entry, Happened, PRIORITY_MAX, Source, StepEnd};
pub use ladder::{
    Contact, Course, LADDERS_MAX, Next, ON_TIME, Seen, Taken, Turn, next, tell_again,
};
pub use notice::{Noticed, counts_on, latest, noticed, noticed_after};
pub use report::report_due;
pub use revision::{Told, revised};
pub use rota::Rota;
pub use runbook::{
    Carried, LOOK_WAIT, Proceed, RUNBOOK_STEPS_MAX, RUNBOOKS_MAX, Runbook, RunbookStep, StepDoing,
    proceed, runbook_of,
};
pub use running::{Running, Standing, WAITING_FOR_CUSTOMER, running, startable};
pub use slots::{Done, Missed, SLOTS_MAX, missed, slots_of_length, slots_of_period};
pub use story::{Alarm, Followed, Lasting, Story};
pub use text::{Teller, source_word, standing_word, step, step_end_word};
pub use threshold::{Use, over, reached};
pub use windows::{Window, windows};
