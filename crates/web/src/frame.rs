//! What every page knows: who looks at it, in which language, at what time, and where.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use app::accounts::Sight;
use app::deliveries::Status;

use crate::assets;
use crate::civil::{self, Unit};
use crate::heard;
use crate::marks::{self, Breakable, Chip, When};
use crate::ours;
use crate::words::Lang;

/// The person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Shown at the top.
    pub login: String,
    /// Goes into every form.
    pub csrf: String,
    /// What they may see.
    pub sight: Sight,
}

/// Made once for a request, before its room is asked. Templates call its functions.
#[derive(Clone, Debug)]
pub struct Frame {
    /// In which language the page speaks.
    pub lang: Lang,
    /// The one instant that the whole page is about.
    pub now: Timestamp,
    /// In which zone it shows times.
    pub zone: TimeZone,
    /// `None` on pages for strangers.
    pub person: Option<Person>,
    /// Cookies must not travel in clear: the browser is there over HTTPS.
    pub secure: bool,
    /// Path and query of the page itself, for the way back after a change of language.
    pub here: String,
    /// What was just done, as the address carries it (`done=…`).
    pub done: Option<Done>,
    /// Of the program.
    pub version: String,
    /// Which installation this is.
    pub hostname: String,
    /// The office keeps contracts, so the promise board is the first page.
    pub keeps_contracts: bool,
    /// How many incidents are open.
    pub open_incidents: u64,
}

/// The deed that a page was reached by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Which one.
    pub word: String,
    /// How many things it touched, where that counts.
    pub count: u64,
}

impl Frame {
    /// The text under a key.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        self.lang.say(key)
    }

    /// The text under a key, with a number: `$n` chooses the plural, `$count` shows it.
    #[must_use]
    pub fn n(&self, key: &str, n: &u64) -> String {
        self.lang.say_with(key, &[("n", (*n).into()), ("count", marks::grouped(*n).into())])
    }

    /// The text under a key, with a text as `$value`.
    #[must_use]
    pub fn with(&self, key: &str, value: &str) -> String {
        self.lang.say_with(key, &[("value", value.to_owned().into())])
    }

    /// A reason, a reply or a verdict: in the reader's language where it is ours.
    #[must_use]
    pub fn said(&self, text: &str) -> String {
        ours::said(self.lang, text)
    }

    /// What a server answered, or we in its place.
    #[must_use]
    pub fn reply(&self, reply: &mail::Reply) -> String {
        self.said(&reply.to_string())
    }

    /// Why a verb refuses.
    #[must_use]
    pub fn refusal(&self, why: &app::Refusal) -> String {
        ours::refusal(self.lang, why)
    }

    /// An address in a narrow column.
    #[must_use]
    pub fn address<'a>(&self, address: &'a str) -> Breakable<'a> {
        Breakable(address)
    }

    /// A number in groups of three.
    #[must_use]
    pub fn num(&self, number: &u64) -> String {
        marks::grouped(*number)
    }

    /// A number of bytes.
    #[must_use]
    pub fn size<N: Copy + TryInto<u64>>(&self, bytes: &N) -> String {
        marks::size((*bytes).try_into().unwrap_or(u64::MAX))
    }

    /// The name of the zone, such as `Asia/Tokyo`.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// An instant, with the date when it is not today.
    #[must_use]
    pub fn when(&self, at: &Timestamp) -> When {
        self.time(at, civil::clock_or_date(*at, self.now, &self.zone))
    }

    /// An instant by its distance from now.
    #[must_use]
    pub fn distance(&self, at: &Timestamp) -> When {
        let seconds = at.as_second() - self.now.as_second();
        let (unit, n) = civil::span(seconds);
        let span = match unit {
            Unit::Seconds => self.n("span-seconds", &n),
            Unit::Minutes => self.n("span-minutes", &n),
            Unit::Hours => self.n("span-hours", &n),
            Unit::Days => self.n("span-days", &n),
        };
        let shown = match seconds {
            0 => self.t("span-now"),
            1.. => self.with("span-ahead", &span),
            _ => self.with("span-ago", &span),
        };
        self.time(at, shown)
    }

    /// When a message was accepted, as its id tells.
    #[must_use]
    pub fn when_accepted(&self, message: &mail::SpoolId) -> When {
        self.when(&message.accepted_at())
    }

    fn time(&self, at: &Timestamp, shown: String) -> When {
        When { machine: at.to_string(), full: civil::in_full(*at, &self.zone), shown }
    }

    /// Where a delivery stands, as a coloured word.
    #[must_use]
    pub fn status(&self, status: &Status) -> Chip {
        Chip { tone: marks::status_word(*status), word: marks::status_text(self.lang, *status) }
    }

    /// What an attempt came to, as a coloured word.
    #[must_use]
    pub fn outcome(&self, outcome: &mail::AttemptKind) -> Chip {
        self.status(&Status::Tried(*outcome))
    }

    /// What a check heard or an agent noticed: in the reader's language where the words are ours.
    #[must_use]
    pub fn told(&self, text: &str) -> String {
        heard::told(self.lang, text)
    }

    /// What a check heard, as a coloured word.
    #[must_use]
    pub fn heard(&self, answer: &app::checks::Answer) -> Chip {
        heard::answer(self.lang, *answer)
    }

    /// Whether a customer looks, who sees his contracts alone.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.sight != Sight::All)
    }

    /// The contracts of the customer who looks; none for anybody else.
    #[must_use]
    pub fn own_contracts(&self) -> &[String] {
        match self.person.as_ref().map(|person| &person.sight) {
            Some(Sight::Contracts(own)) => own,
            Some(Sight::All) | None => &[],
        }
    }

    /// The form token; empty for a stranger, and then no form is taken.
    #[must_use]
    pub fn csrf(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.csrf)
    }

    /// Whether the page is in that room: `/log` and everything below it.
    #[must_use]
    pub fn in_room(&self, room: &str) -> bool {
        let path = self.here.split('?').next().unwrap_or("");
        match room {
            "/" => path == "/",
            room => path.strip_prefix(room).is_some_and(|r| r.is_empty() || r.starts_with('/')),
        }
    }

    /// Whether the page is the promise board or below it.
    #[must_use]
    pub fn in_promises(&self) -> bool {
        let is_first = self.keeps_contracts && self.in_room("/");
        is_first || self.in_room("/promises") || self.in_room("/contracts")
    }

    /// Whether the page is about windows or notices.
    #[must_use]
    pub fn in_windows(&self) -> bool {
        self.in_room("/windows") || self.in_room("/notices")
    }

    /// Whether the page is the overview of mail.
    #[must_use]
    pub fn in_overview(&self) -> bool {
        (!self.keeps_contracts && self.in_room("/")) || self.in_room("/mail")
    }

    /// A sentence about what was just done.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        let done = self.done.as_ref()?;
        Some(match done.word.as_str() {
            "tried" => self.n("done-tried", &done.count),
            "given-up" => self.n("done-given-up", &done.count),
            "emptied" => self.n("done-emptied", &done.count),
            "window-planned" => self.t("done-window-planned"),
            "window-cancelled" => self.t("done-window-cancelled"),
            "window-cancelled-tell" => self.n("done-window-cancelled-tell", &done.count),
            "notices-drafted" => self.n("done-notices-drafted", &done.count),
            "notices-confirmed" => self.n("done-notices-confirmed", &done.count),
            "notice-dropped" => self.t("done-notice-dropped"),
            "domain-added" => self.t("done-domain-added"),
            "domain-removed" => self.t("done-domain-removed"),
            "account-added" => self.t("done-account-added"),
            "account-removed" => self.t("done-account-removed"),
            "contracts-changed" => self.t("done-contracts-changed"),
            "password-changed" => self.t("done-password-changed"),
            "incident-opened" => self.t("done-incident-opened"),
            "incident-written" => self.t("done-incident-written"),
            "report-saved" => self.t("done-report-saved"),
            "report-issued" => self.t("done-report-issued"),
            "machine-revoked" => self.t("done-machine-revoked"),
            "order-given" => self.t("done-order-given"),
            "contract-added" => self.t("done-contract-added"),
            "audience-told" => self.t("done-audience-told"),
            "contract-measured" => self.t("done-contract-measured"),
            "check-bound" => self.t("done-check-bound"),
            "check-added" => self.t("done-check-added"),
            "check-changed" => self.t("done-check-changed"),
            "check-paused" => self.t("done-check-paused"),
            "check-resumed" => self.t("done-check-resumed"),
            "check-removed" => self.t("done-check-removed"),
            _ => return None,
        })
    }

    /// Where the stylesheet is.
    #[must_use]
    pub fn stylesheet(&self) -> &'static str {
        assets::stylesheet()
    }

    /// Where the script is.
    #[must_use]
    pub fn script(&self) -> &'static str {
        assets::script()
    }

    /// Where the icon is.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        assets::icon()
    }
}

/// Handlers take the frame that `guard::attend` left with the request.
impl<S: Sync> FromRequestParts<S> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Frame, Infallible> {
        // Every route stands behind `guard::attend`; without it the page is a stranger's.
        Ok(parts.extensions.get::<Frame>().cloned().unwrap_or_else(|| Frame {
            lang: Lang::Ja,
            now: Timestamp::UNIX_EPOCH,
            zone: TimeZone::UTC,
            person: None,
            secure: true,
            here: "/".to_owned(),
            done: None,
            version: String::new(),
            hostname: String::new(),
            keeps_contracts: false,
            open_incidents: 0,
        }))
    }
}
