//! Findings in words.

use desk::Noticed;
use jiff::tz::TimeZone;
use terms::{Lang, wording};

use super::phrase::channel_text;
use crate::Finding;

impl Finding {
    /// What was found, and where there is something to do, what.
    pub fn text(&self, lang: Lang, zone: &TimeZone) -> String {
        match lang {
            Lang::Ja => self.japanese(zone),
            Lang::En => self.english(zone),
        }
    }

    fn japanese(&self, zone: &TimeZone) -> String {
        let length = |time| wording::length(time, Lang::Ja);
        let instant = |at| wording::instant(at, zone, Lang::Ja);
        match self {
            Finding::NotUnderContract => {
                "この月は、このサービスの契約期間に含まれません。".to_owned()
            }
            Finding::UnknownService { service } => {
                format!("契約に「{service}」というサービスはありません。")
            }
            Finding::UnknownFunction { function } => {
                format!("記録にある「{function}」は契約の機能ではないため、算入していません。")
            }
            Finding::BlindTime { time } => {
                format!("{}は計測されておらず、稼働とも停止とも扱いません。", length(*time))
            }
            Finding::TooSlow { function, every, minimum } => format!(
                "「{function}」の計測間隔{}では、連続{}以上の停止を確実には判定できません。間隔を半分以下にしてください。",
                length(*every),
                length(*minimum)
            ),
            Finding::Degraded { outages, time } => {
                format!(
                    "算入されない短い停止が{outages}件(計{})あり、不安定でした。",
                    length(*time)
                )
            }
            Finding::WindowCounts { id, span, why, clause } => format!(
                "計画停止「{id}」({})は適用外になりません({clause})。{}",
                wording::span(*span, zone, Lang::Ja),
                not_noticed_ja(why, zone)
            ),
            Finding::WindowMoved { id } => format!(
                "計画停止「{id}」が異なる日時で記録されているため、通知を照合できず、適用外としていません。変更後の計画停止には新しい名前を付けてください。"
            ),
            Finding::NotMeasured { function } => {
                format!("「{function}」は計測されておらず、記録された停止だけで判定しています。")
            }
            Finding::NoEvidence => "この月の停止も計測も、記録にありません。".to_owned(),
            Finding::UnknownReason { reason, span } => format!(
                "適用外の理由「{reason}」は契約にないため、{}を除外していません。",
                wording::span(*span, zone, Lang::Ja)
            ),
            Finding::StillOpen { from } => {
                format!(
                    "{}に始まった停止は終わっておらず、締めの時点までを停止としました。",
                    instant(*from)
                )
            }
            Finding::NotByDecision { reason, span } => format!(
                "「{reason}」は通知などの条件を満たした時間に自動で適用される適用外で、個別の決定では適用できません。{}は除外していません。",
                wording::span(*span, zone, Lang::Ja)
            ),
            Finding::Provisional { as_of } => format!("{}現在の途中経過です。", instant(*as_of)),
            Finding::Revised { on } => format!(
                "この月の途中、{}に契約が改定されています。各時刻はその時点の版で判定しました。",
                wording::date(*on, Lang::Ja)
            ),
            Finding::NoRemedy => "目標を下回りましたが、契約に返還の定めはありません。".to_owned(),
            Finding::NoOperatingTime => "計画停止を除くと稼働すべき時間がありません。".to_owned(),
            Finding::ProvisionalHolidays { official_until } => format!(
                "期限は、公表済みの祝日({}まで)より先に及ぶため仮のものです。",
                wording::date(*official_until, Lang::Ja)
            ),
        }
    }

    fn english(&self, zone: &TimeZone) -> String {
        let length = |time| wording::length(time, Lang::En);
        let instant = |at| wording::instant(at, zone, Lang::En);
        match self {
            Finding::NotUnderContract => {
                "The service was not under contract in this month.".to_owned()
            }
            Finding::UnknownService { service } => {
                format!("The contract has no service \"{service}\".")
            }
            Finding::UnknownFunction { function } => {
                format!(
                    "\"{function}\" in the log is no function of the contract and does not count."
                )
            }
            Finding::BlindTime { time } => {
                format!("Nobody measured {}: neither up nor down.", length(*time))
            }
            Finding::TooSlow { function, every, minimum } => format!(
                "Measuring \"{function}\" every {} cannot prove {} without a break; measure at least twice as often.",
                length(*every),
                length(*minimum)
            ),
            Finding::Degraded { outages, time } => degraded_en(*outages, &length(*time)),
            Finding::WindowCounts { id, span, why, clause } => format!(
                "Window \"{id}\" ({}) is not excluded ({clause}). {}",
                wording::span(*span, zone, Lang::En),
                not_noticed_en(why, zone)
            ),
            Finding::WindowMoved { id } => format!(
                "Window \"{id}\" is in the log at different times, so no notice can be held to it and it is not excluded; give a moved window a new name."
            ),
            Finding::NotMeasured { function } => {
                format!("Nobody measures \"{function}\": only outages that the log tells count.")
            }
            Finding::NoEvidence => {
                "The log says nothing of this month: neither outages nor measurements.".to_owned()
            }
            Finding::NotByDecision { reason, span } => format!(
                "\"{reason}\" is an exclusion that applies by itself where its conditions are met, not by decision, so {} was not taken out.",
                wording::span(*span, zone, Lang::En)
            ),
            Finding::UnknownReason { reason, span } => format!(
                "The contract knows no exclusion \"{reason}\", so {} was not taken out.",
                wording::span(*span, zone, Lang::En)
            ),
            Finding::StillOpen { from } => {
                format!(
                    "The outage that began on {} has not ended; it was taken as down to the cut.",
                    instant(*from)
                )
            }
            Finding::Provisional { as_of } => format!("So far, as of {}.", instant(*as_of)),
            Finding::Revised { on } => format!(
                "The terms were revised on {}; each minute is judged by the version in force.",
                wording::date(*on, Lang::En)
            ),
            Finding::NoRemedy => "The target was missed; the contract names no remedy.".to_owned(),
            Finding::NoOperatingTime => "Planned windows leave no time to be up in.".to_owned(),
            Finding::ProvisionalHolidays { official_until } => format!(
                "The deadline lies past the officially published holidays (until {}) and is provisional.",
                wording::date(*official_until, Lang::En)
            ),
        }
    }
}

fn degraded_en(outages: usize, time: &str) -> String {
    let plural = if outages == 1 { "" } else { "s" };
    format!("Degraded: {outages} short outage{plural} ({time} in all) not counted.")
}

fn not_noticed_ja(why: &Noticed, zone: &TimeZone) -> String {
    let instant = |at| wording::instant(at, zone, Lang::Ja);
    match why {
        Noticed::InTime { .. } => String::new(),
        Noticed::Late { channel, sent, latest } => {
            let channel = channel_text(channel, Lang::Ja);
            format!("{channel}の通知は{}で、期限は{}でした。", instant(*sent), instant(*latest))
        }
        Noticed::WrongChannel { channel, .. } => {
            let channel = channel_text(channel, Lang::Ja);
            format!("{channel}による通知は、契約が定める方法ではありません。")
        }
        Noticed::Missing { latest } => format!("{}までに通知がありません。", instant(*latest)),
    }
}

fn not_noticed_en(why: &Noticed, zone: &TimeZone) -> String {
    let instant = |at| wording::instant(at, zone, Lang::En);
    match why {
        Noticed::InTime { .. } => String::new(),
        Noticed::Late { channel, sent, latest } => format!(
            "The notice by {} was sent on {}; it had to be sent by {}.",
            channel_text(channel, Lang::En),
            instant(*sent),
            instant(*latest)
        ),
        Noticed::WrongChannel { channel, .. } => {
            format!(
                "The contract does not name {} as a way to give notice.",
                channel_text(channel, Lang::En)
            )
        }
        Noticed::Missing { latest } => format!("No notice was sent by {}.", instant(*latest)),
    }
}
