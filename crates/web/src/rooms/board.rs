//! The promise board: every promise of every contract in force, its state and what is left. The
//! first page of an office that keeps contracts.

use std::sync::Arc;

use app::board::{self, Left, Row, Section, State as Standing, Term};
use app::incidents::{self, Incident};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use calendar::Span;
use desk::Due;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use settlement::Figure;
use terms::{Strength, wording};

use super::board_alarms::{AlarmView, alarms};
use super::guide::{self, Guide};
use super::overview::{self, Wanted};
use super::{Answer, encoded, show};
use crate::frame::Frame;
use crate::guard::Asked;
use crate::marks::Chip;
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/", get(first)).route("/promises", get(board_page))
}

/// The states in the order of the summary, with the key of their word and their colour.
const STANDINGS: [(Standing, &str, &str); 8] = [
    (Standing::Broken, "standing-broken", "failed"),
    (Standing::AtRisk, "standing-at-risk", "deferred"),
    (Standing::Undetermined, "standing-undetermined", "suppressed"),
    (Standing::Running, "standing-running", "queued"),
    (Standing::Kept, "standing-kept", "succeeded"),
    (Standing::Watched, "standing-watched", "succeeded"),
    (Standing::NoTarget, "standing-no-target", "unmeasured"),
    (Standing::NotMeasured, "standing-not-measured", "unmeasured"),
];

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage {
    f: Frame,
    contracts: Vec<ContractView>,
    guide: Option<Guide>,
}

/// A contract as it is shown.
struct ContractView {
    name: String,
    title: String,
    parties: String,
    zone: String,
    /// That it does not run, or why it cannot be judged.
    word: Option<String>,
    /// How many promises stand how.
    counts: Vec<(Chip, usize)>,
    /// What is down, and what is being worked on.
    alarms: Vec<AlarmView>,
    rows: Vec<RowView>,
    /// Rows of which nothing is measured and nothing is next.
    quiet: Vec<RowView>,
    /// The statement of this month, or of the last one: its address and what it is called.
    statement: Option<(String, String)>,
}

/// A promise as it is shown.
struct RowView {
    clause: String,
    title: String,
    number: String,
    objective: Option<&'static str>,
    chip: Chip,
    left: Vec<String>,
    /// Left and whole, in seconds.
    meter: Option<(i64, i64)>,
    /// Address and month of its statement, or its incident.
    statement: Option<(String, String)>,
}

async fn first(State(console): Shared, f: Frame, Asked(asked): Asked<Wanted>) -> Answer {
    match f.keeps_contracts {
        true => page(&console, f).await,
        false => overview::page(&console, f, &asked).await,
    }
}

async fn board_page(State(console): Shared, f: Frame) -> Answer {
    page(&console, f).await
}

async fn page(console: &Console, f: Frame) -> Answer {
    let sections = board::board(&console.office, f.now).await?;
    let open = incidents::open_ones(&console.office, f.now).await?;
    let guide = guide::guide(console, &f).await?;
    page_of(f, &sections.iter().collect::<Vec<_>>(), &open, guide)
}

/// The board with these contracts, and the open incidents that it may lead to.
pub fn page_of(f: Frame, sections: &[&Section], open: &[Incident], guide: Option<Guide>) -> Answer {
    let mut contracts: Vec<ContractView> =
        sections.iter().map(|section| contract_view(&f, section, open)).collect();
    // What is down must be seen first.
    contracts.sort_by_key(|contract| contract.alarms.is_empty());
    show(&BoardPage { f, contracts, guide })
}

fn contract_view(f: &Frame, section: &Section, open: &[Incident]) -> ContractView {
    let (contract, lang) = (section.contract(), f.lang.into());
    let (provider, customer) = (&contract.parties.provider, &contract.parties.customer);
    let counts = STANDINGS.iter().filter_map(|(standing, key, tone)| {
        let count = section.rows.iter().filter(|row| row.state == *standing).count();
        (count > 0).then(|| (Chip { tone, word: f.t(key) }, count))
    });
    let day = |key, day| f.with(key, &wording::date(day, lang));
    let address = || format!("/contracts/{}", encoded(contract.name.as_str()));
    let (word, statement) = match section.term {
        Term::Runs => (None, Some("board-statement-now")),
        Term::Begins(first) => (Some(day("board-begins", first)), None),
        Term::Ended(last) => (Some(day("board-ended", last)), Some("board-statement-last")),
    };
    let is_quiet = |row: &&Row| {
        row.state == Standing::NotMeasured
            && matches!(row.left, Left::Nothing | Left::AlwaysOpen)
            && row.promise.kind.word() != "availability"
    };
    let (mut quiet, mut rows): (Vec<&Row>, Vec<&Row>) = section.rows.iter().partition(is_quiet);
    if rows.is_empty() {
        std::mem::swap(&mut quiet, &mut rows);
    }
    let view = |rows: Vec<&Row>| rows.into_iter().map(|row| row_view(f, section, row)).collect();
    ContractView {
        name: contract.name.to_string(),
        title: contract.title.in_lang(lang).to_owned(),
        parties: format!("{} → {}", provider.in_lang(lang), customer.in_lang(lang)),
        zone: contract.zone.iana_name().unwrap_or("UTC").to_owned(),
        word: section.trouble.as_ref().map(|why| f.refusal(why)).or(word),
        counts: counts.collect(),
        alarms: alarms(f, section, open),
        rows: view(rows),
        quiet: view(quiet),
        statement: statement.map(|key| (address(), f.t(key))),
    }
}

fn row_view(f: &Frame, section: &Section, row: &Row) -> RowView {
    let (contract, lang) = (section.contract(), f.lang.into());
    let objective = row.promise.strength == Strength::Objective;
    let (key, tone) = standing(row);
    let statement = row.statement.as_ref().map(|(service, month)| {
        let (contract, service) = (encoded(contract.name.as_str()), encoded(service.as_str()));
        let address = format!("/contracts/{contract}/{month}?service={service}");
        (address, wording::month(*month, lang))
    });
    let incident = match row.left {
        Left::Incidents { nearest: Some((id, ..)), .. } => {
            Some((format!("/incidents/{id}"), f.n("board-incident", &id.unsigned_abs())))
        }
        _ => None,
    };
    RowView {
        clause: row.promise.clause.to_string(),
        title: row.promise.title.in_lang(lang).to_owned(),
        number: wording::promise_number(&row.promise, section.terms(), lang),
        objective: objective.then(|| wording::strength_word(row.promise.strength, lang)),
        chip: Chip { tone, word: f.t(key) },
        left: Teller { f, zone: &contract.zone }.left(&row.left),
        meter: match &row.left {
            Left::Budget { left, whole, .. } if row.state != Standing::Undetermined => {
                Some((left.as_secs(), whole.as_secs()))
            }
            _ => None,
        },
        statement: statement.or(incident),
    }
}

/// The key of the word and the colour of a state. An objective is missed, not broken.
fn standing(row: &Row) -> (&'static str, &'static str) {
    if row.state == Standing::Broken && row.promise.strength == Strength::Objective {
        return ("standing-missed", "failed");
    }
    let found = STANDINGS.iter().find(|(known, ..)| *known == row.state);
    found.map_or(("", ""), |(_, key, tone)| (key, tone))
}

/// `99.98 %`, cut, so that it never shows a share that was not reached. `total` is not 0.
fn share_text(part: u64, total: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(total.max(1));
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Says what is left, in the zone of a contract.
struct Teller<'a> {
    f: &'a Frame,
    zone: &'a TimeZone,
}

impl Teller<'_> {
    fn length(&self, length: SignedDuration) -> String {
        wording::length(length, self.f.lang.into())
    }

    fn instant(&self, at: Timestamp) -> String {
        wording::instant(at, self.zone, self.f.lang.into())
    }

    fn span(&self, span: Span) -> String {
        wording::span(span, self.zone, self.f.lang.into())
    }

    fn two(&self, key: &str, first: &str, second: &str) -> String {
        let values = [("a", first.to_owned().into()), ("b", second.to_owned().into())];
        self.f.lang.say_with(key, &values)
    }

    /// Marks what a holiday may still move.
    fn may_move(&self, line: String, provisional: bool) -> Vec<String> {
        let more = provisional.then(|| self.f.t("left-provisional"));
        std::iter::once(line).chain(more).collect()
    }

    /// That a notice was late, or over a channel that does not count; `missing` when there was none.
    fn not_told(
        &self,
        missing: &str,
        latest: Timestamp,
        sent: Option<&(String, Timestamp)>,
    ) -> String {
        let latest = self.instant(latest);
        let Some((channel, sent)) = sent else { return self.f.with(missing, &latest) };
        let channel = channel.parse().map_or_else(
            |()| channel.clone(),
            |channel| wording::channel_word(&channel, self.f.lang.into()),
        );
        let values =
            [("a", channel.into()), ("b", self.instant(*sent).into()), ("c", latest.into())];
        self.f.lang.say_with("left-told-late", &values)
    }

    /// Downtime that is left, and the figure that it follows from.
    fn budget(
        &self,
        left: SignedDuration,
        whole: SignedDuration,
        net: Figure,
        lower: Figure,
    ) -> Vec<String> {
        let key = if net == lower { "left-budget" } else { "left-at-most" };
        let line = self.two(key, &self.length(left), &self.length(whole));
        let figure = match net == lower {
            true => self.f.with("left-figure", &net.percent_text()),
            false => self.two("left-bounds", &lower.percent_text(), &net.percent_text()),
        };
        vec![line, figure]
    }

    /// Why a figure has bounds, when it has.
    fn why_bounds(&self, has_bounds: bool, from: Option<Timestamp>) -> Option<String> {
        has_bounds.then(|| match from {
            Some(from) => self.f.with("left-measured-from", &self.instant(from)),
            None => self.f.t("left-unseen"),
        })
    }

    /// An incident whose clock is the next to run out.
    fn incident(&self, (id, due, standing): &(i64, Due, desk::Standing)) -> String {
        let standing = desk::standing_word(*standing, self.f.lang.into()).to_owned();
        let (number, due) = (id.to_string(), self.instant(due.shown()));
        let values = [("a", number.into()), ("b", due.into()), ("value", standing.into())];
        self.f.lang.say_with("left-incident", &values)
    }

    fn left(&self, left: &Left) -> Vec<String> {
        let f = self.f;
        let month = |month| wording::month(month, f.lang.into());
        match left {
            Left::Nothing => Vec::new(),
            Left::Budget { left, whole, net, lower, measured_from } => {
                let lines = self.budget(*left, *whole, *net, *lower);
                lines.into_iter().chain(self.why_bounds(net != lower, *measured_from)).collect()
            }
            Left::Figure(figure) => vec![f.with("left-figure", &figure.percent_text())],
            Left::NothingOwed(of) => vec![f.with("left-nothing-owed", &month(*of))],
            Left::Owed { month: of, credit, currency, is_over } => {
                let owed = credit.text(*currency, f.lang.into()).unwrap_or_default();
                let line = self.two("left-owed", &month(*of), &owed);
                std::iter::once(line).chain(is_over.then(|| f.t("left-over"))).collect()
            }
            Left::Claim { month: of, due, is_over } => {
                let key = if *is_over { "left-claim-over" } else { "left-claim" };
                let line = self.two(key, &month(*of), &self.instant(due.shown()));
                self.may_move(line, due.provisional)
            }
            Left::InWindow(span) => vec![f.with("left-in-window", &self.span(*span))],
            Left::NextWindow { span, provisional } => {
                self.may_move(f.with("left-next-window", &self.span(*span)), *provisional)
            }
            Left::Incidents { nearest, met, late } => {
                let due = nearest.as_ref().map(|clock| self.incident(clock));
                let counted = self.two("left-incidents", &met.to_string(), &late.to_string());
                due.into_iter().chain((met + late > 0).then_some(counted)).collect()
            }
            Left::Looked { last, every } => {
                vec![self.two("left-looked", &self.instant(*last), &self.length(*every))]
            }
            Left::AlwaysOpen => vec![f.t("left-always-open")],
            Left::OpenUntil(until) => vec![f.with("left-open-until", &self.instant(*until))],
            Left::Opens { at, provisional } => {
                self.may_move(f.with("left-opens", &self.instant(*at)), *provisional)
            }
            Left::Answers { in_time, total, within } => {
                let share = share_text(*in_time, *total);
                vec![
                    self.two("left-answers", &share, &self.length(*within)),
                    self.two("left-answers-of", &f.num(in_time), &f.num(total)),
                ]
            }
            Left::Noticed { window, span } => {
                vec![self.two("left-noticed", window, &self.span(*span))]
            }
            Left::NoticeBy { window, span, latest } => vec![
                f.with("left-notice-by", &self.instant(*latest)),
                self.two("left-window", window, &self.span(*span)),
            ],
            Left::NotNoticed { window, span, latest, sent } => vec![
                self.not_told("left-not-noticed", *latest, sent.as_ref()),
                self.two("left-window", window, &self.span(*span)),
            ],
            Left::Told { event, sent } => vec![
                f.with("left-told", &self.instant(*sent)),
                f.with("left-event", &self.instant(*event)),
            ],
            Left::TellBy { event, latest } => vec![
                f.with("left-tell-by", &self.instant(*latest)),
                f.with("left-event", &self.instant(*event)),
            ],
            Left::NotTold { event, latest, sent } => vec![
                self.not_told("left-not-told", *latest, sent.as_ref()),
                f.with("left-event", &self.instant(*event)),
            ],
        }
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::promises;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let empty = Frame { here: "/promises".to_owned(), ..f.clone() };
        let f = Frame { here: "/".to_owned(), keeps_contracts: true, ..f.clone() };
        let views = |log: &str| {
            let open = Vec::new();
            let contracts = promises::contracts();
            let sections = contracts.iter().map(|contract| promises::section(contract, log, f.now));
            sections.map(|section| contract_view(&f, &section, &open)).collect::<Vec<_>>()
        };
        let down = |f: &Frame| {
            let contract = &promises::contracts()[0];
            let mut section = promises::section(contract, promises::LOG, f.now);
            let function = section.terms().services[0].functions[0].name.clone();
            section.down = vec![board::DownNow { function, since: crate::tests::sample::ago(12) }];
            vec![contract_view(f, &section, &[])]
        };
        let page = |f: &Frame, contracts: Vec<ContractView>| {
            let guide = contracts.is_empty().then(|| guide::samples::empty(f));
            let page = BoardPage { f: f.clone(), contracts, guide };
            page.render().expect("the template renders")
        };
        vec![
            ("board", page(&f, views(promises::LOG))),
            ("board-down", page(&f, down(&f))),
            ("board-quiet", page(&f, views(""))),
            ("board-empty", page(&empty, Vec::new())),
        ]
    }
}
