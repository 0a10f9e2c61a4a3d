//! Taking a message apart for the screen: header fields decoded, bodies, attachments. Whatever
//! the message says, the answer stays within the limits named here.

use mail_parser::parsers::MessageStream;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::file_name::safe_name;
use super::{Attachment, Entry, Opened};

/// Header fields shown.
const HEADERS_MAX: usize = 1_000;
/// Longest header value shown, in bytes.
const HEADER_VALUE_MAX: usize = 10_000;
/// Longest text or HTML shown, in bytes; the source has all of it.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// Attachments listed.
const ATTACHMENTS_MAX: usize = 200;
/// Longest media type believed, in bytes (RFC 6838 section 4.2).
const MEDIA_TYPE_MAX: usize = 127;

/// Everything but the signatures. A message that cannot be taken apart has only its source.
pub(super) fn open(entry: Entry, source: Vec<u8>) -> Opened {
    let mut opened = Opened {
        entry,
        headers: Vec::new(),
        text: None,
        html: None,
        attachments: Vec::new(),
        signatures: Vec::new(),
        source,
    };
    let Some(message) = MessageParser::default().parse(&opened.source) else { return opened };
    let headers = headers(&message);
    let text = text(&message);
    let html = html(&message);
    let attachments: Vec<Attachment> = message
        .attachments()
        .take(ATTACHMENTS_MAX)
        .enumerate()
        .map(|(index, part)| described(index, part))
        .collect();
    drop(message);
    opened.headers = headers;
    opened.text = text;
    opened.html = html;
    opened.attachments = attachments;
    opened
}

/// The attachment at that place, with its content decoded.
pub(super) fn attachment(message: &Message<'_>, index: usize) -> Option<(Attachment, Vec<u8>)> {
    if index >= ATTACHMENTS_MAX {
        return None;
    }
    let part = message.attachment(u32::try_from(index).ok()?)?;
    Some((described(index, part), part.contents().to_vec()))
}

fn headers(message: &Message<'_>) -> Vec<(String, String)> {
    let fields = message.headers().iter().take(HEADERS_MAX);
    fields
        .map(|field| {
            let bounds = field.offset_start() as usize..field.offset_end() as usize;
            let raw = message.raw_message().get(bounds).unwrap_or_default();
            (field.name().to_owned(), decoded(raw))
        })
        .collect()
}

/// A field's value unfolded, its encoded words (RFC 2047) read, bytes of no charset replaced.
fn decoded(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    // The reader stops at the line's end, so there has to be one.
    let line = format!("{}\r\n", text.trim_end_matches(['\r', '\n']));
    let value = MessageStream::new(line.as_bytes()).parse_unstructured();
    cut(value.as_text().unwrap_or_default(), HEADER_VALUE_MAX)
}

fn text(message: &Message<'_>) -> Option<String> {
    let plain: Vec<&str> = message
        .text_bodies()
        .filter_map(|part| match &part.body {
            PartType::Text(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    if plain.is_empty() {
        return message.body_text(0).map(|text| cut(&text, BODY_MAX));
    }
    Some(cut(&plain.join("\n"), BODY_MAX))
}

fn html(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(cut(html, BODY_MAX)),
        _ => None,
    })
}

fn described(index: usize, part: &MessagePart<'_>) -> Attachment {
    let media_type = media_type(part);
    Attachment {
        index,
        name: safe_name(part.attachment_name().unwrap_or_default(), index, &media_type),
        media_type,
        size: part.contents().len(),
    }
}

/// The declared type if it is one, so that it can be written into an answer's header.
fn media_type(part: &MessagePart<'_>) -> String {
    let declared = part.content_type().and_then(|content_type| {
        Some(format!("{}/{}", content_type.ctype(), content_type.subtype()?).to_lowercase())
    });
    let default = match &part.body {
        PartType::Message(_) => "message/rfc822",
        PartType::Text(_) => "text/plain",
        PartType::Html(_) => "text/html",
        _ => "application/octet-stream",
    };
    let is_token = |c: char| c.is_ascii_alphanumeric() || "/!#$&-^_.+".contains(c);
    declared
        .filter(|text| text.len() <= MEDIA_TYPE_MAX && text.chars().all(is_token))
        .unwrap_or_else(|| default.to_owned())
}

fn cut(text: &str, longest: usize) -> String {
    let end = text.floor_char_boundary(longest);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use mail::SpoolId;

    use super::*;

    fn opened(source: &[u8]) -> Opened {
        let entry = Entry {
            id: SpoolId::from_micros(0),
            at: Timestamp::UNIX_EPOCH,
            sender: String::new(),
            recipients: Vec::new(),
            from: String::new(),
            subject: String::new(),
            size: source.len() as u32,
        };
        open(entry, source.to_vec())
    }

    const MIXED: &str = "Received: from a\r\n\tby b\r\n\
        From: =?UTF-8?B?6Iqx5a2Q?= <hanako@example.jp>\r\n\
        Subject: =?ISO-2022-JP?B?GyRCN29MPhsoQg==?=\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n\
        --y\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\
        \x1b$B$3$s$K$A$O\x1b(B\r\n\
        --y\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n--y--\r\n\
        --x\r\nContent-Type: application/pdf; name=\"=?UTF-8?B?6KuL5rGC5pu4LnBkZg==?=\"\r\n\
        Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n\
        --x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody\r\n--x--\r\n";

    #[test]
    fn a_message_is_taken_apart() {
        let opened = opened(MIXED.as_bytes());
        let headers: Vec<(&str, &str)> =
            opened.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            headers,
            [
                ("Received", "from a by b"),
                ("From", "花子 <hanako@example.jp>"),
                ("Subject", "件名"),
                ("Content-Type", "multipart/mixed; boundary=x"),
            ]
        );
        assert_eq!(opened.text.as_deref().map(str::trim), Some("こんにちは"));
        assert_eq!(opened.html.as_deref().map(str::trim), Some("<p>Hello</p>"));
        let parts: Vec<_> = opened
            .attachments
            .iter()
            .map(|a| (a.index, a.name.as_str(), a.media_type.as_str(), a.size))
            .collect();
        assert_eq!(
            parts,
            [
                (0, "請求書.pdf", "application/pdf", 5),
                (1, "attachment-2.eml", "message/rfc822", 22),
            ]
        );
        let message = MessageParser::default().parse(MIXED.as_bytes()).expect("a message");
        assert_eq!(attachment(&message, 0).expect("there").1, b"hello");
        assert_eq!(attachment(&message, 1).expect("there").1, b"Subject: inner\r\n\r\nbody");
        assert!(attachment(&message, 2).is_none());
    }

    #[test]
    fn a_message_of_html_alone_has_a_text_too() {
        let opened =
            opened(b"Content-Type: text/html\r\n\r\n<p>Hello <b>you</b></p><script>x</script>\r\n");
        assert!(opened.text.is_some_and(|text| text.contains("Hello you")));
        assert!(opened.html.is_some());
    }

    #[test]
    fn plain_text_has_no_html() {
        let opened = opened(b"Subject: x\r\n\r\n1 < 2\r\n");
        assert_eq!((opened.text.as_deref(), opened.html), (Some("1 < 2\r\n"), None));
    }

    #[test]
    fn odd_bytes_do_no_harm() {
        for source in [
            &b""[..],
            b"\r\n",
            b"no header at all",
            b"Subject: \xff\xfe\r\n\r\n\xff",
            b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n--",
            b"Content-Type: a/b\r\nContent-Disposition: attachment; filename=\"\x00\"\r\n\r\nx",
        ] {
            let opened = opened(source);
            assert_eq!(opened.source, source);
        }
    }
}
