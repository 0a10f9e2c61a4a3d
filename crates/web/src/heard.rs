//! What a check heard, in words: the state, the reason, and how long it took.

use app::checks::CheckError;
use app::checks::{Answer, Reason, SKEWED, SettingsError};
use jiff::SignedDuration;

use crate::marks::Chip;
use crate::words::Lang;

/// The key of the words for each reason.
const REASONS: [(Reason, &str); 40] = [
    (Reason::TimedOut, "reason-timed-out"),
    (Reason::NoSuchName, "reason-no-such-name"),
    (Reason::ConnectionRefused, "reason-connection-refused"),
    (Reason::Unreachable, "reason-unreachable"),
    (Reason::Closed, "reason-closed"),
    (Reason::TlsBroken, "reason-tls-broken"),
    (Reason::PacketsLost, "reason-packets-lost"),
    (Reason::NoBeat, "reason-no-beat"),
    (Reason::Greeting, "reason-greeting"),
    (Reason::CommandRefused, "reason-command-refused"),
    (Reason::LoginRefused, "reason-login-refused"),
    (Reason::LoginMethod, "reason-login-method"),
    (Reason::NoTls, "reason-no-tls"),
    (Reason::WordsBeforeTls, "reason-words-before-tls"),
    (Reason::CertificateExpired, "reason-certificate-expired"),
    (Reason::CertificateNotYetValid, "reason-certificate-not-yet-valid"),
    (Reason::CertificateName, "reason-certificate-name"),
    (Reason::CertificateIssuer, "reason-certificate-issuer"),
    (Reason::CertificateBad, "reason-certificate-bad"),
    (Reason::CertificateEndsSoon, "reason-certificate-ends-soon"),
    (Reason::OldTls, "reason-old-tls"),
    (Reason::Status, "reason-status"),
    (Reason::Header, "reason-header"),
    (Reason::Content, "reason-content"),
    (Reason::TooLong, "reason-too-long"),
    (Reason::Redirect, "reason-redirect"),
    (Reason::Protocol, "reason-protocol"),
    (Reason::DnsError, "reason-dns-error"),
    (Reason::Values, "reason-values"),
    (Reason::NotAuthoritative, "reason-not-authoritative"),
    (Reason::AboveLimit, "reason-above-limit"),
    (Reason::PluginWarning, "reason-plugin-warning"),
    (Reason::PluginCritical, "reason-plugin-critical"),
    (Reason::TooSlow, "reason-too-slow"),
    (Reason::ResolverFailed, "reason-resolver-failed"),
    (Reason::Forbidden, "reason-forbidden"),
    (Reason::OwnTrouble, "reason-own-trouble"),
    (Reason::PluginBroken, "reason-plugin-broken"),
    (Reason::Settings, "reason-settings"),
    (Reason::TooEarly, "reason-too-early"),
];

/// Why a look did not succeed.
#[must_use]
pub fn reason(lang: Lang, reason: Reason) -> String {
    let found = REASONS.iter().find(|(known, _)| *known == reason);
    found.map_or_else(|| reason.code().to_owned(), |(_, key)| lang.say(key))
}

/// As [`reason`], by the word of the records; one that is not known is shown as it is.
#[must_use]
pub fn reason_by_code(lang: Lang, code: &str) -> String {
    if code == SKEWED {
        return lang.say("reason-clock-skew");
    }
    let found = REASONS.iter().find(|(known, _)| known.code() == code);
    found.map_or_else(|| code.to_owned(), |(_, key)| lang.say(key))
}

/// What a look heard, as a coloured word.
#[must_use]
pub fn answer(lang: Lang, answer: Answer) -> Chip {
    let (tone, word) = match answer {
        Answer::Good => ("succeeded", lang.say("heard-good")),
        Answer::Refused => ("deferred", lang.say("heard-refused")),
        Answer::Silent => ("failed", lang.say("heard-silent")),
        Answer::Unseen => ("unmeasured", lang.say("heard-unseen")),
    };
    Chip { tone, word }
}

/// `84 ms`, `1.2 s`, `10.0 s`: cut, not rounded.
#[must_use]
pub fn took(took: SignedDuration) -> String {
    match took.as_millis() {
        ms if ms < 1_000 => format!("{ms} ms"),
        ms => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    }
}

/// What is wrong with the settings of a check.
#[must_use]
pub fn settings_error(lang: Lang, why: &SettingsError) -> String {
    let named = |key: &str, name: &str| lang.say_with(key, &[("value", name.to_owned().into())]);
    match why {
        SettingsError::Missing { key } => named("check-missing", &label(lang, key)),
        SettingsError::Unknown { key, .. } => named("check-unknown", &label(lang, key)),
        SettingsError::Check(CheckError::Name) => lang.say("check-bad-name"),
        SettingsError::Check(CheckError::Every) => lang.say("check-bad-every"),
        SettingsError::Check(CheckError::Timeout) => lang.say("check-bad-timeout"),
        SettingsError::Check(CheckError::Host) => named("check-missing", &label(lang, "host")),
        SettingsError::Check(CheckError::Command) => lang.say("refused-check-by-configuration"),
        SettingsError::Check(CheckError::Within) => lang.say("check-bad-within"),
        SettingsError::Check(CheckError::Ping) => lang.say("check-bad-ping"),
        SettingsError::Check(CheckError::Http) => named("check-unknown", &label(lang, "url")),
        SettingsError::Check(CheckError::LineEnd) => lang.say("check-bad-line-end"),
    }
}

/// What the form calls a key.
fn label(lang: Lang, key: &str) -> String {
    let key = match key {
        "url" => "check-url",
        "host" => "check-host",
        "user" => "check-user",
        "password" => "password",
        "ask" => "check-ask",
        "from" => "check-from",
        "to" => "check-to",
        "database" => "check-database",
        "statuses" => "check-statuses",
        other => return other.to_owned(),
    };
    lang.say(key)
}

/// What checks and agents say of their own accord, with its key; what others said stays as it is.
const OWN_WORDS: [(&str, &str); 6] = [
    ("the words are not there", "words-not-there"),
    ("is read", "words-is-read"),
    ("runs", "words-runs"),
    ("does not run", "words-does-not-run"),
    ("killed by a signal", "words-killed"),
    ("killed, since its time was over", "words-time-over"),
];

/// What a check heard or an agent noticed, in the reader's language where the words are ours.
pub fn told(lang: Lang, text: &str) -> String {
    if let Some(status) = text.strip_prefix("exit status ") {
        return lang.say_with("words-exit-status", &[("value", status.to_owned().into())]);
    }
    let known = OWN_WORDS.iter().find(|(words, _)| *words == text);
    known.map_or_else(|| text.to_owned(), |(_, key)| lang.say(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words() {
        for known in Reason::ALL {
            for lang in [Lang::Ja, Lang::En] {
                let words = reason(lang, *known);
                assert!(words.contains(' ') || lang == Lang::Ja, "{known:?}: {words}");
                assert_ne!(words, known.code());
                assert_eq!(reason_by_code(lang, known.code()), words);
            }
        }
        assert_eq!(reason_by_code(Lang::En, "a-newer-one"), "a-newer-one");
    }

    #[test]
    fn times_are_cut() {
        for (ms, shown) in [(0, "0 ms"), (999, "999 ms"), (1_099, "1.0 s"), (10_000, "10.0 s")] {
            assert_eq!(took(SignedDuration::from_millis(ms)), shown);
        }
    }
}
