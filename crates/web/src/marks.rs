//! Small pieces of markup that a template cannot mistype: a time, a status, a count.
//!
//! Each writes only digits and words of ours, so it is marked as safe for HTML.

use std::fmt;

use app::deliveries::Status;
use askama::filters::HtmlSafe;
use mail::AttemptKind;

use crate::words::Lang;

/// `<time>` with the machine's form and the full local form behind the short one.
pub struct When {
    pub machine: String,
    pub full: String,
    pub shown: String,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let When { machine, full, shown } = self;
        write!(f, "<time datetime=\"{machine}\" title=\"{full}\">{shown}</time>")
    }
}

impl HtmlSafe for When {}

/// A word in a colour; the word alone is enough.
pub struct Chip {
    pub tone: &'static str,
    pub word: String,
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<span class=\"chip {}\">{}</span>", self.tone, self.word)
    }
}

impl HtmlSafe for Chip {}

/// An address that breaks before its `@` when the line is too short for it.
pub struct Breakable<'a>(pub &'a str);

impl fmt::Display for Breakable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.0.split_inclusive(|_| true) {
            match piece {
                "@" => f.write_str("<wbr>@")?,
                "<" => f.write_str("&lt;")?,
                ">" => f.write_str("&gt;")?,
                "&" => f.write_str("&amp;")?,
                "\"" => f.write_str("&quot;")?,
                other => f.write_str(other)?,
            }
        }
        Ok(())
    }
}

impl HtmlSafe for Breakable<'_> {}

/// A choice of the status field, in the order of a delivery's life.
pub const STATUSES: [Status; 5] = [
    Status::Queued,
    Status::Tried(AttemptKind::Deferred),
    Status::Tried(AttemptKind::Succeeded),
    Status::Tried(AttemptKind::Failed),
    Status::Tried(AttemptKind::Suppressed),
];

/// The word used in addresses, forms and styles.
#[must_use]
pub const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Queued => "queued",
        Status::Tried(kind) => kind.word(),
    }
}

/// A status by its word.
#[must_use]
pub fn status_from_word(word: &str) -> Option<Status> {
    STATUSES.into_iter().find(|status| status_word(*status) == word)
}

/// A status as the screen says it.
#[must_use]
pub fn status_text(lang: Lang, status: Status) -> String {
    match status {
        Status::Queued => lang.say("status-queued"),
        Status::Tried(AttemptKind::Deferred) => lang.say("status-deferred"),
        Status::Tried(AttemptKind::Succeeded) => lang.say("status-succeeded"),
        Status::Tried(AttemptKind::Failed) => lang.say("status-failed"),
        Status::Tried(AttemptKind::Suppressed) => lang.say("status-suppressed"),
    }
}

/// `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `812 B`, `10.2 KiB`, `1.9 MiB`: one decimal, cut, not rounded.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut unit = 0;
    let mut scale = 1024u64;
    while unit + 1 < UNITS.len() && bytes / scale >= 1024 {
        scale *= 1024;
        unit += 1;
    }
    let tenths = bytes / scale * 10 + bytes % scale * 10 / scale;
    format!("{}.{} {}", grouped(tenths / 10), tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_groups() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, expected) in cases {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn addresses_break_and_stay_text() {
        let cases = [
            ("taro@example.jp", "taro<wbr>@example.jp"),
            ("<>", "&lt;&gt;"),
            ("\"<b>&\"@x.jp", "&quot;&lt;b&gt;&amp;&quot;<wbr>@x.jp"),
        ];
        for (address, expected) in cases {
            assert_eq!(Breakable(address).to_string(), expected);
        }
    }

    #[test]
    fn sizes() {
        let cases = [
            (812, "812 B"),
            (1_024, "1.0 KiB"),
            (10_342, "10.0 KiB"),
            (10_343, "10.1 KiB"),
            (2 * 1024 * 1024, "2.0 MiB"),
            (30 << 30, "30.0 GiB"),
            (5 << 50, "5,120.0 TiB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn words_of_statuses_are_one_to_one() {
        for status in STATUSES {
            assert_eq!(status_from_word(status_word(status)), Some(status));
        }
        assert_eq!(status_from_word("lost"), None);
    }
}
