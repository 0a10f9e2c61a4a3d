//! Who is waiting.
