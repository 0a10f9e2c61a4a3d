//! Tables on a terminal: columns aligned, wide (Japanese) characters counted as two columns.

/// Between two columns.
const GAP: usize = 2;
/// What a last column that is cut keeps.
const LAST_MIN: usize = 12;

/// Rows under a heading; every row has as many cells as the heading.
pub struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
}

impl Table {
    /// A table with these headings. One that begins with `>` is a column of numbers, aligned to
    /// the right.
    pub fn new(heading: &[&str]) -> Table {
        let right = heading.iter().map(|name| name.starts_with('>')).collect();
        let names = heading.iter().map(|name| name.trim_start_matches('>').to_owned()).collect();
        Table { rows: vec![names], right }
    }

    /// Adds a row. Control characters become spaces, so that no mail can move the cursor.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let clean = |cell: String| cell.replace(|c: char| c.is_control(), " ");
        self.rows.push(cells.into_iter().map(clean).collect());
    }

    /// As [`Table::show`], with the last column cut so that lines have at most so many columns; it keeps
    /// a dozen.
    pub fn fitted(mut self, columns: usize) -> String {
        if let Some(last) = self.right.len().checked_sub(1) {
            let others: usize = self.widths().iter().take(last).map(|width| width + GAP).sum();
            let left = columns.saturating_sub(others).max(LAST_MIN);
            for row in &mut self.rows {
                row[last] = cut(&row[last], left);
            }
        }
        self.show()
    }

    fn widths(&self) -> Vec<usize> {
        let width_of =
            |i: usize| self.rows.iter().filter_map(|row| row.get(i)).map(|c| width(c)).max();
        (0..self.right.len()).map(|i| width_of(i).unwrap_or(0)).collect()
    }

    /// The lines, each with its line end and without trailing spaces.
    pub fn show(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, width_max), right) in row.iter().zip(&widths).zip(&self.right) {
                let gap = " ".repeat(width_max.saturating_sub(width(cell)));
                let (before, after) = if *right { (gap.as_str(), "") } else { ("", gap.as_str()) };
                line.push_str(&format!("{before}{cell}{after}{:GAP$}", ""));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Cuts a text to `columns`, with an ellipsis where something is gone.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += char_width(c);
        if used >= columns {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

/// After Unicode's East Asian Width (UAX #11), in the few ranges that mail in Japan meets.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0x3099..=0x309A | 0xFE00..=0xFE0F | 0xFEFF => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF
        | 0x1F900..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_lines_up() {
        let mut table = Table::new(&["subject", ">size", "to"]);
        table.row(["御見積の件".to_owned(), "7".to_owned(), "太郎".to_owned()]);
        table.row(["Re: hello\nthere".to_owned(), "12345".to_owned(), "x".to_owned()]);
        let expected = "\
subject           size  to
御見積の件           7  太郎
Re: hello there  12345  x
";
        assert_eq!(table.show(), expected);
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let table = || {
            let mut table = Table::new(&["notice", "subject"]);
            table.row(["12".to_owned(), "計画停止のお知らせ 12月10日".to_owned()]);
            table
        };
        assert_eq!(table().fitted(80), table().show());
        assert_eq!(table().fitted(24), "notice  subject\n12      計画停止のお知…\n");
        assert_eq!(table().fitted(5), "notice  subject\n12      計画停止の…\n");
    }

    #[test]
    fn cutting_counts_columns() {
        for (text, columns, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("約束の件", 8, "約束の件"),
            ("約束の件", 7, "約束の…"),
            ("約束の件", 6, "約束…"),
            ("ｶﾅ", 2, "ｶﾅ"),
        ] {
            assert_eq!(cut(text, columns), expected, "{text} {columns}");
        }
    }
}
