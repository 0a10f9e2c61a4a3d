//! Words for incidents: the terminal, the pages and the report say the same.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::{Kind, LadderStep, Lang, Name, Terms, wording};

use crate::incident::{Happened, Source, StepEnd};
use crate::running::Standing;

/// Says what belongs to an incident, in the words of its contract.
#[derive(Clone, Copy, Debug)]
pub struct Teller<'a> {
    /// The terms that the incident goes by; they know the titles.
    pub terms: &'a Terms,
    /// Where its times are.
    pub zone: &'a TimeZone,
    /// In which language.
    pub lang: Lang,
}

impl Teller<'_> {
    fn pick(&self, ja: String, en: String) -> String {
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    fn words(&self, ja: &str, en: &str) -> String {
        self.pick(ja.to_owned(), en.to_owned())
    }

    /// An instant in the contract's zone.
    pub fn instant(&self, at: Timestamp) -> String {
        wording::instant(at, self.zone, self.lang)
    }

    /// What people call a function.
    pub fn function<'n>(&'n self, name: &'n Name) -> &'n str {
        let functions = self.terms.services.iter().flat_map(|service| &service.functions);
        let found = functions.into_iter().find(|function| function.name == *name);
        found.map_or(name.as_str(), |function| function.title.in_lang(self.lang))
    }

    /// What people call a promise.
    pub fn promise<'n>(&'n self, name: &'n Name) -> &'n str {
        let found = self.terms.promise(name);
        found.map_or(name.as_str(), |promise| promise.title.in_lang(self.lang))
    }

    /// A step of a ladder, with its level.
    pub fn step(&self, ladder: &Name, level: u8) -> String {
        let title = step(self.terms, ladder, level).map(|step| step.title.in_lang(self.lang));
        let level_of = match self.lang {
            Lang::Ja => format!("レベル{level}"),
            Lang::En => format!("level {level}"),
        };
        match (title, self.lang) {
            (Some(title), Lang::Ja) => format!("{level_of}「{title}」"),
            (Some(title), Lang::En) => format!("{level_of}: {title}"),
            (None, _) => format!("{ladder} {level_of}"),
        }
    }

    /// A step with the ladder that it is on.
    fn step_on(&self, ladder: &Name, level: u8) -> String {
        let (title, step) = (self.promise(ladder), self.step(ladder, level));
        if title == ladder.as_str() {
            return step;
        }
        self.pick(format!("{title} {step}"), format!("{title}, {step}"))
    }

    /// A condition such as `login`, or a state such as `waiting-for-customer`.
    pub fn state(&self, name: &Name) -> String {
        match name.as_str() {
            "login" => self.words("ログイン", "login"),
            "waiting-for-customer" => self.words("お客様の返答待ち", "waiting for the customer"),
            other => other.to_owned(),
        }
    }

    /// What has its turn, by its word: `take server-ladder 1`, `look login`, `contact`, `decide`.
    pub fn turn(&self, turn: &str) -> String {
        let mut words = turn.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("take"), Some(ladder), Some(level)) => {
                let level = level.parse().unwrap_or(0);
                ladder.parse().map_or_else(|()| turn.to_owned(), |name| self.step(&name, level))
            }
            (Some("look"), Some(condition), None) => {
                let state = condition.parse().map(|name| self.state(&name));
                let state = state.unwrap_or_else(|()| condition.to_owned());
                self.pick(format!("{state}できるかの確認"), format!("see whether {state} works"))
            }
            (Some("contact"), None, None) => {
                self.words("緊急連絡先への連絡", "reach the emergency contact")
            }
            (Some("decide"), None, None) => self.words("対応の判断", "decide what to do"),
            (Some("runbook"), Some(name), Some(step)) => self.pick(
                format!("手順書 {name} の手順{step}"),
                format!("runbook {name}, step {step}"),
            ),
            (Some("warning"), Some(promise), None) => {
                let promise = promise.parse().map(|name| self.promise(&name).to_owned());
                let promise = promise.unwrap_or_default();
                self.pick(format!("期限が近い: {promise}"), format!("runs out: {promise}"))
            }
            (Some("again"), None, None) => {
                self.words("通知停止の終了、障害は継続中", "the mute is over, the incident is not")
            }
            _ => turn.to_owned(),
        }
    }

    /// One entry of a timeline, as a sentence without its full stop.
    pub fn happened(&self, happened: &Happened) -> String {
        match happened {
            Happened::Opened { title, source } => {
                let source = source_word(*source, self.lang);
                self.pick(
                    format!("障害を登録({source}): {title}"),
                    format!("opened {source}: {title}"),
                )
            }
            Happened::Recognised => self.words("障害を認知", "the fault was recognised"),
            Happened::Judged { priority } => {
                self.pick(format!("優先度{priority}と判断"), format!("judged priority {priority}"))
            }
            Happened::OutageBegan { function } => {
                let function = self.function(function);
                self.pick(format!("停止: {function}"), format!("down: {function}"))
            }
            Happened::OutageEnded { function } => {
                let function = self.function(function);
                self.pick(format!("復帰: {function}"), format!("up again: {function}"))
            }
            Happened::Recovered => self.words("復旧", "recovered"),
            Happened::Closed => self.words("完了", "closed"),
            Happened::Noted { text } => text.clone(),
            Happened::Published { text } => {
                self.pick(format!("公開: {text}"), format!("published: {text}"))
            }
            Happened::ReportIssued { report } => self
                .pick(format!("障害報告書 第{report}号を発行"), format!("report {report} issued")),
            Happened::TakenBack { entry } => {
                self.pick(format!("記録{entry}を取り消し"), format!("entry {entry} taken back"))
            }
            other => self.answered(other),
        }
    }

    /// What was done about it.
    fn answered(&self, happened: &Happened) -> String {
        match happened {
            Happened::StepTaken { ladder, level, wait_until } => {
                let (step, until) = (self.step_on(ladder, *level), self.instant(*wait_until));
                self.pick(
                    format!("対応: {step}({until}まで様子を見る)"),
                    format!("{step}, waiting until {until}"),
                )
            }
            Happened::StepFailed { ladder, level } => {
                let step = self.step_on(ladder, *level);
                self.pick(format!("効果なし: {step}"), format!("did not help: {step}"))
            }
            Happened::ConditionSeen { condition, holds } => {
                let state = self.state(condition);
                match holds {
                    true => self.pick(format!("{state}: 可"), format!("{state} works")),
                    false => self.pick(format!("{state}: 不可"), format!("{state} does not work")),
                }
            }
            Happened::ContactTried { reached: true } => {
                self.words("緊急連絡先に連絡がついた", "the emergency contact was reached")
            }
            Happened::ContactTried { reached: false } => {
                self.words("緊急連絡先の応答なし", "the emergency contact did not answer")
            }
            Happened::Called { who, turn, since } => {
                let turn = self.turn(turn);
                let since = self.instant(*since);
                match who {
                    Some(who) => self.pick(
                        format!("{who}を呼び出し: {turn}({since}から)"),
                        format!("{who} was called: {turn}, since {since}"),
                    ),
                    None => self.pick(
                        format!("当番なし: {turn}({since}から)"),
                        format!("nobody is on call: {turn}, since {since}"),
                    ),
                }
            }
            Happened::Muted { until } => {
                let until = self.instant(*until);
                self.pick(format!("{until}まで通知を停止"), format!("muted until {until}"))
            }
            other => self.by_itself(other),
        }
    }

    /// What happened by itself.
    fn by_itself(&self, happened: &Happened) -> String {
        match happened {
            Happened::StepBegan { runbook, step, until } => {
                let until = self.instant(*until);
                self.pick(
                    format!("手順書 {runbook}: 手順{step}を開始({until}まで)"),
                    format!("runbook {runbook}: step {step} begins, until {until}"),
                )
            }
            Happened::Ordered { runbook, step, order } => self.pick(
                format!("手順書 {runbook}: 手順{step}の指図{order}を発行"),
                format!("runbook {runbook}: step {step} is order {order}"),
            ),
            Happened::StepEnded { runbook, step, how, detail } => {
                let how = step_end_word(*how, self.lang);
                let colon = if detail.is_empty() { "" } else { ": " };
                self.pick(
                    format!("手順書 {runbook}: 手順{step}は{how}{colon}{detail}"),
                    format!("runbook {runbook}: step {step} {how}{colon}{detail}"),
                )
            }
            Happened::RunbookStopped => self.words("手順書を停止", "the runbook was stopped"),
            Happened::RunbookResumed => self.words("手順書を再開", "the runbook goes on"),
            Happened::AlarmBegan { text, .. } => {
                self.pick(format!("警報: {text}"), format!("alarm: {text}"))
            }
            Happened::AlarmEnded { alarm } => {
                self.pick(format!("警報の終了: {alarm}"), format!("alarm over: {alarm}"))
            }
            Happened::Acknowledged => self.words("呼び出しを確認", "the call was heard"),
            other => self.clocks(other),
        }
    }

    /// What clocks and other incidents have to do with it.
    fn clocks(&self, happened: &Happened) -> String {
        let by = |promise: &Name, due: &Timestamp| {
            (self.promise(promise).to_owned(), self.instant(*due))
        };
        match happened {
            Happened::NoticeTold { channel, reference } => {
                let channel = wording::channel_word(channel, self.lang);
                let proof = if reference.is_empty() { "" } else { ": " };
                self.pick(
                    format!("契約者へ通知({channel}){proof}{reference}"),
                    format!("the customer was told by {channel}{proof}{reference}"),
                )
            }
            Happened::ClockStarted { promise } => {
                let promise = self.promise(promise);
                self.pick(format!("計時開始: {promise}"), format!("clock started: {promise}"))
            }
            Happened::ClockMet { promise } => {
                let promise = self.promise(promise);
                self.pick(format!("完了: {promise}"), format!("done: {promise}"))
            }
            Happened::ClockTold { promise, due } => {
                let (promise, due) = by(promise, due);
                self.pick(format!("期限: {promise} {due}"), format!("due: {promise} by {due}"))
            }
            Happened::ClockWarned { promise, due } => {
                let (promise, due) = by(promise, due);
                self.pick(
                    format!("期限の警告: {promise} {due}"),
                    format!("warning: {promise} by {due}"),
                )
            }
            Happened::StateBegan { state } => {
                let state = self.state(state);
                self.pick(format!("{state}を開始"), format!("begins: {state}"))
            }
            Happened::StateEnded { state } => {
                let state = self.state(state);
                self.pick(format!("{state}を終了"), format!("ends: {state}"))
            }
            Happened::MergedInto { incident } => self
                .pick(format!("障害{incident}に統合"), format!("goes on in incident {incident}")),
            Happened::Merged { incident } => self
                .pick(format!("障害{incident}を統合"), format!("takes incident {incident} over")),
            Happened::SplitOff { functions, incident } => {
                let functions: Vec<&str> =
                    functions.iter().map(|function| self.function(function)).collect();
                let functions = functions.join(self.lang_comma());
                self.pick(
                    format!("{functions}を障害{incident}に分割"),
                    format!("{functions}: split off into incident {incident}"),
                )
            }
            Happened::SplitFrom { incident } => self
                .pick(format!("障害{incident}から分割"), format!("split off incident {incident}")),
            _ => String::new(),
        }
    }

    fn lang_comma(&self) -> &'static str {
        match self.lang {
            Lang::Ja => "、",
            Lang::En => ", ",
        }
    }
}

/// The step of that level of a ladder.
pub fn step<'t>(terms: &'t Terms, ladder: &Name, level: u8) -> Option<&'t LadderStep> {
    match &terms.promise(ladder)?.kind {
        Kind::Escalation(escalation) => escalation.steps.iter().find(|step| step.level == level),
        _ => None,
    }
}

/// What opened an incident.
pub fn source_word(source: Source, lang: Lang) -> &'static str {
    let (ja, en) = match source {
        Source::Check => ("監視", "by a check"),
        Source::Log => ("取り込んだ記録", "by a log"),
        Source::Hand => ("手動", "by hand"),
        Source::Split => ("分割", "by a split"),
        Source::Alarm => ("警報", "by an alarm"),
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// How a step of a runbook ended.
pub fn step_end_word(how: StepEnd, lang: Lang) -> &'static str {
    let (ja, en) = match how {
        StepEnd::Done => ("完了", "done"),
        StepEnd::Failed => ("失敗", "failed"),
        StepEnd::TimedOut => ("時間切れ", "timed out"),
        StepEnd::Unknown => ("結果不明", "has an unknown outcome"),
        StepEnd::Skipped => ("省略", "was left out"),
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// How a clock stands.
pub fn standing_word(standing: Standing, lang: Lang) -> &'static str {
    let (ja, en) = match standing {
        Standing::Running => ("進行中", "running"),
        Standing::Soon => ("まもなく期限", "due soon"),
        Standing::Paused => ("中断中", "paused"),
        Standing::Met => ("期限内", "met"),
        Standing::Late => ("期限超過", "late"),
        Standing::Ended => ("終了", "ended"),
        Standing::None => ("期限なし", "no deadline"),
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}
