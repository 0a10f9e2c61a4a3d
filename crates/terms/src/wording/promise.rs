//! The number of each kind of promise.

use crate::wording::availability::{availability_words, remedy_words};
use crate::wording::calendar::{calendar_hours, window_words};
use crate::wording::deadline::{clock_deadline, notice_words};
use crate::wording::words::channel_word;
use crate::wording::{count, length, percent, period, pick, remarked};
use crate::{
    Backup, Capacity, Check, Escalation, Hours, Keep, Kind, Lang, Name, Period, PeriodUnit,
    Promise, Report, ResponseTime, Retention, Schedule, Terms, Unit,
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
