//! Finds header fields (RFC 5322 section 2.2) without copying or decoding them.

use std::ops::Range;

use memchr::memchr;

/// One header field as it stands in the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// What stands before the colon, letter case kept.
    pub name: &'a [u8],
    /// What stands behind the colon, folds included, without the last line end.
    pub value: &'a [u8],
    /// The whole field in the content, last line end included.
    pub span: Range<usize>,
}

impl Field<'_> {
    /// Whether this is the field of that name; letter case does not matter.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Walks over the header fields of a message. It ends at the empty line, or before the first
/// line that is no field: from there on all is body.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    content: &'a [u8],
    at: usize,
}

/// The header fields of `content`, in order.
#[must_use]
pub fn fields(content: &[u8]) -> Fields<'_> {
    Fields { content, at: 0 }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let start = self.at;
        let first_line_end = line_end(self.content, start);
        let name_len = name_len(&self.content[start..first_line_end])?;
        let mut end = first_line_end;
        while matches!(self.content.get(end), Some(b' ' | b'\t')) {
            end = line_end(self.content, end);
        }
        let text = &self.content[start..end];
        let value = &text[name_len + 1..];
        let value = value.strip_suffix(b"\n").unwrap_or(value);
        let value = value.strip_suffix(b"\r").unwrap_or(value);
        self.at = end;
        Some(Field { name: text[..name_len].trim_ascii_end(), value, span: start..end })
    }
}

/// Where the header section ends: the place of the empty line, or of the first line that is no
/// field. A field written there becomes the last of the section.
#[must_use]
pub fn header_end(content: &[u8]) -> usize {
    fields(content).last().map_or(0, |field| field.span.end)
}

/// The content without any field of that name; the same bytes when there is none.
#[must_use]
pub fn strip_header(content: &[u8], name: &str) -> Vec<u8> {
    let mut kept = Vec::with_capacity(content.len());
    let mut from = 0;
    for field in fields(content).filter(|field| field.is(name)) {
        kept.extend_from_slice(&content[from..field.span.start]);
        from = field.span.end;
    }
    kept.extend_from_slice(&content[from..]);
    kept
}

/// The place behind the line that begins at `start`.
fn line_end(content: &[u8], start: usize) -> usize {
    memchr(b'\n', &content[start..]).map_or(content.len(), |i| start + i + 1)
}

/// The length of the field name that opens the line, spaces before the colon included
/// (RFC 5322 section 4.5.3 allows them in old mail).
fn name_len(line: &[u8]) -> Option<usize> {
    let colon = memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(colon)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(content: &str) -> Vec<String> {
        let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        fields(content.as_bytes()).map(|f| format!("{}|{}", show(f.name), show(f.value))).collect()
    }

    #[test]
    fn fields_of_messages() {
        let cases: &[(&str, &[&str])] = &[
            ("A: 1\r\nB:2\r\n\r\nC: 3\r\n", &["A| 1", "B|2"]),
            ("A: 1\r\n 2\r\n\t3\r\n\r\n", &["A| 1\r\n 2\r\n\t3"]),
            ("A : 1\r\n\r\n", &["A| 1"]),
            ("A: 1", &["A| 1"]),
            ("A: 1\nB: 2\n\nbody", &["A| 1", "B| 2"]),
            ("no header at all\r\nA: 1\r\n", &[]),
            (" folded: first\r\n", &[]),
            ("A: 1\r\nnot a field\r\nB: 2\r\n", &["A| 1"]),
            ("\r\nA: 1\r\n", &[]),
            (": no name\r\n", &[]),
            ("", &[]),
        ];
        for (content, expected) in cases {
            assert_eq!(names(content), *expected, "{content:?}");
        }
    }

    #[test]
    fn where_the_header_section_ends() {
        assert_eq!(header_end(b"A: 1\r\nB: 2\r\n\r\nbody"), 12);
        assert_eq!(header_end(b"body only\r\n"), 0);
    }

    #[test]
    fn stripping_takes_the_whole_field_and_nothing_of_the_body() {
        let content = b"A: 1\r\nx-api-data: k\r\n more\r\nB: 2\r\n\r\nX-Api-Data: body\r\n";
        assert_eq!(
            strip_header(content, "X-Api-Data"),
            b"A: 1\r\nB: 2\r\n\r\nX-Api-Data: body\r\n"
        );
    }
}
