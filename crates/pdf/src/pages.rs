//! Draws laid-out pages into a PDF file.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};

use crate::breaking::Width;
use crate::fonts::Fonts;
use crate::layout::{PAGE_HEIGHT, PAGE_WIDTH, Page, Placed};
use crate::{Paper, PdfError};

/// How wide a rule is, in points.
const RULE: f32 = 0.5;

/// Points, as the file has them.
fn points(length: Width) -> f32 {
    length as f32 / 1_000.0
}

/// The file. It says neither when nor where it was made, so that the same document has the same bytes.
pub fn write(paper: &Paper, pages: &[Page], fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(paper.title.clone())
            .language(paper.language.clone())
            .creator("Yakusoku".to_owned()),
    );
    for page in pages {
        let a4 = PageSettings::from_wh(points(PAGE_WIDTH), points(PAGE_HEIGHT));
        let a4 = a4.ok_or_else(|| PdfError::Writer("the page has no size".to_owned()))?;
        let mut sheet = document.start_page_with(a4);
        let mut surface = sheet.surface();
        for rule in &page.rules {
            draw_rule(&mut surface, *rule);
        }
        surface.set_stroke(None);
        surface
            .set_fill(Some(Fill { paint: rgb::Color::new(17, 24, 33).into(), ..Fill::default() }));
        for text in &page.texts {
            draw_text(&mut surface, text, fonts);
        }
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(|error| PdfError::Writer(format!("{error:?}")))
}

fn draw_rule(surface: &mut Surface<'_>, (from, until): ((Width, Width), (Width, Width))) {
    let mut path = PathBuilder::new();
    path.move_to(points(from.0), points(from.1));
    path.line_to(points(until.0), points(until.1));
    let Some(path) = path.finish() else { return };
    let paint = rgb::Color::new(150, 158, 168).into();
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { paint, width: RULE, ..Stroke::default() }));
    surface.draw_path(&path);
}

fn draw_text(surface: &mut Surface<'_>, placed: &Placed, fonts: &Fonts) {
    if placed.text.is_empty() {
        return;
    }
    let face = fonts.face(placed.weight);
    let glyphs: Vec<KrillaGlyph> = face
        .glyphs(&placed.text)
        .iter()
        .map(|glyph| {
            let advance = face.share(glyph.advance);
            let range = glyph.from..glyph.until;
            KrillaGlyph::new(GlyphId::new(glyph.id), advance, 0.0, 0.0, 0.0, range, None)
        })
        .collect();
    let start = Point::from_xy(points(placed.x), points(placed.baseline));
    let size = points(placed.size);
    surface.draw_glyphs(start, &glyphs, face.font.clone(), &placed.text, size, false);
}
