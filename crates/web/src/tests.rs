//! Every page with sample data, in both languages: that it renders, escapes what others wrote,
//! and is well-formed. With `WEB_PAGES=FOLDER` the pages are written there to be looked at.

use std::fs;
use std::path::Path;

use crate::frame::Frame;
use crate::rooms;
use crate::words::Lang;

pub mod incidents;
pub mod machines;
pub mod promises;
pub mod sample;
pub mod watched;

fn pages(lang: Lang) -> Vec<(&'static str, String)> {
    rooms::sample_pages(&sample::frame(lang))
}

#[test]
fn every_page_renders_in_both_languages() {
    for lang in [Lang::Ja, Lang::En] {
        let pages = pages(lang);
        if let Ok(folder) = std::env::var("WEB_PAGES") {
            write(Path::new(&folder), lang, &pages);
        }
        for (name, html) in pages {
            assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())), "{name}");
            assert!(!html.contains("<script>"), "{name} lets markup of others through");
            assert!(!html.contains("style=\""), "{name}: the policy forbids inline styles");
            assert_eq!(unbalanced(&html), None, "{name} is not well-formed");
        }
    }
}

/// An English page says nothing in Japanese but the name of that language, what others wrote, and
/// the clauses of signed documents, which are cited as they are.
#[test]
fn no_page_mixes_the_languages() {
    let kana = |c: char| ('\u{3041}'..='\u{30ff}').contains(&c);
    let clauses = promises::clauses();
    for (name, html) in pages(Lang::En) {
        let theirs = sample::OTHERS_WORDS.iter().copied().chain(clauses.iter().map(String::as_str));
        let ours = theirs.fold(html, |html, text| html.replace(text, ""));
        let found: String = ours.chars().filter(|c| kana(*c)).collect();
        assert_eq!(found, "", "{name}");
    }
}

/// Every form that changes something carries the token.
#[test]
fn every_form_has_a_token() {
    for (name, html) in pages(Lang::En) {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or("");
            if form.contains("method=\"post\"") {
                assert!(form.contains("name=\"csrf\" value=\"t"), "{name}: {form}");
            }
        }
    }
}

fn write(folder: &Path, lang: Lang, pages: &[(&'static str, String)]) {
    fs::create_dir_all(folder).expect("the folder can be made");
    for (name, html) in pages {
        let html = html
            .replace(crate::assets::stylesheet(), "console.css")
            .replace(crate::assets::script(), "console.js");
        let path = folder.join(format!("{name}.{}.html", lang.tag()));
        fs::write(path, html).expect("the page can be written");
    }
    for asset in ["console.css", "console.js"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(asset);
        fs::copy(from, folder.join(asset)).expect("the asset can be copied");
    }
    let styles = folder.join("console.css");
    let console = fs::read_to_string(&styles).expect("just written");
    fs::write(styles, console + crate::assets::STATEMENT_STYLES).expect("the styles fit");
}

/// The first element that is closed without being open, or never closed.
fn unbalanced(html: &str) -> Option<String> {
    const VOID: [&str; 7] = ["meta", "link", "input", "br", "wbr", "path", "circle"];
    let mut open: Vec<String> = Vec::new();
    for piece in html.split('<').skip(1) {
        let tag: String =
            piece.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        let Some((inside, _)) = piece.split_once('>') else { return Some(tag) };
        if let Some(closed) = tag.strip_prefix('/') {
            if open.pop().as_deref() != Some(closed) {
                return Some(tag);
            }
        } else if !tag.is_empty() && !VOID.contains(&tag.as_str()) && !inside.ends_with('/') {
            open.push(tag);
        }
    }
    open.pop()
}

/// A statement that is a file of its own needs nothing else, and says what the page says.
#[test]
fn a_statement_stands_alone() {
    for lang in [Lang::Ja, Lang::En] {
        let now = sample::frame(lang).now;
        let settled = promises::settled("customers-mail-cloud", "2026-10", promises::LOG, now);
        let html = crate::statement_html(&settled.statement, lang.into());
        assert_eq!(unbalanced(&html), None);
        for outside in ["<link", "<script", "src=", "href=", "url("] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(html.contains("99.833333 %"), "{html}");
        if let Ok(folder) = std::env::var("WEB_PAGES") {
            let path = Path::new(&folder).join(format!("statement-alone.{}.html", lang.tag()));
            fs::create_dir_all(&folder).expect("the folder can be made");
            fs::write(path, html).expect("the page can be written");
        }
    }
}

#[test]
fn the_frame_knows_its_room() {
    let f = Frame { here: "/log/x/0?a=b".to_owned(), ..sample::frame(Lang::En) };
    assert!(f.in_room("/log") && !f.in_room("/") && !f.in_room("/lo"));
}
