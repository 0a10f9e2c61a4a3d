//! Which lines are trouble.

use crate::settings::{Log, Patterns};

/// Longest part of a line that patterns see, in bytes.
const SEEN_MAX: usize = 16 * 1024;

/// The pattern that makes a line trouble, if any. A line that is to be ignored is none.
pub fn trouble<'p>(log: &'p Log, line: &[u8]) -> Option<&'p str> {
    let line = &line[..line.len().min(SEEN_MAX)];
    let first = |patterns: &Patterns| patterns.set.matches(line).iter().next();
    let index = first(&log.trouble)?;
    match log.ignore.set.is_match(line) {
        true => None,
        false => log.trouble.texts.get(index).map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn trouble_and_what_is_ignored() {
        let text = "station = \"w\"\noffice = \"https://o\"\ntoken = \"file:/t\"\n[[log]]\n\
                    name = \"l\"\nfile = \"/l\"\ntrouble = [\"(?i)error\", \"Out of memory\", \"障害\"]\n\
                    ignore = [\"error rate 0\"]\n";
        let settings = Settings::read(text).expect("settings");
        let cases = [
            ("all is well", None),
            ("an ERROR, out of memory", Some("(?i)error")),
            ("Out of memory: killed", Some("Out of memory")),
            ("ディスク障害", Some("障害")),
            ("error rate 0", None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(super::trouble(&settings.logs[0], line.as_bytes()), expected, "{line}");
        }
        let broken = b"\xff\xfe error \xff";
        assert!(super::trouble(&settings.logs[0], broken).is_some(), "bytes that are no text");
    }
}
