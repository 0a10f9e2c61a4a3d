//! A message as a signature looks at it: fields, and a body without its empty tail.

/// Fields from top to bottom, and what is signed of the body. Borrows, never copies.
pub(crate) struct View<'m> {
    /// Name (without white space before the colon) and value with its line end.
    pub fields: Vec<(&'m [u8], &'m [u8])>,
    /// The body up to its last byte that is no white space. Under relaxed canonicalization
    /// everything after it comes to nothing but the final CRLF (RFC 6376 section 3.4.4).
    pub body: &'m [u8],
}

impl<'m> View<'m> {
    pub fn of(message: &'m [u8]) -> View<'m> {
        let (header, body) = message.split_at(body_offset(message));
        View { fields: fields(header), body: without_tail(body) }
    }
}

/// Where the body starts: after the first empty line, or at the end when there is none.
fn body_offset(message: &[u8]) -> usize {
    let mut offset = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        offset += line.len();
        if line == b"\r\n" || line == b"\n" {
            return offset;
        }
    }
    message.len()
}

/// The body without white space at its end. The spaces that may end its last line of text go
/// too, as relaxed canonicalization ignores them at every line's end.
fn without_tail(body: &[u8]) -> &[u8] {
    let is_white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let kept = body.iter().rposition(|byte| !is_white(byte)).map_or(0, |last| last + 1);
    &body[..kept]
}

/// The message up to the cut, when the cut takes white space that matters; see [`View::body`].
pub(crate) fn cut(message: &[u8]) -> Option<&[u8]> {
    let start = body_offset(message);
    let body = &message[start..];
    let kept = without_tail(body);
    let dropped = &body[kept.len()..];
    dropped.iter().any(|byte| matches!(byte, b' ' | b'\t')).then(|| &message[..start + kept.len()])
}

fn fields(header: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut fields = Vec::with_capacity(32);
    let mut rest = header;
    while !rest.is_empty() {
        let (field, after) = rest.split_at(field_length(rest));
        rest = after;
        // A line without a colon is no field and cannot be named in `h=`; the empty line that
        // ends the header is one of those.
        let Some(colon) = field.iter().position(|byte| *byte == b':') else { continue };
        fields.push((field[..colon].trim_ascii_end(), &field[colon + 1..]));
    }
    fields
}

/// Length of the first field with its folded lines (RFC 5322 section 2.2.3).
fn field_length(header: &[u8]) -> usize {
    let mut length = 0;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        if length > 0 && !matches!(line[0], b' ' | b'\t') {
            break;
        }
        length += line.len();
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        let view = View::of(message.as_bytes());
        let mut text = String::new();
        for (name, value) in &view.fields {
            let (name, value) =
                (str::from_utf8(name).expect("ASCII"), str::from_utf8(value).expect("ASCII"));
            text.push_str(&format!("{name}={value:?} "));
        }
        text.push_str(&format!("| {:?}", str::from_utf8(view.body).expect("ASCII")));
        assert_eq!(text, expected, "view of {message:?}");
    }

    #[test]
    fn a_view_has_the_fields_and_the_body_without_its_tail() {
        check("", r#"| """#);
        check("\r\nHello\r\n", r#"| "Hello""#);
        check("A: 1\r\n", r#"A=" 1\r\n" | """#);
        check("A: 1\r\nB : 2\r\n\t3\r\n\r\nHi \r\n", r#"A=" 1\r\n" B=" 2\r\n\t3\r\n" | "Hi""#);
        check("A: 1\r\n\r\n \r\n\r\n", r#"A=" 1\r\n" | """#);
        check("A: 1\r\n\r\nx\r\n \t\r\ny \r\n  \r\n", r#"A=" 1\r\n" | "x\r\n \t\r\ny""#);
        check("no colon\r\nA:1\r\n \r\n 2\r\n\r\n", r#"A="1\r\n \r\n 2\r\n" | """#);
    }

    #[test]
    fn only_a_tail_with_blanks_makes_a_second_look_worthwhile() {
        assert_eq!(cut(b"A: 1\r\n\r\nHello\r\n\r\n"), None);
        assert_eq!(cut(b"A: 1\r\n\r\nHello\r\n  \r\n"), Some(&b"A: 1\r\n\r\nHello"[..]));
        assert_eq!(cut(b"A: 1 \r\n"), None, "the header is never cut");
    }
}
