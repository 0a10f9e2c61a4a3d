//! `yakusoku contract diff`: what changes for the customer from one contract to another.

use terms::{Change, Difference, Effect, FieldChange, Lang};

use crate::table::width;
use crate::wrap::wrap;

/// The changes in lines of at most so many columns, by kind of item.
pub fn lines(changes: &[Change], lang: Lang, columns: usize) -> String {
    let mut text = String::new();
    let mut group = "";
    for change in changes {
        if change.group != group {
            group = &change.group;
            text.push_str(&format!("{group}\n"));
        }
        text.push_str(&indented(2, &heading(change), columns));
        for line in details(&change.difference, lang) {
            text.push_str(&indented(4, &line, columns));
        }
    }
    text
}

/// How many changes there are, and for whom they are good.
pub fn summary(changes: &[Change], lang: Lang) -> String {
    let effects: Vec<Effect> = changes.iter().flat_map(effects).collect();
    let count = |effect| effects.iter().filter(|it| **it == effect).count();
    let (better, worse) = (count(Effect::Better), count(Effect::Worse));
    let neither = count(Effect::Neither);
    match lang {
        Lang::Ja if effects.is_empty() => "契約者にとって変わるものはありません".to_owned(),
        Lang::En if effects.is_empty() => "nothing changes for the customer".to_owned(),
        Lang::Ja => format!("契約者に有利 {better}件、不利 {worse}件、どちらでもない {neither}件"),
        Lang::En => format!("for the customer: {better} better, {worse} worse, {neither} neither"),
    }
}

fn heading(change: &Change) -> String {
    let about = [change.name.as_str(), change.clause.as_str()];
    let about: Vec<&str> = about.into_iter().filter(|text| !text.is_empty()).collect();
    match about.as_slice() {
        [] => change.title.clone(),
        about => format!("{} ({})", change.title, about.join(", ")),
    }
}

fn details(difference: &Difference, lang: Lang) -> Vec<String> {
    let one = |ja: &str, en: &str, number: &str, effect: Effect| {
        let word = if lang == Lang::Ja { ja } else { en };
        let number = if number.is_empty() { String::new() } else { format!(": {number}") };
        vec![format!("{word}{number}{}", effect_words(effect, lang))]
    };
    match difference {
        Difference::Added { number, effect } => one("追加", "added", number, *effect),
        Difference::Removed { number, effect } => one("削除", "removed", number, *effect),
        Difference::Changed(fields) => fields.iter().map(|field| changed(field, lang)).collect(),
    }
}

fn changed(field: &FieldChange, lang: Lang) -> String {
    let said = |text: &str| match (text.is_empty(), lang) {
        (false, _) => text.to_owned(),
        (true, Lang::Ja) => "(なし)".to_owned(),
        (true, Lang::En) => "(nothing)".to_owned(),
    };
    let effect = effect_words(field.effect, lang);
    format!("{}: {} → {}{effect}", field.field, said(&field.old), said(&field.new))
}

fn effect_words(effect: Effect, lang: Lang) -> &'static str {
    match (effect, lang) {
        (Effect::Better, Lang::Ja) => " 【契約者に有利】",
        (Effect::Worse, Lang::Ja) => " 【契約者に不利】",
        (Effect::Better, Lang::En) => " [better for the customer]",
        (Effect::Worse, Lang::En) => " [worse for the customer]",
        (Effect::Neither, _) => "",
    }
}

fn effects(change: &Change) -> Vec<Effect> {
    match &change.difference {
        Difference::Added { effect, .. } | Difference::Removed { effect, .. } => vec![*effect],
        Difference::Changed(fields) => fields.iter().map(|field| field.effect).collect(),
    }
}

/// A text so many columns in; what does not fit goes on two columns further in.
fn indented(indent: usize, text: &str, columns: usize) -> String {
    let mut out = String::new();
    let room = columns.saturating_sub(indent + 2);
    let first_fits = width(text) <= columns.saturating_sub(indent);
    let lines = if first_fits { vec![text.to_owned()] } else { wrap(text, room) };
    for (i, line) in lines.iter().enumerate() {
        let further = if i == 0 { 0 } else { 2 };
        out.push_str(&format!("{}{line}\n", " ".repeat(indent + further)));
    }
    out
}
