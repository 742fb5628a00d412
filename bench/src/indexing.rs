//! Index throughput: the whole pipeline, and each stage alone in the same run.

use crate::{
    bench_bus::BenchBus,
    corpus,
    numbers::{headline, line, rate},
};
use async_trait::async_trait;
use rtfm_memory::store::SqliteStore;
use rtfm_processor::{INDEX_GROUP, Processor, ProcessorConfig, index::IndexPipeline};
use rtfm_shared::{
    bus::{Bus, Record, StartAt, Subscription, topics},
    config::Env,
    event::{Envelope, MessageEvent},
    worker::{Failure, Handler, Worker, WorkerPolicy},
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Records published together, as an import does.
const PUBLISHED_TOGETHER: usize = 1_000;
/// Messages indexed together, as the worker's batches are.
const INDEXED_TOGETHER: usize = 200;

/// Prints the rates and the ratio.
pub(crate) async fn measure(bench_bus: &BenchBus, messages: usize) -> anyhow::Result<()> {
    headline(&format!("index throughput, {messages} messages, {}, SQLite store, words only", bench_bus.name));
    let bus = &bench_bus.bus;

    let events = corpus::events(0..messages);
    let records = events.iter().cloned().map(corpus::record).collect::<anyhow::Result<Vec<_>>>()?;
    let started = Instant::now();
    for some in records.chunks(PUBLISHED_TOGETHER) {
        bus.publish_all(some.to_vec()).await?;
    }
    let publish = rate(messages, started.elapsed());

    let started = Instant::now();
    let reader = Worker::new(bus.clone(), subscription("bench-read"), Reader, policy());
    until_read(bus.as_ref(), "bench-read", |shutdown| reader.run(shutdown)).await?;
    let consume = rate(messages, started.elapsed());

    let store = Arc::new(SqliteStore::open(&bench_bus.path().join("alone"), None).await?);
    let index = IndexPipeline::new(store, None);
    let started = Instant::now();
    for some in events.chunks(INDEXED_TOGETHER) {
        index.apply(some).await?;
    }
    let apply = rate(messages, started.elapsed());

    let processor = open(bench_bus.path(), bus.clone()).await?;
    let started = Instant::now();
    until_read(bus.as_ref(), INDEX_GROUP, |shutdown| processor.run_index(shutdown)).await?;
    let whole = rate(messages, started.elapsed());

    line("publish alone", &format!("{publish:.0}/s"));
    line("consume and decode alone", &format!("{consume:.0}/s"));
    line("index into the store alone", &format!("{apply:.0}/s"));
    line("end to end (consume, index, commit)", &format!("{whole:.0}/s"));
    line("end to end / slowest stage (goal: at least 0.8)", &format!("{:.2}", whole / consume.min(apply)));
    Ok(())
}

/// Opens a processor on one machine's bus and store.
pub(crate) async fn open(directory: &Path, bus: Arc<dyn Bus>) -> anyhow::Result<Processor> {
    let config = ProcessorConfig::from_env(&Env::default(), directory)?;
    Ok(Processor::open(config, bus).await?)
}

/// Runs a consumer until its group has read everything.
pub(crate) async fn until_read<F, R, E>(
    bus: &dyn Bus,
    group: &str,
    run: impl FnOnce(CancellationToken) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = Result<R, E>>,
    E: std::error::Error + Send + Sync + 'static,
{
    let shutdown = CancellationToken::new();
    let watch = async {
        while bus.lag(group, topics::MESSAGES).await?.iter().any(|lag| lag.records() > 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        shutdown.cancel();
        anyhow::Ok(())
    };
    let (ran, watched) = tokio::join!(run(shutdown.clone()), watch);
    ran?;
    watched
}

fn policy() -> WorkerPolicy {
    WorkerPolicy {
        batch: INDEXED_TOGETHER,
        max_in_flight: 10 * INDEXED_TOGETHER,
        commit_interval: Duration::from_millis(100),
        ..WorkerPolicy::named("bench/read")
    }
}

fn subscription(group: &str) -> Subscription {
    Subscription { topics: vec![topics::MESSAGES.to_owned()], group: Some(group.to_owned()), start: StartAt::Earliest }
}

/// Decodes and does nothing.
#[derive(Debug)]
struct Reader;

#[async_trait]
impl Handler for Reader {
    type Item = MessageEvent;

    fn decode(&self, record: &Record) -> Result<MessageEvent, Failure> {
        Ok(Envelope::<MessageEvent>::decode(record)?.event)
    }

    fn lane(&self, record: &Record, _item: &MessageEvent) -> Vec<u8> {
        record.at.partition.to_be_bytes().to_vec()
    }

    async fn handle(&self, _batch: &[MessageEvent]) -> Result<(), Failure> {
        Ok(())
    }
}
