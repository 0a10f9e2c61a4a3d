//! What the machine says of itself: the files of /proc and the words of its tools, read as text.
//!
//! Each file here is pure: text in, values out. [`crate::measure`] fetches the text.

pub mod counters;
pub mod disks;
pub mod memory;
pub mod raid;
pub mod units;
