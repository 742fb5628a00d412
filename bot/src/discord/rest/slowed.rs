//! A brake on requests that serenity repeats by itself: it sends one again at once, without end, while it cannot
//! read the rate limits in the answers.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// A request that is done once is looked at fewer times than this; the longest lists may exceed it and lose nothing.
const FREE: u32 = 100;
/// From then on it is looked at only so often.
const EVERY: Duration = Duration::from_millis(200);

/// The same work, which slows down when it does not come to an end.
pub(super) async fn slowed<F: Future>(work: F) -> F::Output {
    let mut work = pin!(work);
    let mut looks = 0;
    let mut pause = pin!(None::<Sleep>);
    poll_fn(move |context| {
        loop {
            if let Some(wait) = pause.as_mut().as_pin_mut() {
                ready!(wait.poll(context));
                pause.set(None);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            looks += 1;
            if looks <= FREE {
                return Poll::Pending;
            }
            pause.set(Some(sleep(EVERY)));
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::time::{Instant, timeout};

    #[tokio::test]
    async fn work_that_ends_is_not_slowed_and_work_that_does_not_is() {
        let began = Instant::now();
        let short = async {
            for _ in 0..FREE {
                tokio::task::yield_now().await;
            }
            "done"
        };
        assert_eq!(slowed(short).await, "done");
        assert!(began.elapsed() < EVERY);

        let rounds = AtomicU32::new(0);
        let endless = async {
            loop {
                rounds.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        };
        let time = EVERY * 4;
        let ended: Result<(), _> = timeout(time, slowed(endless)).await;
        assert!(ended.is_err());
        let rounds = rounds.load(Ordering::Relaxed);
        assert!((FREE..FREE + 8).contains(&rounds), "{rounds} rounds in {time:?}");
    }
}
