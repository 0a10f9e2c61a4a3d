//! A check as the text that it is read from: what it has, secrets by their references.

use std::collections::BTreeMap;
use std::time::Duration;

use app::checks::{Settings, Way};

use super::CheckConfig;
use super::show::Page;
use super::show_answering::show_place;
use super::units::{show_size, show_span};

/// Writes a `[[check]]`; keys without a value are left out, since each kind has its own.
pub fn show_check(page: &mut Page, config: &CheckConfig) {
    let it = &config.check.settings;
    page.head("[[check]]");
    page.text("name", &config.check.name);
    page.text("kind", it.kind.word());
    if let Some(place) = &config.opens {
        page.text("opens_incident", show_place(place));
    }
    page.text("every", show_span(Duration::from_secs(it.every)));
    page.text("timeout", show_span(Duration::from_millis(it.timeout)));
    if let Some(ms) = it.slow_after {
        page.text("slow_after", show_span(Duration::from_millis(ms)));
    }
    if !it.sites.is_empty() {
        page.list("sites", &it.sites);
    }
    if let Some(quorum) = it.quorum {
        page.plain("quorum", quorum);
    }
    show_texts(page, it);
    show_numbers(page, it);
    if let Some(reference) = config.secrets.get("password") {
        page.text("password", reference);
    }
    show_tables(page, config);
}

fn show_texts(page: &mut Page, it: &Settings) {
    let texts = [
        ("url", &it.url),
        ("host", &it.host),
        ("tls", &it.tls),
        ("user", &it.user),
        ("send", &it.send),
        ("expect", &it.expect),
        ("certificate_name", &it.certificate_name),
        ("after", &it.after),
        ("lowest_tls", &it.lowest_tls),
        ("method", &it.method),
        ("body", &it.body),
        ("statuses", &it.statuses),
        ("expect_body", &it.expect_body),
        ("expect_not", &it.expect_not),
        ("helo", &it.helo),
        ("from", &it.from),
        ("to", &it.to),
        ("subject", &it.subject),
        ("ask", &it.ask),
        ("record", &it.record),
        ("database", &it.database),
        ("query", &it.query),
    ];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        page.text(key, text);
    }
    for (key, list) in [("values", &it.values), ("command", &it.command)] {
        if !list.is_empty() {
            page.list(key, list);
        }
    }
}

fn show_numbers(page: &mut Page, it: &Settings) {
    let days = (it.days_left > 0).then_some(it.days_left);
    let redirects = (it.redirects > 0).then_some(it.redirects);
    let numbers = [
        ("port", it.port.map(u32::from)),
        ("count", it.count.map(u32::from)),
        ("lost", it.lost.map(u32::from)),
        ("days_left", days),
        ("redirects", redirects.map(u32::from)),
    ];
    for (key, number) in numbers {
        if let Some(number) = number {
            page.plain(key, number);
        }
    }
    if let Some(bytes) = it.size_max {
        page.text("size_max", show_size(bytes));
    }
    if it.kind == Way::Heartbeat {
        page.text("within", show_span(Duration::from_secs(it.within)));
    }
    let truths = [
        ("any_certificate", it.any_certificate),
        ("authoritative", it.authoritative),
        ("over_tcp", it.over_tcp),
        ("warning_is_up", it.warning_is_up),
    ];
    for (key, _) in truths.into_iter().filter(|(_, is_so)| *is_so) {
        page.plain(key, true);
    }
}

fn show_tables(page: &mut Page, config: &CheckConfig) {
    let it = &config.check.settings;
    let tables = [
        ("headers", &it.headers),
        ("expect_headers", &it.expect_headers),
        ("expect_json", &it.expect_json),
    ];
    for (key, table) in tables {
        show_table(page, key, table.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    }
    for key in ["secret_headers", "environment"] {
        show_table(page, key, references(&config.secrets, key));
    }
}

fn references<'c>(
    secrets: &'c BTreeMap<String, String>,
    key: &'c str,
) -> impl Iterator<Item = (&'c str, &'c str)> {
    secrets.iter().filter_map(move |(name, reference)| {
        let name = name.strip_prefix(key)?.strip_prefix('.')?;
        Some((name, reference.as_str()))
    })
}

fn show_table<'c>(page: &mut Page, key: &str, rows: impl Iterator<Item = (&'c str, &'c str)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_some() {
        page.head(&format!("[check.{key}]"));
    }
    for (name, text) in rows {
        page.text(&super::show::key(name), text);
    }
}
