//! The phrases of a statement: verdicts, treatments, credits.

use jiff::tz::TimeZone;
use terms::{Currency, Lang, Percent, Strength, wording};

use crate::json::six;
use crate::statement::{Statement, Treatment, Verdict};
use crate::{Credit, Figure, Taken, TakenWhy};

impl Verdict {
    /// In a word or two.
    pub fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Verdict::Kept, Lang::Ja) => "達成",
            (Verdict::Kept, Lang::En) => "kept",
            (Verdict::Broken, Lang::Ja) => "未達成",
            (Verdict::Broken, Lang::En) => "broken",
            (Verdict::Undetermined, Lang::Ja) => "判定不能",
            (Verdict::Undetermined, Lang::En) => "undetermined",
            (Verdict::NoTarget, Lang::Ja) => "目標値なし",
            (Verdict::NoTarget, Lang::En) => "no target",
        }
    }

    /// In a word or two; a missed objective is missed, not broken.
    pub fn text_for(self, strength: Strength, lang: Lang) -> &'static str {
        match (self, strength, lang) {
            (Verdict::Broken, Strength::Objective, Lang::Ja) => "目標未達",
            (Verdict::Broken, Strength::Objective, Lang::En) => "missed",
            (Verdict::Kept, Strength::Objective, Lang::Ja) => "目標達成",
            (Verdict::Kept, Strength::Objective, Lang::En) => "met",
            _ => self.text(lang),
        }
    }
}

impl Figure {
    /// The share up with six digits after the point, truncated towards the worse, so that it never
    /// reads as a better verdict: `99.898148 %`. A dash when there was no time at all.
    pub fn percent_text(self) -> String {
        self.uptime().map_or_else(|| "–".to_owned(), percent_text)
    }
}

/// A percentage with six digits after the point.
pub(crate) fn percent_text(percent: Percent) -> String {
    format!("{} %", six(percent))
}

impl Treatment {
    /// What became of that part, and where the contract says so.
    pub fn text(&self, zone: &TimeZone, lang: Lang) -> String {
        let time = wording::length(self.time(), lang);
        match (self, lang) {
            (Treatment::Counted(_), Lang::Ja) => format!("{time}:停止時間に算入"),
            (Treatment::Counted(_), Lang::En) => format!("{time}: counts as downtime"),
            (Treatment::TooShort { minimum, .. }, Lang::Ja) => {
                format!("{time}:連続{}未満のため不算入", wording::length(*minimum, lang))
            }
            (Treatment::TooShort { minimum, .. }, Lang::En) => {
                format!("{time}: does not count, shorter than {}", wording::length(*minimum, lang))
            }
            (Treatment::Excluded { title, clause, why, .. }, _) => {
                let why = why.text(zone, lang);
                let title = title.in_lang(lang);
                match lang {
                    Lang::Ja => format!("{time}:適用外「{title}」({clause})。{why}"),
                    Lang::En => format!("{time}: excluded, {title} ({clause}); {why}"),
                }
            }
            (Treatment::Truncated { to, .. }, Lang::Ja) => {
                format!("{time}:{}未満の切り捨て", wording::length(*to, lang))
            }
            (Treatment::Truncated { to, .. }, Lang::En) => {
                format!("{time}: truncated to whole units of {}", wording::length(*to, lang))
            }
            (Treatment::OtherMonth(_), Lang::Ja) => format!("{time}:他の月に属する"),
            (Treatment::OtherMonth(_), Lang::En) => format!("{time}: belongs to another month"),
            (Treatment::WhereItBegan(_), Lang::Ja) => format!("{time}:停止が始まった月に算入"),
            (Treatment::WhereItBegan(_), Lang::En) => {
                format!("{time}: counted in the month in which the outage began")
            }
            (Treatment::NotUnderContract(_), Lang::Ja) => format!("{time}:契約期間外"),
            (Treatment::NotUnderContract(_), Lang::En) => {
                format!("{time}: outside the term of the contract")
            }
        }
    }
}

impl TakenWhy {
    /// On what ground a span was taken out.
    pub fn text(&self, zone: &TimeZone, lang: Lang) -> String {
        match (self, lang) {
            (TakenWhy::Decision { by, decided, .. }, Lang::Ja) => {
                format!("{by}が{}に決定", wording::instant(*decided, zone, lang))
            }
            (TakenWhy::Decision { by, decided, .. }, Lang::En) => {
                format!("decided by {by} on {}", wording::instant(*decided, zone, lang))
            }
            (TakenWhy::Window { id, channel, sent }, Lang::Ja) => {
                let (sent, channel) =
                    (wording::instant(*sent, zone, lang), channel_text(channel, lang));
                format!("「{id}」を{sent}に{channel}で通知済み")
            }
            (TakenWhy::Window { id, channel, sent }, Lang::En) => {
                let (sent, channel) =
                    (wording::instant(*sent, zone, lang), channel_text(channel, lang));
                format!("\"{id}\" was announced by {channel} on {sent}")
            }
            (TakenWhy::Recurring, Lang::Ja) => "契約に定める定期の時間帯".to_owned(),
            (TakenWhy::Recurring, Lang::En) => "a window that recurs by the contract".to_owned(),
        }
    }
}

/// What people call a channel of a log; the log's own word when it is none that contracts know.
pub(crate) fn channel_text(channel: &str, lang: Lang) -> String {
    channel.parse().map_or_else(|()| channel.to_owned(), |name| wording::channel_word(&name, lang))
}

impl Taken {
    /// The exclusion, its clause and its ground in one line.
    pub fn text(&self, zone: &TimeZone, lang: Lang) -> String {
        let span = wording::span(self.span, zone, lang);
        let (title, clause, why) =
            (self.title.in_lang(lang), &self.clause, self.why.text(zone, lang));
        match lang {
            Lang::Ja => format!("{span} {title}({clause})。{why}"),
            Lang::En => format!("{span} {title} ({clause}); {why}"),
        }
    }
}

impl Statement {
    /// How much more may be down; `None` when the target is missed or there is none. Where some time
    /// was not measured it is the most, since that time may have used it up already.
    pub fn budget_text(&self, lang: Lang) -> Option<String> {
        let left = self.budget_left.filter(|left| !left.is_zero())?;
        let left = wording::length(left, lang);
        Some(match (self.coverage.counted.is_zero(), lang) {
            (true, _) => left,
            (false, Lang::Ja) => format!("最大{left}"),
            (false, Lang::En) => format!("up to {left}"),
        })
    }

    /// What is owed, and what could be, depending on what nobody measured.
    pub fn owed_text(&self, lang: Lang) -> String {
        let owed = self.credit.text(self.currency, lang);
        let most = self.credit_at_most.as_ref().and_then(|most| most.text(self.currency, lang));
        match (owed, most, lang) {
            (Some(owed), None, _) => owed,
            (None, None, Lang::Ja) => "なし".to_owned(),
            (None, None, Lang::En) => "nothing".to_owned(),
            (Some(owed), Some(most), Lang::Ja) => {
                format!("{owed}(計測されなかった時間によっては最大で{most})")
            }
            (Some(owed), Some(most), Lang::En) => {
                format!("{owed} (up to {most}, depending on what nobody measured)")
            }
            (None, Some(most), Lang::Ja) => {
                format!("未確定(計測されなかった時間によっては最大で{most})")
            }
            (None, Some(most), Lang::En) => {
                format!("open (up to {most}, depending on what nobody measured)")
            }
        }
    }
}

impl Credit {
    /// What is owed, in a few words; `None` when nothing is.
    pub fn text(&self, currency: Currency, lang: Lang) -> Option<String> {
        match (self, lang) {
            (Credit::None, _) => None,
            (Credit::FreeMonths(months), Lang::Ja) => Some(format!("{months}か月の無料提供")),
            (Credit::FreeMonths(1), Lang::En) => Some("one month free of charge".to_owned()),
            (Credit::FreeMonths(months), Lang::En) => {
                Some(format!("{months} months free of charge"))
            }
            (Credit::Percent { percent, amount }, lang) => {
                let share = match lang {
                    Lang::Ja => format!("対象月の利用料金の {}", wording::percent(*percent)),
                    Lang::En => format!("{} of the month's fees", wording::percent(*percent)),
                };
                let amount = amount.map(|amount| wording::money(amount, currency, lang));
                Some(match (amount, lang) {
                    (None, _) => share,
                    (Some(amount), Lang::Ja) => format!("{share} = {amount}"),
                    (Some(amount), Lang::En) => format!("{share}: {amount}"),
                })
            }
        }
    }
}
