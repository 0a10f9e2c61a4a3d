//! The JSON of a statement: the same bytes each time.
