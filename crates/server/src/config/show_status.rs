//! A `[[status]]` as the configuration writes it.

use app::status::{Access, PageContracts};

use super::StatusConfig;
use super::show::{Page, key};
use super::units::show_span;

/// Writes a status page, every key written out.
pub fn show_status(page: &mut Page, status: &StatusConfig) {
    let it = &status.page;
    page.head("[[status]]");
    page.text("name", &it.name);
    page.text("title", &it.title.ja);
    page.text("title_en", &it.title.en);
    match it.contracts {
        PageContracts::Every => page.plain("all_contracts", true),
        PageContracts::Named(_) => page.list("contracts", &status.named),
    }
    match (&it.access, &status.word_file) {
        (Access::Public, _) => page.plain("public", true),
        (_, Some(path)) => page.text("word_file", path.display()),
        _ => page.plain("public", false),
    }
    page.path("static_folder", status.static_folder.as_ref(), "not written as files");
    page.text("stale_after", show_span(it.stale_after.unsigned_abs()));
    match &it.address {
        Some(address) => page.text("address", address),
        None => page.unset("address", "not known"),
    }
    if it.shown.is_empty() {
        return;
    }
    for (head, is_english) in [("[status.functions]", false), ("[status.functions_en]", true)] {
        page.head(head);
        for shown in &it.shown {
            let name = key(&format!("{}/{}", shown.contract, shown.function));
            page.text(&name, if is_english { &shown.title.en } else { &shown.title.ja });
        }
    }
}
