//! Fields of promises that are neither clocks nor notices.

use jiff::SignedDuration;

use crate::diff::Effect;
use crate::diff::deadline::{clock_fields, notice_fields, period_measure};
use crate::diff::field::{Field, Measure};
use crate::diff::items::hours_measure;
use crate::wording::{
    availability_details, denominator_words, fee_kind_word, keep_words, length, percent, pick,
    promise_number, rounding_word, schedule_words, strength_word, tier_words,
};
use crate::{
    Availability, Backup, Capacity, Check, Keep, Kind, Lang, Name, Payment, Promise, Remedy,
    RemedyForm, Rounding, Schedule, Strength, Terms,
};

/// The fields of a promise.
pub fn fields(promise: &Promise, terms: &Terms, lang: Lang) -> Vec<Field> {
    let strength = i128::from(promise.strength == Strength::Guarantee);
    let mut fields = vec![
        Field::plain(
            "kind",
            ("種類", "kind"),
            crate::wording::kind_word(&promise.kind, lang).to_owned(),
        ),
        Field::measured(
            "strength",
            ("強さ", "strength"),
            strength_word(promise.strength, lang).to_owned(),
            Measure::better("strength", strength),
        ),
    ];
    fields.extend(kind_fields(promise, terms, lang));
    fields
}

fn kind_fields(promise: &Promise, terms: &Terms, lang: Lang) -> Vec<Field> {
    let number = || promise_number(promise, terms, lang);
    let whole = |measure| vec![Field::measured("number", ("内容", "number"), number(), measure)];
    match &promise.kind {
        Kind::Availability(availability) => availability_fields(availability, lang),
        Kind::Remedy(remedy) => remedy_fields(remedy, lang),
        Kind::Notice(notice) => notice_fields(notice, lang),
        Kind::Clock(clock) => clock_fields(clock, is_claim(&promise.name, terms), lang),
        Kind::ResponseTime(response) => {
            let mut fields =
                vec![length_field("within", ("応答", "answer"), response.within, lang)];
            if let Some(share) = response.share {
                let measure =
                    Measure::amount("percent", share.0.into(), Effect::Better, Effect::Worse);
                fields.push(Field::measured("share", ("割合", "share"), percent(share), measure));
            }
            fields
        }
        Kind::Check(check) => check_fields(check, lang),
        Kind::Backup(backup) => backup_fields(backup, lang),
        Kind::Capacity(capacity) => capacity_fields(capacity, number()),
        Kind::Retention(retention) => whole(match retention.keep {
            Some(keep) => period_measure(keep, Effect::Better, Effect::Better),
            None => Measure::better("time", i128::MAX / 2),
        }),
        Kind::SecurityFloor(floor) => {
            let (major, minor) = floor.tls_at_least;
            whole(Measure::better("tls", i128::from(major) * 100 + i128::from(minor)))
        }
        Kind::Report(report) => whole(period_measure(report.every, Effect::Worse, Effect::Better)),
        Kind::Hours(hours) => {
            let rule = hours.calendar.as_ref().and_then(|name| terms.calendar(name));
            whole(hours_measure(rule))
        }
        Kind::Maintenance(_) | Kind::Escalation(_) => whole(Measure::None),
    }
}

/// Whether a clock is one that the customer must keep to be paid.
fn is_claim(clock: &Name, terms: &Terms) -> bool {
    let claims = |promise: &Promise| match &promise.kind {
        Kind::Remedy(remedy) => remedy.claim.as_ref() == Some(clock),
        _ => false,
    };
    terms.promises.iter().any(claims)
}

/// A length of which more is worse.
fn length_field(
    key: &'static str,
    title: (&'static str, &'static str),
    given: SignedDuration,
    lang: Lang,
) -> Field {
    let measure = Measure::worse("time", i128::from(given.as_secs()));
    Field::measured(key, title, length(given, lang), measure)
}

fn availability_fields(availability: &Availability, lang: Lang) -> Vec<Field> {
    let mut fields = Vec::new();
    if let Some(target) = availability.target {
        let measure = Measure::better("percent", target.0.into());
        fields.push(Field::measured("target", ("目標値", "target"), percent(target), measure));
    }
    if let Some(minimum) = availability.minimum {
        let title = ("対象となる最短の停止", "shortest outage");
        fields.push(length_field("minimum_outage", title, minimum.length, lang));
    }
    if let Some(unit) = availability.truncate_to {
        let title = ("切り捨ての単位", "truncated to");
        fields.push(length_field("truncate_to", title, unit, lang));
    }
    let words = denominator_words(availability.denominator, lang);
    fields.push(Field::plain("denominator", ("分母", "denominator"), words));
    for (key, title, words) in availability_details(availability, lang) {
        fields.push(Field::plain(key, title, words));
    }
    if let Some(exclusions) = &availability.exclusions {
        fields.push(names_field("exclusions", ("適用外", "exclusions"), exclusions));
    }
    fields
}

/// Names, more of which are worse.
fn names_field(key: &'static str, title: (&'static str, &'static str), all: &[Name]) -> Field {
    let names: Vec<String> = all.iter().map(Name::to_string).collect();
    let words = names.join(", ");
    Field::measured(key, title, words, Measure::Names { names, more: Effect::Worse })
}

fn remedy_fields(remedy: &Remedy, lang: Lang) -> Vec<Field> {
    let mut fields = Vec::new();
    match &remedy.form {
        RemedyForm::Tiers(tiers) => {
            let measure = Measure::Tiers(tiers.clone());
            fields.push(Field::measured(
                "tiers",
                ("返還率", "tiers"),
                tier_words(tiers, lang),
                measure,
            ));
            let names: Vec<String> =
                remedy.fees.iter().map(|fee| fee_kind_word(*fee, lang).to_owned()).collect();
            let words = names.join(pick(lang, "・", ", "));
            let measure = Measure::Names { names, more: Effect::Better };
            fields.push(Field::measured("fees", ("対象の料金", "fees"), words, measure));
            let rounding = match remedy.rounding {
                Rounding::Down => 0,
                Rounding::HalfUp => 1,
                Rounding::Up => 2,
            };
            fields.push(Field::measured(
                "rounding",
                ("端数", "rounding"),
                rounding_word(remedy.rounding, lang).to_owned(),
                Measure::better("rounding", rounding),
            ));
        }
        RemedyForm::FreeMonths(months) => {
            let words = match lang {
                Lang::Ja => format!("{months}か月"),
                Lang::En => months.to_string(),
            };
            let measure = Measure::better("months", i128::from(*months));
            fields.push(Field::measured(
                "free_months",
                ("無料の月数", "free months"),
                words,
                measure,
            ));
        }
    }
    let words = match remedy.payment {
        Payment::NextBill { carry_over: true } => pick(
            lang,
            "次の請求から差し引き、残りは繰り越す",
            "off the next bill, the rest carried on",
        ),
        Payment::NextBill { carry_over: false } => {
            pick(lang, "次の請求から差し引き、残りは消える", "off the next bill, the rest lapses")
        }
        Payment::FreePeriod(_) => pick(lang, "無料期間", "a free period"),
    };
    fields.push(Field::plain("payment", ("支払い方", "payment"), words.to_owned()));
    let presence = remedy.claim.as_ref().map(|claim| claim.to_string());
    if let Some(claim) = presence {
        let measure = Measure::Names { names: vec![claim.clone()], more: Effect::Worse };
        fields.push(Field::measured("claim", ("請求の期限", "claim"), claim, measure));
    }
    if let Some(evidence) = &remedy.evidence {
        let words = evidence.in_lang(lang).to_owned();
        let measure = Measure::Names { names: vec![words.clone()], more: Effect::Worse };
        fields.push(Field::measured("evidence", ("添える証拠", "evidence"), words, measure));
    }
    fields
}

fn check_fields(check: &Check, lang: Lang) -> Vec<Field> {
    let what: Vec<String> = check.what.iter().map(Name::to_string).collect();
    let words = what.join(", ");
    let measure = Measure::Names { names: what, more: Effect::Better };
    let mut fields = vec![
        Field::measured("what", ("対象", "what"), words, measure),
        length_field("every", ("間隔", "every"), check.every, lang),
    ];
    if let Some(threshold) = check.threshold {
        // Told at a lower use is told earlier.
        let measure = Measure::worse("percent", threshold.at_least.0.into());
        let words = percent(threshold.at_least);
        fields.push(Field::measured("at_least", ("閾値", "threshold"), words, measure));
    }
    let names = [
        ("function", ("機能", "function"), &check.function),
        ("each", ("単位", "each"), &check.each),
        ("escalation", ("障害対応", "escalation"), &check.escalation),
    ];
    for (key, title, name) in names {
        fields.extend(name.as_ref().map(|name| Field::plain(key, title, name.to_string())));
    }
    fields
}

fn backup_fields(backup: &Backup, lang: Lang) -> Vec<Field> {
    let often = match backup.schedule {
        Schedule::Continuous => Measure::worse("time", 0),
        Schedule::Every(period) => period_measure(period, Effect::Worse, Effect::Better),
        Schedule::Agreed => Measure::None,
    };
    let mut fields = vec![
        Field::plain("what", ("対象", "what"), backup.what.in_lang(lang).to_owned()),
        Field::measured("every", ("頻度", "every"), schedule_words(backup.schedule, lang), often),
    ];
    if let Some(keep) = backup.keep {
        let measure = match keep {
            Keep::Generations(count) => Measure::better("generations", i128::from(count)),
            Keep::For(period) => period_measure(period, Effect::Better, Effect::Better),
        };
        fields.push(Field::measured("keep", ("保管", "kept"), keep_words(keep, lang), measure));
    }
    if let Some(place) = &backup.place {
        fields.push(Field::plain("place", ("保管先", "place"), place.in_lang(lang).to_owned()));
    }
    let (words, amount) = match backup.manual_runs_evict {
        true => (pick(lang, "世代に数える", "push generations out"), 0),
        false => (pick(lang, "世代に数えない", "push no generation out"), 1),
    };
    let title = ("手動の取得", "runs by hand");
    let measure = Measure::better("evict", amount);
    fields.push(Field::measured("manual_runs_evict", title, words.to_owned(), measure));
    fields
}

fn capacity_fields(capacity: &Capacity, number: String) -> Vec<Field> {
    // A rate is compared by what it allows in a day.
    let scale = match capacity.unit {
        crate::Unit::Messages => "messages",
        crate::Unit::Connections => "connections",
        crate::Unit::Bytes => "bytes",
        crate::Unit::Pieces => "pieces",
    };
    let measure = match capacity.per {
        None => Measure::amount(scale, capacity.limit.into(), Effect::Better, Effect::Neither),
        Some(per) => {
            let a_day = i128::from(capacity.limit) * 86_400 / i128::from(per.as_secs().max(1));
            let rate = match capacity.unit {
                crate::Unit::Messages => "messages a day",
                crate::Unit::Connections => "connections a day",
                crate::Unit::Bytes => "bytes a day",
                crate::Unit::Pieces => "pieces a day",
            };
            Measure::amount(rate, a_day, Effect::Better, Effect::Neither)
        }
    };
    let mut fields = vec![Field::measured("limit", ("上限", "limit"), number, measure)];
    if let Some(exclusion) = &capacity.exclusion {
        let title = ("超過時の適用外", "exclusion above it");
        fields.push(Field::plain("exclusion", title, exclusion.to_string()));
    }
    fields
}
