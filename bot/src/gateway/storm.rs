//! Notices a gateway connection that cannot be held. serenity reconnects without a pause after some
//! faults; here its attempts are counted, and too many of them end the session, so that the supervisor
//! can wait before the next.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// So many disturbances in so long a time are a storm. A resume that works costs two or three.
const MOST: usize = 30;
const WINDOW: Duration = Duration::from_secs(60);

/// The watch over one session.
#[derive(Debug)]
pub(crate) struct Storm {
    state: Mutex<State>,
    broken: Notify,
}

#[derive(Debug)]
struct State {
    disturbances: VecDeque<Instant>,
    connected: Option<Instant>,
}

impl Storm {
    /// A calm beginning.
    pub(crate) fn new() -> Self {
        let state = State { disturbances: VecDeque::new(), connected: None };
        Self { state: Mutex::new(state), broken: Notify::new() }
    }

    /// The connection left a good state, or moved on its way to one.
    pub(crate) fn disturbed(&self) {
        self.disturbed_at(Instant::now());
    }

    fn disturbed_at(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.disturbances.push_back(now);
        while state.disturbances.front().is_some_and(|first| now.duration_since(*first) > WINDOW) {
            state.disturbances.pop_front();
        }
        if state.disturbances.len() > MOST {
            self.broken.notify_one();
        }
    }

    /// A session is established.
    pub(crate) fn connected(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).connected.get_or_insert_with(Instant::now);
    }

    /// Whether a session was ever established.
    pub(crate) fn was_connected(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).connected.is_some()
    }

    /// Returns when there have been too many disturbances.
    pub(crate) async fn broken(&self) {
        self.broken.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn many_disturbances_in_a_minute_are_a_storm_and_many_in_a_day_are_not() {
        let storm = Storm::new();
        let began = Instant::now();
        for time in 0..200 {
            storm.disturbed_at(began + Duration::from_secs(5) * time);
        }
        assert!(storm.broken().now_or_never().is_none());
        for _ in 0..=MOST {
            storm.disturbed_at(began + Duration::from_secs(2000));
        }
        assert!(storm.broken().now_or_never().is_some());
    }
}
