//! One word for each kind, strength, channel, fee and rounding.

use crate::wording::pick;
use crate::{About, Event, FeeKind, Kind, Lang, Name, Rounding, Strength};

/// What a kind of promise is called.
pub fn kind_word(kind: &Kind, lang: Lang) -> &'static str {
    let (ja, en) = match kind {
        Kind::Availability(_) => ("稼働率", "availability"),
        Kind::Remedy(_) => ("返還・無料提供", "remedy"),
        Kind::ResponseTime(_) => ("応答時間", "response time"),
        Kind::Notice(_) => ("通知", "notice"),
        Kind::Clock(_) => ("期限", "deadline"),
        Kind::Maintenance(_) => ("定期メンテナンス", "regular maintenance"),
        Kind::Hours(_) => ("提供時間", "hours"),
        Kind::Check(_) => ("監視", "check"),
        Kind::Escalation(_) => ("障害対応", "escalation"),
        Kind::Backup(_) => ("バックアップ", "backup"),
        Kind::Capacity(_) => ("上限", "capacity"),
        Kind::Retention(_) => ("保存期間", "retention"),
        Kind::SecurityFloor(_) => ("安全基準", "security floor"),
        Kind::Report(_) => ("報告", "report"),
    };
    pick(lang, ja, en)
}

/// Whether missing it is a breach, in one word.
pub fn strength_word(strength: Strength, lang: Lang) -> &'static str {
    match strength {
        Strength::Guarantee => pick(lang, "保証", "guarantee"),
        Strength::Objective => pick(lang, "目標", "objective"),
    }
}

/// An event of an incident that starts a clock.
pub fn event_word(event: Event, lang: Lang) -> &'static str {
    match event {
        Event::Outage => pick(lang, "停止の発生", "the outage"),
        Event::Recognition => pick(lang, "障害の認知", "its recognition"),
        Event::Judgement => pick(lang, "原因と優先度の判断", "the judgement"),
        Event::WaitingForCustomer => pick(lang, "返答待ちの開始", "waiting for the customer"),
        Event::Recovery => pick(lang, "復旧", "its recovery"),
    }
}

/// What a notice is about.
pub fn about_word(about: About, lang: Lang) -> &'static str {
    let (ja, en) = match about {
        About::Maintenance => ("計画停止", "maintenance"),
        About::Update => ("仕様変更", "changes"),
        About::Abolition => ("廃止", "abolition"),
        About::Incident => ("障害", "incidents"),
        About::Suspension => ("提供の中断", "suspension"),
    };
    pick(lang, ja, en)
}

/// A channel of notices; one that is not known here keeps its name.
pub fn channel_word(channel: &Name, lang: Lang) -> String {
    let known = [
        ("email", "電子メール", "e-mail"),
        ("web", "ウェブサイト", "web site"),
        ("website", "ウェブサイト", "web site"),
        ("top-page", "トップページ", "top page"),
        ("user-guide", "利用者ガイド", "user guide"),
        ("console", "管理コンソール", "console"),
        ("phone", "電話", "phone"),
        ("telephone", "電話", "telephone"),
        ("fax", "FAX", "fax"),
        ("post", "郵送", "post"),
        ("letter", "書面", "letter"),
        ("status-page", "稼働状況ページ", "status page"),
        ("customer-page", "契約者専用ページ", "customer page"),
    ];
    let found = known.iter().find(|(name, ..)| *name == channel.as_str());
    found.map_or(channel.as_str(), |(_, ja, en)| pick(lang, ja, en)).to_owned()
}

/// What a kind of fee is called.
pub fn fee_kind_word(kind: FeeKind, lang: Lang) -> &'static str {
    let (ja, en) = match kind {
        FeeKind::Initial => ("初期費用", "initial fee"),
        FeeKind::Monthly => ("月額料金", "monthly fee"),
        FeeKind::Metered => ("従量料金", "metered fee"),
        FeeKind::Option => ("オプション料金", "option fee"),
        FeeKind::Work => ("作業料金", "work fee"),
    };
    pick(lang, ja, en)
}

/// What becomes of the part of a smallest unit.
pub fn rounding_word(rounding: Rounding, lang: Lang) -> &'static str {
    let (ja, en) = match rounding {
        Rounding::Up => ("端数切り上げ", "rounded up"),
        Rounding::Down => ("端数切り捨て", "rounded down"),
        Rounding::HalfUp => ("端数四捨五入", "rounded half up"),
    };
    pick(lang, ja, en)
}
