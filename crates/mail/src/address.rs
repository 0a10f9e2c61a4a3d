//! A mail address as the envelope carries it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `local@domain`, checked once where it enters and trusted afterwards.
///
/// The local part keeps its case (RFC 5321 section 2.4); the domain is lower case. Neither holds
/// a control character, a space outside quotes, `<` or `>`, so an address can be written into an
/// SMTP command as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    text: Box<str>,
    /// Where the domain begins.
    at: u16,
}

/// Longest local part, in bytes (RFC 5321 section 4.5.3.1.1).
pub const LOCAL_PART_MAX: usize = 64;
/// Longest domain, in bytes (RFC 5321 section 4.5.3.1.2).
pub const DOMAIN_MAX: usize = 255;

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@`, or nothing on one side of it.
    #[error("an address needs a local part, an @ and a domain")]
    Incomplete,
    /// A part is longer than RFC 5321 section 4.5.3.1 allows.
    #[error("the local part may have 64 bytes and the domain 255")]
    TooLong,
    /// A character that no address may hold here.
    #[error("the address holds a character that is not allowed")]
    Character,
    /// The domain is not a host name or an address literal.
    #[error("the domain is not a valid host name")]
    Domain,
}

impl Address {
    /// Reads `local@domain`; the last `@` outside quotes divides.
    ///
    /// # Errors
    /// [`AddressError`] names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let at = text.rfind('@').ok_or(AddressError::Incomplete)?;
        // Checked as it is kept: some letters become two when they are made lower case.
        let (local, domain) = (&text[..at], text[at + 1..].to_lowercase());
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Incomplete);
        }
        if local.len() > LOCAL_PART_MAX || domain.len() > DOMAIN_MAX {
            return Err(AddressError::TooLong);
        }
        check_local(local)?;
        check_domain(&domain)?;
        let text = format!("{local}@{domain}");
        Ok(Address { text: text.into(), at: at as u16 })
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[..usize::from(self.at)]
    }

    /// What stands behind the `@`, lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.text[usize::from(self.at) + 1..]
    }

    /// Whether it can be sent only to a server with SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.text.is_ascii()
    }
}

fn check_local(local: &str) -> Result<(), AddressError> {
    if let Some(inner) = local.strip_prefix('"') {
        let inner = inner.strip_suffix('"').ok_or(AddressError::Character)?;
        let mut escaped = false;
        for c in inner.chars() {
            if c.is_control() || (c == '"' && !escaped) {
                return Err(AddressError::Character);
            }
            escaped = c == '\\' && !escaped;
        }
        return if escaped { Err(AddressError::Character) } else { Ok(()) };
    }
    // Dots at the ends or doubled break RFC 5321's grammar, yet old Japanese mobile carriers
    // gave such addresses out and still deliver to them, so they pass.
    let allowed = |c: char| {
        !c.is_control()
            && !c.is_whitespace()
            && !matches!(c, '<' | '>' | '"' | '(' | ')' | ',' | ';' | ':' | '\\' | '[' | ']' | '@')
    };
    if local.chars().all(allowed) { Ok(()) } else { Err(AddressError::Character) }
}

/// The domain is lower case already.
fn check_domain(domain: &str) -> Result<(), AddressError> {
    if let Some(literal) = domain.strip_prefix('[') {
        let literal = literal.strip_suffix(']').ok_or(AddressError::Domain)?;
        let address = literal.strip_prefix("ipv6:").unwrap_or(literal);
        return address.parse::<std::net::IpAddr>().map(|_| ()).map_err(|_| AddressError::Domain);
    }
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    if domain.split('.').all(label_ok) { Ok(()) } else { Err(AddressError::Domain) }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Addresses stay out of logs by type: only the domain is shown.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(…@{})", self.domain())
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Address, AddressError> {
        Address::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let cases = [
            ("taro@example.jp", Ok(("taro", "example.jp"))),
            ("Taro@EXAMPLE.jp", Ok(("Taro", "example.jp"))),
            ("a..b.@docomo.example", Ok(("a..b.", "docomo.example"))),
            ("\"a b@c\"@example.jp", Ok(("\"a b@c\"", "example.jp"))),
            ("太郎@例え.jp", Ok(("太郎", "例え.jp"))),
            ("x@[192.0.2.1]", Ok(("x", "[192.0.2.1]"))),
            ("x@[IPv6:::1]", Ok(("x", "[ipv6:::1]"))),
            ("taro", Err(AddressError::Incomplete)),
            ("@example.jp", Err(AddressError::Incomplete)),
            ("taro@", Err(AddressError::Incomplete)),
            ("a b@example.jp", Err(AddressError::Character)),
            ("a\r\nRCPT@example.jp", Err(AddressError::Character)),
            ("\"a\"b\"@example.jp", Err(AddressError::Character)),
            ("a@b@example.jp", Err(AddressError::Character)),
            ("a@-x.jp", Err(AddressError::Domain)),
            ("a@x..jp", Err(AddressError::Domain)),
            ("a@[300.1.1.1]", Err(AddressError::Domain)),
            // This letter is two when it is lower case, and the second is none: what we keep
            // must be an address when it is read again.
            ("a@\u{130}.jp", Err(AddressError::Domain)),
        ];
        for (text, expected) in cases {
            let got = Address::parse(text);
            let got = got.as_ref().map(|a| (a.local(), a.domain())).map_err(|e| *e);
            assert_eq!(got, expected, "{text}");
        }
        let long = format!("{}@example.jp", "x".repeat(65));
        assert_eq!(Address::parse(&long), Err(AddressError::TooLong));
    }

    #[test]
    fn debug_hides_the_local_part() {
        let address = Address::parse("taro@example.jp").expect("a plain address");
        assert_eq!(format!("{address:?}"), "Address(…@example.jp)");
    }
}
