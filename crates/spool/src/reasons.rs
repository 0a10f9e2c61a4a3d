//! Why mail waits, each text kept once however many messages wait for it.

use std::collections::HashMap;
use std::sync::Arc;

use mail::fact::{Attempt, AttemptKind};

/// Distinct reasons kept; beyond it a reason is shortened to its status code.
const REASONS_MAX: usize = 16_384;
/// Longest reason kept, in bytes.
const REASON_LEN_MAX: usize = 300;

#[derive(Debug, Default)]
pub(crate) struct Reasons {
    texts: Vec<Option<Arc<str>>>,
    numbers: HashMap<Arc<str>, u32>,
    free: Vec<u32>,
}

impl Reasons {
    /// The number of "no reason yet".
    pub const NONE: u32 = u32::MAX;

    pub fn is_full(&self) -> bool {
        self.numbers.len() >= REASONS_MAX
    }

    /// The number of a text.
    pub fn number(&mut self, text: &str) -> u32 {
        let mut text = &text[..text.floor_char_boundary(REASON_LEN_MAX)];
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        if self.is_full() {
            // The codes at its beginning: there are few of those.
            text = &text[..text.floor_char_boundary(9)];
            if let Some(number) = self.numbers.get(text) {
                return *number;
            }
        }
        let text: Arc<str> = text.into();
        let number = self.free.pop().unwrap_or(self.texts.len() as u32);
        if number as usize == self.texts.len() {
            self.texts.push(Some(text.clone()));
        } else {
            self.texts[number as usize] = Some(text.clone());
        }
        self.numbers.insert(text, number);
        number
    }

    pub fn text(&self, number: u32) -> Option<Arc<str>> {
        self.texts.get(number as usize)?.clone()
    }

    /// Forgets every reason whose number is not in `used`.
    pub fn keep_only(&mut self, used: impl Iterator<Item = u32>) {
        let mut keep = vec![false; self.texts.len()];
        for number in used {
            if let Some(place) = keep.get_mut(number as usize) {
                *place = true;
            }
        }
        for (number, kept) in keep.iter().enumerate() {
            if !kept && let Some(text) = self.texts[number].take() {
                self.numbers.remove(&text);
                self.free.push(number as u32);
            }
        }
    }
}

/// When the recipients that were deferred are due, and why they wait.
pub(crate) fn deferral(facts: &[&Attempt]) -> Option<(u64, String)> {
    let deferred = facts.iter().filter(|f| f.outcome == AttemptKind::Deferred);
    let fact = deferred.min_by_key(|f| f.next_attempt)?;
    let due_ms = fact.next_attempt.map_or(0, |at| u64::try_from(at.as_millisecond()).unwrap_or(0));
    let mut reason = String::new();
    if let Some(host) = &fact.remote_host {
        reason = format!("{host}: ");
    }
    match &fact.reply {
        Some(reply) => reason += &reply.to_string(),
        None => reason += "no answer",
    }
    Some((due_ms, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_forgotten_when_unused() {
        let mut reasons = Reasons::default();
        let grey = reasons.number("450 4.2.0 greylisted");
        assert_eq!(reasons.number("450 4.2.0 greylisted"), grey);
        let down = reasons.number("connection refused");
        reasons.keep_only([down].into_iter());
        assert_eq!(reasons.text(grey), None);
        assert_eq!(reasons.text(down).as_deref(), Some("connection refused"));
        assert_eq!(reasons.number("another"), grey, "numbers are given again");
    }

    #[test]
    fn a_flood_of_reasons_is_shortened() {
        let mut reasons = Reasons::default();
        for n in 0..REASONS_MAX + 100 {
            reasons.number(&format!("450 4.2.0 try again {n}"));
        }
        assert_eq!(reasons.texts.len(), REASONS_MAX + 1);
    }
}
