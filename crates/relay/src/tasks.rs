//! Tasks that a relay cannot do without, so that none of them ends unnoticed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::Core;

/// Runs a task for as long as the relay does. When it ends before, by a panic too, that is told
/// and counted in `tasks_lost`.
pub(crate) async fn needed(core: Arc<Core>, name: &'static str, task: impl Future<Output = ()>) {
    let _watch = Watch(name, |name: &'static str| {
        if !core.is_stopping() {
            tracing::error!(task = name, "a part of the relay has ended: restart it");
            core.counts.tasks_lost.fetch_add(1, Ordering::Relaxed);
        }
    });
    task.await;
}

struct Watch<F: Fn(&'static str)>(&'static str, F);

impl<F: Fn(&'static str)> Drop for Watch<F> {
    fn drop(&mut self) {
        (self.1)(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_noticed() {
        let lost = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let count = lost.clone();
        let task = tokio::spawn(async move {
            let _watch = Watch("a test", |_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
            panic!("on purpose");
        });
        assert!(task.await.is_err());
        assert_eq!(lost.load(Ordering::Relaxed), 1);
    }
}
