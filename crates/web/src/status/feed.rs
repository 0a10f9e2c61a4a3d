//! The feed of a status page (Atom, RFC 4287): an entry for each incident and each planned window. Ids
//! stay the same for good, so that a reader shows an entry that changed once.

use app::status::{ShownIncident, ShownWindow, Status};
use jiff::Timestamp;
use terms::wording;

use super::Places;
use super::page::incident_title;
use crate::words::Lang;

/// The year that the ids of feeds name (RFC 4151): their authority was ours then.
const SINCE: &str = "2026";

struct Entry {
    id: String,
    title: String,
    published: Timestamp,
    updated: Timestamp,
    content: String,
}

/// The feed in a language.
pub fn atom(status: &Status, lang: Lang, places: &Places, authority: &str) -> String {
    let id = format!("tag:{authority},{SINCE}:status/{}", status.page.name);
    let planned = status.windows.iter().filter_map(|window| entry_of_window(status, window, lang));
    let incidents = status.incidents.iter().map(|it| entry_of_incident(status, it, lang));
    let mut entries: Vec<Entry> = incidents.chain(planned).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated));
    let newest = entries.first().map(|entry| entry.updated);
    let updated = newest.max(status.changed).unwrap_or(status.at);
    let place = usize::from(lang == Lang::En);
    let absolute = |path: &str| escaped(&format!("{}{path}", places.base));
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n<id>{}</id>\n\
         <title>{}</title>\n<updated>{updated}</updated>\n\
         <author><name>{}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n",
        lang.tag(),
        escaped(&id),
        escaped(status.page.title.in_lang(lang.into())),
        escaped(authority),
        absolute(&places.feeds[place]),
        absolute(&places.pages[place]),
    );
    for entry in &entries {
        let Entry { title, content, published, updated, .. } = entry;
        feed.push_str(&format!(
            "<entry>\n<id>{}</id>\n<title>{}</title>\n<published>{published}</published>\n\
             <updated>{updated}</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
             <content type=\"text\">{}</content>\n</entry>\n",
            escaped(&format!("{id}/{}", entry.id)),
            escaped(title),
            absolute(&places.pages[place]),
            escaped(content),
        ));
    }
    feed.push_str("</feed>\n");
    feed
}

fn entry_of_incident(status: &Status, incident: &ShownIncident, lang: Lang) -> Entry {
    let instant = |at| wording::instant(whole(at), &status.zone, lang.into());
    let mut lines = Vec::new();
    if let Some(until) = incident.until {
        lines.push(lang.say_with("status-over", &[("value", instant(until).into())]));
    }
    for update in &incident.updates {
        let text = update.text.clone().unwrap_or_else(|| lang.say("status-notice-sent"));
        lines.push(format!("{}: {text}", instant(update.at)));
    }
    lines.push(lang.say_with("status-began", &[("value", instant(incident.from).into())]));
    Entry {
        id: format!("incident/{}", incident.id),
        title: incident_title(incident, lang),
        published: incident.from,
        updated: incident.updated(),
        content: lines.join("\n"),
    }
}

/// A window that was planned; one that recurs is no news.
fn entry_of_window(status: &Status, window: &ShownWindow, lang: Lang) -> Option<Entry> {
    let planned = window.planned?;
    let when = wording::span(window.span, &window.zone, lang.into());
    let title = window.title.in_lang(lang.into());
    let zone = window.zone.iana_name().unwrap_or("UTC");
    Some(Entry {
        id: format!("window/{}", window.id),
        title: lang.say_with("status-window-of", &[("value", when.clone().into())]),
        published: planned,
        // A window that begins is news once more.
        updated: if window.runs(status.at) { window.span.from() } else { planned },
        content: format!("{title}\n{when} ({zone})").trim_start().to_owned(),
    })
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// A text in XML. What XML cannot hold (XML 1.0 section 2.2) becomes a space.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
