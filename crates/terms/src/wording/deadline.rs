//! By when: clocks, leads and notices.

use crate::wording::quantity::length;
use crate::wording::words::channel_word;
use crate::wording::{business_length, count, period, pick, remarked};
use crate::{
    BusinessDayIs, Clock, Lang, Lead, Name, NoticeRoute, OutsideHours, Reckoned, Timing, Within,
};

/// `4営業時間以内`, `翌月15日まで`, `速やかに`; `within 4 business hours`.
pub fn within_words(within: Within, lang: Lang) -> String {
    let en = |amount: String| format!("within {amount}");
    let ja = |amount: String| format!("{amount}以内");
    let both = |amount: String| if lang == Lang::Ja { ja(amount) } else { en(amount) };
    match within {
        Within::Plain(plain) => both(length(plain, lang)),
        Within::BusinessTime(time) => both(business_length(time, lang)),
        Within::BusinessDays(days) => both(business_days(days, lang)),
        Within::Period(within) => both(period(within, lang)),
        Within::DayOfMonth { months_after, day } => day_of_month(months_after, day, lang),
        Within::Promptly => pick(lang, "速やかに", "promptly").to_owned(),
    }
}

fn business_days(days: u32, lang: Lang) -> String {
    let number = count(u64::from(days));
    match lang {
        Lang::Ja => format!("{number}営業日"),
        Lang::En if days == 1 => "1 business day".to_owned(),
        Lang::En => format!("{number} business days"),
    }
}

fn day_of_month(months_after: u8, day: Option<u8>, lang: Lang) -> String {
    let ja = match months_after {
        0 => "当月".to_owned(),
        1 => "翌月".to_owned(),
        2 => "翌々月".to_owned(),
        n => format!("{n}か月後の月"),
    };
    let en = match months_after {
        0 => "the same month".to_owned(),
        1 => "the next month".to_owned(),
        n => format!("the month {n} months later"),
    };
    match (lang, day) {
        (Lang::Ja, Some(day)) => format!("{ja}{day}日まで"),
        (Lang::Ja, None) => format!("{ja}末まで"),
        (Lang::En, Some(day)) => format!("by day {day} of {en}"),
        (Lang::En, None) => format!("by the end of {en}"),
    }
}

/// A clock's deadline with what must be known of how it is counted:
/// `3営業時間以内(営業時間外に起きたものには期限なし)`.
pub fn clock_deadline(clock: &Clock, lang: Lang) -> String {
    remarked(lang, within_words(clock.within, lang), &clock_remarks(clock, lang))
}

fn clock_remarks(clock: &Clock, lang: Lang) -> Vec<String> {
    let mut remarks = Vec::new();
    if matches!(clock.within, Within::BusinessDays(_)) {
        let text = match clock.business_day {
            BusinessDayIs::OpenTime => pick(lang, "営業時間で数える", "counted in open time"),
            BusinessDayIs::Date => pick(
                lang,
                "翌営業日から数え、その日の終わりまで",
                "from the next, to the end of the day",
            ),
        };
        remarks.push(text.to_owned());
    }
    if matches!(clock.within, Within::Period(_)) && clock.to_end_of_day {
        remarks.push(pick(lang, "その日の終わりまで", "to the end of the day").to_owned());
    }
    if clock.outside == OutsideHours::NoDeadline {
        let text =
            pick(lang, "営業時間外に起きたものには期限なし", "no deadline outside business hours");
        remarks.push(text.to_owned());
    }
    if !clock.pauses.is_empty() {
        remarks.push(pauses(&clock.pauses, lang));
    }
    remarks
}

/// States in which a clock stands.
fn pauses(states: &[Name], lang: Lang) -> String {
    let known = |state: &Name| match state.as_str() {
        "waiting-for-customer" => {
            pick(lang, "契約者の回答待ち", "waiting for the customer").to_owned()
        }
        other => other.to_owned(),
    };
    let states: Vec<String> = states.iter().map(known).collect();
    match lang {
        Lang::Ja => format!("{}の間は止まる", states.join("・")),
        Lang::En => format!("stands while {}", states.join(", ")),
    }
}

/// `2週間前まで`, `事前`; `2 weeks before`.
pub fn lead_words(lead: Lead, lang: Lang) -> String {
    match (lead.at_least, lang) {
        (Some(at_least), Lang::Ja) => format!("{}前まで", period(at_least, lang)),
        (Some(at_least), Lang::En) => format!("{} before", period(at_least, lang)),
        (None, Lang::Ja) => "事前".to_owned(),
        (None, Lang::En) => "any time before".to_owned(),
    }
}

/// When and how a notice is given: `通知:2週間前まで(電子メール)`.
pub fn notice_words(timing: &Timing, lang: Lang) -> String {
    let words = match timing {
        Timing::Ahead(routes) => {
            let routes: Vec<String> = routes.iter().map(|route| route_words(route, lang)).collect();
            routes.join(pick(lang, "、または", ", or "))
        }
        Timing::After { clock, channels } => {
            let mut remarks = clock_remarks(clock, lang);
            remarks.extend(channel_words(channels, lang));
            remarked(lang, within_words(clock.within, lang), &remarks)
        }
    };
    format!("{}{words}", pick(lang, "通知:", "notice: "))
}

fn route_words(route: &NoticeRoute, lang: Lang) -> String {
    let mut remarks = Vec::new();
    if route.lead.at_least.is_some() && route.lead.reckoned == Reckoned::ByDay {
        remarks.push(pick(lang, "日付で数える", "by date").to_owned());
    }
    remarks.extend(channel_words(&route.channels, lang));
    remarked(lang, lead_words(route.lead, lang), &remarks)
}

/// Channels, any of which will do; none when any channel will do.
fn channel_words(channels: &[Name], lang: Lang) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for word in channels.iter().map(|channel| channel_word(channel, lang)) {
        // Several names may mean one channel.
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let last = words.pop()?;
    Some(match (words.len(), lang) {
        (0, _) => last,
        (1, Lang::Ja) => format!("{}または{last}", words[0]),
        (_, Lang::Ja) => format!("{}・{last}のいずれか", words.join("・")),
        (_, Lang::En) => format!("{} or {last}", words.join(", ")),
    })
}
