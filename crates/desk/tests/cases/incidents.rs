//! What a timeline comes to, which clocks it starts, and who is on call.

use desk::{Entry, Happened, Rota, Source, Story, running};
use jiff::Timestamp;
use jiff::civil::{date, time};
use terms::Name;

use crate::{at, check_rows, on, say, tokyo};

/// `09:00 outage web; 10:00 recognised; …`, all on 2026-11-24, a Tuesday; `noted 12:00` behind an entry
/// says that it was written down later.
fn story(text: &str, now: Timestamp) -> Story {
    let name = |text: &str| -> Name { text.parse().expect("a name") };
    let day = |time: &str| at(&format!("2026-11-24 {time}"));
    let opened = Happened::Opened { title: "web".into(), source: Source::Check };
    let mut entries = vec![Entry {
        number: 1,
        at: day("09:00"),
        noted: day("09:00"),
        by: None,
        happened: opened,
    }];
    for (number, line) in (2..).zip(text.split("; ")) {
        let (line, noted) = line.split_once(" noted ").unwrap_or((line, ""));
        let (time, words) = line.split_once(' ').expect("a time and what happened");
        let (what, of) = words.split_once(' ').unwrap_or((words, ""));
        let happened = match what {
            "down" => Happened::OutageBegan { function: name(of) },
            "up" => Happened::OutageEnded { function: name(of) },
            "recognised" => Happened::Recognised,
            "judged" => Happened::Judged { priority: of.parse().expect("a priority") },
            "told" => Happened::NoticeTold { channel: name(of), reference: String::new() },
            "started" => Happened::ClockStarted { promise: name(of) },
            "met" => Happened::ClockMet { promise: name(of) },
            "waits" => Happened::StateBegan { state: name("waiting-for-customer") },
            "answered" => Happened::StateEnded { state: name("waiting-for-customer") },
            "recovered" => Happened::Recovered,
            "report" => Happened::ReportIssued { report: 1 },
            "back" => Happened::TakenBack { entry: of.parse().expect("a number") },
            other => panic!("{other} is nothing that happens"),
        };
        let noted = if noted.is_empty() { day(time) } else { day(noted) };
        entries.push(Entry { number, at: day(time), noted, by: None, happened });
    }
    Story::read(&entries, now)
}

/// contract | timeline | promise | now | due and how it stands
const CLOCKS: &str = "
    aoulu-cloud | 09:10 down web | incident-notice | 10:00 | Tue 2026-11-24 10:10 Running
    aoulu-cloud | 09:10 down web; 10:10 told email | incident-notice | 12:00 | Tue 2026-11-24 10:10 Met
    aoulu-cloud | 09:10 down web; 10:11 told email | incident-notice | 12:00 | Tue 2026-11-24 10:10 Late
    aoulu-cloud | 09:10 down web; 10:00 told telephone | incident-notice | 10:11 | Tue 2026-11-24 10:10 Late
    click-so-ko | 09:10 down web | first-notice | 12:00 | does not run
    click-so-ko | 11:00 recognised | first-notice | 12:00 | Tue 2026-11-24 15:00 Running
    click-so-ko | 11:00 recognised | first-notice | 14:00 | Tue 2026-11-24 15:00 Soon
    click-so-ko | 12:30 recognised | first-notice | 14:00 | OutsideHours
    click-so-ko | 11:00 recognised; 15:00 told email | first-notice | 16:00 | Tue 2026-11-24 15:00 Met
    click-so-ko | 11:00 recognised; 14:00 told email noted 15:30 | first-notice | 15:10 | Tue 2026-11-24 15:00 Late
    click-so-ko | 11:00 recognised; 14:00 told email noted 15:30 | first-notice | 15:30 | Tue 2026-11-24 15:00 Met
    click-so-ko | 11:00 recognised; 14:00 told email; 14:05 back 3 | first-notice | 14:10 | Tue 2026-11-24 15:00 Soon
    click-so-ko | 10:00 judged 1 | response.p1 | 11:00 | Tue 2026-11-24 15:00 Running
    click-so-ko | 10:00 judged 1 | response.p2 | 11:00 | does not run
    click-so-ko | 10:00 judged 1; 11:00 judged 2 | response.p1 | 12:00 | does not run
    click-so-ko | 10:00 judged 1; 11:00 waits; 14:00 answered | response.p1 | 14:00 | Tue 2026-11-24 17:00 Running
    click-so-ko | 10:00 judged 1; 11:00 waits | response.p1 | 11:30 | Tue 2026-11-24 15:30 Paused
    click-so-ko | 11:00 waits | close-after-silence | 12:00 | Tue 2026-12-08 11:00 Running
    click-so-ko | 11:00 waits; 14:00 answered | close-after-silence | 15:00 | Tue 2026-12-08 11:00 Met
    skyarch | 09:10 down server; 11:00 up server; 11:00 recovered | incident-report | 12:00 | Thu 2026-11-26 23:59:59 Running
    skyarch | 11:00 recovered; 12:00 report | incident-report | 13:00 | Thu 2026-11-26 23:59:59 Met
    skyarch | 11:00 recovered; 12:00 down server | incident-report | 13:00 | does not run
    skyarch | 11:00 started on-site | on-site | 13:00 | Tue 2026-11-24 13:00 Running
    skyarch | 11:00 started on-site; 13:01 met on-site | on-site | 14:00 | Tue 2026-11-24 13:00 Late
    skyarch | 11:00 started on-site; 12:00 recovered | on-site | 14:00 | Tue 2026-11-24 13:00 Ended
    skyarch | 11:00 started on-site; 13:30 recovered | on-site | 14:00 | Tue 2026-11-24 13:00 Late
";

#[test]
fn clocks_of_incidents() {
    check_rows::<5>(CLOCKS, |[contract, timeline, promise, now, _]| {
        let now = at(&format!("2026-11-24 {now}"));
        let story = story(timeline, now);
        on(contract, |ground| {
            let clocks = running(&story, ground, now);
            let clock = clocks.iter().find(|clock| clock.promise.name.as_str() == *promise);
            let Some(clock) = clock else { return "does not run".to_owned() };
            match clock.deadline {
                desk::Deadline::Due(due) => format!("{} {:?}", say(due.shown()), clock.standing),
                desk::Deadline::None(why) => format!("{why:?}"),
            }
        })
    });
}

/// instant | who of three is on call, when turns of a week began on Monday 2 November at ten
const TURNS: &str = "
    2026-11-02 09:59 | 2
    2026-11-02 10:00 | 0
    2026-11-09 09:59:59 | 0
    2026-11-09 10:00 | 1
    2026-11-22 23:00 | 2
    2026-11-23 10:00 | 0
    2026-10-19 10:00 | 1
";

#[test]
fn turns_on_call() {
    let rota = Rota { first: date(2026, 11, 2), hand_over: time(10, 0, 0, 0), zone: tokyo() };
    check_rows::<2>(TURNS, |[instant, _]| {
        rota.on_call(3, at(instant)).map_or("nobody".to_owned(), |turn| turn.to_string())
    });
    assert_eq!(rota.on_call(0, at("2026-11-02 10:00")), None);
}
