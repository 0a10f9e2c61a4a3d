//! What the entries of an incident come to. It is read anew whenever somebody asks, so an incident can be
//! told as it was known at any instant, and a restart loses nothing.

use calendar::{Span, Spans};
use jiff::Timestamp;
use terms::{Kind, Name, Terms};

use crate::incident::{Closing, Entry, Happened, Source, StepEnd};
use crate::ladder::{Contact, Course, Seen, Taken};

/// A span that may still last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// What lasts: a function that is down, or a state.
    pub what: Name,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub until: Option<Timestamp>,
}

/// A step of a runbook that had its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The runbook.
    pub runbook: Name,
    /// The step, from 1.
    pub step: u16,
    /// Since when.
    pub began: Timestamp,
    /// Until when it is waited for.
    pub until: Timestamp,
    /// The number of its order, once it was given.
    pub order: Option<i64>,
    /// How and when it ended.
    pub ended: Option<(StepEnd, Timestamp)>,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Which one.
    pub alarm: String,
    /// What its end means.
    pub closing: Closing,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub until: Option<Timestamp>,
}

/// What a timeline comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Its title.
    pub title: String,
    /// What opened it.
    pub source: Option<Source>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When we first knew of it.
    pub recognised: Option<Timestamp>,
    /// How urgent it is and when that was judged; the newest judgement.
    pub judged: Option<(u8, Timestamp)>,
    /// Functions that were or are down, by the entries that told it.
    pub outages: Vec<Lasting>,
    /// States that began.
    pub states: Vec<Lasting>,
    /// Steps taken.
    pub taken: Vec<Taken>,
    /// Conditions seen.
    pub seen: Vec<Seen>,
    /// Attempts to reach the emergency contact.
    pub contacts: Vec<Contact>,
    /// When people asked to be left alone.
    pub mutes: Spans,
    /// Calls of ours: what had its turn, since when, and when we called.
    pub calls: Vec<(String, Timestamp, Timestamp)>,
    /// What everybody may read, and when it was said.
    pub published: Vec<(String, Timestamp)>,
    /// Notices to the customer: channel and instant.
    pub notices: Vec<(Name, Timestamp)>,
    /// Clocks that a person started.
    pub started: Vec<(Name, Timestamp)>,
    /// What clocks wait for, when it was done.
    pub met: Vec<(Name, Timestamp)>,
    /// Deadlines as they were told.
    pub told: Vec<(Name, Timestamp)>,
    /// Deadlines that people were warned of, and when they were.
    pub warned: Vec<(Name, Timestamp, Timestamp)>,
    /// Steps of runbooks that had their turn, oldest first.
    pub followed: Vec<Followed>,
    /// Since when nothing of a runbook begins by itself.
    pub stopped: Option<Timestamp>,
    /// Alarms that were or are on.
    pub alarms: Vec<Alarm>,
    /// When one of ours last wrote into it: who writes has heard the call.
    pub heard: Option<Timestamp>,
    /// When it was repaired.
    pub recovered: Option<Timestamp>,
    /// When reports were handed in, oldest first.
    pub reports: Vec<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// The incident that it goes on in, and since when.
    pub merged_into: Option<(i64, Timestamp)>,
}

impl Story {
    /// Reads a timeline as it was known at an instant: entries that were written down later do not
    /// count, nor those that were taken back until then.
    pub fn read(entries: &[Entry], now: Timestamp) -> Story {
        let known = || entries.iter().filter(|entry| entry.noted <= now);
        let taken_back: Vec<u32> = known()
            .filter_map(|entry| match entry.happened {
                Happened::TakenBack { entry } => Some(entry),
                _ => None,
            })
            .collect();
        let mut counting: Vec<&Entry> =
            known().filter(|entry| !taken_back.contains(&entry.number)).collect();
        // In the order of happening; what happened at one instant in the order of writing.
        counting.sort_by_key(|entry| (entry.at, entry.number));
        let mut story = Story::default();
        for entry in counting {
            story.add(entry);
        }
        story
    }

    /// Whether people still work on it.
    pub fn is_open(&self) -> bool {
        self.closed.is_none() && self.merged_into.is_none()
    }

    /// Functions that are down.
    pub fn down(&self) -> impl Iterator<Item = &Lasting> {
        self.outages.iter().filter(|outage| outage.until.is_none())
    }

    /// Alarms that are on.
    pub fn ringing(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.iter().filter(|alarm| alarm.until.is_none())
    }

    /// Whether a state such as `waiting-for-customer` lasts.
    pub fn is_in(&self, state: &str) -> bool {
        self.states.iter().any(|lasting| lasting.what.as_str() == state && lasting.until.is_none())
    }

    /// The spans of states of these names, to `now` while they last.
    pub fn spans_of(&self, states: &[Name], now: Timestamp) -> Spans {
        let fitting = self.states.iter().filter(|lasting| states.contains(&lasting.what));
        let span = |it: &Lasting| Span::new(it.from, it.until.unwrap_or(now.max(it.from))).ok();
        fitting.filter_map(span).collect()
    }

    /// The course of it on a ladder, for [`next`](crate::next) and [`tell_again`](crate::tell_again).
    pub fn course<'s>(&'s self, ladder: &'s Name) -> Course<'s> {
        Course {
            ladder,
            opened: self.opened,
            ended: self.recovered.or(self.closed),
            taken: &self.taken,
            seen: &self.seen,
            contacts: &self.contacts,
            mutes: &self.mutes,
        }
    }

    /// The ladder that answers it: that of the check of the function that went down first, among
    /// those that have one.
    pub fn ladder<'t>(&self, terms: &'t Terms) -> Option<&'t Name> {
        let mut outages: Vec<&Lasting> = self.outages.iter().collect();
        outages.sort_by_key(|outage| outage.from);
        let of = |function: &Name| {
            terms.promises.iter().find_map(|promise| match &promise.kind {
                Kind::Check(check) if check.function.as_ref() == Some(function) => {
                    check.escalation.as_ref()
                }
                _ => None,
            })
        };
        outages.into_iter().find_map(|outage| of(&outage.what))
    }

    fn add(&mut self, entry: &Entry) {
        let at = entry.at;
        if entry.by.is_some() {
            self.heard = self.heard.max(Some(entry.noted));
        }
        match &entry.happened {
            Happened::Opened { title, source } => {
                (self.title, self.source, self.opened) = (title.clone(), Some(*source), at);
            }
            Happened::Recognised => self.recognised = self.recognised.or(Some(at)),
            Happened::Judged { priority } => self.judged = Some((*priority, at)),
            Happened::Called { turn, since, .. } => self.calls.push((turn.clone(), *since, at)),
            Happened::Published { text } => self.published.push((text.clone(), at)),
            Happened::NoticeTold { channel, .. } => self.notices.push((channel.clone(), at)),
            Happened::ClockStarted { promise } => self.started.push((promise.clone(), at)),
            Happened::ClockMet { promise } => self.met.push((promise.clone(), at)),
            Happened::ClockTold { promise, due } => self.told.push((promise.clone(), *due)),
            Happened::ClockWarned { promise, due } => {
                self.warned.push((promise.clone(), *due, at));
            }
            Happened::Muted { until } => {
                // A mute that ends before it begins mutes nobody.
                self.mutes.extend(Span::new(at, *until));
            }
            Happened::MergedInto { incident } => self.merged_into = Some((*incident, at)),
            Happened::Recovered => self.recovered = Some(at),
            Happened::ReportIssued { .. } => self.reports.push(at),
            Happened::Closed => self.closed = Some(at),
            Happened::Noted { .. }
            | Happened::Merged { .. }
            | Happened::SplitFrom { .. }
            | Happened::Acknowledged
            | Happened::TakenBack { .. } => {}
            Happened::StepBegan { .. }
            | Happened::Ordered { .. }
            | Happened::StepEnded { .. }
            | Happened::RunbookStopped
            | Happened::RunbookResumed
            | Happened::AlarmBegan { .. }
            | Happened::AlarmEnded { .. } => self.add_answer(&entry.happened, at),
            other => self.add_course(other, at),
        }
    }

    /// What outages, states and the ladder are told by.
    fn add_course(&mut self, happened: &Happened, at: Timestamp) {
        match happened {
            Happened::OutageBegan { function } => {
                // Down again: what was repaired is not any more.
                self.recovered = None;
                begin(&mut self.outages, function, at);
            }
            Happened::OutageEnded { function } => end(&mut self.outages, function, at),
            Happened::SplitOff { functions, .. } => {
                self.outages.retain(|outage| !functions.contains(&outage.what));
            }
            Happened::StateBegan { state } => begin(&mut self.states, state, at),
            Happened::StateEnded { state } => end(&mut self.states, state, at),
            Happened::StepTaken { ladder, level, wait_until } => self.taken.push(Taken {
                ladder: ladder.clone(),
                level: *level,
                wait_until: *wait_until,
                failed: None,
            }),
            Happened::StepFailed { ladder, level } => {
                let taken = self.taken.iter_mut().rev();
                let mut fitting = taken.filter(|t| t.ladder == *ladder && t.level == *level);
                if let Some(taken) = fitting.next() {
                    taken.failed = Some(at);
                }
            }
            Happened::ConditionSeen { condition, holds } => {
                self.seen.push(Seen { condition: condition.clone(), holds: *holds, at });
            }
            Happened::ContactTried { reached } => {
                self.contacts.push(Contact { at, reached: *reached });
            }
            _ => {}
        }
    }

    /// What runbooks and alarms are told by.
    fn add_answer(&mut self, happened: &Happened, at: Timestamp) {
        match happened {
            Happened::StepBegan { runbook, step, until } => self.followed.push(Followed {
                runbook: runbook.clone(),
                step: *step,
                began: at,
                until: *until,
                order: None,
                ended: None,
            }),
            Happened::Ordered { runbook, step, order } => {
                if let Some(run) = self.followed_mut(runbook, *step) {
                    run.order = Some(*order);
                }
            }
            Happened::StepEnded { runbook, step, how, .. } => {
                let ended = Some((*how, at));
                match self.followed_mut(runbook, *step) {
                    Some(run) => run.ended = run.ended.or(ended),
                    // Left out before it had its turn.
                    None => self.followed.push(Followed {
                        runbook: runbook.clone(),
                        step: *step,
                        began: at,
                        until: at,
                        order: None,
                        ended,
                    }),
                }
            }
            Happened::RunbookStopped => self.stopped = Some(at),
            Happened::RunbookResumed => self.stopped = None,
            Happened::AlarmBegan { alarm, closing, .. } => {
                self.recovered = None;
                if !self.ringing().any(|known| known.alarm == *alarm) {
                    let (alarm, closing) = (alarm.clone(), *closing);
                    self.alarms.push(Alarm { alarm, closing, from: at, until: None });
                }
            }
            Happened::AlarmEnded { alarm } => {
                let rings = |known: &&mut Alarm| known.alarm == *alarm && known.until.is_none();
                if let Some(known) = self.alarms.iter_mut().find(rings) {
                    known.until = Some(at.max(known.from));
                }
            }
            _ => {}
        }
    }

    fn followed_mut(&mut self, runbook: &Name, step: u16) -> Option<&mut Followed> {
        self.followed.iter_mut().find(|run| run.runbook == *runbook && run.step == step)
    }
}

/// Begins what does not last yet.
fn begin(all: &mut Vec<Lasting>, what: &Name, at: Timestamp) {
    if !all.iter().any(|lasting| lasting.what == *what && lasting.until.is_none()) {
        all.push(Lasting { what: what.clone(), from: at, until: None });
    }
}

/// Ends what lasts.
fn end(all: &mut [Lasting], what: &Name, at: Timestamp) {
    let lasts = |lasting: &&mut Lasting| lasting.what == *what && lasting.until.is_none();
    if let Some(lasting) = all.iter_mut().find(lasts) {
        lasting.until = Some(at.max(lasting.from));
    }
}
