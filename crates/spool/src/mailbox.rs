//! The sandbox's mailbox (stub of the signatures).

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use mail::{Envelope, SpoolId};
use vault::Vault;

/// A folder of sealed messages, bounded in number and bytes; the oldest make room.
pub struct Mailbox {}

/// One message in the mailbox, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxEntry {
    /// Its name.
    pub id: SpoolId,
    /// When it was delivered here.
    pub delivered_at: Timestamp,
    /// As the relay had it, recipients delivered here only.
    pub envelope: Envelope,
    /// Bytes of content.
    pub size: u32,
}

impl Mailbox {
    /// The mailbox in that folder; it need not exist yet.
    pub fn new(_folder: &Path, _vault: Arc<Vault>) -> Mailbox {
        todo!()
    }

    /// The newest `limit` entries older than `before`, newest first.
    ///
    /// # Errors
    /// When the folder cannot be read. A damaged message is passed over.
    pub fn list(&self, _before: Option<SpoolId>, _limit: usize) -> io::Result<Vec<MailboxEntry>> {
        todo!()
    }

    /// One message with its content, as it would have gone out (signed).
    ///
    /// # Errors
    /// When it cannot be read or opened.
    pub fn read(&self, _id: SpoolId) -> io::Result<Option<(MailboxEntry, Vec<u8>)>> {
        todo!()
    }

    /// Removes every message; how many there were.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn clear(&self) -> io::Result<usize> {
        todo!()
    }
}
