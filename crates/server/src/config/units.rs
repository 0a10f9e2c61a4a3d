//! Sizes and lengths of time as people write them in `yakusoku.toml`: `"2 MB"`, `"5m"`.

use std::time::Duration;

const KB: u64 = 1024;
const SIZES: [(&str, u64); 4] = [("GB", KB * KB * KB), ("MB", KB * KB), ("KB", KB), ("B", 1)];
const SPANS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a size; KB, MB and GB count in steps of 1,024, as mail servers do. `None` when the text
/// is something else or does not fit.
pub fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let (_, bytes) = SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.checked_mul(*bytes)
}

/// Writes a size in the largest unit that divides it, so that reading gives it back.
pub fn show_size(bytes: u64) -> String {
    let (name, unit) = SIZES
        .iter()
        .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .unwrap_or(&SIZES[3]);
    format!("{} {name}", bytes / unit)
}

/// Reads a length of time in one unit: days, hours, minutes, seconds or milliseconds.
pub fn parse_span(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let (_, ms) = SPANS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*ms).map(Duration::from_millis)
}

/// Writes a length of time in the largest unit that divides it.
pub fn show_span(span: Duration) -> String {
    let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if ms == 0 {
        return "0s".to_owned();
    }
    let (name, unit) = SPANS.iter().find(|(_, unit)| ms.is_multiple_of(*unit)).unwrap_or(&SPANS[4]);
    format!("{}{name}", ms / unit)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let cases = [
            ("2 MB", Some(2_097_152), "2 MB"),
            ("30GB", Some(32_212_254_720), "30 GB"),
            ("1536 kb", Some(1_572_864), "1536 KB"),
            ("1000 B", Some(1_000), "1000 B"),
            ("0 B", Some(0), "0 B"),
            ("2", None, ""),
            ("MB", None, ""),
            ("1.5 MB", None, ""),
            ("99999999999 GB", None, ""),
        ];
        for (text, bytes, shown) in cases {
            assert_eq!(parse_size(text), bytes, "{text}");
            if let Some(bytes) = bytes {
                assert_eq!(show_size(bytes), shown);
            }
        }
    }

    #[test]
    fn spans() {
        let cases = [
            ("5m", Some(300_000), "5m"),
            ("90 s", Some(90_000), "90s"),
            ("120s", Some(120_000), "2m"),
            ("250ms", Some(250), "250ms"),
            ("5d", Some(432_000_000), "5d"),
            ("0s", Some(0), "0s"),
            ("30", None, ""),
            ("5 weeks", None, ""),
        ];
        for (text, ms, shown) in cases {
            assert_eq!(parse_span(text), ms.map(Duration::from_millis), "{text}");
            if let Some(ms) = ms {
                assert_eq!(show_span(Duration::from_millis(ms)), shown);
            }
        }
    }
}
