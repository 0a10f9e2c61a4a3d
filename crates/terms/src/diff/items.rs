//! Items of a contract as fields: promises, exclusions, calendars, services, fees, terms.

use crate::diff::deadline::period_measure;
use crate::diff::field::{Field, Measure};
use crate::diff::{Change, Difference, Effect, promise};
use crate::wording::{
    calendar_hours, cancellation_words, count, date, due_words, excluded_words, fee_kind_word,
    fee_words, first_month_words, kind_word, late_words, money, period, pick, promise_number,
    tax_words,
};
use crate::{CalendarRule, Contract, Currency, Kind, Lang, Name, Terms, UpWhen};

/// An item that can be compared with one of the same name.
pub struct Item {
    /// What kind of item, in words.
    pub group: String,
    /// `None` for what a contract has once.
    pub name: Option<Name>,
    /// What people call it.
    pub title: String,
    /// Where it is said.
    pub clause: String,
    /// What it says as a whole.
    pub number: String,
    /// What it is for the customer that it is there.
    pub presence: Effect,
    /// What is compared.
    pub fields: Vec<Field>,
}

impl Item {
    /// A change of this item.
    pub fn change(&self, difference: Difference) -> Change {
        Change {
            group: self.group.clone(),
            name: self.name.as_ref().map_or_else(String::new, Name::to_string),
            title: self.title.clone(),
            clause: self.clause.clone(),
            difference,
        }
    }
}

/// What is said of the contract as a whole.
pub fn head(contract: &Contract, lang: Lang) -> Item {
    let text = |text: &crate::Text| text.in_lang(lang).to_owned();
    let mut fields = vec![
        Field::plain("provider", ("提供者", "provider"), text(&contract.parties.provider)),
        Field::plain("customer", ("契約者", "customer"), text(&contract.parties.customer)),
        Field::plain("start", ("開始日", "first day"), date(contract.start, lang)),
        Field::plain(
            "currency",
            ("通貨", "currency"),
            format!("{:?}", contract.currency).to_uppercase(),
        ),
    ];
    if let Some(end) = contract.end {
        fields.push(Field::plain("end", ("終了日", "last day"), date(end, lang)));
    }
    if let Some(zone) = contract.zone.iana_name() {
        fields.push(Field::plain("time_zone", ("タイムゾーン", "time zone"), zone.to_owned()));
    }
    single(pick(lang, "契約", "contract"), fields)
}

fn single(group: &str, fields: Vec<Field>) -> Item {
    Item {
        group: group.to_owned(),
        name: None,
        title: group.to_owned(),
        clause: String::new(),
        number: String::new(),
        presence: Effect::Neither,
        fields,
    }
}

/// Promises.
pub fn promises(terms: &Terms, lang: Lang) -> Vec<Item> {
    let item = |promise: &crate::Promise| Item {
        group: kind_word(&promise.kind, lang).to_owned(),
        name: Some(promise.name.clone()),
        title: promise.title.in_lang(lang).to_owned(),
        clause: promise.clause.to_string(),
        number: promise_number(promise, terms, lang),
        presence: match promise.kind {
            // A limit or a window takes as much as it gives.
            Kind::Maintenance(_) | Kind::Capacity(_) => Effect::Neither,
            _ => Effect::Better,
        },
        fields: promise::fields(promise, terms, lang),
    };
    terms.promises.iter().map(item).collect()
}

/// Exclusions: each one more is worse.
pub fn exclusions(terms: &Terms, lang: Lang) -> Vec<Item> {
    let item = |exclusion: &crate::Exclusion| {
        let number = excluded_words(&exclusion.excluded, terms, lang);
        let title = exclusion.title.in_lang(lang).to_owned();
        Item {
            group: pick(lang, "適用外", "exclusions").to_owned(),
            name: Some(exclusion.name.clone()),
            clause: exclusion.clause.to_string(),
            presence: Effect::Worse,
            fields: vec![
                Field::plain("title", ("内容", "what"), title.clone()),
                Field::plain("excluded", ("条件", "condition"), number.clone()),
            ],
            title,
            number,
        }
    };
    terms.exclusions.iter().map(item).collect()
}

/// Calendars: more hours in a week are better.
pub fn calendars(terms: &Terms, lang: Lang) -> Vec<Item> {
    let item = |rule: &CalendarRule| {
        let words = calendar_hours(rule, lang);
        let measure = hours_measure(Some(rule));
        Item {
            group: pick(lang, "営業時間", "calendar").to_owned(),
            name: Some(rule.name.clone()),
            title: rule.title.in_lang(lang).to_owned(),
            clause: String::new(),
            number: words.clone(),
            presence: Effect::Neither,
            fields: vec![Field::measured("hours", ("時間", "hours"), words, measure)],
        }
    };
    terms.calendars.iter().map(item).collect()
}

/// Minutes open in a week, and days off beside it; `None` is always open.
pub fn hours_measure(rule: Option<&CalendarRule>) -> Measure {
    let Some(rule) = rule else { return Measure::Several(vec![7 * 24 * 60, 0, 0]) };
    let openings = rule.weekly.iter().flatten();
    let minutes = openings.map(|o| i128::from(o.until_minute() - o.from_minute())).sum();
    let year = jiff::civil::date(2024, 1, 1).series(jiff::Span::new().days(1)).take(366);
    let closed = year.filter(|day| rule.closures.iter().any(|closure| closure.covers(*day)));
    let closed = closed.count() as i128;
    Measure::Several(vec![minutes, -i128::from(rule.japanese_holidays), -closed])
}

/// Services with their functions.
pub fn services(terms: &Terms, lang: Lang) -> Vec<Item> {
    let item = |service: &crate::Service| {
        let function = |function: &crate::Function| {
            let up_when = match function.up_when {
                UpWhen::Answered => pick(lang, "応答で正常", "up when answered"),
                UpWhen::Succeeded => pick(lang, "成功で正常", "up when it succeeded"),
            };
            format!("{} ({up_when}, {:?})", function.title.in_lang(lang), function.sites)
        };
        let names: Vec<String> = service.functions.iter().map(function).collect();
        let words = names.join(pick(lang, "、", ", "));
        let measure = Measure::Names { names, more: Effect::Neither };
        Item {
            group: pick(lang, "サービス", "service").to_owned(),
            name: Some(service.name.clone()),
            title: service.title.in_lang(lang).to_owned(),
            clause: String::new(),
            number: words.clone(),
            presence: Effect::Better,
            fields: vec![Field::measured("functions", ("機能", "functions"), words, measure)],
        }
    };
    terms.services.iter().map(item).collect()
}

/// Fees: a higher price is worse, more that is included better.
pub fn fees(terms: &Terms, currency: Currency, lang: Lang) -> Vec<Item> {
    let item = |fee: &crate::Fee| {
        let scale = match currency {
            Currency::Jpy => "yen",
            Currency::Eur => "cents",
        };
        let kind = fee_kind_word(fee.kind, lang).to_owned();
        let mut fields = vec![Field::plain("kind", ("種類", "kind"), kind)];
        if let Some(price) = fee.price {
            let measure = Measure::amount(scale, price.into(), Effect::Worse, Effect::Neither);
            let words = money(price, currency, lang);
            fields.push(Field::measured("price", ("単価", "price"), words, measure));
        }
        if let Some(by) = fee.by {
            fields.push(Field::plain("by", ("課金の単位", "charged by"), count(by)));
        }
        if let Some(included) = fee.included {
            let measure = Measure::better("included", included.into());
            fields.push(Field::measured(
                "included",
                ("無料の量", "included"),
                count(included),
                measure,
            ));
        }
        Item {
            group: pick(lang, "料金", "fees").to_owned(),
            name: Some(fee.name.clone()),
            title: fee.title.in_lang(lang).to_owned(),
            clause: fee.clause.to_string(),
            number: fee_words(fee, currency, lang),
            presence: Effect::Worse,
            fields,
        }
    };
    terms.fees.iter().map(item).collect()
}

/// How fees are charged.
pub fn billing(terms: &Terms, lang: Lang) -> Item {
    let billing = &terms.billing;
    let mut fields = Vec::new();
    if let Some(first) = billing.first_month {
        let words = first_month_words(first, lang);
        fields.push(Field::plain("first_month", ("初月の料金", "first month"), words));
    }
    if let Some(due) = billing.due {
        let measure =
            Measure::amount("months", due.months_after.into(), Effect::Better, Effect::Neither);
        fields.push(Field::measured("due", ("支払期限", "due"), due_words(due, lang), measure));
    }
    if !billing.tax.is_empty() {
        let words = tax_words(billing, lang);
        fields.push(Field::plain("tax", ("消費税", "consumption tax"), words));
    }
    if let Some(late) = &billing.late {
        let measure = Measure::worse("percent", late.annual.0.into());
        let title = ("遅延損害金", "late charge");
        fields.push(Field::measured("late", title, late_words(late, lang), measure));
    }
    single(pick(lang, "請求・支払い", "billing"), fields)
}

/// How the agreement runs and ends.
pub fn agreement(terms: &Terms, lang: Lang) -> Item {
    let agreement = &terms.agreement;
    let mut fields = Vec::new();
    if let Some((renewal, _)) = &agreement.renewal {
        let words = period(*renewal, lang);
        fields.push(Field::plain("renewal", ("更新の期間", "renewed for"), words));
    }
    if let Some((minimum, _)) = &agreement.minimum {
        let measure = period_measure(*minimum, Effect::Worse, Effect::Worse);
        let words = period(*minimum, lang);
        fields.push(Field::measured("minimum", ("最低利用期間", "minimum term"), words, measure));
    }
    if let Some(cancellation) = &agreement.cancellation {
        // A day later in the month leaves more time to ask.
        let day = i128::from(cancellation.day.unwrap_or(31));
        let lead = i128::from(cancellation.months_before) * 31 - day;
        let measure = Measure::amount("lead", lead, Effect::Worse, Effect::Neither);
        let words = cancellation_words(cancellation, lang);
        let title = ("解約の申し出", "cancellation");
        fields.push(Field::measured("cancellation", title, words, measure));
    }
    if let Some(liability) = &agreement.liability {
        let months = liability.months_of_fees;
        let measure = Measure::amount("months", months.into(), Effect::Better, Effect::Worse);
        let words = match lang {
            Lang::Ja => format!("料金の{months}か月分"),
            Lang::En => format!("fees of {months} months"),
        };
        fields.push(Field::measured("liability", ("損害賠償の上限", "liability"), words, measure));
    }
    single(pick(lang, "契約期間", "term"), fields)
}
