//! Writes a message (RFC 5322) with text, HTML and attachments, everything else as MIME wants it.

use crate::Address;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Zoned;

/// What the message says.
pub struct Draft {
    /// From, and the envelope sender.
    pub from: Address,
    /// To, and the envelope recipients.
    pub to: Vec<Address>,
    /// Any language.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML, if there is one.
    pub html: Option<String>,
    /// Name and content of each attachment.
    pub attachments: Vec<(String, Vec<u8>)>,
    /// When it is written.
    pub date: Zoned,
    /// A word nobody else uses, for Message-ID and the boundaries.
    pub unique: String,
    /// Nobody wrote it by hand and nobody is to answer it automatically (RFC 3834 section 5).
    pub automatic: bool,
}

/// Bytes of text in one encoded word, so that the line stays under 76 (RFC 2047 section 2).
const WORD_BYTES: usize = 42;
/// Letters of base64 on one line (RFC 2045 section 6.8).
const BASE64_LINE: usize = 76;

impl Draft {
    /// The message with CRLF line ends, not yet dot-stuffed.
    #[must_use]
    pub fn render(&self) -> String {
        let to: Vec<&str> = self.to.iter().map(Address::as_str).collect();
        let date = jiff::fmt::rfc2822::to_string(&self.date).unwrap_or_default();
        let mut page = format!(
            "Date: {date}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\n\
             Message-ID: <{}@{}>\r\nMIME-Version: 1.0\r\n",
            self.from,
            to.join(",\r\n "),
            encoded_words(&self.subject),
            self.unique,
            self.from.domain(),
        );
        if self.automatic {
            page.push_str("Auto-Submitted: auto-generated\r\n");
        }
        page.push_str(&self.body());
        page
    }

    fn body(&self) -> String {
        let text = part("text/plain; charset=utf-8", "", self.text.as_bytes());
        let readable = match &self.html {
            Some(html) => {
                let html = part("text/html; charset=utf-8", "", html.as_bytes());
                multipart("alternative", &format!("alt-{}", self.unique), &[text, html])
            }
            None => text,
        };
        if self.attachments.is_empty() {
            return readable;
        }
        let mut parts = vec![readable];
        for (name, content) in &self.attachments {
            let disposition = format!(
                "Content-Disposition: attachment;\r\n filename*=UTF-8''{}\r\n",
                percent(name)
            );
            parts.push(part("application/octet-stream", &disposition, content));
        }
        multipart("mixed", &format!("mix-{}", self.unique), &parts)
    }
}

fn part(media_type: &str, more: &str, content: &[u8]) -> String {
    let mut text =
        format!("Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n{more}\r\n");
    let letters = STANDARD.encode(content);
    for line in letters.as_bytes().chunks(BASE64_LINE) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push_str("\r\n");
    }
    text
}

fn multipart(kind: &str, boundary: &str, parts: &[String]) -> String {
    let mut text = format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        text.push_str(&format!("--{boundary}\r\n{part}"));
    }
    text + &format!("--{boundary}--\r\n")
}

/// A header text as RFC 2047 encoded words; plain ASCII stays as it is. Control characters, which
/// could begin another header field, become spaces.
fn encoded_words(text: &str) -> String {
    let text = text.replace(|c: char| c.is_control(), " ");
    if text.is_ascii() && text.len() <= 60 && !text.contains("=?") {
        return text;
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let encode = |word: &String| format!("=?UTF-8?B?{}?=", STANDARD.encode(word));
    words.iter().map(encode).collect::<Vec<_>>().join("\r\n ")
}

/// RFC 5987: what is not a plain letter or digit as `%XX`.
fn percent(name: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    name.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let address = |text| Address::parse(text).expect("an address");
        Draft {
            from: address("api@sandbox.example"),
            to: vec![address("taro@example.jp"), address("hana@example.jp")],
            subject: "hello".to_owned(),
            text: "こんにちは\n".to_owned(),
            html: None,
            attachments: Vec::new(),
            date: "2026-11-22T09:00:00+09:00[Asia/Tokyo]".parse().expect("a time"),
            unique: "k3".to_owned(),
            automatic: false,
        }
    }

    #[test]
    fn a_plain_message() {
        let expected = "\
Date: Sun, 22 Nov 2026 09:00:00 +0900\r
From: api@sandbox.example\r
To: taro@example.jp,\r
 hana@example.jp\r
Subject: hello\r
Message-ID: <k3@sandbox.example>\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: base64\r
\r
44GT44KT44Gr44Gh44GvCg==\r
";
        assert_eq!(draft().render(), expected);
    }

    #[test]
    fn an_automatic_message_says_so() {
        let text = Draft { automatic: true, ..draft() }.render();
        assert!(text.contains("\r\nAuto-Submitted: auto-generated\r\nContent-Type"), "{text}");
    }

    #[test]
    fn html_and_attachment_nest() {
        let draft = Draft {
            html: Some("<p>x</p>".to_owned()),
            attachments: vec![("見積.pdf".to_owned(), b"%PDF".to_vec())],
            ..draft()
        };
        let lines: Vec<String> = draft.body().lines().map(str::to_owned).collect();
        let shape: Vec<&str> = lines
            .iter()
            .map(String::as_str)
            .filter(|line| {
                line.starts_with("--") || line.contains("Content-Type") || line.contains("filename")
            })
            .collect();
        let expected = [
            "Content-Type: multipart/mixed;",
            "--mix-k3",
            "Content-Type: multipart/alternative;",
            "--alt-k3",
            "Content-Type: text/plain; charset=utf-8",
            "--alt-k3",
            "Content-Type: text/html; charset=utf-8",
            "--alt-k3--",
            "--mix-k3",
            "Content-Type: application/octet-stream",
            " filename*=UTF-8''%E8%A6%8B%E7%A9%8D.pdf",
            "--mix-k3--",
        ];
        assert_eq!(shape, expected);
    }

    #[test]
    fn subjects() {
        let cases = [
            ("hello", "hello"),
            ("約束", "=?UTF-8?B?57SE5p2f?="),
            ("a\r\nBcc: x@example.jp", "a  Bcc: x@example.jp"),
            (
                "御見積書を送付いたします（第二版）",
                "=?UTF-8?B?5b6h6KaL56mN5pu444KS6YCB5LuY44GE44Gf44GX44G+44GZ77yI56ys?=\r\n \
                 =?UTF-8?B?5LqM54mI77yJ?=",
            ),
        ];
        for (subject, expected) in cases {
            assert_eq!(encoded_words(subject), expected);
        }
    }
}
