//! How one promise stands, kind by kind.

use calendar::{BusinessCalendar, Month, Span, Spans, day_span};
use desk::{End, Ground, latest, noticed, windows};
use jiff::{SignedDuration, Timestamp};
use settlement::{Credit, Figure, Verdict};
use terms::{About, Kind, Name, Notice, NoticeRoute, Timing};

use super::{AT_RISK_PART, Left, State, View};

/// How far ahead the next recurring window is looked for.
const WINDOWS_AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Days on which opening hours may join without a gap before they are called always open.
const OPEN_DAYS_MAX: usize = 8;
/// A notice that must be sent within this time is at risk.
const NOTICE_SOON: SignedDuration = SignedDuration::from_hours(48);

impl<'o> View<'o, '_> {
    /// The service of this month, up to now.
    pub(super) fn availability(&mut self, service: &Name) -> (State, Left) {
        if !self.is_known(service) {
            return (State::NotMeasured, Left::Nothing);
        }
        let statement = self.settled(service, self.month);
        let (net, lower) = (statement.net, statement.lower);
        let Some((target, left)) = statement.target().zip(statement.budget_left) else {
            return (State::NoTarget, Left::Figure(net));
        };
        let whole = Figure { counted: SignedDuration::ZERO, ..net }.budget_left(target);
        let left = Left::Budget { left, whole, net, lower };
        (state(statement.verdict, &left), left)
    }

    /// What is owed for the last month.
    pub(super) fn remedy(&mut self, service: Option<&Name>, month: Month) -> (State, Left) {
        let Some(service) = service.filter(|service| self.was_settled(service, month)) else {
            return (State::NotMeasured, Left::Nothing);
        };
        let now = self.now;
        let statement = self.settled(service, month);
        let (credit, currency) = (statement.credit.clone(), statement.currency);
        let is_over = statement.claim.as_ref().is_some_and(|claim| !claim.due.met_by(now));
        match (statement.verdict, credit) {
            (Verdict::Undetermined, _) => (State::Undetermined, Left::Nothing),
            (_, Credit::None) => (State::Kept, Left::NothingOwed(month)),
            (_, credit) => {
                // Nothing in the records tells whether it was claimed in time.
                let state = if is_over { State::NotMeasured } else { State::Running };
                (state, Left::Owed { month, credit, currency, is_over })
            }
        }
    }

    /// The service whose outages the clock of a claim follows.
    pub(super) fn claimed_service(&self, clock: &Name) -> Option<&'o Name> {
        let remedies = self.terms.promises.iter().filter_map(|promise| match &promise.kind {
            Kind::Remedy(remedy) => Some(remedy),
            _ => None,
        });
        let claimed = remedies.into_iter().find(|remedy| remedy.claim.as_ref() == Some(clock))?;
        crate::statements::service_of(self.terms, &claimed.of)
    }

    /// The customer's time to claim for the last month.
    pub(super) fn claim(&mut self, service: Option<&Name>, month: Month) -> (State, Left) {
        let Some(service) = service.filter(|service| self.was_settled(service, month)) else {
            return (State::NotMeasured, Left::Nothing);
        };
        let now = self.now;
        let statement = self.settled(service, month);
        match statement.claim.as_ref().map(|claim| claim.due) {
            None if statement.verdict == Verdict::Undetermined => {
                (State::NotMeasured, Left::Nothing)
            }
            None => (State::NotMeasured, Left::NothingOwed(month)),
            Some(due) => {
                let is_over = !due.met_by(now);
                let state = if is_over { State::NotMeasured } else { State::Running };
                (state, Left::Claim { month, due, is_over })
            }
        }
    }

    /// Whether a month was under contract and the evidence knows something of it.
    fn was_settled(&self, service: &Name, month: Month) -> bool {
        self.is_known(service) && month >= Month::of_date(self.contract.start)
    }

    /// Whether planned windows are told in time: the worst of them.
    pub(super) fn notice(&self, notice: &Notice) -> (State, Left) {
        let Timing::Ahead(routes) = &notice.timing else {
            return (State::NotMeasured, Left::Nothing);
        };
        if notice.about != About::Maintenance {
            return (State::NotMeasured, Left::Nothing);
        }
        let this_month = self.month.span(&self.contract.zone);
        let planned = self.evidence.windows.iter();
        let planned = planned.filter(|window| window.span.until() > this_month.from());
        let judged = planned.map(|window| self.announced(routes, &window.id, window.span));
        let worst = judged.min_by_key(|(state, left)| (*state, begins(left)));
        worst.unwrap_or((State::NotMeasured, Left::Nothing))
    }

    fn announced(&self, routes: &[NoticeRoute], id: &str, span: Span) -> (State, Left) {
        let about = self.evidence.notices.iter().filter(|notice| notice.of == id);
        let sent: Vec<(&str, Timestamp)> =
            about.map(|notice| (notice.channel.as_str(), notice.sent)).collect();
        let zone = &self.contract.zone;
        let window = id.to_owned();
        if noticed(routes, span.from(), &sent, zone).in_time() {
            return (State::Kept, Left::Noticed { window, span });
        }
        let ends = routes.iter().map(|route| latest(route, span.from(), zone));
        let Some(end) = ends.max_by_key(|end: &End| end.last_second()) else {
            return (State::NotMeasured, Left::Nothing);
        };
        let latest = end.last_second();
        if !end.met_by(self.now) {
            return (State::Broken, Left::NotNoticed { window, span, latest });
        }
        let is_soon = latest.duration_since(self.now) < NOTICE_SOON;
        let state = if is_soon { State::AtRisk } else { State::Running };
        (state, Left::NoticeBy { window, span, latest })
    }

    /// The window of that maintenance that is now, or the next.
    pub(super) fn window(&self, promise: &Name) -> Left {
        let Ok(until) = self.now.checked_add(WINDOWS_AHEAD) else { return Left::Nothing };
        let Ok(ahead) = Span::new(self.now, until) else { return Left::Nothing };
        let ground = self.ground();
        let falling = windows(&ground, ahead);
        let next = falling.iter().find(|window| window.promise == promise);
        match next {
            None => Left::Nothing,
            Some(window) if window.span.contains(self.now) => Left::InWindow(window.span),
            Some(window) => Left::NextWindow { span: window.span, provisional: window.provisional },
        }
    }

    /// Whether it is open now.
    pub(super) fn hours(&self, calendar: Option<&Name>) -> Left {
        if calendar.is_none() {
            return Left::AlwaysOpen;
        }
        let calendar = self.ground().calendar(calendar);
        if !calendar.is_open(self.now) {
            return calendar.next_open(self.now).map_or(Left::Nothing, |next| Left::Opens {
                at: next.value,
                provisional: next.provisional,
            });
        }
        let open = joined(&calendar, self.now);
        let today = open.iter().find(|span| span.contains(self.now));
        let whole_week = SignedDuration::from_hours(7 * 24);
        match today.map(Span::until) {
            Some(until) if until.duration_since(self.now) < whole_week => Left::OpenUntil(until),
            Some(_) => Left::AlwaysOpen,
            None => Left::Nothing,
        }
    }

    fn ground(&self) -> Ground<'_> {
        let zone = &self.contract.zone;
        Ground { terms: self.terms, zone, holidays: &self.holidays }
    }
}

/// The opening hours of the days from now on, joined where they touch.
fn joined(calendar: &BusinessCalendar, now: Timestamp) -> Spans {
    let today = now.to_zoned(calendar.zone.clone()).date();
    let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(OPEN_DAYS_MAX);
    let mut open = Spans::new();
    for day in days {
        open.extend(calendar.openings(day).clip(day_span(day, &calendar.zone)).iter());
    }
    open
}

/// The state of an availability promise in a month that still runs.
fn state(verdict: Verdict, left: &Left) -> State {
    let is_low = match left {
        Left::Budget { left, whole, .. } => {
            left.as_nanos() * i128::from(AT_RISK_PART) < whole.as_nanos()
        }
        _ => false,
    };
    match verdict {
        Verdict::Broken => State::Broken,
        Verdict::Undetermined => State::Undetermined,
        Verdict::Kept if is_low => State::AtRisk,
        Verdict::Kept => State::Kept,
        Verdict::NoTarget => State::NoTarget,
    }
}

/// When the window of a notice begins.
fn begins(left: &Left) -> Option<Timestamp> {
    match left {
        Left::Noticed { span, .. }
        | Left::NoticeBy { span, .. }
        | Left::NotNoticed { span, .. } => Some(span.from()),
        _ => None,
    }
}
