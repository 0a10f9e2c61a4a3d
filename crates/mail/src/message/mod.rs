//! A message's header section, read and written without touching its body.
//!
//! Everything here takes content as it came over the wire and never fails: what is no header
//! field is body, what cannot be decoded is shown as well as it can be. A message on its way out
//! is our Received field, the fields it lacked, and then its content as it came. X-Api-Data
//! stays in: the customer put it there, and taking it out would break his own signature.

mod header;
mod summary;
mod trace;

pub use header::{Field, Fields, fields, header_end, strip_header};
pub use summary::{from_domain, received_count, summary};
pub use trace::{FOLD_AT, missing_fields, received_field};
pub(crate) use trace::{date, folded};
