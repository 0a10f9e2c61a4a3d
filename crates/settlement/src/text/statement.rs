//! A whole statement for the terminal.

use std::fmt::Write as _;

use jiff::SignedDuration;
use terms::{Lang, Strength, wording};

use crate::statement::{Judged, Partial, Statement};

/// The statement in plain lines. With `explain` every outage with what became of each of its parts.
pub fn text(statement: &Statement, lang: Lang, explain: bool) -> String {
    let mut out = Lines { text: String::new(), lang };
    out.head(statement);
    out.result(statement);
    if explain {
        out.explain(statement);
    }
    out.findings(statement);
    out.text
}

struct Lines {
    text: String,
    lang: Lang,
}

impl Lines {
    fn pick<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// `label: value`, with the colon of the language.
    fn say(&mut self, ja: &str, en: &str, value: &str) {
        let (label, colon) = (self.pick(ja, en).to_owned(), self.pick(":", ": ").to_owned());
        self.line(&format!("{label}{colon}{value}"));
    }

    fn head(&mut self, statement: &Statement) {
        let lang = self.lang;
        let title = statement.contract_title.in_lang(lang);
        self.line(&format!(
            "{} {}",
            wording::month(statement.month, lang),
            self.pick("計算書", "statement")
        ));
        self.say("契約", "Contract", &format!("{title} ({})", statement.contract));
        self.say("提供者", "Provider", statement.provider.in_lang(lang));
        self.say("契約者", "Customer", statement.customer.in_lang(lang));
        let service = statement.service_title.in_lang(lang);
        self.say("サービス", "Service", &format!("{service} ({})", statement.service));
        if let Some(promise) = &statement.promise {
            let mut value = promise.title.in_lang(lang).to_owned();
            if let Some(target) = promise.target {
                let at_least = self.pick(" 以上", " at least");
                let _ = match lang {
                    Lang::Ja => write!(value, " {}{at_least}", wording::percent(target)),
                    Lang::En => write!(value, ",{at_least} {}", wording::percent(target)),
                };
            }
            let strength = wording::strength_word(promise.strength, lang);
            let _ = match lang {
                Lang::Ja => write!(value, "({strength}、{})", promise.clause),
                Lang::En => write!(value, " ({strength}, {})", promise.clause),
            };
            self.say("約束", "Promise", &value);
        }
        self.line("");
    }

    fn result(&mut self, statement: &Statement) {
        let lang = self.lang;
        let strength =
            statement.promise.as_ref().map_or(Strength::Guarantee, |promise| promise.strength);
        let verdict = statement.verdict.text_for(strength, lang);
        let is_so_far = statement.provisional.is_some();
        let so_far = if is_so_far { self.pick("(途中経過)", " (so far)") } else { "" };
        self.say("結果", "Result", &format!("{verdict}{so_far}"));
        let counted = wording::length(statement.net.counted, lang);
        let denominator = wording::minutes(statement.net.denominator, lang);
        let figure = format!("{} ({counted} / {denominator})", statement.net.percent_text());
        self.say("稼働率", "Uptime", &figure);
        if statement.gross != statement.net {
            let counted = wording::length(statement.gross.counted, lang);
            let value = format!("{} ({counted})", statement.gross.percent_text());
            self.say("適用外を差し引く前の稼働率", "Uptime before exclusions", &value);
        }
        if !statement.coverage.counted.is_zero() {
            let (lower, upper) = (statement.lower.percent_text(), statement.net.percent_text());
            self.say("稼働率の範囲", "Uptime lies between", &format!("{lower} – {upper}"));
            self.say(
                "計測できた割合",
                "Share of time measured",
                &statement.coverage.percent_text(),
            );
        }
        if let Some(left) = statement.budget_text(lang) {
            self.say("目標までの余裕", "Downtime still allowed", &left);
        }
        self.say("返還・無料提供", "Owed", &statement.owed_text(lang));
        if let Some(claim) = &statement.claim {
            let by = wording::instant(claim.due.shown(), &statement.zone, lang);
            let until = self.pick("まで", "");
            self.say("返還等の申請期限", "Claim by", &format!("{by}{until} ({})", claim.clause));
        }
    }

    fn explain(&mut self, statement: &Statement) {
        self.line("");
        let (outages, partial) = (&statement.outages, &statement.partial);
        let total: SignedDuration =
            outages.iter().map(Judged::counted).fold(SignedDuration::ZERO, |a, b| a + b);
        let count = outages.len();
        let sum = wording::length(total, self.lang);
        self.line(&match self.lang {
            Lang::Ja => format!("サービスの停止:{count}件、算入 {sum}"),
            Lang::En => format!("Outages of the service: {count}, of which {sum} counts"),
        });
        for outage in outages {
            self.outage(statement, outage);
        }
        if !partial.is_empty() {
            self.line("");
            let clause = statement.promise.as_ref().map_or("", |promise| &promise.clause.0);
            self.line(&match self.lang {
                Lang::Ja => format!("一部の機能のみの停止(サービスの停止に当たらない。{clause}):"),
                Lang::En => format!("Functions down while the service was not ({clause}):"),
            });
            for partial in partial {
                self.partial(statement, partial);
            }
        }
        if !statement.taken.is_empty() {
            self.line("");
            self.line(
                self.pick("この月の適用外:", "Exclusions in this month:").to_owned().as_str(),
            );
            for taken in &statement.taken {
                self.line(&format!("  {}", taken.text(&statement.zone, self.lang)));
            }
        }
    }

    fn outage(&mut self, statement: &Statement, outage: &Judged) {
        let lang = self.lang;
        let span = wording::span(outage.span, &statement.zone, lang);
        let functions: Vec<&str> = outage.functions.iter().map(terms::Name::as_str).collect();
        let open = if outage.open { self.pick("、継続中", ", still open") } else { "" };
        let length = wording::length(outage.span.duration(), lang);
        self.line(&format!("  {span} {length} [{}]{open}", functions.join(", ")));
        if let Some((least, most)) = outage.bounds {
            let (least, most) = (wording::length(least, lang), wording::length(most, lang));
            self.line(&match lang {
                Lang::Ja => format!("    計測間隔による幅:{least} より長く {most} より短い"),
                Lang::En => {
                    format!("    true length between {least} and {most}, by the pace of the checks")
                }
            });
        }
        for treatment in &outage.treatments {
            self.line(&format!("    {}", treatment.text(&statement.zone, lang)));
        }
    }

    fn partial(&mut self, statement: &Statement, partial: &Partial) {
        let span = wording::span(partial.span, &statement.zone, self.lang);
        let time = wording::length(partial.time, self.lang);
        let text = self.pick("不算入", "does not count");
        let line = format!("  {span} [{}] {time} {text}", partial.function);
        self.line(&line);
    }

    fn findings(&mut self, statement: &Statement) {
        if statement.findings.is_empty() {
            return;
        }
        self.line("");
        self.line(self.pick("所見:", "Findings:").to_owned().as_str());
        for finding in &statement.findings {
            self.line(&format!("  - {}", finding.text(self.lang, &statement.zone)));
        }
    }
}
