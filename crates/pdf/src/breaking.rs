//! Where a line of text may end. Japanese may be broken between any two letters, but for those that
//! must not begin a line or end one (禁則処理, JIS X 4051); other words stay whole.

/// Letters that do not begin a line: closing brackets, points, small kana and marks that belong to the
/// letter before them.
const NOT_FIRST: &str = "、。，．・：；？！）］｝」』】〕〉》〟’”゛゜ヽヾゝゞ々ー―…‥％‰℃°′″\
    ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%〜～";
/// Letters that do not end a line: opening brackets and signs before a number.
const NOT_LAST: &str = "（［｛「『【〔〈《〝‘“￥＄¥$([{№＃#";

/// A width on paper, in thousandths of a point.
pub type Width = i64;

/// Breaks a text into lines of at most `most`; a word that is wider than a line is broken anywhere.
/// Line feeds end a line. `width` tells how wide a letter is. Never without a line.
pub fn lines(text: &str, most: Width, width: &dyn Fn(char) -> Width) -> Vec<String> {
    let mut all = Vec::new();
    for paragraph in text.split('\n') {
        let letters: Vec<char> = paragraph.chars().filter(|c| !c.is_control()).collect();
        let mut from = 0;
        while from < letters.len() {
            let until = end_of_line(&letters, from, most, width);
            let line: String = letters[from..until].iter().collect();
            all.push(line.trim_end().to_owned());
            from = until + letters[until..].iter().take_while(|c| **c == ' ').count();
        }
        if letters.is_empty() {
            all.push(String::new());
        }
    }
    all
}

/// Where the line that begins at `from` ends; farther than `from`.
fn end_of_line(letters: &[char], from: usize, most: Width, width: &dyn Fn(char) -> Width) -> usize {
    let mut used = 0;
    // Between words; and inside of one, for a word that is wider than a line.
    let (mut last_good, mut last_fair) = (None, None);
    for at in from..letters.len() {
        if at > from && may_break(letters[at - 1], letters[at]) {
            last_good = Some(at);
        }
        if at > from && may_part(letters[at - 1], letters[at]) {
            last_fair = Some(at);
        }
        used += width(letters[at]);
        // A space may hang over the edge: nobody sees it.
        if used > most && letters[at] != ' ' {
            return last_good.or(last_fair).unwrap_or(at.max(from + 1));
        }
    }
    letters.len()
}

/// Whether a line may end between two letters.
fn may_break(before: char, after: char) -> bool {
    may_part(before, after) && (before == ' ' || is_wide(before) || is_wide(after))
}

/// Whether two letters may stand on two lines, if need be.
fn may_part(before: char, after: char) -> bool {
    !NOT_FIRST.contains(after) && !NOT_LAST.contains(before) && after != ' '
}

/// Letters that may stand at either end of a line: Han, kana, and the marks and widths that go with
/// them.
fn is_wide(letter: char) -> bool {
    matches!(u32::from(letter), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x2_0000..=0x3_FFFF)
        || matches!(u32::from(letter), 0x2190..=0x27BF)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wide letters are two, others one.
    fn broken(text: &str, most: Width) -> String {
        let width = |letter: char| if is_wide(letter) { 2 } else { 1 };
        lines(text, most, &width).join("|")
    }

    #[test]
    fn where_lines_end() {
        let cases = [
            ("障害が発生しました。", 10, "障害が発生|しました。"),
            ("障害が発生した。次に", 14, "障害が発生し|た。次に"),
            ("停止した（全機能）。", 10, "停止した|（全機|能）。"),
            ("サーバーを起動", 6, "サー|バーを|起動"),
            ("ちょっと待つ", 4, "ちょ|っと|待つ"),
            ("99.9%を保証", 6, "99.9%|を保証"),
            ("the mail server", 8, "the mail|server"),
            ("nginxが止まった", 8, "nginxが|止まった"),
            ("abcdefghij", 4, "abcd|efgh|ij"),
            ("一行目\n二行目", 20, "一行目|二行目"),
            ("上\n\n下", 20, "上||下"),
            ("", 20, ""),
            ("a  b", 1, "a|b"),
        ];
        for (text, most, expected) in cases {
            assert_eq!(broken(text, most), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_lost_and_no_line_begins_or_ends_wrongly() {
        let text = "２０２６年１１月２２日（日）、ウェブ・サーバー「web-1」が停止し、約１２分後に復旧しました。\
            原因は設定の誤り（ワーカー数）です。今後はレビューを２名で行い、再発を防ぎます！";
        for most in 8..60 {
            let width = |letter: char| if is_wide(letter) { 2 } else { 1 };
            let broken = lines(text, most, &width);
            assert_eq!(broken.concat(), text, "{most}");
            for line in &broken {
                let first = line.chars().next().expect("no line is empty");
                let last = line.chars().last().expect("no line is empty");
                assert!(!NOT_FIRST.contains(first), "{most}: {line}");
                assert!(!NOT_LAST.contains(last), "{most}: {line}");
            }
        }
    }
}
