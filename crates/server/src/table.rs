//! Tables on a terminal: columns aligned, wide (Japanese) characters counted as two columns.

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

    /// The lines, each with its line end and without trailing spaces.
    pub fn show(&self) -> String {
        let columns = self.right.len();
        let width_of =
            |i: usize| self.rows.iter().filter_map(|row| row.get(i)).map(|c| width(c)).max();
        let widths: Vec<usize> = (0..columns).map(|i| width_of(i).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, width_max), right) in row.iter().zip(&widths).zip(&self.right) {
                let gap = " ".repeat(width_max.saturating_sub(width(cell)));
                let (before, after) = if *right { (gap.as_str(), "") } else { ("", gap.as_str()) };
                line.push_str(&format!("{before}{cell}{after}  "));
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
