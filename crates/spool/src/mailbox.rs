//! The sandbox's mailbox: where mail goes that must never leave the machine.
//!
//! One sealed file a message, bounded in number and bytes; the oldest make room.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use mail::{Envelope, SpoolId};
use serde::{Deserialize, Serialize};
use vault::Vault;

/// Messages kept, unless the configuration says otherwise.
pub const MAILBOX_MESSAGES_MAX: u32 = 10_000;
/// Bytes kept, unless the configuration says otherwise.
pub const MAILBOX_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Room is made after this many deliveries, not at each.
const PRUNE_EVERY: u64 = 64;
const LABEL: &str = "sandbox";

/// A folder of sealed messages.
pub struct Mailbox {
    folder: PathBuf,
    vault: Arc<Vault>,
    messages_max: u32,
    bytes_max: u64,
    delivered: std::sync::atomic::AtomicU64,
}

/// One message in the mailbox, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The mailbox in that folder with the usual limits; the folder need not exist yet.
    #[must_use]
    pub fn new(folder: &Path, vault: Arc<Vault>) -> Mailbox {
        Mailbox::limited(folder, vault, MAILBOX_MESSAGES_MAX, MAILBOX_BYTES_MAX)
    }

    /// The same, holding this many messages and bytes.
    #[must_use]
    pub fn limited(folder: &Path, vault: Arc<Vault>, messages_max: u32, bytes_max: u64) -> Mailbox {
        let folder = folder.to_owned();
        Mailbox { folder, vault, messages_max, bytes_max, delivered: 0.into() }
    }

    /// Delivers a message: written, synced and renamed into place when this returns. A second
    /// delivery of the same id replaces the first.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn deliver(&self, entry: &MailboxEntry, content: &[u8]) -> io::Result<()> {
        let head = serde_json::to_vec(entry)?;
        let mut plain = Vec::with_capacity(4 + head.len() + content.len());
        plain.extend_from_slice(&(head.len() as u32).to_le_bytes());
        plain.extend_from_slice(&head);
        plain.extend_from_slice(content);
        let sealed = self.vault.seal(LABEL, &plain).map_err(io::Error::other)?;
        fs::create_dir_all(&self.folder)?;
        let path = self.path(entry.id);
        let draft = path.with_extension("new");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(&sealed)?;
        file.sync_data()?;
        fs::rename(&draft, &path)?;
        fs::File::open(&self.folder)?.sync_all()?;
        let delivered = self.delivered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if delivered.is_multiple_of(PRUNE_EVERY) {
            self.prune(self.messages_max, self.bytes_max)
        } else {
            Ok(())
        }
    }

    /// The newest `limit` entries older than `before`, newest first.
    ///
    /// # Errors
    /// When the folder cannot be read. A damaged message is passed over.
    pub fn list(&self, before: Option<SpoolId>, limit: usize) -> io::Result<Vec<MailboxEntry>> {
        let mut entries = Vec::new();
        for id in self.ids()?.into_iter().rev() {
            if before.is_some_and(|before| id >= before) {
                continue;
            }
            if entries.len() >= limit {
                break;
            }
            if let Ok(Some((entry, _))) = self.read(id) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// One message with its content, as it would have gone out (signed).
    ///
    /// # Errors
    /// When it cannot be read or opened.
    pub fn read(&self, id: SpoolId) -> io::Result<Option<(MailboxEntry, Vec<u8>)>> {
        let sealed = match fs::read(self.path(id)) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut plain = self.vault.open(LABEL, &sealed).map_err(io::Error::other)?;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a mailbox file is damaged");
        let len = plain.first_chunk::<4>().map(|b| u32::from_le_bytes(*b) as usize);
        let head = len.and_then(|len| plain.get(4..4 + len)).ok_or_else(damaged)?;
        let entry = serde_json::from_slice(head)?;
        let start = 4 + head.len();
        plain.drain(..start);
        Ok(Some((entry, plain)))
    }

    /// Removes every message; how many there were.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn clear(&self) -> io::Result<usize> {
        let ids = self.ids()?;
        for id in &ids {
            fs::remove_file(self.path(*id))?;
        }
        Ok(ids.len())
    }

    fn path(&self, id: SpoolId) -> PathBuf {
        self.folder.join(format!("{id}.mail"))
    }

    /// Oldest first.
    fn ids(&self) -> io::Result<Vec<SpoolId>> {
        let folder = match fs::read_dir(&self.folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut ids = Vec::new();
        for entry in folder {
            let name = entry?.file_name();
            ids.extend(
                name.to_str().and_then(|n| n.strip_suffix(".mail")?.parse::<SpoolId>().ok()),
            );
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn prune(&self, messages_max: u32, bytes_max: u64) -> io::Result<()> {
        let mut bytes = 0;
        for (count, id) in self.ids()?.into_iter().rev().enumerate() {
            let path = self.path(id);
            bytes += fs::metadata(&path).map_or(0, |m| m.len());
            if count >= messages_max as usize || bytes > bytes_max {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u64) -> MailboxEntry {
        let envelope = serde_json::from_str(
            r#"{"composition":"sandbox","sender":"a@example.jp","recipients":[{"address":"b@example.jp"}],
                "source":{"ip":"127.0.0.1","helo":"x"},"headers":{}}"#,
        );
        MailboxEntry {
            id: SpoolId::from_micros(n),
            delivered_at: Timestamp::UNIX_EPOCH,
            envelope: envelope.expect("an envelope"),
            size: 4,
        }
    }

    #[test]
    fn mail_goes_in_and_comes_out_newest_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Arc::new(Vault::from_master(&[1; 32]).expect("a key"));
        let mailbox = Mailbox::new(&folder.path().join("sandbox"), vault);
        assert!(mailbox.list(None, 10).expect("empty").is_empty());
        for n in 1..=5 {
            mailbox.deliver(&entry(n), b"mail").expect("delivered");
        }
        let ids =
            |entries: Vec<MailboxEntry>| entries.iter().map(|e| e.id.micros()).collect::<Vec<_>>();
        assert_eq!(ids(mailbox.list(None, 2).expect("listed")), [5, 4]);
        assert_eq!(ids(mailbox.list(Some(SpoolId::from_micros(4)), 9).expect("listed")), [3, 2, 1]);
        let (read, content) = mailbox.read(SpoolId::from_micros(3)).expect("read").expect("there");
        assert_eq!((read, content), (entry(3), b"mail".to_vec()));
        mailbox.prune(3, 1 << 20).expect("pruned");
        assert_eq!(ids(mailbox.list(None, 9).expect("listed")), [5, 4, 3]);
        assert_eq!(mailbox.clear().expect("cleared"), 3);
    }
}
