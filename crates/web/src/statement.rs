//! A statement as people read it: the same page in the console and as a file of its own.

use askama::Template;
use settlement::{Partial, Statement, Taken, Verdict};
use terms::{Strength, wording};

use crate::assets;
use crate::words::Lang;

/// A statement in words, in the zone of its contract. Nothing in it depends on who looks.
pub struct View {
    /// Month and what it is.
    pub title: String,
    /// That the month is not over.
    pub provisional: Option<String>,
    /// Contract, parties, service, promise.
    pub about: Vec<(String, String)>,
    /// The colour of the verdict.
    pub tone: &'static str,
    pub verdict: String,
    /// The share up.
    pub figure: String,
    pub target: Option<String>,
    /// What stands beside the figure: gross, bounds, coverage, budget, credit, claim.
    pub figures: Vec<(String, String)>,
    pub outages: Vec<OutageView>,
    /// How much of the outages counts.
    pub counted: String,
    pub partial: Vec<String>,
    pub taken: Vec<String>,
    pub findings: Vec<String>,
    /// Versions and zone.
    pub foot: String,
    pub labels: Labels,
}

/// One outage in words.
pub struct OutageView {
    pub when: String,
    pub length: String,
    pub bounds: Option<String>,
    pub functions: String,
    /// What became of each part.
    pub treatments: Vec<String>,
}

/// Headings.
pub struct Labels {
    pub uptime: String,
    pub outages: String,
    pub no_outages: String,
    pub when: String,
    pub length: String,
    pub functions: String,
    pub treatment: String,
    pub counted: String,
    pub partial: String,
    pub partial_note: String,
    pub taken: String,
    pub findings: String,
}

impl View {
    /// The statement in that language.
    pub fn new(statement: &Statement, lang: Lang) -> View {
        let teller = Teller { statement, lang };
        let title = wording::month(statement.month, lang.into());
        let provisional = statement.provisional;
        View {
            title: teller.with("statement-title", &title),
            provisional: provisional
                .map(|at| teller.with("statement-provisional", &teller.instant(at))),
            about: teller.about(),
            tone: tone(statement.verdict),
            verdict: statement.verdict.text_for(teller.strength(), lang.into()).to_owned(),
            figure: teller.figure(),
            target: statement
                .target()
                .map(|target| teller.with("statement-target", &wording::percent(target))),
            figures: teller.figures(),
            outages: teller.outages(),
            counted: wording::length(statement.net.counted, lang.into()),
            partial: statement.partial.iter().map(|partial| teller.partial(partial)).collect(),
            taken: statement.taken.iter().map(|taken| teller.taken(taken)).collect(),
            findings: statement
                .findings
                .iter()
                .map(|finding| finding.text(lang.into(), &statement.zone))
                .collect(),
            foot: teller.foot(),
            labels: Labels::new(lang),
        }
    }
}

fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "succeeded",
        Verdict::Broken => "failed",
        Verdict::Undetermined => "suppressed",
        Verdict::NoTarget => "unmeasured",
    }
}

impl Labels {
    fn new(lang: Lang) -> Labels {
        Labels {
            uptime: lang.say("statement-uptime"),
            outages: lang.say("statement-outages"),
            no_outages: lang.say("statement-no-outages"),
            when: lang.say("statement-when"),
            length: lang.say("statement-length"),
            functions: lang.say("statement-functions"),
            treatment: lang.say("statement-treatment"),
            counted: lang.say("statement-counted"),
            partial: lang.say("statement-partial"),
            partial_note: lang.say("statement-partial-note"),
            taken: lang.say("statement-taken"),
            findings: lang.say("statement-findings"),
        }
    }
}

struct Teller<'s> {
    statement: &'s Statement,
    lang: Lang,
}

impl Teller<'_> {
    fn with(&self, key: &str, value: &str) -> String {
        self.lang.say_with(key, &[("value", value.to_owned().into())])
    }

    fn two(&self, key: &str, first: &str, second: &str) -> String {
        let values = [("a", first.to_owned().into()), ("b", second.to_owned().into())];
        self.lang.say_with(key, &values)
    }

    fn instant(&self, at: jiff::Timestamp) -> String {
        wording::instant(at, &self.statement.zone, self.lang.into())
    }

    fn strength(&self) -> Strength {
        self.statement.promise.as_ref().map_or(Strength::Guarantee, |promise| promise.strength)
    }

    fn about(&self) -> Vec<(String, String)> {
        let (it, lang) = (self.statement, self.lang.into());
        let mut about = vec![
            (self.lang.say("statement-contract"), it.contract_title.in_lang(lang).to_owned()),
            (self.lang.say("statement-provider"), it.provider.in_lang(lang).to_owned()),
            (self.lang.say("statement-customer"), it.customer.in_lang(lang).to_owned()),
            (self.lang.say("statement-service"), it.service_title.in_lang(lang).to_owned()),
        ];
        if let Some(promise) = &it.promise {
            let strength = wording::strength_word(promise.strength, lang);
            let clause = self.two("statement-and", &promise.clause.0, strength);
            let value = self.two("statement-promise-of", promise.title.in_lang(lang), &clause);
            about.push((self.lang.say("statement-promise"), value));
        }
        about
    }

    /// The share up; where the verdict depends on what nobody measured, what it lies between.
    fn figure(&self) -> String {
        match self.statement.verdict {
            Verdict::Undetermined => self.bounds(),
            _ => self.statement.net.percent_text(),
        }
    }

    fn bounds(&self) -> String {
        let (lower, upper) = (self.statement.lower, self.statement.net);
        self.two("statement-from-to", &lower.percent_text(), &upper.percent_text())
    }

    fn figures(&self) -> Vec<(String, String)> {
        let (it, lang) = (self.statement, self.lang.into());
        let length = |length| wording::length(length, lang);
        let mut figures = Vec::new();
        let mut say = |label: String, value: String| figures.push((label, value));
        let denominator = wording::minutes(it.net.denominator, lang);
        let downtime = self.two("statement-of", &length(it.net.counted), &denominator);
        say(self.lang.say("statement-downtime"), downtime);
        if it.gross != it.net {
            let (share, counted) = (it.gross.percent_text(), length(it.gross.counted));
            let value = self.two("statement-promise-of", &share, &counted);
            say(self.lang.say("statement-gross"), value);
        }
        if !it.coverage.counted.is_zero() {
            if it.verdict != Verdict::Undetermined {
                say(self.lang.say("statement-bounds"), self.bounds());
            }
            let (share, blind) = (it.coverage.percent_text(), length(it.coverage.counted));
            let coverage = self.two("statement-covered", &share, &blind);
            say(self.lang.say("statement-coverage"), coverage);
        }
        if let Some(left) = it.budget_text(lang) {
            say(self.lang.say("statement-budget"), left);
        }
        say(self.lang.say("statement-credit"), it.owed_text(lang));
        if let Some(claim) = &it.claim {
            let by = self.instant(claim.due.shown());
            let value = self.two("statement-promise-of", &by, &claim.clause.0);
            say(self.lang.say("statement-claim-by"), value);
        }
        figures
    }

    fn outages(&self) -> Vec<OutageView> {
        let (it, lang) = (self.statement, self.lang.into());
        let length = |length| wording::length(length, lang);
        let view = |outage: &settlement::Judged| {
            let when = wording::span(outage.span, &it.zone, lang);
            let functions: Vec<&str> = outage.functions.iter().map(terms::Name::as_str).collect();
            let bounds = outage
                .bounds
                .map(|(least, most)| self.two("statement-between", &length(least), &length(most)));
            let treatments = outage.treatments.iter().map(|part| part.text(&it.zone, lang));
            OutageView {
                when: if outage.open { self.with("statement-open", &when) } else { when },
                length: length(outage.span.duration()),
                bounds: bounds.map(|bounds| self.with("statement-true-length", &bounds)),
                functions: functions.join(", "),
                treatments: treatments.collect(),
            }
        };
        it.outages.iter().map(view).collect()
    }

    fn partial(&self, partial: &Partial) -> String {
        let span = wording::span(partial.span, &self.statement.zone, self.lang.into());
        let time = wording::length(partial.time, self.lang.into());
        format!("{span} {} {time}", partial.function)
    }

    fn taken(&self, taken: &Taken) -> String {
        taken.text(&self.statement.zone, self.lang.into())
    }

    fn foot(&self) -> String {
        let it = self.statement;
        let days = it.versions.iter().map(|day| wording::date(*day, self.lang.into()));
        let days: Vec<String> = days.collect();
        let zone = it.zone.iana_name().unwrap_or("UTC");
        self.two("statement-foot", &days.join(", "), zone)
    }
}

#[derive(Template)]
#[template(path = "statement_alone.html")]
struct Alone {
    lang: &'static str,
    styles: &'static str,
    view: View,
}

/// A statement as an HTML file of its own: nothing else is needed to show or print it.
#[must_use]
pub fn statement_html(statement: &Statement, lang: terms::Lang) -> String {
    let lang = Lang::from(lang);
    let styles = assets::STATEMENT_STYLES;
    let page = Alone { lang: lang.tag(), styles, view: View::new(statement, lang) };
    // Writing into a String fails only where a value cannot be shown, and all of these are texts.
    page.render().unwrap_or_default()
}
