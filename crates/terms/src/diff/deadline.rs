//! Fields of clocks and notices.

use crate::diff::Effect;
use crate::diff::field::{Field, Measure};
use crate::wording::{channel_word, event_word, lead_words, pick, within_words};
use crate::{
    BusinessDayIs, Clock, Lang, Name, Notice, OutsideHours, Period, PeriodUnit, Reckoned, Timing,
    Within,
};

const DAY: i128 = 86_400;

/// Shortest and longest seconds of a period.
pub fn seconds(period: Period) -> (i128, i128) {
    let count = i128::from(period.count);
    let (short, long) = match period.unit {
        PeriodUnit::Day => (1, 1),
        PeriodUnit::Week => (7, 7),
        // Twelve months are a year, whichever they are.
        PeriodUnit::Month if count % 12 == 0 => {
            return (count / 12 * 365 * DAY, count / 12 * 366 * DAY);
        }
        PeriodUnit::Month => (28, 31),
        PeriodUnit::Year => (365, 366),
    };
    (count * short * DAY, count * long * DAY)
}

/// A period, of which more is better or worse. Periods of one unit are compared by their count.
pub fn period_measure(period: Period, more: Effect, there: Effect) -> Measure {
    let (least, most) = seconds(period);
    Measure::Amount { scale: "time", least, most, more, there }
}

fn within_measure(within: Within) -> Measure {
    let shorter = |scale, amount| Measure::amount(scale, amount, Effect::Worse, Effect::Better);
    match within {
        Within::Plain(length) => shorter("time", i128::from(length.as_secs())),
        Within::BusinessTime(time) => shorter("business time", i128::from(time.as_secs())),
        Within::BusinessDays(days) => shorter("business days", i128::from(days)),
        Within::Period(period) => period_measure(period, Effect::Worse, Effect::Better),
        Within::DayOfMonth { months_after, day } => {
            let day = i128::from(day.unwrap_or(31));
            shorter("day of month", i128::from(months_after) * 31 + day)
        }
        Within::Promptly => Measure::None,
    }
}

/// The fields of a clock. `is_claim`: the customer must keep it, so more time is better for him.
pub fn clock_fields(clock: &Clock, is_claim: bool, lang: Lang) -> Vec<Field> {
    let mut measure = within_measure(clock.within);
    if let (true, Measure::Amount { more, there, .. }) = (is_claim, &mut measure) {
        (*more, *there) = (Effect::Better, Effect::Worse);
    }
    let words = |text: &crate::Text| text.in_lang(lang).to_owned();
    let mut fields = vec![
        Field::measured("within", ("期限", "deadline"), within_words(clock.within, lang), measure),
        Field::plain("starts", ("起点", "starts"), words(&clock.starts)),
    ];
    if let Some(event) = clock.event {
        let text = event_word(event, lang).to_owned();
        fields.push(Field::plain("event", ("障害のどの時点から", "event"), text));
    }
    if let Some(priority) = clock.priority {
        fields.push(Field::plain("priority", ("優先度", "priority"), priority.to_string()));
    }
    if let Some(done) = &clock.done {
        fields.push(Field::plain("done", ("完了", "done"), words(done)));
    }
    if let Some(calendar) = &clock.calendar {
        let text = calendar.to_string();
        fields.push(Field::plain("calendar", ("営業日・営業時間", "calendar"), text));
    }
    let (text, amount) = match clock.outside {
        OutsideHours::NextOpening => (pick(lang, "次の営業開始から", "from the next opening"), 1),
        OutsideHours::NoDeadline => (pick(lang, "期限なし", "no deadline"), 0),
    };
    let measure = Measure::better("outside", amount);
    let title = ("営業時間外のとき", "outside hours");
    fields.push(Field::measured("outside", title, text.to_owned(), measure));
    if matches!(clock.within, Within::BusinessDays(_)) {
        let text = match clock.business_day {
            BusinessDayIs::OpenTime => pick(lang, "営業時間で数える", "open time"),
            BusinessDayIs::Date => pick(lang, "日付で数える", "dates"),
        };
        let title = ("営業日の数え方", "business days are");
        fields.push(Field::plain("business_day", title, text.to_owned()));
    }
    if matches!(clock.within, Within::Period(_)) {
        let text = match clock.to_end_of_day {
            true => pick(lang, "その日の終わり", "the end of the day"),
            false => pick(lang, "同じ時刻", "the same time of day"),
        };
        fields.push(Field::plain("until", ("期間の終わり", "a period ends at"), text.to_owned()));
    }
    if !clock.pauses.is_empty() {
        let names: Vec<String> = clock.pauses.iter().map(Name::to_string).collect();
        let text = names.join(", ");
        let measure = Measure::Names { names, more: Effect::Worse };
        fields.push(Field::measured("pauses", ("止まる状態", "pauses"), text, measure));
    }
    fields
}

/// The fields of a notice.
pub fn notice_fields(notice: &Notice, lang: Lang) -> Vec<Field> {
    match &notice.timing {
        Timing::Ahead(routes) => {
            let [route] = &routes[..] else {
                // Of several routes the provider may take any: one cannot tell which counts.
                let promised = crate::wording::notice_words(&notice.timing, lang);
                return vec![Field::plain("routes", ("通知の方法", "routes"), promised)];
            };
            let lead = route.lead;
            let measure = match lead.at_least {
                Some(period) => period_measure(period, Effect::Better, Effect::Better),
                None => Measure::better("time", 0),
            };
            let text = lead_words(lead, lang);
            let mut fields = vec![Field::measured("lead", ("いつまでに", "lead"), text, measure)];
            let text = match lead.reckoned {
                Reckoned::ByInstant => pick(lang, "時刻で数える", "to the minute"),
                Reckoned::ByDay => pick(lang, "日付で数える", "by date"),
            };
            fields.push(Field::plain("reckoned", ("数え方", "reckoned"), text.to_owned()));
            fields.push(channels_field(&route.channels, lang));
            fields
        }
        Timing::After { clock, channels } => {
            let mut fields = clock_fields(clock, false, lang);
            fields.push(channels_field(channels, lang));
            fields
        }
    }
}

/// Fewer channels are better: the customer knows where to look.
fn channels_field(channels: &[Name], lang: Lang) -> Field {
    let words: Vec<String> = channels.iter().map(|name| channel_word(name, lang)).collect();
    let title = ("通知の手段", "channels");
    if words.is_empty() {
        let text = pick(lang, "手段は問わない", "any channel").to_owned();
        return Field::plain("channels", title, text);
    }
    let text = words.join(pick(lang, "・", ", "));
    let names = channels.iter().map(Name::to_string).collect();
    Field::measured("channels", title, text, Measure::Names { names, more: Effect::Worse })
}
