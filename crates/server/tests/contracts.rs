//! The commands that need no server, through the built program, on the contracts that we ship.
//!
//! `UPDATE=1 cargo test -p server --test contracts` writes the texts in `tests/contracts/` anew; read
//! the diff.

#[path = "contracts/program.rs"]
mod program;

#[path = "contracts/bad_input.rs"]
mod bad_input;
#[path = "contracts/deadlines.rs"]
mod deadlines;
#[path = "contracts/months.rs"]
mod months;
#[path = "contracts/texts.rs"]
mod texts;
