//! From the text of a file to its table.

use toml::Spanned;
use toml::de::DeTable;

use crate::findings::Findings;

/// Deepest that brackets may be nested. The parser's own limit does not hold for broken files, in
/// which each bracket that is never closed is one level of its stack.
pub const NESTING_MAX: usize = 40;

/// The table of a file; `None` with one finding when it is not TOML.
pub fn parse<'t>(text: &'t str, findings: &Findings) -> Option<Spanned<DeTable<'t>>> {
    if let Some(at) = first_of_deep_nest(text.as_bytes()) {
        let text = format!(
            "not valid TOML: brackets are nested more than {NESTING_MAX} deep from here on; is \
             this one closed?"
        );
        findings.add(at, text);
        return None;
    }
    match DeTable::parse(text) {
        Ok(table) => Some(table),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let first = error.message().lines().next().unwrap_or_default();
            findings.add(at.min(text.len()), format!("not valid TOML: {first}"));
            None
        }
    }
}

/// Where the outermost bracket of a nest deeper than [`NESTING_MAX`] is. Brackets in comments and
/// strings do not count; strings end where the parser's lexer ends them, in broken files too.
fn first_of_deep_nest(text: &[u8]) -> Option<usize> {
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'#' => {
                at += text[at..].iter().take_while(|b| !matches!(b, b'\r' | b'\n')).count();
            }
            b'"' | b'\'' => {
                at = after_string(text, at, *byte);
                continue;
            }
            b'[' => open.push((b']', at)),
            b'{' => open.push((b'}', at)),
            b']' | b'}' if open.last().is_some_and(|(close, _)| close == byte) => drop(open.pop()),
            _ => {}
        }
        if open.len() > NESTING_MAX {
            return open.first().map(|(_, at)| *at);
        }
        at += 1;
    }
    None
}

/// The place behind the string that begins at `at`.
fn after_string(text: &[u8], at: usize, quote: u8) -> usize {
    let triple = [quote; 3];
    let long = text[at..].starts_with(&triple);
    let mut at = at + if long { 3 } else { 1 };
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' if quote == b'"' => {
                at += if matches!(text.get(at + 1), Some(b'\\' | b'"')) { 2 } else { 1 };
            }
            b'\n' if !long => return at,
            // Up to two more quotes belong to the string: `"""it's "x"""""`.
            _ if long && text[at..].starts_with(&triple) => {
                let more = text[at + 3..].iter().take(2).take_while(|b| **b == quote);
                return at + 3 + more.count();
            }
            _ if !long && *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_too_deep() {
        let deep = NESTING_MAX + 1;
        let cases = [
            (format!("a = {}{}", "[".repeat(NESTING_MAX), "]".repeat(NESTING_MAX)), true),
            (format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)), false),
            (format!("b = 1\na = {}", "[{".repeat(deep)), false),
            ("[[a]]\nb = [{}, {}]\n".repeat(1_000), true),
            ("a = [{ b = \"x\n".repeat(1_000), false),
            (format!("a = \"{}\"", "[".repeat(deep)), true),
            (format!("a = '{}' # {}", "{".repeat(deep), "[".repeat(deep)), true),
            (format!("a = \"\"\"\n\"{}\"\"\"", "[\n".repeat(deep)), true),
            (format!("a = \"\\\"{}\"", "[".repeat(deep)), true),
        ];
        for (text, flat) in cases {
            assert_eq!(first_of_deep_nest(text.as_bytes()).is_none(), flat, "{text:.60}");
        }
    }
}
