//! Secrets at rest: sealing, blind indexes, and the key file that both hang on; beside them the key
//! with which orders are signed.
//!
//! Whoever holds the key file can read what was sealed; whoever holds only the records, the
//! journal or a backup of them cannot (seed 001, article 22). The key never leaves this crate.

mod order_key;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use order_key::{OrderKey, PUBLIC_KEY_LEN, SIGNATURE_LEN};

/// Seals values and makes blind indexes of them, both under one master key.
///
/// A sealed value is: version `1` (one byte), key id (4), nonce (12), AES-256-GCM-SIV ciphertext
/// and tag (16). The label (which kind of value this is) is authenticated but not stored, so a
/// value moved to another column does not open.
pub struct Vault {
    sealing: RandomizedNonceKey,
    blinding: hmac::Key,
    key_id: [u8; 4],
}

/// Why the key file or a sealed value could not be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file could not be read or made.
    #[error("cannot use the key file {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key file holds something else.
    #[error("{path} is not a key file: expected one line `{KEY_FILE_WORD} BASE64`")]
    Format {
        /// Which file.
        path: PathBuf,
    },
    /// The file of the key for orders holds something else.
    #[error(
        "{path} is not the file of a key for orders: restore it, or move it away for a new one"
    )]
    OrderKeyFormat {
        /// Which file.
        path: PathBuf,
    },
    /// Others could read the key file.
    #[error("{path} can be read by others: run `chmod 600 {path}`")]
    Permissions {
        /// Which file.
        path: PathBuf,
    },
    /// The value was sealed under another key.
    #[error(
        "the value was sealed under another key: restore the key file that belongs to this data"
    )]
    OtherKey,
    /// The value was cut, altered, or sealed under another label.
    #[error("the sealed value is damaged or of another kind")]
    Damaged,
    /// The system gave no randomness, or refused the key.
    #[error("the crypto library refused its work")]
    Crypto,
}

/// The first word of a key file.
pub const KEY_FILE_WORD: &str = "yakusoku-key-1";
/// Bytes that sealing adds.
pub const SEAL_OVERHEAD: usize = 1 + 4 + 12 + 16;
/// Bytes of a blind index.
pub const BLIND_LEN: usize = 16;

const VERSION: u8 = 1;
const HEAD_LEN: usize = 1 + 4 + 12;

struct Len32;

impl KeyType for Len32 {
    fn len(&self) -> usize {
        32
    }
}

impl Vault {
    /// Opens the key file, or makes one (mode 600, a new random key) where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, is not a key file, or can be read by others.
    pub fn open_or_create(path: &Path) -> Result<Vault, VaultError> {
        if !path.exists() {
            let key: [u8; 32] = random()?;
            create_secret_file(path, &format!("{KEY_FILE_WORD} {}", STANDARD.encode(key)))?;
        }
        check_mode(path)?;
        let failed = |source| VaultError::File { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(failed)?;
        let master =
            parse_key_file(&text).ok_or_else(|| VaultError::Format { path: path.to_owned() })?;
        Vault::from_master(&master)
    }

    /// A vault on a given master key.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the library refuses, which a 32-byte key does not cause.
    pub fn from_master(master: &[u8; 32]) -> Result<Vault, VaultError> {
        let sealing = derive(master, b"seal")?;
        let blinding = derive(master, b"blind")?;
        let mut key_id = [0; 4];
        key_id.copy_from_slice(&derive(master, b"id")?[..4]);
        Ok(Vault {
            sealing: RandomizedNonceKey::new(&AES_256_GCM_SIV, &sealing)
                .map_err(|_| VaultError::Crypto)?,
            blinding: hmac::Key::new(hmac::HMAC_SHA256, &blinding),
            key_id,
        })
    }

    /// Seals `plain` under `label`.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the system gives no randomness.
    pub fn seal(&self, label: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut body = Vec::with_capacity(plain.len() + SEAL_OVERHEAD);
        body.extend_from_slice(plain);
        let nonce = self
            .sealing
            .seal_in_place_append_tag(Aad::from(label.as_bytes()), &mut body)
            .map_err(|_| VaultError::Crypto)?;
        let mut sealed = Vec::with_capacity(HEAD_LEN + body.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.key_id);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what [`Vault::seal`] made under the same label.
    ///
    /// # Errors
    /// [`VaultError::OtherKey`] or [`VaultError::Damaged`].
    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        if sealed.len() < SEAL_OVERHEAD || sealed[0] != VERSION {
            return Err(VaultError::Damaged);
        }
        if sealed[1..5] != self.key_id {
            return Err(VaultError::OtherKey);
        }
        let nonce =
            Nonce::try_assume_unique_for_key(&sealed[5..17]).map_err(|_| VaultError::Damaged)?;
        let mut body = sealed[HEAD_LEN..].to_vec();
        let plain_len = self
            .sealing
            .open_in_place(nonce, Aad::from(label.as_bytes()), &mut body)
            .map_err(|_| VaultError::Damaged)?
            .len();
        body.truncate(plain_len);
        Ok(body)
    }

    /// A keyed hash of `text`, letter case and outer space ignored: equal texts under one label
    /// have equal indexes, and nothing else can be learned without the key.
    #[must_use]
    pub fn blind(&self, label: &str, text: &str) -> [u8; BLIND_LEN] {
        let mut context = hmac::Context::with_key(&self.blinding);
        context.update(label.as_bytes());
        context.update(&[0]);
        context.update(text.trim().to_lowercase().as_bytes());
        let tag = context.sign();
        let mut index = [0; BLIND_LEN];
        index.copy_from_slice(&tag.as_ref()[..BLIND_LEN]);
        index
    }
}

/// The SHA-256 digest of bytes (FIPS 180-4): tells whether they are still the same. No secret.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// Compares digests in a time that does not tell where they differ.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// Random bytes from the system, for tokens and passwords.
///
/// # Errors
/// [`VaultError::Crypto`] when the system gives none.
pub fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| VaultError::Crypto)?;
    Ok(bytes)
}

fn derive(master: &[u8; 32], purpose: &[u8]) -> Result<[u8; 32], VaultError> {
    let mut key = [0; 32];
    Salt::new(HKDF_SHA256, b"yakusoku")
        .extract(master)
        .expand(&[purpose], Len32)
        .and_then(|okm| okm.fill(&mut key))
        .map_err(|_| VaultError::Crypto)?;
    Ok(key)
}

fn parse_key_file(text: &str) -> Option<[u8; 32]> {
    let (word, key) = text.trim().split_once(' ')?;
    if word != KEY_FILE_WORD {
        return None;
    }
    STANDARD.decode(key.trim()).ok()?.try_into().ok()
}

/// Refuses a secret's file that others can read.
fn check_mode(path: &Path) -> Result<(), VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    match fs::metadata(path).map_err(failed)?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err(VaultError::Permissions { path: path.to_owned() }),
    }
}

/// Written beside and renamed, so that two processes that start at once agree on one key.
fn create_secret_file(path: &Path, line: &str) -> Result<(), VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    writeln!(file, "{line}").map_err(failed)?;
    file.sync_all().map_err(failed)?;
    match fs::hard_link(&draft, path) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(failed(e)),
    }
    fs::remove_file(&draft).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::from_master(&[byte; 32]).expect("a 32-byte key")
    }

    #[test]
    fn what_is_sealed_opens_only_under_its_key_and_label() {
        let sealed = vault(1).seal("delivery", "太郎@example.jp".as_bytes()).expect("sealed");
        assert_eq!(
            vault(1).open("delivery", &sealed).expect("opened"),
            "太郎@example.jp".as_bytes()
        );
        assert!(matches!(vault(2).open("delivery", &sealed), Err(VaultError::OtherKey)));
        assert!(matches!(vault(1).open("journal", &sealed), Err(VaultError::Damaged)));
        let mut altered = sealed.clone();
        altered[20] ^= 1;
        assert!(matches!(vault(1).open("delivery", &altered), Err(VaultError::Damaged)));
        assert!(matches!(vault(1).open("delivery", &sealed[..30]), Err(VaultError::Damaged)));
    }

    #[test]
    fn the_same_text_seals_differently_each_time() {
        let vault = vault(1);
        let once = vault.seal("delivery", b"x").expect("sealed");
        let twice = vault.seal("delivery", b"x").expect("sealed");
        assert_ne!(once, twice);
    }

    #[test]
    fn blind_indexes_ignore_case_and_differ_by_key_and_label() {
        let one = vault(1);
        assert_eq!(one.blind("to", "Taro@example.jp "), one.blind("to", "taro@EXAMPLE.jp"));
        assert_ne!(one.blind("to", "taro@example.jp"), one.blind("from", "taro@example.jp"));
        assert_ne!(one.blind("to", "taro@example.jp"), vault(2).blind("to", "taro@example.jp"));
    }

    #[test]
    fn the_key_file_is_made_once_and_guarded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/master.key");
        let sealed = Vault::open_or_create(&path).expect("made").seal("x", b"y").expect("sealed");
        assert_eq!(
            Vault::open_or_create(&path).expect("read").open("x", &sealed).expect("opened"),
            b"y"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(matches!(Vault::open_or_create(&path), Err(VaultError::Permissions { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
        fs::write(&path, "hello").expect("written");
        assert!(matches!(Vault::open_or_create(&path), Err(VaultError::Format { .. })));
    }
}
