//! DKIM signatures (RFC 6376, RFC 8463): the only crate that knows `mail-auth` (stub).

/// A new key.
pub struct KeyPair {
    /// PKCS#8 DER.
    pub private: Vec<u8>,
    /// What goes into `p=` before base64.
    pub public: Vec<u8>,
}
