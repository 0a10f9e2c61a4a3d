//! An order: the office asks an agent to do one action of the agent's own list.
//!
//! It travels as the exact text that was signed. No arguments travel: what an action does stands in
//! the agent's file.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::batch::is_name;
use crate::limits::{LIFE_MAX, NAME_MAX};
use crate::token::decoded;

/// What the signed bytes begin with, so that this signature is good for nothing else.
const CONTEXT: &[u8] = b"yakusoku-order-v1\0";
/// First line of the text.
const HEAD: &str = "yakusoku order v1";
/// Longest text, in bytes.
const TEXT_MAX: usize = 1024;

/// One order (指図).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its name in the records of the office; [`is_name`].
    pub id: String,
    /// The station that is to act; [`is_name`].
    pub station: String,
    /// Strictly increasing for each station, from 1.
    pub number: u64,
    /// What to do, by its name in the agent's file; [`is_name`].
    pub action: String,
    /// When the office decided it; whole seconds.
    pub issued: Timestamp,
    /// From then on it must not be done any more; whole seconds, at most [`LIFE_MAX`] later.
    pub expires: Timestamp,
    /// The incident for which it is done; [`is_name`].
    pub incident: Option<String>,
}

/// A text that is not an order, or values that do not make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A line is missing, strange, or not as we write it.
    #[error("the order's text is not in the form `{HEAD}`: both ends must run the same version")]
    Form,
    /// A name is empty, too long or has other letters than ours.
    #[error("an order's names have 1 to {} letters a-z, A-Z, 0-9, `.`, `_`, `-`", NAME_MAX)]
    Name,
    /// It expires before it is issued, or lives too long.
    #[error("an order expires after it was issued and within 24 hours")]
    Life,
    /// The number is 0.
    #[error("an order's number is 1 or more")]
    Number,
}

impl Order {
    /// The canonical text: what is signed.
    ///
    /// # Errors
    /// [`OrderError`] when a value is out of its range.
    pub fn text(&self) -> Result<String, OrderError> {
        self.check()?;
        let Order { id, station, number, action, issued, expires, incident } = self;
        let incident = incident.as_deref().unwrap_or("-");
        Ok(format!(
            "{HEAD}\norder {id}\nstation {station}\nnumber {number}\naction {action}\n\
             issued {issued}\nexpires {expires}\nincident {incident}\n"
        ))
    }

    /// Reads a canonical text. Whatever we would have written otherwise is refused, so two texts are
    /// never the same order.
    ///
    /// # Errors
    /// [`OrderError`] when it is none.
    pub fn parse(text: &str) -> Result<Order, OrderError> {
        if text.len() > TEXT_MAX {
            return Err(OrderError::Form);
        }
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return Err(OrderError::Form);
        }
        let mut field = |key: &str| {
            let line = lines.next().ok_or(OrderError::Form)?;
            let rest = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(' '));
            rest.ok_or(OrderError::Form)
        };
        let order = Order {
            id: field("order")?.to_owned(),
            station: field("station")?.to_owned(),
            number: field("number")?.parse().map_err(|_| OrderError::Form)?,
            action: field("action")?.to_owned(),
            issued: field("issued")?.parse().map_err(|_| OrderError::Form)?,
            expires: field("expires")?.parse().map_err(|_| OrderError::Form)?,
            incident: Some(field("incident")?).filter(|name| *name != "-").map(str::to_owned),
        };
        match order.text()? == text {
            true => Ok(order),
            false => Err(OrderError::Form),
        }
    }

    fn check(&self) -> Result<(), OrderError> {
        let names = [&self.id, &self.station, &self.action];
        let named = names.into_iter().chain(&self.incident).all(|name| is_name(name));
        if !named || self.incident.as_deref() == Some("-") {
            return Err(OrderError::Name);
        }
        if self.number == 0 {
            return Err(OrderError::Number);
        }
        let whole = |at: Timestamp| at.subsec_nanosecond() == 0;
        let life = self.expires.duration_since(self.issued);
        let lives = SignedDuration::ZERO < life && life <= LIFE_MAX;
        match lives && whole(self.issued) && whole(self.expires) {
            true => Ok(()),
            false => Err(OrderError::Life),
        }
    }
}

/// What is signed with Ed25519 for a text, and verified.
#[must_use]
pub fn signed_bytes(text: &str) -> Vec<u8> {
    [CONTEXT, text.as_bytes()].concat()
}

/// The answer to an agent that waits for orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// The name by which the office knows the station that asks, so that one with another in its file
    /// learns why it refuses every order. Empty from an office that does not say it.
    #[serde(default)]
    pub station: String,
    /// In the order of their numbers, at most [`crate::limits::ORDERS_MAX`]; empty when the wait was over.
    pub orders: Vec<SignedOrder>,
}

/// An order on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOrder {
    /// The canonical text.
    pub text: String,
    /// Ed25519 over [`signed_bytes`], base64url without padding.
    pub signature: String,
}

impl SignedOrder {
    /// The signature's bytes, or `None` when it is not base64url of 64 bytes.
    #[must_use]
    pub fn signature_bytes(&self) -> Option<[u8; 64]> {
        decoded(&self.signature).ok()
    }

    /// Puts a text and its signature together.
    #[must_use]
    pub fn new(text: String, signature: &[u8; 64]) -> SignedOrder {
        use base64::Engine;
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature);
        SignedOrder { text, signature }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
yakusoku order v1
order o-17
station web-1
number 5
action restart-nginx
issued 2026-11-22T06:00:00Z
expires 2026-11-22T06:10:00Z
incident 42
";

    #[test]
    fn the_text_is_canonical() {
        let order = Order::parse(TEXT).expect("an order");
        assert_eq!((order.number, order.incident.as_deref()), (5, Some("42")));
        assert_eq!(order.text().expect("a text"), TEXT);
        let alone = TEXT.replace("incident 42", "incident -");
        assert_eq!(Order::parse(&alone).expect("an order").incident, None);
        assert_eq!(signed_bytes(TEXT), format!("yakusoku-order-v1\0{TEXT}").into_bytes());
    }

    #[test]
    fn what_is_no_order() {
        use OrderError::{Form, Life, Name, Number};
        let cases = [
            (String::new(), Form),
            (TEXT.replace("v1", "v2"), Form),
            (TEXT.replace("number 5", "number 05"), Form),
            (TEXT.replace("number 5", "number +5"), Form),
            (TEXT.replace("number 5", "number -5"), Form),
            (TEXT.replace("number 5", "number 0"), Number),
            (TEXT.replace("order o-17\n", ""), Form),
            (TEXT.replace('\n', "\r\n"), Form),
            (TEXT.trim_end().to_owned(), Form),
            (format!("{TEXT}more\n"), Form),
            (TEXT.replace("06:00:00Z", "15:00:00+09:00"), Form),
            (TEXT.replace("06:00:00Z", "06:00:00.5Z"), Life),
            (TEXT.replace("06:10:00Z", "06:00:00Z"), Life),
            (TEXT.replace("22T06:10:00Z", "23T06:00:01Z"), Life),
            (TEXT.replace("restart-nginx", "restart nginx"), Name),
            (TEXT.replace("restart-nginx", ""), Name),
            (TEXT.replace("restart-nginx", "再起動"), Name),
            (TEXT.replace("o-17", &"x".repeat(65)), Name),
            (TEXT.replace("o-17", &"x".repeat(2_000)), Form),
        ];
        for (text, expected) in cases {
            assert_eq!(Order::parse(&text), Err(expected), "{text}");
        }
    }
}
