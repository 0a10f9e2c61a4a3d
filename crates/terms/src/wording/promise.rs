//! The number of each kind of promise.

use crate::wording::calendar::{calendar_hours, window_words};
use crate::wording::deadline::{clock_deadline, notice_words, within_words};
use crate::wording::quantity::length;
use crate::wording::words::{channel_word, fee_kind_word};
use crate::wording::{count, percent, period, pick, remarked};
use crate::{
    Availability, Backup, Capacity, Check, Combine, Denominator, Escalation, Hours, Keep, Kind,
    Lang, MonthSplit, Name, PartialMonth, Period, PeriodUnit, Promise, Remedy, RemedyForm, Report,
    ResponseTime, Retention, RevisedTarget, Schedule, Terms, TestedWhen, Tier, Unit,
};

/// What is promised, in a few words, as someone with the document beside would say it:
/// `99.9 % 以上(暦月の分数に対して、10分以上連続した停止のみ)`.
pub fn promise_number(promise: &Promise, terms: &Terms, lang: Lang) -> String {
    match &promise.kind {
        Kind::Availability(availability) => availability_words(availability, terms, lang),
        Kind::Remedy(remedy) => remedy_words(remedy, terms, lang),
        Kind::ResponseTime(response) => response_words(response, lang),
        Kind::Notice(notice) => notice_words(&notice.timing, lang),
        Kind::Clock(clock) => clock_deadline(clock, lang),
        Kind::Maintenance(maintenance) => window_words(&maintenance.window, lang),
        Kind::Hours(hours) => hours_words(hours, terms, lang),
        Kind::Check(check) => check_words(check, lang),
        Kind::Escalation(escalation) => escalation_words(escalation, terms, lang),
        Kind::Backup(backup) => backup_words(backup, lang),
        Kind::Capacity(capacity) => capacity_words(capacity, lang),
        Kind::Retention(retention) => retention_words(retention, lang),
        Kind::SecurityFloor(floor) => {
            let (major, minor) = floor.tls_at_least;
            match lang {
                Lang::Ja => format!("TLS {major}.{minor} 以上"),
                Lang::En => format!("TLS {major}.{minor} or newer"),
            }
        }
        Kind::Report(report) => report_words(report, lang),
    }
}

fn availability_words(availability: &Availability, terms: &Terms, lang: Lang) -> String {
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

fn remedy_words(remedy: &Remedy, terms: &Terms, lang: Lang) -> String {
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

fn response_words(response: &ResponseTime, lang: Lang) -> String {
    let share = response.share.map(|share| match lang {
        Lang::Ja => format!("応答の {} 以上で", percent(share)),
        Lang::En => format!("for at least {} of the answers", percent(share)),
    });
    let share: Vec<String> = share.into_iter().collect();
    let within = length(response.within, lang);
    let text = match lang {
        Lang::Ja => format!("{within}以内"),
        Lang::En => format!("within {within}"),
    };
    remarked(lang, text, &share)
}

fn hours_words(hours: &Hours, terms: &Terms, lang: Lang) -> String {
    let rule = hours.calendar.as_ref().and_then(|name| terms.calendar(name));
    match rule {
        Some(rule) => calendar_hours(rule, lang),
        None => pick(lang, "24時間365日", "24 hours, 365 days").to_owned(),
    }
}

fn check_words(check: &Check, lang: Lang) -> String {
    let what: Vec<&str> = check.what.iter().map(|what| check_word(what, lang)).collect();
    let mut remarks = vec![what.join(pick(lang, "・", ", "))];
    if let Some(each) = &check.each {
        remarks.push(each_words(each.as_str(), lang));
    }
    let every = match lang {
        Lang::Ja => format!("{}ごと", length(check.every, lang)),
        Lang::En => format!("every {}", single(&length(check.every, lang))),
    };
    let Some(threshold) = check.threshold else { return remarked(lang, every, &remarks) };
    remarks.push(every);
    let share = percent(threshold.at_least);
    let text = match lang {
        Lang::Ja => format!("{share} に達したら連絡"),
        Lang::En => format!("told at {share}"),
    };
    remarked(lang, text, &remarks)
}

/// One of something without its number: `every minute`, `an hour`.
fn single(length: &str) -> &str {
    length.strip_prefix("1 ").unwrap_or(length)
}

/// What is looked at; names of protocols and the like stay as they are.
fn check_word(what: &Name, lang: Lang) -> &str {
    let known = [
        ("disk", "ディスク使用率", "disk use"),
        ("inode", "ファイル数(inode)", "inodes"),
        ("log", "ログ", "logs"),
        ("database-size", "データベース容量", "database size"),
        ("cpu", "CPU", "CPU"),
        ("memory", "メモリ", "memory"),
        ("process", "プロセス", "processes"),
    ];
    let found = known.iter().find(|(name, ..)| *name == what.as_str());
    found.map_or(what.as_str(), |(_, ja, en)| pick(lang, ja, en))
}

/// What is judged one by one.
fn each_words(each: &str, lang: Lang) -> String {
    let ja = match each {
        "partition" => "パーティション",
        "database" => "データベース",
        "port" => "ポート",
        "server" => "サーバー",
        "process" => "プロセス",
        "url" => "URL",
        "file" => "ファイル",
        other => other,
    };
    match lang {
        Lang::Ja => format!("{ja}ごと"),
        Lang::En => format!("each {each}"),
    }
}

fn escalation_words(escalation: &Escalation, terms: &Terms, lang: Lang) -> String {
    let step = |step: &crate::LadderStep| match lang {
        Lang::Ja => format!("レベル{} {}", step.level, step.title.in_lang(lang)),
        Lang::En => format!("level {} {}", step.level, step.title.in_lang(lang)),
    };
    let steps: Vec<String> = escalation.steps.iter().map(step).collect();
    let mut remarks = Vec::new();
    let otherwise = escalation.otherwise.as_ref().and_then(|name| terms.promise(name));
    if let Some(promise) = otherwise {
        let title = promise.title.in_lang(lang);
        remarks.push(match lang {
            Lang::Ja => format!("条件を満たさなければ「{title}」へ"),
            Lang::En => format!("otherwise “{title}”"),
        });
    }
    if escalation.contact_first_outside.is_some() {
        let text =
            pick(lang, "時間外は先に契約者へ連絡", "outside hours the customer is reached first");
        remarks.push(text.to_owned());
    }
    remarked(lang, steps.join(" → "), &remarks)
}

fn backup_words(backup: &Backup, lang: Lang) -> String {
    let mut parts = vec![schedule_words(backup.schedule, lang)];
    if let Some(keep) = backup.keep {
        parts.push(keep_words(keep, lang));
    }
    let text = parts.join(pick(lang, "、", ", "));
    let place = backup.place.as_ref().map(|place| match lang {
        Lang::Ja => format!("保管先:{}", place.ja),
        Lang::En => format!("kept in: {}", place.en),
    });
    remarked(lang, text, &place.into_iter().collect::<Vec<_>>())
}

/// `毎日`, `随時`
pub fn schedule_words(schedule: Schedule, lang: Lang) -> String {
    match schedule {
        Schedule::Every(every) => every_words(every, lang),
        Schedule::Continuous => pick(lang, "更新のたびに随時", "as data change").to_owned(),
        Schedule::Agreed => pick(lang, "個別に定める", "as agreed with each customer").to_owned(),
    }
}

/// `7世代保管`, `7日間保管`
pub fn keep_words(keep: Keep, lang: Lang) -> String {
    match (keep, lang) {
        (Keep::Generations(number), Lang::Ja) => format!("{number}世代保管"),
        (Keep::Generations(1), Lang::En) => "1 generation kept".to_owned(),
        (Keep::Generations(number), Lang::En) => format!("{number} generations kept"),
        (Keep::For(time), Lang::Ja) => format!("{}保管", for_words(time, lang)),
        (Keep::For(time), Lang::En) => format!("kept for {}", for_words(time, lang)),
    }
}

/// `7日間`, `6か月間`: so long, not by then.
fn for_words(time: Period, lang: Lang) -> String {
    let text = period(time, lang);
    match (lang, time.unit) {
        (Lang::En, _) | (Lang::Ja, PeriodUnit::Week) => text,
        (Lang::Ja, _) => format!("{text}間"),
    }
}

/// `毎日`, `2週間ごと`
fn every_words(every: Period, lang: Lang) -> String {
    let single = match every.unit {
        PeriodUnit::Day => ("毎日", "every day"),
        PeriodUnit::Week => ("毎週", "every week"),
        PeriodUnit::Month => ("毎月", "every month"),
        PeriodUnit::Year => ("毎年", "every year"),
    };
    match (every.count, lang) {
        (1, _) => pick(lang, single.0, single.1).to_owned(),
        (_, Lang::Ja) => format!("{}ごと", period(every, lang)),
        (_, Lang::En) => format!("every {}", period(every, lang)),
    }
}

fn capacity_words(capacity: &Capacity, lang: Lang) -> String {
    let limit = amount_words(capacity.limit, capacity.unit, lang);
    let text = match (capacity.per, lang) {
        (Some(per), Lang::Ja) => format!("{}あたり{limit}まで", length(per, lang)),
        (Some(per), Lang::En) => match length(per, lang).as_str() {
            "1 hour" => format!("up to {limit} an hour"),
            "1 minute" => format!("up to {limit} a minute"),
            other => format!("up to {limit} in {other}"),
        },
        (None, Lang::Ja) if capacity.unit == Unit::Bytes => format!("{limit} まで"),
        (None, Lang::Ja) => format!("{limit}まで"),
        (None, Lang::En) => format!("up to {limit}"),
    };
    let beyond = capacity.beyond.as_ref().map(|beyond| match lang {
        Lang::Ja => format!("超過時:{}", beyond.ja),
        Lang::En => format!("beyond it: {}", beyond.en),
    });
    remarked(lang, text, &beyond.into_iter().collect::<Vec<_>>())
}

/// `200,000通`, `30接続`, `2 MiB`
fn amount_words(amount: u64, unit: Unit, lang: Lang) -> String {
    let (ja, one, many) = match unit {
        Unit::Messages => ("通", "message", "messages"),
        Unit::Connections => ("接続", "connection", "connections"),
        Unit::Pieces => ("件", "piece", "pieces"),
        Unit::Bytes => return byte_words(amount, lang),
    };
    match lang {
        Lang::Ja => format!("{}{ja}", count(amount)),
        Lang::En => format!("{} {}", count(amount), if amount == 1 { one } else { many }),
    }
}

fn byte_words(bytes: u64, lang: Lang) -> String {
    const UNITS: [(&str, u64); 8] = [
        ("TiB", 1 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1_000),
    ];
    let fits = UNITS.iter().filter(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
    let fits = fits.max_by_key(|(_, unit)| unit);
    match (fits, lang) {
        (Some((name, unit)), _) => format!("{} {name}", count(bytes / unit)),
        (None, Lang::Ja) => format!("{}バイト", count(bytes)),
        (None, Lang::En) => format!("{} bytes", count(bytes)),
    }
}

fn retention_words(retention: &Retention, lang: Lang) -> String {
    match (retention.keep, lang) {
        (Some(keep), Lang::Ja) => format!("{}保存", for_words(keep, lang)),
        (Some(keep), Lang::En) => format!("kept for {}", for_words(keep, lang)),
        (None, _) => pick(lang, "契約が終わるまで保存", "kept until the contract ends").to_owned(),
    }
}

fn report_words(report: &Report, lang: Lang) -> String {
    let text = match lang {
        Lang::Ja => format!("{}に1回以上", period(report.every, lang)),
        Lang::En => format!("at least {}", every_words(report.every, lang)),
    };
    let channel = report.channel.iter().map(|channel| channel_word(channel, lang));
    remarked(lang, text, &channel.collect::<Vec<_>>())
}
