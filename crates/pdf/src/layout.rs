//! From blocks to pages: where each line of text and each rule stands. Lengths are thousandths of a
//! point, from the top left corner of the page.

use crate::breaking::{self, Width};
use crate::fonts::{Fonts, Weight};
use crate::{Block, Column, PAGES_MAX, Paper, PdfError, Table};

/// A4 (ISO 216).
pub const PAGE_WIDTH: Width = 595_276;
/// A4.
pub const PAGE_HEIGHT: Width = 841_890;
/// Twenty millimetres on every side.
const MARGIN: Width = 56_693;
/// The number of the page stands below the text.
const FOOT_BASELINE: Width = PAGE_HEIGHT - 34_000;
/// The text ends here.
const BOTTOM: Width = PAGE_HEIGHT - MARGIN - 8_000;
const TEXT_WIDTH: Width = PAGE_WIDTH - 2 * MARGIN;
/// Labels of facts.
const LABEL_WIDTH: Width = 90_000;
/// Inside the cells of a table, left and right.
const CELL: Width = 5_000;
/// Above and below the lines of a cell.
const CELL_AIR: Width = 4_000;

/// The letters of a line.
#[derive(Clone, Copy)]
struct Style {
    size: Width,
    /// From baseline to baseline.
    line: Width,
    weight: Weight,
}

const TITLE: Style = Style { size: 18_000, line: 26_000, weight: Weight::Bold };
const HEADING: Style = Style { size: 12_000, line: 19_000, weight: Weight::Bold };
const TEXT: Style = Style { size: 10_500, line: 17_500, weight: Weight::Regular };
const SMALL: Style = Style { size: 8_500, line: 13_000, weight: Weight::Regular };
const CELL_TEXT: Style = Style { size: 9_500, line: 14_500, weight: Weight::Regular };
const CELL_HEAD: Style = Style { size: 9_500, line: 14_500, weight: Weight::Bold };

/// What stands on a page.
#[derive(Default)]
pub struct Page {
    /// In the order of reading.
    pub texts: Vec<Placed>,
    /// Lines: from and until.
    pub rules: Vec<((Width, Width), (Width, Width))>,
}

/// A line of text where it stands.
pub struct Placed {
    pub x: Width,
    pub baseline: Width,
    pub size: Width,
    pub weight: Weight,
    pub text: String,
}

/// The pages of a document, with their numbers.
pub fn lay_out(paper: &Paper, fonts: &Fonts) -> Result<Vec<Page>, PdfError> {
    let mut sheet = Sheet { fonts, pages: vec![Page::default()], y: MARGIN };
    for block in &paper.blocks {
        sheet.block(block);
        if sheet.pages.len() > PAGES_MAX {
            return Err(PdfError::TooLong);
        }
    }
    let total = sheet.pages.len();
    for number in 0..total {
        sheet.foot(number, total, &paper.foot);
    }
    Ok(sheet.pages)
}

struct Sheet<'f> {
    fonts: &'f Fonts,
    pages: Vec<Page>,
    /// The top of what comes next.
    y: Width,
}

impl Sheet<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Title(text) => {
                self.paragraph(text, TITLE);
                self.y += 6_000;
            }
            Block::Heading(text) => {
                self.air(9_000);
                self.room(HEADING.line + 2 * TEXT.line);
                self.paragraph(text, HEADING);
                self.y += 1_500;
            }
            Block::Text(text) => {
                self.paragraph(text, TEXT);
                self.y += 3_000;
            }
            Block::Small(text) => {
                self.air(6_000);
                self.paragraph(text, SMALL);
            }
            Block::Facts(facts) => self.facts(facts),
            Block::Table(table) => self.table(table),
        }
    }

    fn page(&mut self) -> &mut Page {
        if self.pages.is_empty() {
            self.pages.push(Page::default());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    fn new_page(&mut self) {
        self.pages.push(Page::default());
        self.y = MARGIN;
    }

    /// A page with so much room, this one or a new one.
    fn room(&mut self, height: Width) {
        if self.y + height > BOTTOM && self.y > MARGIN {
            self.new_page();
        }
    }

    /// Room between two blocks; none at the top of a page.
    fn air(&mut self, height: Width) {
        if self.y > MARGIN {
            self.y += height;
        }
    }

    fn broken(&self, text: &str, width: Width, style: Style) -> Vec<String> {
        let widths = self.fonts.face(style.weight).widths(text, style.size);
        let of = |letter: char| widths.get(&letter).copied().unwrap_or(0);
        breaking::lines(text, width, &of)
    }

    /// A line with its top at `top`.
    fn put(&mut self, x: Width, top: Width, style: Style, text: String) {
        let baseline = top + (style.line + style.size * 7 / 10) / 2;
        let (size, weight) = (style.size, style.weight);
        self.page().texts.push(Placed { x, baseline, size, weight, text });
    }

    fn rule(&mut self, from: (Width, Width), until: (Width, Width)) {
        self.page().rules.push((from, until));
    }

    fn paragraph(&mut self, text: &str, style: Style) {
        for line in self.broken(text, TEXT_WIDTH, style) {
            self.room(style.line);
            let top = self.y;
            self.put(MARGIN, top, style, line);
            self.y += style.line;
        }
    }

    fn facts(&mut self, facts: &[(String, String)]) {
        for (label, value) in facts {
            let labels = self.broken(label, LABEL_WIDTH - CELL, TEXT);
            let values = self.broken(value, TEXT_WIDTH - LABEL_WIDTH, TEXT);
            let count = labels.len().max(values.len());
            let (mut labels, mut values) = (labels.into_iter(), values.into_iter());
            for _ in 0..count {
                self.room(TEXT.line);
                let top = self.y;
                let cells = [(MARGIN, labels.next()), (MARGIN + LABEL_WIDTH, values.next())];
                for (x, line) in cells {
                    if let Some(line) = line {
                        self.put(x, top, TEXT, line);
                    }
                }
                self.y += TEXT.line;
            }
            let y = self.y;
            self.rule((MARGIN, y), (MARGIN + TEXT_WIDTH, y));
        }
        self.y += 4_000;
    }

    fn table(&mut self, table: &Table) {
        self.air(3_000);
        self.head(table);
        for row in &table.rows {
            if self.pages.len() > PAGES_MAX {
                return;
            }
            let cells = self.cells(table, row, CELL_TEXT);
            let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
            let height = Width::try_from(lines).unwrap_or(0) * CELL_TEXT.line + 2 * CELL_AIR;
            let whole = BOTTOM - MARGIN - 4 * CELL_TEXT.line;
            if self.y + height.min(whole) > BOTTOM && self.y > MARGIN {
                self.new_page();
                self.head(table);
            }
            self.row(table, cells, CELL_TEXT);
        }
        self.y += 4_000;
    }

    fn head(&mut self, table: &Table) {
        let y = self.y;
        self.rule((MARGIN, y), (MARGIN + TEXT_WIDTH, y));
        if !table.head.is_empty() {
            self.room(2 * (CELL_HEAD.line + 2 * CELL_AIR));
            let cells = self.cells(table, &table.head, CELL_HEAD);
            self.row(table, cells, CELL_HEAD);
        }
    }

    fn cells(&self, table: &Table, row: &[String], style: Style) -> Vec<Vec<String>> {
        let edges = edges(&table.columns);
        let broken = |(text, pair): (&String, &[Width])| {
            self.broken(text, pair[1] - pair[0] - 2 * CELL, style)
        };
        row.iter().zip(edges.windows(2)).map(broken).collect()
    }

    /// The lines of a row, beside each other; a row that is longer than a page goes on on the next.
    fn row(&mut self, table: &Table, cells: Vec<Vec<String>>, style: Style) {
        let edges = edges(&table.columns);
        let count = cells.iter().map(Vec::len).max().unwrap_or(0);
        let mut top = self.y;
        self.y += CELL_AIR;
        for line in 0..count {
            if self.y + style.line > BOTTOM {
                self.sides(&edges, top);
                self.new_page();
                top = self.y;
            }
            for (place, cell) in cells.iter().enumerate() {
                let Some(text) = cell.get(line) else { continue };
                let right = table.columns.get(place).is_some_and(|column| column.right);
                let width = self.fonts.face(style.weight).width(text, style.size);
                let x = match right {
                    true => edges[place + 1] - CELL - width,
                    false => edges[place] + CELL,
                };
                let y = self.y;
                self.put(x, y, style, text.clone());
            }
            self.y += style.line;
        }
        self.y += CELL_AIR;
        self.sides(&edges, top);
    }

    /// The lines at the sides of a row and below it.
    fn sides(&mut self, edges: &[Width], top: Width) {
        let y = self.y;
        for edge in edges {
            self.rule((*edge, top), (*edge, y));
        }
        self.rule((MARGIN, y), (MARGIN + TEXT_WIDTH, y));
    }

    fn foot(&mut self, page: usize, total: usize, foot: &str) {
        let number = format!("{} / {total}", page + 1);
        let face = self.fonts.face(SMALL.weight);
        let width = face.width(&number, SMALL.size);
        let room = TEXT_WIDTH - width - 2 * CELL;
        let line = self.broken(foot, room, SMALL).into_iter().next().unwrap_or_default();
        let placed = |x, text| {
            let (baseline, size, weight) = (FOOT_BASELINE, SMALL.size, SMALL.weight);
            Placed { x, baseline, size, weight, text }
        };
        let Some(page) = self.pages.get_mut(page) else { return };
        page.texts.push(placed(MARGIN, line));
        page.texts.push(placed(PAGE_WIDTH - MARGIN - width, number));
    }
}

/// Where columns begin, and where the last one ends.
fn edges(columns: &[Column]) -> Vec<Width> {
    let whole: i64 = columns.iter().map(|column| i64::from(column.part)).sum();
    let mut parts = 0;
    let mut edges = vec![MARGIN];
    for column in columns {
        parts += i64::from(column.part);
        edges.push(MARGIN + TEXT_WIDTH * parts / whole.max(1));
    }
    edges
}
