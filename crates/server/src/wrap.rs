//! Text folded into columns of a terminal: Latin words stay whole, Japanese breaks between
//! characters, and no line begins with what belongs to the one before.

use crate::table::width;

/// May not begin a line (JIS X 4051, 行頭禁則), and the percent sign after its number.
const NEVER_FIRST: &str = "、。，．,.・:：;；!！?？)）]］}｝」』】〉》〕〜~%％…―ーゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ";
/// May not end a line (行末禁則).
const NEVER_LAST: &str = "(（[［{｛「『【〈《〔¥€〜~";

/// Folds a text into lines of at most so many columns, at least one line. What has no place to break
/// within them is cut. The last line is no lonely character where narrower lines avoid it.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let lines = fill(text, columns);
    let lonely = |lines: &[String]| lines.last().is_some_and(|last| width(last) < columns / 4);
    if lines.len() < 2 || !lonely(&lines) {
        return lines;
    }
    let narrower = (columns * 3 / 4..columns).rev().map(|columns| fill(text, columns));
    let better = narrower.take_while(|other| other.len() == lines.len()).find(|it| !lonely(it));
    better.unwrap_or(lines)
}

/// Lines as full as they can be.
fn fill(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if width(&line) + width(piece.trim_end()) > columns && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in piece.chars() {
            if width(&line) + width(c.encode_utf8(&mut [0; 4])) > columns && c != ' ' {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The pieces between which a line may break; spaces are at their ends.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((_, before)) = chars.next() {
        let Some(&(at, after)) = chars.peek() else { break };
        if may_break(before, after) {
            pieces.push(&text[start..at]);
            start = at;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn may_break(before: char, after: char) -> bool {
    let wide = |c: char| width(c.encode_utf8(&mut [0; 4])) == 2;
    if after == ' ' || NEVER_FIRST.contains(after) || NEVER_LAST.contains(before) {
        return false;
    }
    // A number stays with its unit.
    before == ' ' || wide(before) || (wide(after) && !before.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_a_reader_expects_it() {
        let cases: [(&str, usize, &[&str]); 11] = [
            ("", 10, &[""]),
            ("four words are here", 10, &["four words", "are here"]),
            ("暦月の分数に対して", 10, &["暦月の分数", "に対して"]),
            ("十分以上、連続", 8, &["十分以", "上、連続"]),
            ("停止(十分)", 6, &["停止", "(十分)"]),
            ("月間稼働率 99.9 % 以上", 15, &["月間稼働率", "99.9 % 以上"]),
            ("smtp-send のみ", 9, &["smtp-send", "のみ"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("翌月の末日までに支払う", 20, &["翌月の末日までに", "支払う"]),
            ("祝日と12月30日〜1月3日を除く", 20, &["祝日と12月30日〜1月", "3日を除く"]),
            ("年に1回 1,000円", 9, &["年に1回", "1,000円"]),
        ];
        for (text, columns, expected) in cases {
            assert_eq!(wrap(text, columns), expected, "{text}");
        }
    }
}
