//! How far back a graph goes, as a page offers it.

use app::checks::{SPANS, Stretch};

use crate::frame::Frame;

/// Every stretch: its word in an address, and its name.
pub fn offered(f: &Frame) -> [(&'static str, String); 4] {
    SPANS.map(|(word, stretch)| {
        let text = match stretch {
            Stretch::Day => f.t("span-24h"),
            Stretch::Week => f.t("span-7d"),
            Stretch::Month => f.t("span-40d"),
            Stretch::Year => f.t("span-1y"),
        };
        (word, text)
    })
}

/// The stretch of a word, else the shortest.
pub fn wanted(word: &str) -> (&'static str, Stretch) {
    SPANS.into_iter().find(|(known, _)| *known == word).unwrap_or(SPANS[0])
}
