//! The two faces that documents are set in, and how wide their letters are. The font itself is not part
//! of the program: it is found on the system, or where the configuration says.

use std::fs;
use std::path::{Path, PathBuf};

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use crate::breaking::Width;

/// Where BIZ UDPGothic is looked for, besides `fonts` in the data folder: Debian's package and others.
pub const SEARCHED: [&str; 4] = [
    "/usr/share/fonts/truetype/bizud-gothic",
    "/usr/share/fonts/truetype/morisawa-bizud-gothic",
    "/usr/local/share/fonts",
    "/usr/share/fonts",
];
const REGULAR: &str = "BIZUDPGothic-Regular.ttf";
const BOLD: &str = "BIZUDPGothic-Bold.ttf";
/// Largest font file, in bytes.
const FONT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What stands for a letter that the font lacks.
const LACKING: char = '〓';

/// Which files hold the two faces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontFiles {
    /// For texts.
    pub regular: PathBuf,
    /// For headings; may be the same.
    pub bold: PathBuf,
}

impl FontFiles {
    /// One file for everything.
    #[must_use]
    pub fn one(file: &Path) -> FontFiles {
        FontFiles { regular: file.to_owned(), bold: file.to_owned() }
    }

    /// BIZ UDPGothic in one of these folders, or where systems have it.
    ///
    /// # Errors
    /// When it is nowhere.
    pub fn find(folders: &[PathBuf]) -> Result<FontFiles, FontError> {
        let all = folders.iter().cloned().chain(SEARCHED.iter().map(PathBuf::from));
        for folder in all {
            let files = FontFiles { regular: folder.join(REGULAR), bold: folder.join(BOLD) };
            if files.regular.is_file() {
                return Ok(if files.bold.is_file() {
                    files
                } else {
                    FontFiles::one(&files.regular)
                });
            }
        }
        Err(FontError::Nowhere)
    }
}

/// Where an installation has its font.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FontPlace {
    /// What the configuration names.
    pub named: Option<FontFiles>,
    /// A folder that is looked into before the system's.
    pub folder: PathBuf,
}

impl FontPlace {
    /// Reads the font. It may have been installed a moment ago.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub fn open(&self) -> Result<Fonts, FontError> {
        match &self.named {
            Some(files) => Fonts::open(files),
            None => Fonts::open(&FontFiles::find(std::slice::from_ref(&self.folder))?),
        }
    }
}

/// Why there is no font.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// BIZ UDPGothic is not there.
    #[error(
        "there is no font for documents: install fonts-morisawa-bizud-gothic (Debian), put \
         {REGULAR} into `fonts` of the data folder, or name one under [documents] `font`"
    )]
    Nowhere,
    /// A file that cannot be read.
    #[error("cannot read the font {}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a font, or of a kind that cannot be embedded.
    #[error("{} is no TrueType font", path.display())]
    Unusable {
        /// Which one.
        path: PathBuf,
    },
}

/// One of the two faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A font that was read.
pub struct Fonts {
    regular: Face,
    bold: Face,
}

pub(crate) struct Face {
    data: Vec<u8>,
    pub font: Font,
    units_per_em: u16,
}

impl Fonts {
    /// Reads both files.
    ///
    /// # Errors
    /// When one cannot be read or is no font.
    pub fn open(files: &FontFiles) -> Result<Fonts, FontError> {
        Ok(Fonts { regular: Face::open(&files.regular)?, bold: Face::open(&files.bold)? })
    }

    pub(crate) fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Face {
    fn open(path: &Path) -> Result<Face, FontError> {
        let unreadable = |source| FontError::Unreadable { path: path.to_owned(), source };
        let unusable = || FontError::Unusable { path: path.to_owned() };
        if fs::metadata(path).map_err(unreadable)?.len() > FONT_BYTES_MAX {
            return Err(unusable());
        }
        let data = fs::read(path).map_err(unreadable)?;
        let font = Font::new(data.clone().into(), 0).ok_or_else(unusable)?;
        let metrics = FontRef::new(&data).map_err(|_| unusable())?;
        let units_per_em = metrics.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
        Ok(Face { data, font, units_per_em: units_per_em.max(1) })
    }

    /// Glyphs and advances of a text, in units of the em.
    pub fn glyphs(&self, text: &str) -> Vec<Glyph> {
        // Read once already.
        let Ok(font) = FontRef::new(&self.data) else { return Vec::new() };
        let map = font.charmap();
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let lacking = map.map(LACKING).unwrap_or(GlyphId::NOTDEF);
        let glyph = |(at, letter): (usize, char)| {
            let id = map.map(letter).unwrap_or(lacking);
            // Advances are whole units of the em.
            let advance = metrics.advance_width(id).map_or(0, |units| units as i64);
            Glyph { id: id.to_u32(), from: at, until: at + letter.len_utf8(), advance }
        };
        text.char_indices().map(glyph).collect()
    }

    /// How wide an advance is in letters of that size, both in thousandths of a point.
    pub fn scaled(&self, advance: i64, size: Width) -> Width {
        advance * size / i64::from(self.units_per_em)
    }

    /// An advance as a share of the em, for drawing.
    pub fn share(&self, advance: i64) -> f32 {
        advance as f32 / f32::from(self.units_per_em)
    }

    /// How wide a text is.
    pub fn width(&self, text: &str, size: Width) -> Width {
        self.scaled(self.glyphs(text).iter().map(|glyph| glyph.advance).sum(), size)
    }

    /// How wide each letter of a text is, to break it into lines.
    pub fn widths(&self, text: &str, size: Width) -> std::collections::HashMap<char, Width> {
        let glyphs = self.glyphs(text).into_iter().zip(text.chars());
        glyphs.map(|(glyph, letter)| (letter, self.scaled(glyph.advance, size))).collect()
    }
}

/// A glyph and the letter that it stands for, by its place in the text.
pub(crate) struct Glyph {
    pub id: u32,
    pub from: usize,
    pub until: usize,
    /// In units of the em.
    pub advance: i64,
}
