//! Every line of a contract: promises, exclusions, fees, billing and the agreement.

use crate::wording::quantity::date;
use crate::wording::words::{fee_kind_word, kind_word, rounding_word, strength_word};
use crate::wording::{count, money, percent, period, pick, promise_number, remarked};
use crate::{
    Agreement, Billing, Cancellation, Clause, Contract, Currency, DaysOfDelay, Excluded, Exclusion,
    Fee, FeeKind, FirstMonth, Kind, Lang, LateCharge, PaymentDue, Promise, Terms, YearDays,
};

/// One line of the table of a contract. Cells that have nothing to say are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Heading that it stands under, such as `稼働率` or `料金`.
    pub group: String,
    /// The name in the file; empty where the file gives none.
    pub name: String,
    /// Where the document says it.
    pub clause: String,
    /// What it is about.
    pub what: String,
    /// The number, in a few words.
    pub number: String,
    /// 保証 or 目標; empty for what is no promise.
    pub strength: String,
    /// What the number alone does not say.
    pub note: String,
}

/// Every line, in groups: promises by kind in the order of the file, then what does not count,
/// what is paid, and how the agreement runs.
pub fn overview(contract: &Contract, terms: &Terms, lang: Lang) -> Vec<Row> {
    let mut promises: Vec<&Promise> = terms.promises.iter().collect();
    promises.sort_by_key(|promise| order(&promise.kind));
    let mut rows = head(contract, lang);
    rows.extend(promises.into_iter().map(|promise| promise_row(promise, terms, lang)));
    rows.extend(terms.exclusions.iter().map(|exclusion| exclusion_row(exclusion, terms, lang)));
    rows.extend(terms.fees.iter().map(|fee| fee_row(fee, contract.currency, lang)));
    rows.extend(billing_rows(&terms.billing, lang));
    rows.extend(agreement_rows(&terms.agreement, lang));
    rows
}

/// Kinds that belong together stand together.
fn order(kind: &Kind) -> u8 {
    match kind {
        Kind::Availability(_) => 0,
        Kind::Remedy(_) => 1,
        Kind::ResponseTime(_) => 2,
        Kind::Notice(_) => 3,
        Kind::Clock(_) => 4,
        Kind::Hours(_) => 5,
        Kind::Maintenance(_) => 6,
        Kind::Check(_) => 7,
        Kind::Escalation(_) => 8,
        Kind::Backup(_) => 9,
        Kind::Retention(_) => 10,
        Kind::Capacity(_) => 11,
        Kind::SecurityFloor(_) => 12,
        Kind::Report(_) => 13,
    }
}

fn row(group: &str, what: &str, number: String) -> Row {
    Row { group: group.to_owned(), what: what.to_owned(), number, ..Row::default() }
}

fn head(contract: &Contract, lang: Lang) -> Vec<Row> {
    let group = pick(lang, "契約", "contract");
    let text = |text: &crate::Text| text.in_lang(lang).to_owned();
    let mut rows = vec![
        row(group, pick(lang, "提供者", "provider"), text(&contract.parties.provider)),
        row(group, pick(lang, "契約者", "customer"), text(&contract.parties.customer)),
        row(group, pick(lang, "契約開始日", "first day"), date(contract.start, lang)),
    ];
    if let Some(end) = contract.end {
        rows.push(row(group, pick(lang, "契約終了日", "last day"), date(end, lang)));
    }
    if let Some(name) = contract.zone.iana_name() {
        rows.push(row(group, pick(lang, "タイムゾーン", "time zone"), name.to_owned()));
    }
    rows
}

fn promise_row(promise: &Promise, terms: &Terms, lang: Lang) -> Row {
    Row {
        group: kind_word(&promise.kind, lang).to_owned(),
        name: promise.name.to_string(),
        clause: promise.clause.to_string(),
        what: promise.title.in_lang(lang).to_owned(),
        number: promise_number(promise, terms, lang),
        strength: strength_word(promise.strength, lang).to_owned(),
        note: promise.note.as_ref().map_or_else(String::new, |note| note.in_lang(lang).to_owned()),
    }
}

fn exclusion_row(exclusion: &Exclusion, terms: &Terms, lang: Lang) -> Row {
    Row {
        group: pick(lang, "適用外", "exclusions").to_owned(),
        name: exclusion.name.to_string(),
        clause: exclusion.clause.to_string(),
        what: exclusion.title.in_lang(lang).to_owned(),
        number: excluded_words(&exclusion.excluded, terms, lang),
        ..Row::default()
    }
}

/// What an exclusion takes out, and on which condition.
pub fn excluded_words(excluded: &Excluded, terms: &Terms, lang: Lang) -> String {
    let title = |name| {
        let promise = terms.promise(name);
        promise.map_or_else(|| name.to_string(), |promise| promise.title.in_lang(lang).to_owned())
    };
    match (excluded, lang) {
        (Excluded::Cause { .. }, Lang::Ja) => "担当者が記録した判断による".to_owned(),
        (Excluded::Cause { .. }, Lang::En) => "by a person's recorded decision".to_owned(),
        (Excluded::NoticedWindows { notice }, Lang::Ja) => {
            format!("「{}」のとおり通知した計画停止", title(notice))
        }
        (Excluded::NoticedWindows { notice }, Lang::En) => {
            format!("windows announced as “{}” demands", title(notice))
        }
        (Excluded::RecurringWindows { maintenance }, Lang::Ja) => {
            format!("「{}」の時間帯", title(maintenance))
        }
        (Excluded::RecurringWindows { maintenance }, Lang::En) => {
            format!("the windows of “{}”", title(maintenance))
        }
    }
}

fn fee_row(fee: &Fee, currency: Currency, lang: Lang) -> Row {
    Row {
        group: pick(lang, "料金", "fees").to_owned(),
        name: fee.name.to_string(),
        clause: fee.clause.to_string(),
        what: fee.title.in_lang(lang).to_owned(),
        number: fee_words(fee, currency, lang),
        strength: String::new(),
        note: fee_kind_word(fee.kind, lang).to_owned(),
    }
}

/// `数量1,000ごとに100円、50,000までは月額に含む(端数切り上げ)`
pub fn fee_words(fee: &Fee, currency: Currency, lang: Lang) -> String {
    let by = fee.by.filter(|by| *by > 1).map(count);
    let mut remarks = Vec::new();
    if by.is_some() {
        remarks.push(pick(lang, "端数切り上げ", "any part as a whole").to_owned());
    }
    let by = by.unwrap_or_else(|| "1".to_owned());
    let price = fee.price.map(|price| money(price, currency, lang));
    if price.is_none() {
        remarks
            .push(pick(lang, "金額は契約者ごとに定める", "agreed with each customer").to_owned());
    }
    let price = price.as_deref().unwrap_or(pick(lang, "", "a price"));
    let mut text = match (fee.kind, lang) {
        (FeeKind::Monthly | FeeKind::Option, Lang::Ja) => format!("毎月{price}"),
        (FeeKind::Monthly | FeeKind::Option, Lang::En) => format!("{price} a month"),
        (FeeKind::Metered, Lang::Ja) => format!("数量{by}ごとに{price}"),
        (FeeKind::Metered, Lang::En) => format!("{price} for each {by}"),
        (FeeKind::Initial, Lang::Ja) => format!("契約時に{price}"),
        (FeeKind::Initial, Lang::En) => format!("{price} once"),
        (FeeKind::Work, Lang::Ja) => format!("作業ごとに{price}"),
        (FeeKind::Work, Lang::En) => format!("{price} for each piece of work"),
    };
    if fee.price.is_none() && text.ends_with('に') {
        text.pop();
    }
    if let Some(included) = fee.included.map(count) {
        text.push_str(&match lang {
            Lang::Ja => format!("、{included}までは月額に含む"),
            Lang::En => format!(", {included} included"),
        });
    }
    remarked(lang, text, &remarks)
}

/// How the first month is charged.
pub fn first_month_words(first: FirstMonth, lang: Lang) -> String {
    let FirstMonth::ByDay { divisor, counts_first_day, rounding } = first else {
        return pick(lang, "1か月分全額", "in full").to_owned();
    };
    let text = match (divisor, lang) {
        (Some(days), Lang::Ja) => format!("日割り(月額の{days}分の1)"),
        (Some(days), Lang::En) => format!("by the day, each 1/{days} of the monthly fee"),
        (None, Lang::Ja) => "日割り(その月の日数で割る)".to_owned(),
        (None, Lang::En) => "by the day, by the days of the month".to_owned(),
    };
    let from = match counts_first_day {
        true => pick(lang, "開始日から", "from the first day"),
        false => pick(lang, "開始日の翌日から", "from the day after the first"),
    };
    let comma = pick(lang, "、", ", ");
    format!("{text}{comma}{from}{comma}{}", rounding_word(rounding, lang))
}

/// `翌月末まで`
pub fn due_words(due: PaymentDue, lang: Lang) -> String {
    match (due.months_after, lang) {
        (0, _) => pick(lang, "利用月の末日まで", "by the end of the month of use").to_owned(),
        (1, _) => {
            pick(lang, "利用月の翌月末日まで", "by the end of the month after use").to_owned()
        }
        (-1, _) => {
            pick(lang, "利用月の前月末日まで", "by the end of the month before use").to_owned()
        }
        (months, Lang::Ja) => format!("利用月から{months}か月後の末日まで"),
        (months, Lang::En) => format!("by the end of the month {months} months after use"),
    }
}

fn billing_rows(billing: &Billing, lang: Lang) -> Vec<Row> {
    let group = pick(lang, "請求・支払い", "billing");
    let mut rows = Vec::new();
    if let Some(first) = billing.first_month {
        let what = pick(lang, "初月の料金", "the first month");
        rows.push(row(group, what, first_month_words(first, lang)));
    }
    if let Some(due) = billing.due {
        rows.push(row(group, pick(lang, "支払期限", "payment due"), due_words(due, lang)));
    }
    if !billing.tax.is_empty() {
        rows.push(row(group, pick(lang, "消費税", "consumption tax"), tax_words(billing, lang)));
    }
    if let Some(late) = &billing.late {
        let what = pick(lang, "遅延損害金", "late charge");
        let clause = late.clause.to_string();
        rows.push(Row { clause, ..row(group, what, late_words(late, lang)) });
    }
    rows
}

/// `2019年10月1日から 10 %`, oldest first.
pub fn tax_words(billing: &Billing, lang: Lang) -> String {
    let rate = |rate: &crate::TaxRate| match lang {
        Lang::Ja => format!("{}から {}", date(rate.from, lang), percent(rate.rate)),
        Lang::En => format!("{} from {}", percent(rate.rate), date(rate.from, lang)),
    };
    let rates: Vec<String> = billing.tax.iter().map(rate).collect();
    let rounding = billing.tax_rounding.map(|rounding| rounding_word(rounding, lang).to_owned());
    remarked(lang, rates.join(pick(lang, "、", ", ")), &rounding.into_iter().collect::<Vec<_>>())
}

/// `年 14.6 %(支払期日の翌日から支払日の前日まで、1年を365日とする)`
pub fn late_words(late: &LateCharge, lang: Lang) -> String {
    let text = match lang {
        Lang::Ja => format!("年 {}", percent(late.annual)),
        Lang::En => format!("{} a year", percent(late.annual)),
    };
    let days = match late.days {
        DaysOfDelay::ToDayBeforePayment => pick(
            lang,
            "支払期日の翌日から支払日の前日まで",
            "from the day after the due day to the day before payment",
        ),
        DaysOfDelay::ToPaymentDay => pick(
            lang,
            "支払期日の翌日から支払日まで",
            "from the day after the due day to the day of payment",
        ),
    };
    let year = match late.year {
        YearDays::Always365 => pick(lang, "1年を365日とする", "a year of 365 days"),
        YearDays::Actual => pick(lang, "閏年の日は366日とする", "366 for days of a leap year"),
    };
    let rounding = rounding_word(late.rounding, lang);
    remarked(lang, text, &[days.to_owned(), year.to_owned(), rounding.to_owned()])
}

fn agreement_rows(agreement: &Agreement, lang: Lang) -> Vec<Row> {
    let group = pick(lang, "契約期間", "term");
    let with = |clause: &Clause, what, number| Row {
        clause: clause.to_string(),
        ..row(group, what, number)
    };
    let mut rows = Vec::new();
    if let Some((renewed, clause)) = &agreement.renewal {
        let number = match lang {
            Lang::Ja => format!("{}ごとに自動更新", period(*renewed, lang)),
            Lang::En => format!("renewed for {} each time", period(*renewed, lang)),
        };
        rows.push(with(clause, pick(lang, "更新", "renewal"), number));
    }
    if let Some((minimum, clause)) = &agreement.minimum {
        let what = pick(lang, "最低利用期間", "minimum term");
        rows.push(with(clause, what, period(*minimum, lang)));
    }
    if let Some(cancellation) = &agreement.cancellation {
        let what = pick(lang, "解約の申し出", "cancellation");
        rows.push(with(&cancellation.clause, what, cancellation_words(cancellation, lang)));
    }
    if let Some(liability) = &agreement.liability {
        let what = pick(lang, "損害賠償の上限", "liability");
        let number = match (liability.months_of_fees, lang) {
            (months, Lang::Ja) => format!("料金の{months}か月分"),
            (1, Lang::En) => "the fees of 1 month".to_owned(),
            (months, Lang::En) => format!("the fees of {months} months"),
        };
        rows.push(with(&liability.clause, what, number));
    }
    rows
}

/// `解約月の前月20日まで`
pub fn cancellation_words(cancellation: &Cancellation, lang: Lang) -> String {
    let ja = match cancellation.months_before {
        0 => "解約月の当月".to_owned(),
        1 => "解約月の前月".to_owned(),
        months => format!("解約月の{months}か月前の"),
    };
    let en = match cancellation.months_before {
        0 => "the last month".to_owned(),
        1 => "the month before the last".to_owned(),
        months => format!("the month {months} months before the last"),
    };
    match (cancellation.day, lang) {
        (Some(day), Lang::Ja) => format!("{ja}{day}日まで"),
        (None, Lang::Ja) => format!("{ja}末日まで"),
        (Some(day), Lang::En) => format!("by day {day} of {en}"),
        (None, Lang::En) => format!("by the end of {en}"),
    }
}
