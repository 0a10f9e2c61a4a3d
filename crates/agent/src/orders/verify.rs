//! Whether the office signed an order: Ed25519 (RFC 8032) by the key of the token.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use link::SignedOrder;

/// The office's key for orders.
pub struct OfficeKey(UnparsedPublicKey<[u8; 32]>);

impl OfficeKey {
    /// From the token.
    pub fn new(key: [u8; 32]) -> OfficeKey {
        OfficeKey(UnparsedPublicKey::new(&ED25519, key))
    }

    /// Whether the text is what the office signed.
    pub fn has_signed(&self, order: &SignedOrder) -> bool {
        let message = link::signed_bytes(&order.text);
        order.signature_bytes().is_some_and(|signature| self.0.verify(&message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_office_signed() {
        let folder = tempfile::tempdir().expect("a folder");
        let key =
            |name: &str| vault::OrderKey::open_or_create(&folder.path().join(name)).expect("a key");
        let (office, other) = (key("office"), key("other"));
        let known = OfficeKey::new(office.public());
        let signed = |key: &vault::OrderKey, text: &str, message: &[u8]| {
            SignedOrder::new(text.to_owned(), &key.sign(message))
        };
        let good = signed(&office, "text", &link::signed_bytes("text"));
        let cases = [
            ("signed by the office", good.clone(), true),
            ("by another key", signed(&other, "text", &link::signed_bytes("text")), false),
            ("another text", SignedOrder { text: "texts".to_owned(), ..good.clone() }, false),
            ("without the context", signed(&office, "text", b"text"), false),
            (
                "cut",
                SignedOrder { signature: good.signature[1..].to_owned(), ..good.clone() },
                false,
            ),
            ("none", SignedOrder { signature: String::new(), ..good }, false),
        ];
        for (what, order, expected) in cases {
            assert_eq!(known.has_signed(&order), expected, "{what}");
        }
    }
}
