//! A result together with how firm it is.

/// A thing reckoned on a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reckoned<T> {
    /// The result.
    pub value: T,
    /// A holiday table was used past its last officially published day: the law can still move
    /// the result, so it is to be reckoned again when a newer table arrives.
    pub provisional: bool,
}
