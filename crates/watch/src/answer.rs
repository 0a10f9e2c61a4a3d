//! What one look at a target gave: an answer, how long it took, and what was noticed on the way.
//!
//! An answer says what the watcher saw and never whether a promise was kept: whoever reads it knows the
//! contract. What says nothing about the target, such as a lack of our own file descriptors, is
//! [`Answer::Unseen`], which counts neither as up nor as down.

use std::net::IpAddr;
use std::time::Duration;

/// Characters of another's words that are kept.
pub const SAID_MAX: usize = 200;
/// Figures of one look that are kept; a plugin can print any number.
pub const FIGURES_MAX: usize = 64;

/// One look, finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it came to.
    pub answer: Answer,
    /// From the beginning to the answer, at most the check's timeout and a little.
    pub took: Duration,
    /// What was noticed on the way.
    pub detail: Detail,
}

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The target did all that was asked for.
    Succeeded,
    /// The target answered, but not with what was asked for.
    Refused(Reason),
    /// No usable answer came: no connection, no word in time, or a broken TLS session.
    Silent(Reason),
    /// The watcher could not look, so nothing is known about the target.
    Unseen(Reason),
}

impl Answer {
    /// Why, when it did not succeed.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Answer::Succeeded => None,
            Answer::Refused(reason) | Answer::Silent(reason) | Answer::Unseen(reason) => {
                Some(reason)
            }
        }
    }
}

/// A look that did not succeed, with the other side's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub answer: Answer,
    pub said: Option<String>,
}

impl Fault {
    pub fn refused(reason: Reason) -> Fault {
        Fault { answer: Answer::Refused(reason), said: None }
    }

    pub fn silent(reason: Reason) -> Fault {
        Fault { answer: Answer::Silent(reason), said: None }
    }

    pub fn unseen(reason: Reason) -> Fault {
        Fault { answer: Answer::Unseen(reason), said: None }
    }

    /// With what the other side (or the system) said about it.
    pub fn said(mut self, words: impl AsRef<str>) -> Fault {
        self.said = Some(quote(words.as_ref()));
        self
    }
}

/// Another's words on one line, cut and without control characters, so that they can be shown anywhere.
pub(crate) fn quote(words: &str) -> String {
    let plain = words.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(SAID_MAX).collect()
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a look did not succeed, for machines; [`Reason::code`] is what is stored and sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason, in the order of this file.
            pub const ALL: &[Reason] = &[$(Reason::$name,)*];

            /// The word for it in records; it never changes.
            pub fn code(self) -> &'static str {
                match self {
                    $(Reason::$name => $code,)*
                }
            }

            /// The reason of that word.
            pub fn from_code(code: &str) -> Option<Reason> {
                Reason::ALL.iter().copied().find(|reason| reason.code() == code)
            }
        }
    };
}

reasons! {
    // No usable answer.
    /// The whole look took longer than the check's timeout.
    TimedOut = "timed-out",
    /// The name does not exist, or has no address.
    NoSuchName = "no-such-name",
    /// The host is there and nobody listens on the port.
    ConnectionRefused = "connection-refused",
    /// A router said that the host cannot be reached.
    Unreachable = "unreachable",
    /// The connection ended before the answer was complete.
    Closed = "closed",
    /// TLS broke down for a reason other than the certificate.
    TlsBroken = "tls-broken",
    /// Some echo requests stayed without a reply.
    PacketsLost = "packets-lost",
    /// The other side has not called within its time.
    NoBeat = "no-beat",
    // An answer, but not what was asked for.
    /// The greeting was not the one of a server that is ready.
    Greeting = "greeting",
    /// A command was answered with an error.
    CommandRefused = "command-refused",
    /// Name and password were not accepted.
    LoginRefused = "login-refused",
    /// The server offers no way to sign in that the watcher knows, or only one that gives the password away.
    LoginMethod = "login-method",
    /// TLS was asked for and is not offered.
    NoTls = "no-tls",
    /// Words arrived in plain text after TLS was agreed and before it began.
    WordsBeforeTls = "words-before-tls",
    /// The certificate is past its last day.
    CertificateExpired = "certificate-expired",
    /// The certificate's first day has not come.
    CertificateNotYetValid = "certificate-not-yet-valid",
    /// The certificate is for other names.
    CertificateName = "certificate-name",
    /// Nobody trusted has issued the certificate.
    CertificateIssuer = "certificate-issuer",
    /// The certificate is wrong in another way.
    CertificateBad = "certificate-bad",
    /// The certificate has fewer days left than asked for.
    CertificateEndsSoon = "certificate-ends-soon",
    /// An older TLS version than allowed was accepted.
    OldTls = "old-tls",
    /// An HTTP status that is not in the list.
    Status = "status",
    /// A header field is missing or has another value.
    Header = "header",
    /// The content is not as expected.
    Content = "content",
    /// The content is longer than the check reads.
    TooLong = "too-long",
    /// More redirects than allowed, or one that leads nowhere.
    Redirect = "redirect",
    /// What came is not the protocol.
    Protocol = "protocol",
    /// A DNS answer with an error code.
    DnsError = "dns-error",
    /// DNS values other than expected.
    Values = "values",
    /// The name server is not one of the zone's own.
    NotAuthoritative = "not-authoritative",
    /// A figure above its limit.
    AboveLimit = "above-limit",
    /// A plugin's warning.
    PluginWarning = "plugin-warning",
    /// A plugin's critical.
    PluginCritical = "plugin-critical",
    /// All was right, and took longer than asked for.
    TooSlow = "too-slow",
    // The watcher could not look.
    /// The resolver of the watcher gave no answer.
    ResolverFailed = "resolver-failed",
    /// The target's address is one that this check may not look at.
    Forbidden = "forbidden",
    /// The watcher has no network, no descriptors, no memory or no permission.
    OwnTrouble = "own-trouble",
    /// A plugin that cannot be started, or ends in a way that says nothing.
    PluginBroken = "plugin-broken",
    /// The check's settings make no sense.
    Settings = "settings",
    /// The watcher runs for less time than the other side has for its call.
    TooEarly = "too-early",
}

/// How far a look got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The name became addresses.
    Resolved,
    /// The connection stands.
    Connected,
    /// TLS stands.
    Secured,
    /// The other side has greeted.
    Greeted,
    /// Name and password were accepted.
    SignedIn,
    /// The first byte of the answer came.
    Answered,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Days.
    Days,
    /// Hundredths of a whole.
    Percent,
    /// A count that only grows.
    Total,
}

/// A number that was read, for graphs and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What of, such as `size` or a plugin's own word.
    pub name: String,
    /// In millionths of the unit.
    pub millionths: i128,
    /// Of what.
    pub unit: Unit,
}

impl Figure {
    /// A whole number of something.
    pub(crate) fn whole(name: &str, count: i64, unit: Unit) -> Figure {
        Figure { name: name.to_owned(), millionths: i128::from(count) * 1_000_000, unit }
    }
}

/// What was noticed on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// The address that was looked at, the last one when several were tried.
    pub address: Option<IpAddr>,
    /// The reply's number: HTTP status, SMTP or FTP reply, DNS response code, exit status.
    pub code: Option<u32>,
    /// The other side's words, cut to [`SAID_MAX`] characters and without control characters.
    pub said: Option<String>,
    /// How far it got, each with the time since the beginning; a redirect begins again.
    pub stages: Vec<(Stage, Duration)>,
    /// Numbers that were read, at most [`FIGURES_MAX`].
    pub figures: Vec<Figure>,
    /// The word in the subject of a mail that was handed over, by which its arrival is known.
    pub token: Option<String>,
}

impl Detail {
    pub(crate) fn figure(&mut self, figure: Figure) {
        if self.figures.len() < FIGURES_MAX {
            self.figures.push(figure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let codes: HashSet<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|b| b == b'-' || b.is_ascii_lowercase())));
    }

    #[test]
    fn words_of_others_are_tamed() {
        assert_eq!(quote(" 421 too\r\nbusy\x1b[31m "), "421 too  busy [31m");
        assert_eq!(quote(&"あ".repeat(500)).chars().count(), SAID_MAX);
    }
}
