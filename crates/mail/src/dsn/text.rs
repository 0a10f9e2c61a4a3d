//! The part of a report that people read, in Japanese and then in English.

use super::{Case, Kind, Report};
use crate::message::date;

/// The subject of the report.
pub(super) const fn subject(kind: Kind) -> &'static str {
    match kind {
        Kind::Failed => "メールを配信できませんでした / Mail could not be delivered",
        Kind::Relayed => "メールを次のサーバーに引き渡しました / Mail was handed over",
        Kind::Delayed => "メールの配信が遅れています / Mail is delayed",
    }
}

struct Sentences {
    opening: &'static str,
    explanation: &'static str,
    answered: &'static str,
    unanswered: &'static str,
    about: &'static str,
}

const fn japanese(kind: Kind) -> Sentences {
    let (opening, explanation) = match kind {
        Kind::Failed => (
            "お送りいただいたメールを、次の宛先に配信できませんでした。",
            "再送は行いません。宛先をお確かめのうえ、必要であれば送り直してください。",
        ),
        Kind::Relayed => (
            "お送りいただいたメールを、次の宛先のサーバーに引き渡しました。",
            "引き渡し先は配信の結果を知らせないため、この宛先についての通知はこれが最後です。",
        ),
        Kind::Delayed => (
            "お送りいただいたメールは、次の宛先にまだ配信できていません。",
            "配信は引き続き試みます。送り直す必要はありません。",
        ),
    };
    Sentences {
        opening,
        explanation,
        answered: "サーバーの応答",
        unanswered: "理由",
        about: "メールの内容",
    }
}

const fn english(kind: Kind) -> Sentences {
    let (opening, explanation) = match kind {
        Kind::Failed => (
            "Your message could not be delivered to the recipients below.",
            "It will not be tried again. Please check the address and send again if needed.",
        ),
        Kind::Relayed => (
            "Your message was handed to the next server for the recipients below.",
            "That server does not report back, so you will hear no more about them.",
        ),
        Kind::Delayed => (
            "Your message has not been delivered to the recipients below yet.",
            "We go on trying. There is no need to send it again.",
        ),
    };
    Sentences {
        opening,
        explanation,
        answered: "answer of the server",
        unanswered: "reason",
        about: "Your message",
    }
}

/// The whole text, lines ended by CRLF.
pub(super) fn human(report: &Report<'_>, kind: Kind, cases: &[Case<'_>]) -> String {
    let mut lines = Vec::new();
    language(&mut lines, &japanese(kind), report, cases);
    lines.push(String::new());
    lines.push("----".to_owned());
    lines.push(String::new());
    language(&mut lines, &english(kind), report, cases);
    lines.push(String::new());
    lines.push(format!("{} ({})", report.hostname, report.id));
    lines.into_iter().map(|line| one_line(&line) + "\r\n").collect()
}

fn language(lines: &mut Vec<String>, say: &Sentences, report: &Report<'_>, cases: &[Case<'_>]) {
    lines.push(say.opening.to_owned());
    lines.push(say.explanation.to_owned());
    lines.push(String::new());
    for (recipient, attempt) in cases {
        lines.push(format!("  {}", recipient.address));
        if let Some(reply) = &attempt.reply {
            lines.push(match &attempt.remote_host {
                Some(host) => format!("    {} ({host}): {reply}", say.answered),
                None => format!("    {}: {reply}", say.unanswered),
            });
        }
    }
    lines.push(String::new());
    lines.push(format!("{}:", say.about));
    let headers = &report.envelope.headers;
    let fields = [("Subject", &headers.subject), ("Message-ID", &headers.message_id)];
    for (name, value) in fields {
        lines.extend(value.as_ref().map(|value| format!("  {name}: {value}")));
    }
    lines.push(format!("  Date: {}", date(report.id.accepted_at())));
}

/// Strangers' words stay on their line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
