//! The key with which the office signs orders: Ed25519 (RFC 8032), in a file that is made on first
//! use. What is signed, and the words before it, are the business of those who sign.

use std::fs;
use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{VaultError, check_mode, create_secret_file, random};

/// The first word of the file of an order key.
const FILE_WORD: &str = "yakusoku-order-key-1";
/// Bytes of a public key.
pub const PUBLIC_KEY_LEN: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_LEN: usize = 64;

/// Signs orders. The private half never leaves this crate.
pub struct OrderKey(Ed25519KeyPair);

impl OrderKey {
    /// Opens the key's file, or makes one (mode 600, a new random key) where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, is of another kind, or can be read by others.
    pub fn open_or_create(path: &Path) -> Result<OrderKey, VaultError> {
        if !path.exists() {
            let seed: [u8; 32] = random()?;
            create_secret_file(path, &format!("{FILE_WORD} {}", STANDARD.encode(seed)))?;
        }
        check_mode(path)?;
        let failed = |source| VaultError::File { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(failed)?;
        let seed = text
            .trim()
            .strip_prefix(FILE_WORD)
            .and_then(|seed| STANDARD.decode(seed.trim()).ok())
            .ok_or_else(|| VaultError::OrderKeyFormat { path: path.to_owned() })?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed);
        pair.map(OrderKey).map_err(|_| VaultError::OrderKeyFormat { path: path.to_owned() })
    }

    /// What stations know it by.
    #[must_use]
    pub fn public(&self) -> [u8; PUBLIC_KEY_LEN] {
        let mut key = [0; PUBLIC_KEY_LEN];
        key.copy_from_slice(self.0.public_key().as_ref());
        key
    }

    /// The signature of `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        let mut signature = [0; SIGNATURE_LEN];
        signature.copy_from_slice(self.0.sign(message).as_ref());
        signature
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_key_is_made_once_and_signs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("link/orders.key");
        let made = OrderKey::open_or_create(&path).expect("made");
        let read = OrderKey::open_or_create(&path).expect("read");
        assert_eq!(made.public(), read.public());
        let signature = read.sign(b"restart");
        let known = UnparsedPublicKey::new(&ED25519, made.public());
        assert!(known.verify(b"restart", &signature).is_ok());
        assert!(known.verify(b"reboot", &signature).is_err());
    }

    #[test]
    fn a_file_that_others_read_or_of_another_kind_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("orders.key");
        OrderKey::open_or_create(&path).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        assert!(matches!(OrderKey::open_or_create(&path), Err(VaultError::Permissions { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
        for wrong in ["", "yakusoku-key-1 AAAA", "yakusoku-order-key-1 AAAA"] {
            fs::write(&path, wrong).expect("written");
            let refused = OrderKey::open_or_create(&path).err();
            assert!(matches!(refused, Some(VaultError::OrderKeyFormat { .. })), "{wrong}");
        }
    }
}
