//! Acts on an order, or refuses it: judge, write down, do, write down.

use std::cell::Cell;
use std::fs;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use link::limits::DETAIL_MAX;
use link::{Order, Outcome, SignedOrder, WorkResult};

use super::{Book, Ledger, OfficeKey, Running};
use crate::Clock;
use crate::program::{self, How};
use crate::settings::{Action, Settings};
use crate::waiting::Waiting;

/// How long until the journal is tried again for a result.
const AGAIN: Duration = Duration::from_secs(10);
/// Most orders that were turned away without entering the book and are remembered.
const TURNED_AWAY_MAX: usize = 64;

/// Acts on orders, one at a time.
pub struct Acting<'a> {
    settings: &'a Settings,
    key: OfficeKey,
    book: Book,
    ledger: Ledger,
    waiting: &'a Waiting,
    clock: Clock,
    /// Which start of the machine this is.
    boot: String,
    /// The machine is about to go down by an order: there is nothing to wait for.
    goes_down: &'a Cell<bool>,
    /// What was forged, or given again after its end was heard, so that each is told once.
    turned_away: Vec<SignedOrder>,
}

impl<'a> Acting<'a> {
    /// Opens the book; an order in the middle of which the agent ended gets its result now.
    ///
    /// # Errors
    /// When the state folder cannot be used.
    pub fn open(
        settings: &'a Settings,
        key: OfficeKey,
        waiting: &'a Waiting,
        clock: Clock,
        goes_down: &'a Cell<bool>,
    ) -> io::Result<Acting<'a>> {
        let book = Book::open(&settings.state.join("orders.json"), clock())?;
        let ledger = Ledger::open(&settings.state)?;
        let mut acting = Acting {
            settings,
            key,
            book,
            ledger,
            waiting,
            clock,
            boot: this_start(),
            goes_down,
            turned_away: Vec::new(),
        };
        if let Some(left) = acting.book.running().cloned() {
            // The result can be in the journal already: then only the book is behind.
            if !waiting.has_result(&left.order)? {
                let result = left.interrupted(&acting.boot, clock());
                acting.note(&format!("order {}: {:?}, interrupted", left.order, result.outcome));
                waiting.tell_result(&result)?;
            }
            acting.book.end(&left.order)?;
        }
        Ok(acting)
    }

    /// Handles one order; `false` when it is known already. It returns when there is a result in the
    /// journal. `heard`: when it was asked for, the office had every result of ours, so that no order
    /// of its own can be one that is known here.
    pub async fn handle(&mut self, signed: &SignedOrder, heard: bool) -> bool {
        let now = (self.clock)();
        let order = match Order::parse(&signed.text) {
            Ok(order) => order,
            Err(error) => {
                tracing::error!(%error, "an order cannot be read and is left alone");
                return false;
            }
        };
        if !self.key.has_signed(signed) {
            return self.refuse_forged(signed, &order, now).await;
        }
        if self.book.knows(&order.id) {
            if heard && self.is_first_turn_away(signed) {
                // The office has what became of it: nothing is told but the log.
                self.note_refusal(&order, "it was acted upon before and is given again");
            }
            return false;
        }
        match self.judged(&order, now) {
            Ok(action) => {
                let result = self.do_it(&order, &action, now).await;
                self.finish(result).await;
            }
            Err(why) => {
                let result = self.refused(&order, &why, now);
                self.finish(result).await;
            }
        }
        true
    }

    /// The action to do, or in words why not.
    fn judged(&self, order: &Order, now: Timestamp) -> Result<Action, String> {
        let allowed = self.settings.action_names();
        let last = self.book.last_number();
        link::judge(order, &self.settings.station, last, &allowed, now)
            .map_err(|refusal| refusal.to_string())?;
        // Orders are issued at whole seconds.
        if order.issued.as_second() < self.book.since().as_second() {
            return Err("the order is older than this agent's book of orders".to_owned());
        }
        let action = self.settings.actions.iter().find(|action| action.name == order.action);
        action.cloned().ok_or_else(|| link::Refusal::NotAllowed.to_string())
    }

    async fn do_it(&mut self, order: &Order, action: &Action, now: Timestamp) -> WorkResult {
        let running = Running {
            order: order.id.clone(),
            action: action.name.clone(),
            started_at: now,
            reboots: action.reboots,
            boot: self.boot.clone(),
        };
        let incident = order.incident.as_deref().unwrap_or("-");
        let Order { id, number, .. } = order;
        let name = &action.name;
        let line = format!("order {id} number {number} incident {incident}: {name} begins");
        let written = self.ledger.write(now, &line).and_then(|()| self.book.begin(order, running));
        if let Err(error) = written {
            tracing::error!(%error, order = id, "what cannot be written down is not done");
            return self.refused(order, &format!("the agent's disk: {error}"), now);
        }
        tracing::info!(order = id, action = name, "acting on an order");
        let ended = program::run(&action.program, DETAIL_MAX).await;
        let mut outcome = match ended.how {
            How::Exit(0) => Outcome::Done,
            _ => Outcome::Failed,
        };
        let mut how = ended.how.to_string();
        if action.reboots && outcome == Outcome::Done {
            // It ends us; whoever finds us here finds a machine that did not go down.
            self.goes_down.set(true);
            tokio::time::sleep(action.program.timeout).await;
            self.goes_down.set(false);
            (outcome, how) = (Outcome::Failed, "the machine did not go down".to_owned());
        }
        let ended_at = (self.clock)();
        self.note(&format!("order {id}: {name} ended, {how}"));
        tracing::info!(order = id, action = name, how, "acted on an order");
        let detail = format!("{how}\n{}", ended.output);
        let from = detail.ceil_char_boundary(detail.len().saturating_sub(DETAIL_MAX));
        let detail = detail[from..].trim_end().to_owned();
        WorkResult { order: id.clone(), outcome, detail, started_at: now, ended_at }
    }

    fn note_refusal(&mut self, order: &Order, why: &str) {
        let Order { id, number, action, .. } = order;
        self.note(&format!("order {id} number {number}: {action} refused, {why}"));
        tracing::warn!(order = id, action, why, "an order is refused");
    }

    fn refused(&mut self, order: &Order, why: &str, now: Timestamp) -> WorkResult {
        self.note_refusal(order, why);
        WorkResult {
            order: order.id.clone(),
            outcome: Outcome::Refused,
            detail: why.to_owned(),
            started_at: now,
            ended_at: now,
        }
    }

    /// A forged order is told once and does not enter the book, where it could take the place of the
    /// real one.
    async fn refuse_forged(&mut self, signed: &SignedOrder, order: &Order, now: Timestamp) -> bool {
        if !self.is_first_turn_away(signed) {
            return false;
        }
        let result = self.refused(order, "the office's key did not sign it", now);
        self.put(&result).await;
        true
    }

    /// Whether it was not turned away before; from now on it was.
    fn is_first_turn_away(&mut self, signed: &SignedOrder) -> bool {
        if self.turned_away.contains(signed) {
            return false;
        }
        if self.turned_away.len() == TURNED_AWAY_MAX {
            self.turned_away.remove(0);
        }
        self.turned_away.push(signed.clone());
        true
    }

    /// Result first, book after: a crash in between is seen at the next start.
    async fn finish(&mut self, result: WorkResult) {
        self.put(&result).await;
        if let Err(error) = self.book.end(&result.order) {
            tracing::error!(%error, order = result.order, "the book of orders cannot be written");
        }
    }

    /// Tries until the journal has it: an outcome is never lost while we live.
    async fn put(&self, result: &WorkResult) {
        while let Err(error) = self.waiting.tell_result(result) {
            tracing::error!(%error, order = result.order, "a result cannot be written yet");
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn note(&mut self, text: &str) {
        if let Err(error) = self.ledger.write((self.clock)(), text) {
            tracing::error!(%error, text, "actions.log cannot be written");
        }
    }
}

/// Names this start of the machine: the kernel's own name for it, and when the first process began, in
/// ticks of the kernel's clock. A container goes down and comes up again under the same kernel.
fn this_start() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let first = fs::read_to_string("/proc/1/stat").unwrap_or_default();
    format!("{} {}", kernel.trim(), began(&first).unwrap_or("-"))
}

/// When a process began, by proc_pid_stat(5): the 22nd field. The second is a name in brackets, which may
/// hold anything.
fn began(stat: &str) -> Option<&str> {
    stat.rsplit_once(") ")?.1.split(' ').nth(19)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_process_began() {
        let stat = "1 (in) it (x)) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 3685921 9 10\n";
        assert_eq!(began(stat), Some("3685921"));
        assert_eq!(began(""), None);
        assert!(this_start().len() > 36, "{}", this_start());
        assert_eq!(this_start(), this_start());
    }
}
