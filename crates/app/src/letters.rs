//! What we write to customers, in the language of their contract.

use calendar::Span;
use desk::{Story, Teller};
use jiff::Timestamp;
use store::Phase;
use terms::{About, Contract, Lang, Promise, wording};

/// Subject and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text, lines ended by `\n`.
    pub text: String,
}

/// What may have come before says so: a program that died cannot know whether the other side had taken it.
#[must_use]
pub fn maybe_again(lang: Lang, text: &str) -> String {
    let note = match lang {
        Lang::Ja => {
            "（送信結果を確認できなかったため、再送しています。重ねて届くことがあります。）"
        }
        Lang::En => {
            "(Sent again, since it is not known whether it arrived. You may have it twice.)"
        }
    };
    format!("{}\n\n{note}\n", text.trim_end())
}

/// The notice of a planned window.
#[must_use]
pub fn of_window(
    contract: &Contract,
    (id, span, title): (&str, Span, &str),
    promise: Option<&Promise>,
    contact: Option<&str>,
) -> Letter {
    let lang = contract.language;
    let when = wording::span(span, &contract.zone, lang);
    let services = services(contract, span.from());
    let ja = lang == Lang::Ja;
    let mut facts = vec![
        (if ja { "日時" } else { "When" }, format!("{when} ({})", zone(contract))),
        (if ja { "対象" } else { "Concerns" }, services.clone()),
    ];
    if !title.is_empty() {
        facts.push((if ja { "内容" } else { "Work" }, title.to_owned()));
    }
    facts.push((if ja { "契約" } else { "Contract" }, clause(contract, promise)));
    facts.push((if ja { "管理番号" } else { "Reference" }, id.to_owned()));
    let (subject, lead) = match ja {
        true => (
            format!("【計画停止のお知らせ】{services} {when}"),
            "次のとおり計画停止を行います。この間、サービスをご利用いただけないことがあります。",
        ),
        false => (
            format!("Planned maintenance: {services}, {when}"),
            "we plan the following maintenance. The service may not be available meanwhile.",
        ),
    };
    letter(contract, subject, lead, &facts, contact)
}

/// The notice that a planned window is cancelled.
#[must_use]
pub fn of_cancelled(
    contract: &Contract,
    (id, span): (&str, Span),
    contact: Option<&str>,
) -> Letter {
    let lang = contract.language;
    let when = wording::span(span, &contract.zone, lang);
    let services = services(contract, span.from());
    let ja = lang == Lang::Ja;
    let facts = [
        (if ja { "日時" } else { "When" }, format!("{when} ({})", zone(contract))),
        (if ja { "管理番号" } else { "Reference" }, id.to_owned()),
    ];
    let (subject, lead) = match ja {
        true => (
            format!("【計画停止中止のお知らせ】{services} {when}"),
            "先にお知らせした次の計画停止は、中止いたします。",
        ),
        false => (
            format!("Maintenance cancelled: {services}, {when}"),
            "the following maintenance, of which we told you before, is cancelled.",
        ),
    };
    letter(contract, subject, lead, &facts, contact)
}

/// The notice that an incident began or that it has recovered.
#[must_use]
pub fn of_incident(
    contract: &Contract,
    teller: Teller<'_>,
    (id, story, promise): (i64, &Story, Option<&Promise>),
    phase: Phase,
    contact: Option<&str>,
) -> Letter {
    let ja = contract.language == Lang::Ja;
    let mut functions: Vec<&str> = Vec::new();
    for outage in &story.outages {
        let title = teller.function(&outage.what);
        if !functions.contains(&title) {
            functions.push(title);
        }
    }
    let concerned = match functions.is_empty() {
        true => story.title.clone(),
        false => functions.join(if ja { "、" } else { ", " }),
    };
    let began = story.outages.iter().map(|outage| outage.from).min().unwrap_or(story.opened);
    let mut facts = vec![
        (if ja { "対象" } else { "Concerns" }, concerned.clone()),
        (if ja { "発生" } else { "Since" }, teller.instant(began)),
    ];
    if let Some(recovered) = story.recovered.filter(|_| phase == Phase::Recovered) {
        facts.push((if ja { "復旧" } else { "Recovered" }, teller.instant(recovered)));
    }
    facts.push((if ja { "契約" } else { "Contract" }, clause(contract, promise)));
    facts.push((if ja { "管理番号" } else { "Reference" }, format!("incident-{id}")));
    let (subject, lead) = match (phase, ja) {
        (Phase::Began, true) => (
            format!("【障害発生のお知らせ】{concerned}"),
            "次のとおり障害が発生しており、対応しています。復旧しましたら改めてお知らせします。",
        ),
        (Phase::Began, false) => (
            format!("Incident: {concerned}"),
            "the following is not available, and we are working on it. We will tell you when it is \
             repaired.",
        ),
        (Phase::Recovered, true) => (
            format!("【障害復旧のお知らせ】{concerned}"),
            "先にお知らせした次の障害は、復旧しました。",
        ),
        (Phase::Recovered, false) => (
            format!("Recovered: {concerned}"),
            "the following, of which we told you before, is repaired.",
        ),
    };
    letter(contract, subject, lead, &facts, contact)
}

/// The subject of a notice whose text a person wrote.
#[must_use]
pub fn subject(contract: &Contract, about: About, event: Timestamp) -> String {
    let lang = contract.language;
    let (word, services) = (wording::about_word(about, lang), services(contract, event));
    match lang {
        Lang::Ja => format!("【{word}のお知らせ】{services}"),
        Lang::En => format!("Notice of {word}: {services}"),
    }
}

fn letter(
    contract: &Contract,
    subject: String,
    lead: &str,
    facts: &[(&str, String)],
    contact: Option<&str>,
) -> Letter {
    let lang = contract.language;
    let provider = contract.parties.provider.in_lang(lang);
    let customer = contract.parties.customer.in_lang(lang);
    let mut text = match lang {
        Lang::Ja => format!("{customer} 御中\n\n{provider}です。{lead}\n\n"),
        Lang::En => format!("To {customer}\n\nAs your provider {provider}, {lead}\n\n"),
    };
    for (name, value) in facts {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    if let Some(contact) = contact {
        match lang {
            Lang::Ja => text.push_str(&format!("\nお問い合わせ先: {contact}\n")),
            Lang::En => text.push_str(&format!("\nQuestions: {contact}\n")),
        }
    }
    Letter { subject, text }
}

fn services(contract: &Contract, at: Timestamp) -> String {
    let lang = contract.language;
    let services = contract.terms_at(at).services.iter();
    let titles: Vec<&str> = services.map(|service| service.title.in_lang(lang)).collect();
    titles.join(if lang == Lang::Ja { "、" } else { ", " })
}

fn zone(contract: &Contract) -> &str {
    contract.zone.iana_name().unwrap_or("UTC")
}

fn clause(contract: &Contract, promise: Option<&Promise>) -> String {
    let title = contract.title.in_lang(contract.language);
    match promise {
        Some(promise) => format!("{title} {}", promise.clause),
        None => title.to_owned(),
    }
}
