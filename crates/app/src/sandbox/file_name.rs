//! File names that a message suggests, made safe to offer for download.

/// Longest name offered, in characters.
const NAME_MAX: usize = 100;

/// The last part of the suggested path without anything that could mislead or be special: no
/// control or direction-changing characters, no leading or trailing dots. Where nothing is left,
/// a name by place and type.
pub(super) fn safe_name(suggested: &str, index: usize, media_type: &str) -> String {
    let last = suggested.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last
        .chars()
        .filter(|c| !is_misleading(*c))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if name.is_empty() {
        return format!("attachment-{}.{}", index + 1, extension(media_type));
    }
    let length = name.chars().count();
    if length <= NAME_MAX {
        return name.to_owned();
    }
    // The end tells the type, so the middle goes.
    let head = name.chars().take(NAME_MAX - 21);
    let tail = name.chars().skip(length - 20);
    head.chain(std::iter::once('…')).chain(tail).collect()
}

/// Control characters, and those of Unicode that change direction or cannot be seen.
fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "message/rfc822" => "eml",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("請求書.pdf", "請求書.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\run.exe", "run.exe"),
            ("..", "attachment-3.pdf"),
            ("", "attachment-3.pdf"),
            (".htaccess", "htaccess"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\"b<c>.txt", "a_b_c_.txt"),
        ];
        for (suggested, expected) in cases {
            assert_eq!(safe_name(suggested, 2, "application/pdf"), expected, "{suggested:?}");
        }
        let long = safe_name(&format!("{}.xlsx", "長".repeat(300)), 0, "x/y");
        assert_eq!(long.chars().count(), NAME_MAX);
        assert!(long.ends_with("長.xlsx"), "{long}");
    }
}
