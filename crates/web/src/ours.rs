//! Sentences that our own lower floors wrote in English, said in the reader's language.
//!
//! The relay answers with replies and reasons in the form of SMTP, since most of them come from
//! other people's servers; those are shown as they came. What is ours is known by its code *and*
//! its words, so nothing that another server wrote is rewritten unless it is ours to the letter.
//! A sentence that is in none of these tables stays as it is.

use app::Refusal;
use app::accounts::AccountKind;
use app::checks::CheckRefusal;
use app::incidents::StepRefusal;
use app::kept::KeepError;
use app::stations::StationRefusal;
use fluent_bundle::FluentValue;

use crate::heard;
use crate::marks::grouped;
use crate::words::Lang;

/// A sentence with `{}` where values stand, and the key of its text, which has them as `$a` and
/// `$b`.
type Sentence = (&'static str, &'static str);

/// States of the queue, refusals of the spool and of the relay, verdicts over signatures.
const PLAIN: [Sentence; 19] = [
    ("being delivered now", "ours-in-flight"),
    ("deferred", "ours-deferred"),
    ("due again, waits for a connection; last time {}", "ours-due-again"),
    ("not tried yet, waits for a connection", "ours-not-tried"),
    ("{}: no answer", "ours-no-answer"),
    ("the mail spool is at its limit, try again later", "ours-spool-full"),
    ("insufficient system storage, try again later", "ours-disk-full"),
    ("the message could not be stored, try again later", "ours-not-stored"),
    ("shutting down, try again later", "ours-shutting-down"),
    ("{} is not in the queue, or is being delivered right now", "ours-not-in-queue"),
    (
        "{} recipients were given up and {} wait on: the sender cannot be told now",
        "ours-partly-given-up",
    ),
    ("no record published", "ours-no-record"),
    ("no usable record published", "ours-bad-record"),
    ("the body was changed after signing", "ours-body-changed"),
    ("a signed header field was changed, or the record holds another key", "ours-header-changed"),
    ("the signature has expired", "ours-signature-expired"),
    ("the key was withdrawn", "ours-key-withdrawn"),
    ("only a part of the body is signed (l=)", "ours-part-signed"),
    ("not judged", "ours-not-judged"),
];

/// Replies of ours, by their codes.
const REPLIES: [(&str, Sentence); 26] = [
    ("451 4.3.0", ("a fault of ours ended the delivery", "ours-fault")),
    ("554 5.3.0", ("the message was lost from our storage", "ours-lost")),
    ("250 2.0.0", ("delivered to the sandbox mailbox", "ours-sandbox")),
    ("451 4.3.0", ("the sandbox mailbox cannot be written: {}", "ours-sandbox-trouble")),
    ("451 4.3.0", ("the message cannot be read from our disk for the moment", "ours-unreadable")),
    (
        "554 5.3.0",
        ("the message was damaged in our storage and cannot be delivered", "ours-damaged"),
    ),
    ("554 5.4.7", ("gave up after {} attempts; the last answer was: {}", "ours-gave-up")),
    ("554 5.4.7", ("gave up after {} attempts: its time is over", "ours-expired")),
    ("554 5.7.0", ("given up by the operator", "ours-by-operator")),
    ("451 4.4.3", ("the destination has no server", "ours-no-server")),
    ("451 4.5.0", ("the server's answer is not SMTP", "ours-not-smtp")),
    ("451 4.5.0", ("the server does not speak SMTP", "ours-no-smtp")),
    ("451 4.4.2", ("the connection was lost: {}", "ours-connection-lost")),
    ("451 4.4.2", ("no greeting from the server: {}", "ours-no-greeting")),
    ("451 4.4.6", ("mail for this destination would come back to us ({})", "ours-loop")),
    ("451 4.4.1", ("cannot connect to {}: {}", "ours-cannot-connect")),
    ("451 4.7.0", ("the TLS handshake failed: {}", "ours-tls-failed")),
    ("451 4.4.3", ("the configured server {} has no address", "ours-route-no-address")),
    ("451 4.4.3", ("DNS gives no answer about {}: {}", "ours-dns-silent")),
    ("451 4.4.3", ("DNS gives no address for {}: {}", "ours-dns-no-address")),
    ("451 4.4.3", ("{} has no mail server", "ours-no-mail-server")),
    ("550 5.1.2", ("the domain {} does not exist", "ours-no-domain")),
    ("550 5.4.4", ("no mail server of {} has an address (looked for {})", "ours-no-mx-address")),
    ("556 5.1.10", ("the domain {} does not take mail (null MX)", "ours-null-mx")),
    ("553 5.6.7", ("the next server does not take addresses outside ASCII", "ours-ascii-only")),
    ("552 5.3.4", ("the next server takes messages up to {} bytes", "ours-too-big")),
];

/// Causes, looked for inside of the sentences above only.
const CAUSES: [Sentence; 7] = [
    ("it did not answer in time", "ours-timed-out"),
    ("connection refused", "ours-refused"),
    ("connection reset", "ours-reset"),
    ("it closed the connection", "ours-closed"),
    ("host unreachable", "ours-host-unreachable"),
    ("network unreachable", "ours-network-unreachable"),
    ("the name server answered {}", "ours-dns-answered"),
];

/// Causes in the words of the library that asks DNS.
const DNS_CAUSES: [Sentence; 2] = [
    ("request timed out", "ours-dns-timed-out"),
    ("no connections available", "ours-dns-unreachable"),
];

/// How deep sentences stand in each other: due again; gave up; cannot connect; connection refused.
const DEPTH_MAX: u32 = 4;

/// A reason, a reply or a verdict, in the reader's language where it is ours.
#[must_use]
pub fn said(lang: Lang, text: &str) -> String {
    translated(lang, text, false, DEPTH_MAX).unwrap_or_else(|| text.to_owned())
}

fn translated(lang: Lang, text: &str, inside: bool, depth: u32) -> Option<String> {
    if depth == 0 {
        return None;
    }
    let (causes, dns_causes): (&[Sentence], &[Sentence]) =
        if inside { (&CAUSES, &DNS_CAUSES) } else { (&[], &[]) };
    let whole = PLAIN.iter().chain(causes).chain(dns_causes);
    whole
        .filter_map(|sentence| filled(lang, sentence, text, depth))
        .next()
        .or_else(|| translated_reply(lang, text, depth))
}

/// `HOST: CODE ENHANCED TEXT`, with or without the host: the text is said anew, the rest stays.
fn translated_reply(lang: Lang, text: &str, depth: u32) -> Option<String> {
    let (host, reply) = match text.split_once(": ") {
        Some((host, reply)) if !host.contains(' ') => (Some(host), reply),
        _ => (None, text),
    };
    let fits = |(codes, sentence): &(&str, Sentence)| {
        let words = reply.strip_prefix(codes)?.strip_prefix(' ')?;
        Some(format!("{codes} {}", filled(lang, sentence, words, depth)?))
    };
    let reply = REPLIES.iter().find_map(fits)?;
    Some(match host {
        Some(host) => format!("{host}: {reply}"),
        None => reply,
    })
}

/// The sentence in the reader's language, if the text is that sentence.
fn filled(lang: Lang, (pattern, key): &Sentence, text: &str, depth: u32) -> Option<String> {
    let values = values(pattern, text)?;
    let value = |value: &str| {
        let said = translated(lang, value, true, depth - 1);
        FluentValue::from(said.unwrap_or_else(|| value.to_owned()))
    };
    let names = ["a", "b"].into_iter();
    let named: Vec<_> = names.zip(values).map(|(name, text)| (name, value(text))).collect();
    Some(lang.say_with(key, &named))
}

/// What stands in the places of a pattern, if the text fits it.
fn values<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut values = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let (value, behind) = match pieces.peek() {
            None => (rest.strip_suffix(piece)?, ""),
            Some(_) => rest.split_once(piece)?,
        };
        if value.is_empty() {
            return None;
        }
        values.push(value);
        rest = behind;
    }
    rest.is_empty().then_some(values)
}

/// Why a verb refuses.
#[must_use]
pub fn refusal(lang: Lang, why: &Refusal) -> String {
    let plain = |key: &str| lang.say(key);
    let number = |key: &str, n: u64| lang.say_with(key, &[("count", grouped(n).into())]);
    let named = |key: &str, name: &str| lang.say_with(key, &[("value", name.to_owned().into())]);
    match why {
        Refusal::Keep(why) => keep_error(lang, why),
        Refusal::Login { longest } => number("refused-login", *longest as u64),
        Refusal::ApiUserName { .. } => plain("refused-api-user-name"),
        Refusal::WeakPassword {
            kind: AccountKind::Administrator | AccountKind::Customer,
            least,
        } => number("refused-short-password", *least as u64),
        Refusal::WeakPassword { kind: AccountKind::ApiUser, least } => {
            number("refused-plain-password", *least as u64)
        }
        Refusal::LongPassword { most } => number("refused-long-password", *most as u64),
        Refusal::AccountsFull { most } => number("refused-accounts-full", *most as u64),
        Refusal::AccountTaken { name } => named("refused-account-taken", name),
        Refusal::NoAccount { name } => named("refused-no-account", name),
        Refusal::LastAdministrator { name } => named("refused-last-administrator", name),
        Refusal::CustomerOfNothing => plain("refused-customer-of-nothing"),
        Refusal::Busy => plain("refused-busy"),
        Refusal::DomainsFull { most } => number("refused-domains-full", *most as u64),
        Refusal::DomainTaken { name } => named("refused-domain-taken", name),
        Refusal::NoDomain { name } => named("refused-no-domain", name),
        Refusal::DomainNotAscii { name } => named("refused-domain-not-ascii", name),
        Refusal::NotADomain { name } if name.is_empty() => plain("refused-domain-empty"),
        Refusal::NotADomain { name } => named("refused-not-a-domain", name),
        Refusal::SearchBackwards => plain("log-bad-span"),
        Refusal::Rows { most } => number("refused-rows", u64::from(*most)),
        Refusal::UnknownPage => plain("refused-unknown-page"),
        Refusal::PartOfAddress => plain("refused-part-of-address"),
        Refusal::GraphSpan { days } => number("refused-graph-span", days.unsigned_abs().into()),
        Refusal::NoContract { name } => named("refused-no-contract", name),
        Refusal::NoStatement { month } => named("refused-no-statement", month),
        Refusal::IncidentsFull { contract, .. } => named("refused-incidents-full", contract),
        Refusal::TimelineFull { id, .. } => number("refused-timeline-full", id.unsigned_abs()),
        Refusal::EvidenceFull { contract, .. } => named("refused-evidence-full", contract),
        Refusal::TooMuchEvidence { contract, .. } => named("refused-too-much-evidence", contract),
        Refusal::LogTooLong { most } => number("refused-log-too-long", *most as u64),
        Refusal::WindowOfNobody => plain("refused-window-of-nobody"),
        Refusal::WindowLength { days } => number("refused-window-length", days.unsigned_abs()),
        Refusal::WindowOver => plain("refused-window-over"),
        Refusal::WindowTitle { most } => number("refused-window-title", *most as u64),
        Refusal::NoWindow { id } => named("refused-no-window", id),
        Refusal::WindowBegun { id } => named("refused-window-begun", id),
        Refusal::NobodyToTell { contract } => named("refused-nobody-to-tell", contract),
        Refusal::NoMailCourier { contract } => named("refused-no-mail-courier", contract),
        Refusal::NoSecondRoute { contract } => named("refused-no-second-route", contract),
        Refusal::NoticeSubject { most } => number("refused-notice-subject", *most as u64),
        Refusal::NoticeText { most } => number("refused-notice-text", *most as u64),
        Refusal::NoDraft { number: n } => number("refused-no-draft", n.unsigned_abs()),
        Refusal::NoNotice { number: n } => number("refused-no-notice", n.unsigned_abs()),
        Refusal::NotFailed { number: n } => number("refused-not-failed", n.unsigned_abs()),
        Refusal::ToldInFuture => plain("refused-told-in-future"),
        Refusal::DayTooLong { function, .. } => named("refused-day-too-long", function),
        other => incident_refusal(lang, other),
    }
}

/// Why a contract is not kept.
fn keep_error(lang: Lang, why: &KeepError) -> String {
    let number = |key: &str, n: usize| lang.say_with(key, &[("count", grouped(n as u64).into())]);
    let named = |key: &str, name: &str| lang.say_with(key, &[("value", name.to_owned().into())]);
    match why {
        KeepError::Wrong { findings } => named("refused-contract-wrong", &findings.join("; ")),
        KeepError::Taken { name } => named("refused-contract-taken", name),
        KeepError::Full { most } => number("refused-contracts-full", *most),
        KeepError::Configured { name } => named("refused-contract-configured", name),
        KeepError::AudienceConfigured { name } => named("refused-audience-configured", name),
        KeepError::Address { text } => named("refused-mail-address", text),
        KeepError::Recipients { most } => number("refused-recipients", *most),
        KeepError::NoCourier { name } => named("refused-no-courier", name),
        KeepError::MailCourier { name } => named("refused-mail-courier", name),
        KeepError::NoFunction { function } => named("refused-no-function", function),
        KeepError::NoSource { source_name } => named("refused-no-source", source_name),
        KeepError::NoFolder => lang.say("refused-no-contract-folder"),
        KeepError::Changed { most } => number("refused-contracts-changed", *most),
    }
}

/// Why a verb of incidents refuses.
fn incident_refusal(lang: Lang, why: &Refusal) -> String {
    let plain = |key: &str| lang.say(key);
    let number = |key: &str, n: u64| lang.say_with(key, &[("count", grouped(n).into())]);
    let named = |key: &str, name: &str| lang.say_with(key, &[("value", name.to_owned().into())]);
    match why {
        Refusal::NoIncident { id } => number("refused-no-incident", id.unsigned_abs()),
        Refusal::IncidentClosed { id } => number("refused-incident-closed", id.unsigned_abs()),
        Refusal::IncidentBusy { .. } => plain("refused-incident-busy"),
        Refusal::NotRecovered { .. } => plain("refused-not-recovered"),
        Refusal::ReportFirst { .. } => plain("refused-report-first"),
        Refusal::StillDown { function } => named("refused-still-down", function),
        Refusal::NoFunction { name } => named("refused-no-function", name),
        Refusal::NoService { .. } => plain("refused-no-service"),
        Refusal::NoStep { ladder, .. } => named("refused-no-step", ladder),
        Refusal::ContactFirst => plain("refused-contact-first"),
        Refusal::Step(StepRefusal::Recovered) => plain("refused-step-recovered"),
        Refusal::Step(StepRefusal::Taken { .. }) => plain("refused-step-taken"),
        Refusal::Step(StepRefusal::Lost { condition }) => named("refused-step-lost", condition),
        Refusal::NoClock { promise } => named("refused-no-clock", promise),
        Refusal::Priority(least) => number("refused-priority", u64::from(*least)),
        Refusal::NoRunbookStep(step) => number("refused-no-runbook-step", u64::from(*step)),
        Refusal::MuteBackwards => plain("refused-mute-backwards"),
        Refusal::NotTakenBack { .. } => plain("refused-not-taken-back"),
        Refusal::NotThen => plain("refused-not-then"),
        Refusal::NoText => plain("refused-no-text"),
        Refusal::LongText { most } => number("refused-long-text", *most as u64),
        Refusal::NotMerged => plain("refused-not-merged"),
        Refusal::NotSplit => plain("refused-not-split"),
        Refusal::ReportUnfinished { .. } => plain("refused-report-unfinished"),
        Refusal::DraftMoved => plain("refused-draft-moved"),
        Refusal::Check(why) => check_refusal(lang, why),
        Refusal::Station(why) => station_refusal(lang, why),
        Refusal::ByRelay(reason) => said(lang, reason),
        other => other.to_string(),
    }
}

fn check_refusal(lang: Lang, why: &CheckRefusal) -> String {
    let plain = |key: &str| lang.say(key);
    let number = |key: &str, n: usize| lang.say_with(key, &[("count", grouped(n as u64).into())]);
    let named = |key: &str, name: &str| lang.say_with(key, &[("value", name.to_owned().into())]);
    match why {
        CheckRefusal::Name { longest } => number("refused-check-name", *longest),
        CheckRefusal::Settings { why } => heard::settings_error(lang, why),
        CheckRefusal::ByConfiguration => plain("refused-check-by-configuration"),
        CheckRefusal::Taken { name } => named("refused-check-taken", name),
        CheckRefusal::Unknown { name } => named("refused-no-check", name),
        CheckRefusal::Full { most } => number("refused-checks-full", *most),
        CheckRefusal::CustomerFull { most } => number("refused-customer-checks-full", *most),
        CheckRefusal::Pace { least } => {
            number("refused-check-pace", usize::try_from(*least).unwrap_or(usize::MAX))
        }
        CheckRefusal::Mapped { name } => named("refused-check-mapped", name),
        CheckRefusal::Tries { most } => number("refused-check-tries", *most as usize),
        CheckRefusal::NobodyLooks => plain("refused-nobody-looks"),
    }
}

fn station_refusal(lang: Lang, why: &StationRefusal) -> String {
    let number = |key: &str, n: usize| lang.say_with(key, &[("count", grouped(n as u64).into())]);
    let named = |key: &str, name: &str| lang.say_with(key, &[("value", name.to_owned().into())]);
    match why {
        StationRefusal::LinkOff => lang.say("refused-link-off"),
        StationRefusal::Name { longest } => number("refused-station-name", *longest),
        StationRefusal::Site { longest } => number("refused-station-site", *longest),
        StationRefusal::Contracts { most } => number("refused-station-contracts", *most),
        StationRefusal::Taken { name } => named("refused-station-taken", name),
        StationRefusal::OtherKind { name } => named("refused-station-other-kind", name),
        StationRefusal::Nobody { name } => named("refused-no-station", name),
        StationRefusal::Revoked { name } => named("refused-station-revoked", name),
        StationRefusal::NotAnAgent { name } => named("refused-not-an-agent", name),
        StationRefusal::Action { longest } => number("refused-action-name", *longest),
        StationRefusal::OrdersWaiting { name, .. } => named("refused-orders-waiting", name),
        StationRefusal::NoOrder { id } => number("refused-no-order", id.unsigned_abs() as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_said_in_japanese_and_the_rest_stays() {
        let cases = [
            (
                "250 2.0.0 delivered to the sandbox mailbox",
                "250 2.0.0 サンドボックスへ配信しました",
            ),
            ("mx.example: 450 4.2.0 greylisted", "mx.example: 450 4.2.0 greylisted"),
            // Another server's words, though we also use them.
            ("450 4.2.0 connection refused", "450 4.2.0 connection refused"),
            ("451 4.4.1 greylisted", "451 4.4.1 greylisted"),
            (
                "451 4.4.1 cannot connect to 127.0.0.9:25: connection refused",
                "451 4.4.1 127.0.0.9:25 に接続できません（接続が拒否されました）",
            ),
            (
                "due again, waits for a connection; last time \
                 mx.example: 451 4.4.1 cannot connect to [::1]:25: it did not answer in time",
                "再送の時刻になり、接続を待っています。前回の結果: \
                 mx.example: 451 4.4.1 [::1]:25 に接続できません（時間内に応答がありません）",
            ),
            (
                "554 5.4.7 gave up after 9 attempts; the last answer was: 450 4.2.0 full",
                "554 5.4.7 9 回試行して打ち切りました。最後の応答: 450 4.2.0 full",
            ),
            ("no record published", "公開鍵のレコードがありません"),
            ("", ""),
        ];
        for (english, japanese) in cases {
            assert_eq!(said(Lang::Ja, english), japanese);
            assert_eq!(said(Lang::En, english), english);
        }
    }

    /// The tables have the words of those who write the sentences.
    #[test]
    fn the_sentences_are_those_of_the_lower_floors() {
        let sources = [
            include_str!("../../relay/src/outbound/sandbox.rs"),
            include_str!("../../relay/src/outbound/hand.rs"),
            include_str!("../../relay/src/facts.rs"),
            include_str!("../../relay/src/outbound/settle.rs"),
            include_str!("../../relay/src/outbound/delivery.rs"),
            include_str!("../../relay/src/outbound/link.rs"),
            include_str!("../../relay/src/outbound/resolve.rs"),
            include_str!("../../relay/src/control.rs"),
            include_str!("../../relay/src/sweep.rs"),
            include_str!("../../mail/src/smtp/client/mod.rs"),
            include_str!("../../mail/src/smtp/client/commands.rs"),
            include_str!("../../spool/src/lib.rs"),
            include_str!("../../spool/src/report.rs"),
            include_str!("../../dkim/src/verify.rs"),
        ]
        .concat();
        let replies = REPLIES.iter().map(|(_, sentence)| sentence);
        for (pattern, key) in PLAIN.iter().chain(replies).chain(&CAUSES) {
            for piece in pattern.split("{}") {
                let piece = piece.trim_start_matches([':', ' ']);
                assert!(sources.contains(piece), "nobody writes {piece:?}");
            }
            let english: Vec<_> = ["a", "b"].map(|n| (n, FluentValue::from("{}"))).into();
            assert_eq!(Lang::En.say_with(key, &english), *pattern, "{key}");
        }
    }

    #[test]
    fn values_of_patterns() {
        assert_eq!(values("to {}: {}", "to [::1]:25: a: b"), Some(vec!["[::1]:25", "a: b"]));
        assert_eq!(values("the domain {} is", "the domain x is"), Some(vec!["x"]));
        assert_eq!(values("the domain {} is", "the domain  is"), None);
        assert_eq!(values("whole", "whole thing"), None);
    }
}
