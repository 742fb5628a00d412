//! A circuit breaker: while a dependency is down, one probe at a time calls it, at growing intervals, until a probe
//! succeeds.
//!
//! Callers queue for the probe. A failed probe puts its caller at the end of the queue, so a caller whose own request
//! is at fault cannot keep the circuit open for the others.

use super::Backoff;
use metrics::gauge;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

#[derive(Clone, Copy, Debug)]
pub struct BreakerPolicy {
    /// Consecutive failures that open the circuit.
    pub failures: u32,
    /// Approximate time until the first probe.
    pub first_delay: Duration,
    /// Longest time between two probes.
    pub longest_delay: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures: 1, first_delay: Duration::from_millis(500), longest_delay: Duration::from_secs(30) }
    }
}

/// The circuit to one dependency, shared by its callers.
#[derive(Debug)]
pub struct Breaker {
    dependency: String,
    failures_to_open: u32,
    state: Mutex<Circuit>,
    /// One permit, granted in the order of asking; its holder may probe.
    probe: Semaphore,
}

#[derive(Debug)]
struct Circuit {
    /// The next probe is due then; `None` when closed.
    open_until: Option<Instant>,
    failures: u32,
    delays: Backoff,
}

impl Breaker {
    /// A closed circuit to `dependency`, which labels the gauge `rtfm_breaker_open`.
    pub fn new(dependency: &str, policy: BreakerPolicy) -> Self {
        gauge!("rtfm_breaker_open", "dependency" => dependency.to_owned()).set(0.0);
        Self {
            dependency: dependency.to_owned(),
            failures_to_open: policy.failures.max(1),
            state: Mutex::new(Circuit {
                open_until: None,
                failures: 0,
                delays: Backoff::new(policy.first_delay, policy.longest_delay),
            }),
            probe: Semaphore::new(1),
        }
    }

    /// Whether the circuit is open.
    pub fn is_open(&self) -> bool {
        self.state.lock().open_until.is_some()
    }

    /// Waits until the dependency may be called. Cancel safe.
    pub async fn ready(&self) -> BreakerPermit<'_> {
        loop {
            if !self.is_open() {
                return BreakerPermit { breaker: self, probe: None };
            }
            // The semaphore is never closed; if it were, letting callers through would be harmless.
            let Ok(probe) = self.probe.acquire().await else { return BreakerPermit { breaker: self, probe: None } };
            let open_until = self.state.lock().open_until;
            // The probe before this one succeeded: pass the permit on.
            let Some(open_until) = open_until else { continue };
            sleep_until(open_until).await;
            return BreakerPermit { breaker: self, probe: Some(probe) };
        }
    }

    /// Like [`Breaker::ready`] without waiting: `None` while the circuit is open and no probe is due.
    pub fn try_ready(&self) -> Option<BreakerPermit<'_>> {
        let open_until = self.state.lock().open_until;
        match open_until {
            None => Some(BreakerPermit { breaker: self, probe: None }),
            Some(until) if until <= Instant::now() => {
                self.probe.try_acquire().ok().map(|probe| BreakerPermit { breaker: self, probe: Some(probe) })
            }
            Some(_) => None,
        }
    }

    fn show(&self, open: bool) {
        gauge!("rtfm_breaker_open", "dependency" => self.dependency.clone()).set(if open { 1.0 } else { 0.0 });
    }
}

/// A permission to call the dependency once. Dropping it without a verdict lets the next caller probe.
#[derive(Debug)]
#[must_use = "call the dependency, then say how it went"]
pub struct BreakerPermit<'a> {
    breaker: &'a Breaker,
    probe: Option<SemaphorePermit<'a>>,
}

impl BreakerPermit<'_> {
    pub fn succeed(self) {
        let breaker = self.breaker;
        let mut state = breaker.state.lock();
        // A late success of a call from before the circuit opened does not close it; only a probe does.
        if state.open_until.is_some() && self.probe.is_none() {
            return;
        }
        state.failures = 0;
        if state.open_until.take().is_some() {
            state.delays.reset();
            breaker.show(false);
            tracing::info!(dependency = breaker.dependency, "circuit closed, the dependency is back");
        }
    }

    /// The dependency is down.
    pub fn fail(self) {
        let breaker = self.breaker;
        let mut state = breaker.state.lock();
        // A late failure of a call from before the circuit opened has been counted.
        if state.open_until.is_some() && self.probe.is_none() {
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if self.probe.is_some() || state.failures >= breaker.failures_to_open {
            let delay = state.delays.next_delay();
            state.open_until = Some(Instant::now() + delay);
            breaker.show(true);
            tracing::warn!(dependency = breaker.dependency, ?delay, "circuit open, the dependency is down");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering::SeqCst};

    fn breaker(failures: u32) -> Arc<Breaker> {
        let policy =
            BreakerPolicy { failures, first_delay: Duration::from_millis(100), longest_delay: Duration::from_secs(1) };
        Arc::new(Breaker::new("test", policy))
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_only() {
        let breaker = breaker(2);
        breaker.ready().await.fail();
        breaker.ready().await.succeed();
        breaker.ready().await.fail();
        assert!(!breaker.is_open(), "the success between two failures counts");
        breaker.ready().await.fail();
        assert!(breaker.is_open());
        assert!(breaker.try_ready().is_none(), "no probe is due yet");
    }

    #[tokio::test(start_paused = true)]
    async fn probes_at_growing_intervals_until_one_succeeds() {
        let breaker = breaker(1);
        breaker.ready().await.fail();
        let mut waits = Vec::new();
        for _ in 0..12 {
            let start = Instant::now();
            let pass = breaker.ready().await;
            waits.push(start.elapsed());
            pass.fail();
        }
        assert!(waits[0] >= Duration::from_millis(100) && waits[0] <= Duration::from_millis(201), "{waits:?}");
        assert!(waits[11] >= Duration::from_millis(500) && waits[11] <= Duration::from_millis(1001), "{waits:?}");
        breaker.ready().await.succeed();
        assert!(!breaker.is_open());
        let start = Instant::now();
        breaker.ready().await.succeed();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_at_a_time_and_its_success_lets_everybody_through() {
        let breaker = breaker(1);
        breaker.ready().await.fail();
        let probe = breaker.ready().await;
        let through = Arc::new(AtomicUsize::new(0));
        let waiters: Vec<_> = (0..50)
            .map(|_| {
                let (breaker, through) = (breaker.clone(), through.clone());
                tokio::spawn(async move {
                    breaker.ready().await.succeed();
                    through.fetch_add(1, SeqCst);
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(through.load(SeqCst), 0, "all wait for the probe's verdict");
        assert!(breaker.try_ready().is_none());
        probe.succeed();
        for waiter in waiters {
            waiter.await.unwrap();
        }
        assert_eq!(through.load(SeqCst), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_without_a_verdict_passes_its_turn_on() {
        let breaker = breaker(1);
        breaker.ready().await.fail();
        drop(breaker.ready().await);
        assert!(breaker.is_open());
        let start = Instant::now();
        breaker.ready().await.succeed();
        assert_eq!(start.elapsed(), Duration::ZERO, "the next probes at once");
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn verdicts_from_before_it_opened_change_nothing() {
        let breaker = breaker(1);
        let (early, late, failing) = (breaker.ready().await, breaker.ready().await, breaker.ready().await);
        failing.fail();
        let opened = breaker.state.lock().open_until;
        early.succeed();
        late.fail();
        assert_eq!(breaker.state.lock().open_until, opened);
    }
}
