//! Where files are taken apart: off the async threads, a few at once.
//!
//! Each piece of work has a thread of its own rather than one of tokio's: with a stack that nested input does not
//! exhaust, and, should it never end in spite of its limits, without keeping the process from ending. Panics are
//! caught.

use super::Skipped;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};
use tokio::sync::{Semaphore, oneshot};

/// Files taken apart at once. Work that outlives its time limit keeps its place until it ends.
const AT_ONCE: usize = 4;

/// The stack of one piece of work; only what is used of it takes memory.
const STACK: usize = 64 << 20;

/// A few threads at a time.
#[derive(Clone, Debug)]
pub(super) struct Workshop {
    places: Arc<Semaphore>,
}

impl Default for Workshop {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Workshop {
    /// What the work comes to. Nobody need wait for it to the end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Skipped> + Send + 'static,
    ) -> Result<T, Skipped> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| Skipped::Failed)?;
        let (done, result) = oneshot::channel();
        let work = move || {
            let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Skipped::Panicked));
            drop(place);
            // Whoever asked may have given up.
            let _ = done.send(outcome);
        };
        thread::Builder::new()
            .name("rtfm-file".to_owned())
            .stack_size(STACK)
            .spawn(work)
            .map_err(|_| Skipped::Failed)?;
        result.await.unwrap_or(Err(Skipped::Panicked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_panic_is_one_files_affair() {
        let workshop = Workshop::default();
        for _ in 0..2 * AT_ONCE {
            let outcome: Result<(), Skipped> = workshop.run(|| panic!("a hostile file")).await;
            assert_eq!(outcome, Err(Skipped::Panicked));
        }
        assert_eq!(workshop.run(|| Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn work_without_end_holds_one_place_and_no_more() {
        let workshop = Workshop::default();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let endless = workshop.run(move || held.recv().map_err(|_| Skipped::Failed));
        assert!(timeout(Duration::from_millis(50), endless).await.is_err());
        assert_eq!(workshop.places.available_permits(), AT_ONCE - 1);
        assert_eq!(workshop.run(|| Ok(7)).await, Ok(7));
        release.send(()).unwrap();
        let all = u32::try_from(AT_ONCE).unwrap();
        let permits = timeout(Duration::from_secs(10), workshop.places.acquire_many(all)).await;
        assert!(permits.is_ok(), "its place is free when it ends after all");
    }

    #[tokio::test]
    async fn there_is_room_on_the_stack() {
        fn deep(levels: usize) -> usize {
            let block = std::hint::black_box([levels; 512]);
            if levels == 0 { 0 } else { deep(levels - 1) + block.len() }
        }
        assert_eq!(Workshop::default().run(|| Ok(deep(5_000))).await, Ok(5_000 * 512));
    }
}
