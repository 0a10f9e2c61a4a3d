//! `yakusoku contract show`: everything that a contract promises, beside its clauses.

use terms::wording::{Row, date, overview};
use terms::{Contract, Lang, Terms, Version};

use crate::table::width;
use crate::wrap::wrap;

/// Columns between two cells, and before the first.
const GAP: usize = 2;

/// The contract as one version has it, in lines of at most so many columns.
pub fn show(contract: &Contract, version: &Version, lang: Lang, columns: usize) -> String {
    let rows = overview(contract, &version.terms, lang);
    // The first group is about the contract itself: who, since when, where.
    let first = rows.first().map(|row| row.group.clone()).unwrap_or_default();
    let (head, rows) = rows.split_at(rows.iter().take_while(|row| row.group == first).count());
    let mut text = format!("{} ({})\n", contract.title.in_lang(lang), contract.name);
    for row in head {
        text.push_str(&folded(&format!("{}: ", row.what), &row.number, columns));
    }
    text.push_str(&versions(contract, version, lang, columns));
    text.push_str(&services(&version.terms, lang, columns));
    let widths = Widths::of(rows, lang, columns);
    text.push_str(&format!("\n{}", widths.heading()));
    let mut group = "";
    for row in rows {
        if row.group != group {
            group = &row.group;
            text.push_str(&format!("\n{group}\n"));
        }
        text.push_str(&widths.lines(row));
    }
    text
}

/// Which versions there are; the one that is shown has a mark.
fn versions(contract: &Contract, shown: &Version, lang: Lang, columns: usize) -> String {
    let mut text = String::from(match lang {
        Lang::Ja => "版(* の版を表示):\n",
        Lang::En => "Versions (* is shown):\n",
    });
    let days = contract.versions.iter().map(|version| width(&date(version.in_force, lang)));
    let widest = days.max().unwrap_or(0);
    for version in &contract.versions {
        let mark = if version.in_force == shown.in_force { '*' } else { ' ' };
        let note = version.note.as_ref().map_or("", |note| note.in_lang(lang));
        let day = date(version.in_force, lang);
        let day = format!("{day}{}", " ".repeat(widest - width(&day)));
        text.push_str(&folded(&format!("{mark} {day}  "), note, columns));
    }
    text
}

/// What is provided, with the names that a log uses.
fn services(terms: &Terms, lang: Lang, columns: usize) -> String {
    let mut text = String::from(match lang {
        Lang::Ja => "サービスと機能:\n",
        Lang::En => "Services and functions:\n",
    });
    for service in &terms.services {
        text.push_str(&folded(
            "  ",
            &format!("{} ({})", service.title.in_lang(lang), service.name),
            columns,
        ));
        for function in &service.functions {
            let line = format!("{} ({})", function.title.in_lang(lang), function.name);
            text.push_str(&folded("    ", &line, columns));
        }
    }
    text
}

/// A text behind a label; what does not fit goes on below its beginning.
fn folded(label: &str, text: &str, columns: usize) -> String {
    let indent = width(label);
    let lines = wrap(text, columns.saturating_sub(indent));
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        let before = if i == 0 { label.to_owned() } else { " ".repeat(indent) };
        out.push_str(format!("{before}{line}").trim_end());
        out.push('\n');
    }
    out
}

/// Columns of each cell: where it is said, what it is, the number, how strong it is.
struct Widths {
    columns: [usize; 4],
    lang: Lang,
}

impl Widths {
    /// As wide as they need, or, when that is too much, as fits.
    fn of(rows: &[Row], lang: Lang, columns: usize) -> Widths {
        let widest = |place: usize| {
            let cells =
                rows.iter().map(|row| cells(row, lang)).flat_map(move |cells| cells[place].clone());
            let heading = headings(lang)[place].to_owned();
            cells.chain([heading]).map(|cell| width(&cell)).max().unwrap_or(0)
        };
        let [clause, what, number, strength] = [0, 1, 2, 3].map(widest);
        let left = columns.saturating_sub(GAP * 4 + strength);
        // A quarter to the clause and a third to what it is leave room for the number, which says most.
        let clause = clause.min(left / 4);
        let what = what.min(left / 3);
        let columns = [clause, what, number.min(left - clause - what), strength];
        Widths { columns, lang }
    }

    fn heading(&self) -> String {
        self.folded(headings(self.lang).map(|heading| vec![heading.to_owned()]))
    }

    fn lines(&self, row: &Row) -> String {
        self.folded(cells(row, self.lang))
    }

    /// Cells beside one another, each folded to its width.
    fn folded(&self, cells: [Vec<String>; 4]) -> String {
        let mut columns = Vec::new();
        for (paragraphs, width) in cells.iter().zip(self.columns) {
            columns.push(paragraphs.iter().flat_map(|it| wrap(it, width)).collect::<Vec<_>>());
        }
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        let mut text = String::new();
        for line in 0..height {
            let mut whole = String::new();
            for (column, columns) in columns.iter().zip(self.columns) {
                let cell = column.get(line).map_or("", String::as_str);
                let gap = columns.saturating_sub(width(cell));
                whole.push_str(&" ".repeat(GAP));
                whole.push_str(cell);
                whole.push_str(&" ".repeat(gap));
            }
            text.push_str(whole.trim_end());
            text.push('\n');
        }
        text
    }
}

fn headings(lang: Lang) -> [&'static str; 4] {
    match lang {
        Lang::Ja => ["条項", "約束・条件", "内容", "区分"],
        Lang::En => ["clause", "what", "how much", "strength"],
    }
}

/// The cells of a row, as paragraphs: the name stands below what it names, a note below the number.
fn cells(row: &Row, lang: Lang) -> [Vec<String>; 4] {
    let paragraphs = |first: &str, second: String| {
        let both = [first.to_owned(), second];
        both.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>()
    };
    // The kind of a fee is often its title already.
    let says_more = !row.note.is_empty() && row.note != row.what;
    let mark = if lang == Lang::Ja { "※ " } else { "Note: " };
    let note = if says_more { format!("{mark}{}", row.note) } else { String::new() };
    [
        vec![row.clause.clone()],
        paragraphs(&row.what, row.name.clone()),
        paragraphs(&row.number, note),
        vec![row.strength.clone()],
    ]
}
