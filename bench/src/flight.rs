//! Many questions at once on one processor, with a slow Gemini: whether waiting for the
//! model costs anything but time.

use crate::{
    asking::{self, listen, record},
    bench_bus::BenchBus,
    corpus::{self, Numbers},
    indexing,
    numbers::{headline, line, rate},
};
use anyhow::ensure;
use rtfm_processor::{INDEX_GROUP, Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{Bus, BusError, Position, topics},
    event::{Envelope, Response, Status},
};
use rtfm_testkit::gemini::FakeGemini;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

/// Messages in the store: few, so that waiting dominates the measurement.
const MESSAGES: usize = 1_000;

/// Questions that are open at every moment.
const OPEN: usize = 500;
/// The model's latency.
const LATENCY: Duration = Duration::from_secs(2);
/// Answers that are not counted, and those that are: two and ten rounds of all that are open.
const WARM_UP: usize = 4 * OPEN;
const COUNTED: usize = 10 * OPEN;

/// Prints the rate and its share of what the model allows.
pub(crate) async fn measure(bench_bus: &BenchBus) -> anyhow::Result<()> {
    headline(&format!("{OPEN} questions in flight, one processor, {}, {LATENCY:?} fake Gemini", bench_bus.name));
    let gemini = FakeGemini::start().await;
    gemini.set_latency(LATENCY);
    // The model alone is asked: an embedder as slow would be waited for as well.
    let config = ProcessorConfig::from_env(&gemini.env().with("EMBEDDER", "none"), bench_bus.path())?;
    let records = corpus::events(0..MESSAGES).into_iter().map(corpus::record).collect::<anyhow::Result<Vec<_>>>()?;
    bench_bus.bus.publish_all(records).await?;
    let processor = Processor::open(config.clone(), bench_bus.bus.clone()).await?;
    indexing::until_read(bench_bus.bus.as_ref(), INDEX_GROUP, |shutdown| processor.run_index(shutdown)).await?;

    let processor = Processor::open(config, bench_bus.bus.clone()).await?;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(processor.run(shutdown.clone()));
    let elapsed = answered(&bench_bus.bus).await?;
    shutdown.cancel();
    running.await??;

    let (measured, possible) = (rate(COUNTED, elapsed), rate(OPEN, LATENCY));
    line("answers", &format!("{measured:.1}/s"));
    line("of what the model allows (goal: at least 0.95)", &format!("{:.2}", measured / possible));
    Ok(())
}

/// Keeps the questions in flight; the time of the counted answers.
async fn answered(bus: &Arc<dyn Bus>) -> anyhow::Result<Duration> {
    let mut responses = listen(bus.as_ref(), topics::RESPONSES).await?;
    let mut asker = Asker { bus: bus.clone(), numbers: Numbers(13), asked: 0, publishing: JoinSet::new() };
    let mut open: HashSet<_> = (0..OPEN).map(|_| asker.ask()).collect::<anyhow::Result<_>>()?;
    let mut started = Instant::now();
    let mut answered = 0;
    while answered < WARM_UP + COUNTED {
        let response = Envelope::<Response>::decode(&record(responses.as_mut()).await?)?.event;
        if !open.remove(&response.query_id) {
            continue;
        }
        // An answer that the model has no part in would be counted as a quick one.
        ensure!(response.status == Status::Answered, "{:?}: {}", response.status, response.response_text);
        answered += 1;
        if answered == WARM_UP {
            started = Instant::now();
        }
        open.insert(asker.ask()?);
        while let Some(published) = asker.publishing.try_join_next() {
            published??;
        }
    }
    Ok(started.elapsed())
}

/// Asks without waiting for the bus, as many people do.
struct Asker {
    bus: Arc<dyn Bus>,
    numbers: Numbers,
    asked: usize,
    publishing: JoinSet<Result<Position, BusError>>,
}

impl Asker {
    fn ask(&mut self) -> anyhow::Result<rtfm_shared::event::QueryId> {
        let mut query = asking::question(self.asked, self.numbers.telling_words(6), asking::CHANNELS);
        // About something that was said where the question may look, so that there is evidence for the model.
        let said = (self.asked % MESSAGES) as u64 / corpus::CHANNELS * corpus::CHANNELS;
        let content = corpus::message(said).content;
        query.question = content.split(' ').take(8).collect::<Vec<_>>().join(" ");
        self.asked += 1;
        let query_id = query.query_id.clone();
        let (bus, record) = (self.bus.clone(), Envelope::new(query, "rtfm/bench").encode()?);
        self.publishing.spawn(async move { bus.publish(record).await });
        Ok(query_id)
    }
}
