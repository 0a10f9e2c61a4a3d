//! DKIM signatures (RFC 6376, RFC 8463): keys, the records to publish, signing, verifying.
//!
//! The only crate that knows `mail-auth`. It knows no DNS, files or clock of its own: keys and
//! records are handed in. Version 0.13.3 of that library keeps whitespace-only lines at the end
//! of a relaxed body, which RFC 6376 section 3.4.4 tells to drop; signing and verifying here look
//! at a message without them, so what other implementations say is what we say.

mod key;
mod sign;
mod verify;
mod view;

pub use key::{KeyPair, generate, public_of, record};
pub use sign::Signer;
pub use verify::{Verdict, verify};

/// Why a key could not be made or used, or a message not signed.
#[derive(Debug, thiserror::Error)]
pub enum DkimError {
    /// The random source or the library refused.
    #[error("cannot make a {0} key")]
    Generate(&'static str),
    /// The bytes are no such key.
    #[error("not a PKCS#8 private key for {0}; make a new one for this domain")]
    Key(&'static str),
    /// The domain cannot stand in a `d=` tag.
    #[error("`{0}` is no domain that mail can be signed for; write it in ASCII (xn--) form")]
    Domain(String),
    /// The selector cannot stand in an `s=` tag.
    #[error("`{0}` is no selector; use letters, digits, hyphens and dots")]
    Selector(String),
    /// A signer without keys would sign nothing.
    #[error("no key to sign with for `{0}`; add one")]
    NoKey(String),
    /// The message has no header, so there is nothing that a signature could vouch for.
    #[error("the message has no header fields to sign")]
    NoHeader,
    /// The library refused to sign.
    #[error("signing with selector `{0}` failed")]
    Sign(String),
}
