//! A document on paper: headings, texts and tables on A4, as PDF. It knows nothing of what a document is
//! about. The same document with the same font gives the same bytes. The only crate that knows `krilla`.

mod breaking;
mod fonts;
mod layout;
mod pages;

pub use fonts::{FontError, FontFiles, FontPlace, Fonts, SEARCHED};

/// Most pages of a document: more is not read by anybody, and is an accident of the input.
pub const PAGES_MAX: usize = 500;

/// What is to be on paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paper {
    /// What readers of PDF files show as its title.
    pub title: String,
    /// `ja` or `en`.
    pub language: String,
    /// From top to bottom.
    pub blocks: Vec<Block>,
    /// At the bottom of every page, left of the number of the page.
    pub foot: String,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// What the document is called.
    Title(String),
    /// The heading of what follows; it never stands alone at the end of a page.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph in small letters.
    Small(String),
    /// Labels and values.
    Facts(Vec<(String, String)>),
    /// A table with lines.
    Table(Table),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// How wide each column is, in parts of the whole.
    pub columns: Vec<Column>,
    /// Headings, repeated on every page; none: no heading.
    pub head: Vec<String>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its share of the width.
    pub part: u32,
    /// Numbers stand at the right.
    pub right: bool,
}

/// Why a document could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// It would be longer than [`PAGES_MAX`].
    #[error("the document has more than {PAGES_MAX} pages: print less of it")]
    TooLong,
    /// A font that the writer does not take.
    #[error("the document could not be written with this font: name another one ({0})")]
    Writer(String),
}

/// The document as a PDF file.
///
/// # Errors
/// When it is longer than [`PAGES_MAX`], or the font is broken.
pub fn write(paper: &Paper, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let pages = layout::lay_out(paper, fonts)?;
    pages::write(paper, &pages, fonts)
}

/// The lines of each page as they stand, from top to bottom: what a reader sees, for tests and for
/// whoever wants to know what fits.
///
/// # Errors
/// As [`write`].
pub fn lines(paper: &Paper, fonts: &Fonts) -> Result<Vec<Vec<String>>, PdfError> {
    let pages = layout::lay_out(paper, fonts)?;
    Ok(pages
        .into_iter()
        .map(|page| page.texts.into_iter().map(|text| text.text).collect())
        .collect())
}
