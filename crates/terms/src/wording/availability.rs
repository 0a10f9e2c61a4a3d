//! Availability, and what is owed when it was missed.

use crate::wording::deadline::within_words;
use crate::wording::words::fee_kind_word;
use crate::wording::{count, length, percent, pick, remarked};
use crate::{
    Availability, Combine, Denominator, Kind, Lang, MonthSplit, Name, PartialMonth, Remedy,
    RemedyForm, RevisedTarget, Terms, TestedWhen, Tier,
};

/// `99.9 % 以上(暦月の分数に対して、10分以上連続した停止のみ)`
pub fn availability_words(availability: &Availability, terms: &Terms, lang: Lang) -> String {
    let mut remarks = vec![denominator_words(availability.denominator, lang)];
    let functions = match (&availability.functions[..], terms.service(&availability.service)) {
        ([], Some(service)) => service.functions.len(),
        (named, _) => named.len(),
    };
    match availability.combine {
        Combine::All if functions > 1 => {
            let text =
                pick(lang, "全機能が同時に停止したときのみ", "only while all functions are down");
            remarks.push(text.to_owned());
        }
        Combine::AtLeast(quorum) => remarks.push(match lang {
            Lang::Ja => format!("{quorum}機能以上が同時に停止したときのみ"),
            Lang::En => format!("only while {quorum} or more functions are down"),
        }),
        _ => {}
    }
    if let Some(minimum) = availability.minimum {
        let shortest = length(minimum.length, lang);
        let after = minimum.tested == TestedWhen::AfterExclusions;
        remarks.push(match (lang, after) {
            (Lang::Ja, false) => format!("{shortest}以上連続した停止のみ"),
            (Lang::Ja, true) => format!("適用外を除いて{shortest}以上連続した停止のみ"),
            (Lang::En, false) => format!("only outages of {shortest} or longer"),
            (Lang::En, true) => format!("only outages of {shortest} or longer after exclusions"),
        });
    }
    if let Some(unit) = availability.truncate_to {
        let unit = length(unit, lang);
        remarks.push(match lang {
            Lang::Ja => format!("停止ごとに{unit}未満を切り捨て"),
            Lang::En => format!("each outage truncated to {unit}"),
        });
    }
    match (availability.target, lang) {
        (Some(target), Lang::Ja) => remarked(lang, format!("{} 以上", percent(target)), &remarks),
        (Some(target), Lang::En) => {
            remarked(lang, format!("at least {}", percent(target)), &remarks)
        }
        (None, _) => pick(lang, "数値の定めなし", "no number is promised").to_owned(),
    }
}

/// What the number of an availability promise leaves out: key, title in both languages, words.
pub fn availability_details(
    availability: &Availability,
    lang: Lang,
) -> Vec<(&'static str, (&'static str, &'static str), String)> {
    let combine = match availability.combine {
        Combine::Any => pick(lang, "いずれかの機能", "any function").to_owned(),
        Combine::All => pick(lang, "全機能が同時", "all functions at once").to_owned(),
        Combine::AtLeast(quorum) => match lang {
            Lang::Ja => format!("{quorum}機能以上が同時"),
            Lang::En => format!("{quorum} functions at once"),
        },
    };
    let split = match availability.month_split {
        MonthSplit::SplitThenTruncate => pick(lang, "分けてから切り捨て", "split, then truncated"),
        MonthSplit::TruncateThenSplit => {
            pick(lang, "切り捨てて始まった月に数える", "truncated, then given to the first month")
        }
    };
    let partial = match availability.partial_month {
        PartialMonth::Whole => pick(lang, "月の全体", "the whole month"),
        PartialMonth::Covered => pick(lang, "契約期間のみ", "the covered part"),
    };
    let revised = match availability.revised_target {
        RevisedTarget::AtMonthStart => {
            pick(lang, "月初の目標値", "the target at the month's start")
        }
        RevisedTarget::AtMonthEnd => pick(lang, "月末の目標値", "the target at the month's end"),
    };
    let functions: Vec<&str> = availability.functions.iter().map(Name::as_str).collect();
    let tested = availability.minimum.map(|minimum| match minimum.tested {
        TestedWhen::BeforeExclusions => pick(lang, "適用外を除く前", "before exclusions"),
        TestedWhen::AfterExclusions => pick(lang, "適用外を除いた後", "after exclusions"),
    });
    let mut details = vec![
        ("combine", ("停止とみなす条件", "down when"), combine),
        ("month_split", ("月をまたぐ停止", "over a month's end"), split.to_owned()),
        ("partial_month", ("途中の月", "a month in part"), partial.to_owned()),
        ("revised_target", ("改定された月", "a month of revision"), revised.to_owned()),
    ];
    if !functions.is_empty() {
        details.push(("functions", ("対象の機能", "functions"), functions.join(", ")));
    }
    details.extend(tested.map(|tested| {
        ("minimum_tested", ("最短の停止を測る時点", "shortest outage tested"), tested.to_owned())
    }));
    details
}

/// What downtime is divided by.
pub fn denominator_words(denominator: Denominator, lang: Lang) -> String {
    match denominator {
        Denominator::CalendarMonth => {
            pick(lang, "暦月の分数に対して", "of the minutes of the calendar month").to_owned()
        }
        Denominator::OperatingTime => {
            pick(lang, "当月の稼働時間に対して", "of the month's operating time").to_owned()
        }
        Denominator::Fixed(fixed) => {
            let minutes = count(fixed.as_secs().unsigned_abs() / 60);
            match lang {
                Lang::Ja => format!("毎月{minutes}分に対して"),
                Lang::En => format!("of {minutes} minutes in every month"),
            }
        }
    }
}

/// `99.9 % 未満で 10 %(月額料金に対して、請求は翌月15日まで)`
pub fn remedy_words(remedy: &Remedy, terms: &Terms, lang: Lang) -> String {
    let mut remarks = Vec::new();
    let text = match &remedy.form {
        RemedyForm::Tiers(tiers) => {
            let fees: Vec<&str> = remedy.fees.iter().map(|fee| fee_kind_word(*fee, lang)).collect();
            remarks.push(match lang {
                Lang::Ja => format!("{}に対して", fees.join("・")),
                Lang::En => format!("of {}", fees.join(", ")),
            });
            tier_words(tiers, lang)
        }
        RemedyForm::FreeMonths(months) => match lang {
            Lang::Ja => format!("未達の月ごとに{months}か月無料"),
            Lang::En if *months == 1 => "1 free month for each month missed".to_owned(),
            Lang::En => format!("{months} free months for each month missed"),
        },
    };
    let claim = remedy.claim.as_ref().and_then(|name| terms.promise(name));
    if let Some(Kind::Clock(clock)) = claim.map(|promise| &promise.kind) {
        let within = within_words(clock.within, lang);
        remarks.push(match lang {
            Lang::Ja => format!("請求は{within}"),
            Lang::En => format!("claimed {within}"),
        });
    }
    remarked(lang, text, &remarks)
}

/// `99.9 % 未満 10 %、99 % 未満 25 %`
pub fn tier_words(tiers: &[Tier], lang: Lang) -> String {
    let tier = |tier: &Tier| match lang {
        Lang::Ja => format!("{} 未満で {}", percent(tier.below), percent(tier.percent)),
        Lang::En => format!("{} below {}", percent(tier.percent), percent(tier.below)),
    };
    let tiers: Vec<String> = tiers.iter().map(tier).collect();
    tiers.join(pick(lang, "、", ", "))
}
