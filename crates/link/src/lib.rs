//! What a station (agent or node) away from the office and the office say to each other.
//!
//! A station dials, the office answers. Values only: the token that enrols a station, the bodies of
//! the requests with their limits, the text of an order and when a station refuses it. Sockets, TLS,
//! signatures and clocks belong to the two ends.
//!
//! Every body that carries something for the records has a `batch`, which grows by kind of body. The
//! office remembers the last one it took and answers with it ([`Taken`]), so a batch may be sent again
//! until its answer arrives. An answer above what was sent tells a station that its own count was
//! lost: it goes on from there.

mod batch;
mod judge;
pub mod limits;
mod looks;
mod order;
mod token;

pub use batch::{
    Gap, LogSlot, Logs, OutOfBounds, Outcome, Reading, Readings, Results, StateWord, StationState,
    Taken, Trouble, WorkResult, clipped, is_name, is_series,
};
pub use judge::{Refusal, judge};
pub use looks::{Assigned, Checks, LookBatch, Looks, NodeAnswer, NodeBlind, NodeLook};
pub use order::{Order, OrderError, Orders, SignedOrder, signed_bytes};
pub use token::{Credential, SECRET_LEN, Secret, StationId, Token, TokenError};

/// Where agents bring [`Readings`].
pub const READINGS_PATH: &str = "/link/v1/readings";
/// Where nodes ask for their [`Checks`], with `?version=` of those they have.
pub const CHECKS_PATH: &str = "/link/v1/checks";
/// Where nodes bring [`Looks`].
pub const LOOKS_PATH: &str = "/link/v1/looks";
/// Where agents bring [`Logs`].
pub const LOGS_PATH: &str = "/link/v1/logs";
/// Where agents wait for [`Orders`], with `?wait=SECONDS`.
pub const ORDERS_PATH: &str = "/link/v1/orders";
/// Where agents bring [`Results`].
pub const DONE_PATH: &str = "/link/v1/done";
