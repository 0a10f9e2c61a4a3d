//! The token that enrols a station, and what it shows the office at each request.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What every token begins with.
const PREFIX: &str = "ykst1.";
/// Bytes of a station's secret.
pub const SECRET_LEN: usize = 32;
const ID_LEN: usize = 16;
const KEY_LEN: usize = 32;
const TOKEN_LEN: usize = ID_LEN + SECRET_LEN + KEY_LEN + KEY_LEN;

/// Names a station for good; no secret. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationId(pub [u8; ID_LEN]);

impl fmt::Display for StationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StationId({self})")
    }
}

/// The secret half of a token. It is never printed by `{:?}`; compare digests, not secrets.
#[derive(Clone)]
pub struct Secret(pub [u8; SECRET_LEN]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Everything a station must be given once: who it is, and by what it knows the office.
#[derive(Clone, Debug)]
pub struct Token {
    /// Which station.
    pub station: StationId,
    /// Known to the station alone; the office keeps its SHA-256.
    pub secret: Secret,
    /// SHA-256 of the SubjectPublicKeyInfo of the office's listener.
    pub pin: [u8; KEY_LEN],
    /// The Ed25519 public key with which the office signs orders.
    pub orders_key: [u8; KEY_LEN],
}

/// A text that is no token or no credential. It does not repeat the text, which may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not begin as ours do.
    #[error("a station's token begins with `{PREFIX}`: copy what `yakusoku station add` printed")]
    Prefix,
    /// Something is missing or too much, or it is not base64url.
    #[error("the token is damaged: copy the whole line that `yakusoku station add` printed")]
    Damaged,
}

impl Token {
    /// Reads a token; blanks and line ends around it do not count.
    ///
    /// # Errors
    /// [`TokenError`] when it is none.
    pub fn parse(text: &str) -> Result<Token, TokenError> {
        let body = text.trim().strip_prefix(PREFIX).ok_or(TokenError::Prefix)?;
        let bytes: [u8; TOKEN_LEN] = decoded(body)?;
        let (station, rest) = bytes.split_at(ID_LEN);
        let (secret, rest) = rest.split_at(SECRET_LEN);
        let (pin, orders_key) = rest.split_at(KEY_LEN);
        Ok(Token {
            station: StationId(fixed(station)?),
            secret: Secret(fixed(secret)?),
            pin: fixed(pin)?,
            orders_key: fixed(orders_key)?,
        })
    }

    /// The text to hand over, once. It holds the secret.
    #[must_use]
    pub fn text(&self) -> String {
        let parts: [&[u8]; 4] = [&self.station.0, &self.secret.0, &self.pin, &self.orders_key];
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(parts.concat()))
    }

    /// What the station shows at each request.
    #[must_use]
    pub fn credential(&self) -> Credential {
        Credential { station: self.station, secret: self.secret.clone() }
    }
}

/// Who asks, and the proof: `Authorization: Bearer ID.SECRET`, both parts base64url without padding.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Which station says it is asking.
    pub station: StationId,
    /// What only that station knows.
    pub secret: Secret,
}

impl Credential {
    /// Reads the value of an `Authorization` header.
    ///
    /// # Errors
    /// [`TokenError::Damaged`] when it is anything else.
    pub fn parse(header: &str) -> Result<Credential, TokenError> {
        let (scheme, rest) = header.trim().split_once(' ').ok_or(TokenError::Damaged)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Damaged);
        }
        let (station, secret) = rest.trim().split_once('.').ok_or(TokenError::Damaged)?;
        Ok(Credential { station: StationId(decoded(station)?), secret: Secret(decoded(secret)?) })
    }

    /// The value of the `Authorization` header. It holds the secret.
    #[must_use]
    pub fn header(&self) -> String {
        let [station, secret] =
            [&self.station.0[..], &self.secret.0[..]].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        format!("Bearer {station}.{secret}")
    }
}

/// Exactly `N` bytes of base64url without padding. Long texts are refused before they are decoded.
pub(crate) fn decoded<const N: usize>(text: &str) -> Result<[u8; N], TokenError> {
    if text.len() != base64::encoded_len(N, false).unwrap_or(0) {
        return Err(TokenError::Damaged);
    }
    fixed(&URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Damaged)?)
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], TokenError> {
    bytes.try_into().map_err(|_| TokenError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token {
            station: StationId([0xab; 16]),
            secret: Secret([7; 32]),
            pin: [3; 32],
            orders_key: [4; 32],
        }
    }

    #[test]
    fn a_token_comes_back_as_it_was_written() {
        let text = token().text();
        let read = Token::parse(&format!("  {text}\n")).expect("a token");
        assert_eq!(read.text(), text);
        assert_eq!(read.station.to_string(), "ab".repeat(16));
        assert_eq!((read.pin, read.orders_key), ([3; 32], [4; 32]));
    }

    #[test]
    fn what_is_no_token() {
        let text = token().text();
        let cases = [
            (String::new(), TokenError::Prefix),
            ("hello".to_owned(), TokenError::Prefix),
            ("ykst1.".to_owned(), TokenError::Damaged),
            (text[..text.len() - 1].to_owned(), TokenError::Damaged),
            (format!("{text}A"), TokenError::Damaged),
            (text.replace("ykst1.", "ykst1.!").replacen("AB", "B", 1), TokenError::Damaged),
            (format!("ykst1.{}", "A".repeat(1_000_000)), TokenError::Damaged),
        ];
        for (text, expected) in cases {
            assert_eq!(Token::parse(&text).expect_err("no token"), expected, "{text:.40}");
        }
    }

    #[test]
    fn a_credential_goes_through_the_header_and_nothing_else_does() {
        let header = token().credential().header();
        let read = Credential::parse(&header).expect("a credential");
        assert_eq!((read.station, read.secret.0), (StationId([0xab; 16]), [7; 32]));
        for wrong in ["", "Bearer", "Bearer x", "Basic YTpi", &header[..header.len() - 2]] {
            assert!(Credential::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        let said = format!("{:?} {:?}", token(), token().credential());
        assert!(said.contains("Secret(…)"), "{said}");
        assert!(!said.contains("7, 7"), "{said}");
    }
}
