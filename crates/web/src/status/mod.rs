//! Status pages: what visitors see of the services, as pages in two languages, a feed, JSON, and files
//! that any web server can carry. No script, no cookie, and each text is written once for all visitors.

mod door;
mod feed;
mod json;
mod page;

use std::sync::Arc;

use app::status::Status;

pub use door::routes;
pub use page::incident_title;

use crate::words::Lang;

/// What the pages look like; also the file beside written ones.
pub const STYLES: &str = include_str!("../../assets/status.css");

/// Of a page, one of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The page in a language.
    Page(bool),
    /// The feed in a language.
    Feed(bool),
    /// Everything as JSON.
    Json,
}

impl Form {
    fn page(lang: Lang) -> Form {
        Form::Page(lang == Lang::En)
    }

    fn feed(lang: Lang) -> Form {
        Form::Feed(lang == Lang::En)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Form::Page(_) => "text/html; charset=utf-8",
            Form::Feed(_) => "application/atom+xml; charset=utf-8",
            Form::Json => "application/json",
        }
    }
}

fn lang(english: bool) -> Lang {
    if english { Lang::En } else { Lang::Ja }
}

/// Where the parts of a page are: below the console, or beside it as files.
#[derive(Clone, Debug)]
pub struct Places {
    /// The stylesheet.
    pub styles: String,
    /// The page, Japanese and English.
    pub pages: [String; 2],
    /// The feed, Japanese and English.
    pub feeds: [String; 2],
    /// The JSON.
    pub json: String,
    /// In front of each of them in a feed, which is read elsewhere; may be empty.
    pub base: String,
}

impl Places {
    /// Of a written page.
    #[must_use]
    pub fn files(status: &Status) -> Places {
        let base = status.page.address.clone().unwrap_or_default();
        Places {
            styles: "status.css".to_owned(),
            pages: ["ja.html".to_owned(), "en.html".to_owned()],
            feeds: ["atom.xml".to_owned(), "atom-en.xml".to_owned()],
            json: "status.json".to_owned(),
            base,
        }
    }
}

/// Writes one text of a page. `authority` is a name of ours, such as that of this server: the ids of a
/// feed begin with it.
fn text(
    status: &Status,
    form: Form,
    places: &Places,
    authority: &str,
) -> Result<String, askama::Error> {
    match form {
        Form::Page(english) => page::html(status, lang(english), places),
        Form::Feed(english) => Ok(feed::atom(status, lang(english), places, authority)),
        Form::Json => Ok(json::json(status)),
    }
}

/// A page as files, by name: `index.html`, `ja.html`, `en.html`, `atom.xml`, `atom-en.xml`,
/// `status.json` and `status.css`. They need nothing but each other.
///
/// # Errors
/// When a template cannot be rendered, which is a fault of ours.
pub fn status_files(
    status: &Status,
    authority: &str,
) -> Result<Vec<(&'static str, String)>, std::fmt::Error> {
    let places = Places::files(status);
    let of = |form| text(status, form, &places, authority).map_err(|_| std::fmt::Error);
    Ok(vec![
        // The stylesheet first: a page never stands without it.
        ("status.css", STYLES.to_owned()),
        ("status.json", of(Form::Json)?),
        ("atom.xml", of(Form::Feed(false))?),
        ("atom-en.xml", of(Form::Feed(true))?),
        ("en.html", of(Form::Page(true))?),
        ("ja.html", of(Form::Page(false))?),
        ("index.html", of(Form::Page(false))?),
    ])
}

/// A page as JSON, as its address gives it.
#[must_use]
pub fn status_json(status: &Status) -> String {
    json::json(status)
}

/// Where the parts of a page are below the console; whoever needs the word has it in the addresses.
fn served(status: &Arc<Status>, word: Option<&str>) -> Places {
    let name = crate::rooms::encoded(&status.page.name);
    let word = word.map(|word| format!("word={}", crate::rooms::encoded(word)));
    let with = |path: String, lang: &str| {
        let asked: Vec<&str> = [Some(lang), word.as_deref()]
            .into_iter()
            .flatten()
            .filter(|it| !it.is_empty())
            .collect();
        if asked.is_empty() { path } else { format!("{path}?{}", asked.join("&")) }
    };
    let feed = format!("/status/{name}/atom.xml");
    Places {
        styles: crate::assets::status_styles().to_owned(),
        pages: ["lang=ja", "lang=en"].map(|lang| with(format!("/status/{name}"), lang)),
        feeds: ["lang=ja", "lang=en"].map(|lang| with(feed.clone(), lang)),
        json: with(format!("/status/{name}.json"), ""),
        base: String::new(),
    }
}
