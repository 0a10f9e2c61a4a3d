//! The JSON of a statement: fields in a fixed order, so that it has the same bytes each time.

use calendar::Span;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use terms::{Currency, Lang, Percent};

use crate::statement::{Judged, Statement, Treatment};
use crate::{Credit, Finding, Taken, TakenWhy};

/// Seconds: a whole number where it is one.
struct Seconds(SignedDuration);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_nanos() == 0 {
            serializer.serialize_i64(self.0.as_secs())
        } else {
            serializer.serialize_f64(self.0.as_secs_f64())
        }
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    contract: &'a str,
    service: &'a str,
    promise: Option<&'a str>,
    clause: Option<&'a str>,
    month: String,
    from: String,
    until: String,
    versions: Vec<String>,
    provisional_as_of: Option<String>,
    verdict: &'a str,
    target_percent: Option<String>,
    uptime_percent: Option<String>,
    lower_percent: Option<String>,
    upper_percent: Option<String>,
    gross_percent: Option<String>,
    coverage_percent: Option<String>,
    counted_seconds: Seconds,
    denominator_seconds: Seconds,
    possible_seconds: Seconds,
    gross_counted_seconds: Seconds,
    gross_denominator_seconds: Seconds,
    unknown_seconds: Seconds,
    budget_left_seconds: Option<Seconds>,
    credit: Owed,
    credit_at_most: Option<Owed>,
    claim_by: Option<String>,
    claim_promise: Option<&'a str>,
    outages: Vec<Outage<'a>>,
    partial: Vec<PartialOut<'a>>,
    exclusions: Vec<Exclusion<'a>>,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Owed {
    kind: &'static str,
    percent: Option<Number>,
    months: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_yen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_cents: Option<i64>,
}

/// A percentage as a number: whole where it is whole.
struct Number(Percent);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.0 % Percent::ONE == 0 {
            serializer.serialize_i64(self.0.0 / Percent::ONE)
        } else {
            // Six digits after the point are exact in a double's shortest form.
            serializer.serialize_f64(self.0.0 as f64 / Percent::ONE as f64)
        }
    }
}

#[derive(Serialize)]
struct Outage<'a> {
    from: String,
    until: String,
    open: bool,
    functions: Vec<&'a str>,
    seconds: Seconds,
    at_least_seconds: Option<Seconds>,
    at_most_seconds: Option<Seconds>,
    counted_seconds: Seconds,
    treatment: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    what: &'static str,
    seconds: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_seconds: Option<Seconds>,
}

#[derive(Serialize)]
struct PartialOut<'a> {
    function: &'a str,
    from: String,
    until: String,
    seconds: Seconds,
}

#[derive(Serialize)]
struct Exclusion<'a> {
    exclusion: &'a str,
    clause: &'a str,
    from: String,
    until: String,
    ground: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<String>,
}

#[derive(Serialize)]
struct Found {
    finding: &'static str,
    text: String,
}

/// Six digits after the point, without the sign: `99.898148`.
pub(crate) fn six(percent: Percent) -> String {
    let sign = if percent.0 < 0 { "-" } else { "" };
    let unit = Percent::ONE.unsigned_abs();
    let micro = percent.0.unsigned_abs();
    format!("{sign}{}.{:06}", micro / unit, micro % unit)
}

/// RFC 3339 with the offset of that zone.
pub(crate) fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    at.display_with_offset(zone.to_offset(at)).to_string()
}

impl Statement {
    /// The statement in JSON, ending in a line break. The same statement has the same bytes.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.whole()).unwrap_or_default();
        text.push('\n');
        text
    }

    fn whole(&self) -> Whole<'_> {
        let at = |at: Timestamp| rfc3339(at, &self.zone);
        Whole {
            contract: self.contract.as_str(),
            service: self.service.as_str(),
            promise: self.promise.as_ref().map(|promise| promise.name.as_str()),
            clause: self.promise.as_ref().map(|promise| promise.clause.0.as_str()),
            month: self.month.to_string(),
            from: at(self.month_span.from()),
            until: at(self.month_span.until()),
            versions: self.versions.iter().map(ToString::to_string).collect(),
            provisional_as_of: self.provisional.map(at),
            verdict: self.verdict.word(),
            target_percent: self.target().map(six),
            uptime_percent: self.net.uptime().map(six),
            lower_percent: self.lower.uptime().map(six),
            upper_percent: self.net.uptime().map(six),
            gross_percent: self.gross.uptime().map(six),
            coverage_percent: self.coverage.uptime().map(six),
            counted_seconds: Seconds(self.net.counted),
            denominator_seconds: Seconds(self.net.denominator),
            possible_seconds: Seconds(self.lower.counted),
            gross_counted_seconds: Seconds(self.gross.counted),
            gross_denominator_seconds: Seconds(self.gross.denominator),
            unknown_seconds: Seconds(self.coverage.counted),
            budget_left_seconds: self.budget_left.map(Seconds),
            credit: self.owed(&self.credit),
            credit_at_most: self.credit_at_most.as_ref().map(|most| self.owed(most)),
            claim_by: self.claim.as_ref().map(|claim| at(claim.due.shown())),
            claim_promise: self.claim.as_ref().map(|claim| claim.promise.as_str()),
            outages: self.outages.iter().map(|outage| self.outage(outage)).collect(),
            partial: self.partial.iter().map(|partial| self.partial_out(partial)).collect(),
            exclusions: self.taken.iter().map(|taken| self.exclusion(taken)).collect(),
            findings: self.findings.iter().map(|finding| self.found(finding)).collect(),
        }
    }

    fn owed(&self, credit: &Credit) -> Owed {
        let mut owed = Owed {
            kind: "none",
            percent: None,
            months: None,
            amount_yen: None,
            amount_cents: None,
        };
        match *credit {
            Credit::None => {}
            Credit::FreeMonths(months) => (owed.kind, owed.months) = ("free_months", Some(months)),
            Credit::Percent { percent, amount } => {
                (owed.kind, owed.percent) = ("percent", Some(Number(percent)));
                match self.currency {
                    Currency::Jpy => owed.amount_yen = amount,
                    Currency::Eur => owed.amount_cents = amount,
                }
            }
        }
        owed
    }

    fn outage<'a>(&self, outage: &'a Judged) -> Outage<'a> {
        let [from, until] = ends(outage.span, &self.zone);
        Outage {
            from,
            until,
            open: outage.open,
            functions: outage.functions.iter().map(terms::Name::as_str).collect(),
            seconds: Seconds(outage.span.duration()),
            at_least_seconds: outage.bounds.map(|(least, _)| Seconds(least)),
            at_most_seconds: outage.bounds.map(|(_, most)| Seconds(most)),
            counted_seconds: Seconds(outage.counted()),
            treatment: outage.treatments.iter().map(part).collect(),
        }
    }

    fn partial_out<'a>(&self, partial: &'a crate::Partial) -> PartialOut<'a> {
        let [from, until] = ends(partial.span, &self.zone);
        PartialOut {
            function: partial.function.as_str(),
            from,
            until,
            seconds: Seconds(partial.time),
        }
    }

    fn exclusion<'a>(&self, taken: &'a Taken) -> Exclusion<'a> {
        let [from, until] = ends(taken.span, &self.zone);
        let mut out = Exclusion {
            exclusion: taken.name.as_str(),
            clause: &taken.clause.0,
            from,
            until,
            ground: "recurring",
            reason: None,
            by: None,
            decided: None,
            window: None,
            channel: None,
            sent: None,
        };
        match &taken.why {
            TakenWhy::Recurring => {}
            TakenWhy::Decision { by, decided, reason } => {
                out.ground = "decision";
                (out.by, out.reason) = (Some(by.as_str()), Some(reason.as_str()));
                out.decided = Some(rfc3339(*decided, &self.zone));
            }
            TakenWhy::Window { id, channel, sent } => {
                out.ground = "window";
                (out.window, out.channel) = (Some(id.as_str()), Some(channel.as_str()));
                out.sent = Some(rfc3339(*sent, &self.zone));
            }
        }
        out
    }

    fn found(&self, finding: &Finding) -> Found {
        Found { finding: finding.word(), text: finding.text(Lang::En, &self.zone) }
    }
}

fn ends(span: Span, zone: &TimeZone) -> [String; 2] {
    [span.from(), span.until()].map(|at| rfc3339(at, zone))
}

fn part(treatment: &Treatment) -> Part {
    let mut part = Part {
        what: "counted",
        seconds: Seconds(treatment.time()),
        exclusion: None,
        clause: None,
        limit_seconds: None,
    };
    match treatment {
        Treatment::Counted(_) => {}
        Treatment::TooShort { minimum, .. } => {
            part.what = "too_short";
            part.limit_seconds = Some(Seconds(*minimum));
        }
        Treatment::Excluded { name, clause, .. } => {
            part.what = "excluded";
            part.exclusion = Some(name.to_string());
            part.clause = Some(clause.to_string());
        }
        Treatment::Truncated { to, .. } => {
            part.what = "truncated";
            part.limit_seconds = Some(Seconds(*to));
        }
        Treatment::OtherMonth(_) => part.what = "other_month",
        Treatment::WhereItBegan(_) => part.what = "counted_where_it_began",
        Treatment::NotUnderContract(_) => part.what = "not_under_contract",
    }
    part
}
