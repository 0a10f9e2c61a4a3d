//! The limits of what travels; both ends hold them.

use jiff::SignedDuration;

/// Longest body of a request or an answer, in bytes.
pub const BODY_MAX: usize = 1024 * 1024;
/// Longest time the office lets an agent wait for orders (`wait=`), in seconds.
pub const WAIT_MAX: u64 = 30;
/// Most orders in one answer.
pub const ORDERS_MAX: usize = 16;
/// Longest time from `issued` to `expires` of an order.
pub const LIFE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How far the office's clock may be ahead of the agent's.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Longest name of a station, an action, an order or an incident, in bytes.
pub const NAME_MAX: usize = 64;
/// Longest name of a value, a state or a log source, in bytes (paths are in them).
pub const SERIES_MAX: usize = 200;
/// Most readings in a batch.
pub const READINGS_MAX: usize = 500;
/// Most values in a reading.
pub const VALUES_MAX: usize = 2_000;
/// Most states in a batch.
pub const STATES_MAX: usize = 2_000;
/// Most gaps in a batch.
pub const GAPS_MAX: usize = 100;
/// Most slots in a batch.
pub const SLOTS_MAX: usize = 200;
/// Most trouble lines kept of a slot; the count goes on.
pub const TROUBLE_MAX: usize = 50;
/// Longest line of a log that travels, in letters.
pub const LINE_MAX: usize = 500;
/// Most results in a batch.
pub const RESULTS_MAX: usize = 64;
/// Longest detail of a result, in bytes.
pub const DETAIL_MAX: usize = 4 * 1024;
/// Longest detail of a state, and longest pattern, in bytes.
pub const SHORT_MAX: usize = 500;
/// Longest answer that lists what a node looks at, in bytes.
pub const CHECKS_BODY_MAX: usize = 16 * 1024 * 1024;
/// Highest number of a batch: a number beyond it would leave none for what follows.
pub const BATCH_NUMBER_MAX: u64 = 1 << 53;
/// Most batches of looks in one body.
pub const BATCHES_MAX: usize = 1_000;
/// Most looks and blind spans in one body.
pub const LOOKS_MAX: usize = 10_000;
/// Longest words of the other side that travel with a look, in bytes.
pub const SAID_MAX: usize = 1_024;
/// A node's clock may differ from the office's by this much before its looks count as blind.
pub const SKEW_MAX: SignedDuration = SignedDuration::from_secs(2);
