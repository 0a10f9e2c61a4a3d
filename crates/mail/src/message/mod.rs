//! A message's header section, read and written without touching its body.
//!
//! Everything here takes content as it came over the wire and never fails: what is no header
//! field is body, what cannot be decoded is shown as well as it can be.

mod header;
mod summary;

pub use header::{Field, Fields, fields, header_end, strip_header};
pub use summary::{from_domain, received_count, summary};
