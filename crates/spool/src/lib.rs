//! Mail in custody: accepted, leased, released or laid to rest; nothing in between, even after
//! a crash. Beside it, what custody leaves behind: the journal of facts and the sandbox mailbox.

pub mod journal;
pub mod mailbox;
