//! How one promise stands, kind by kind.

use calendar::{BusinessCalendar, Span, Spans, day_span};
use desk::{End, Ground, Noticed, latest, noticed, windows};
use jiff::{SignedDuration, Timestamp};
use settlement::{Figure, Verdict};
use terms::{About, Name, Notice, NoticeRoute, Timing};

use super::{AT_RISK_PART, Left, State, View};

/// How far ahead the next recurring window is looked for.
const WINDOWS_AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Days on which opening hours may join without a gap before they are called always open.
const OPEN_DAYS_MAX: usize = 8;
/// A notice that must be sent within this time is at risk.
pub(super) const NOTICE_SOON: SignedDuration = SignedDuration::from_hours(48);

impl View<'_, '_> {
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
        let verdict = statement.verdict;
        let measured_from = self.measured_from(service);
        let left = Left::Budget { left, whole, net, lower, measured_from };
        (state(verdict, &left), left)
    }

    /// When the first measurement of this month was, where nobody measured the service from its
    /// beginning, or from that of the contract.
    fn measured_from(&self, service: &Name) -> Option<Timestamp> {
        let zone = &self.contract.zone;
        let began = calendar::day_span(self.contract.start, zone).from();
        let counted = self.month.span(zone).from().max(began);
        let functions = self.terms.service(service).map_or(&[][..], |s| &s.functions[..]);
        let first = |function: &terms::Function| {
            let sites = self.evidence.measured.get(function.name.as_str())?;
            let known = sites.values().filter_map(|site| site.known.iter().next());
            known.map(|span| span.from()).min()
        };
        let first = functions.iter().filter_map(first).max()?;
        (first > counted).then_some(first)
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
        let told = noticed(routes, span.from(), &sent, zone);
        if told.in_time() {
            return (State::Kept, Left::Noticed { window, span });
        }
        let ends = routes.iter().map(|route| latest(route, span.from(), zone));
        let Some(end) = ends.max_by_key(|end: &End| end.last_second()) else {
            return (State::NotMeasured, Left::Nothing);
        };
        let latest = end.last_second();
        if !end.met_by(self.now) {
            let sent = match told {
                Noticed::Late { channel, sent, .. }
                | Noticed::WrongChannel { channel, sent, .. } => Some((channel, sent)),
                Noticed::InTime { .. } | Noticed::Missing { .. } => None,
            };
            return (State::Broken, Left::NotNoticed { window, span, latest, sent });
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
        let (open, end) = joined(&calendar, self.now);
        let today = open.iter().find(|span| span.contains(self.now));
        match today.map(Span::until) {
            Some(until) if until < end => Left::OpenUntil(until),
            Some(_) => Left::AlwaysOpen,
            None => Left::Nothing,
        }
    }

    fn ground(&self) -> Ground<'_> {
        let zone = &self.contract.zone;
        Ground { terms: self.terms, zone, holidays: &self.holidays }
    }
}

/// The opening hours of the days from now on, joined where they touch, and the end of the last day:
/// which hour that is, a change of the clocks decides.
fn joined(calendar: &BusinessCalendar, now: Timestamp) -> (Spans, Timestamp) {
    let today = now.to_zoned(calendar.zone.clone()).date();
    let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(OPEN_DAYS_MAX);
    let (mut open, mut end) = (Spans::new(), now);
    for day in days {
        let day = (day, day_span(day, &calendar.zone));
        open.extend(calendar.openings(day.0).clip(day.1).iter());
        end = day.1.until();
    }
    (open, end)
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
