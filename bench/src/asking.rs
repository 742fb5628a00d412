//! From a question on the bus to its answer on the bus, with a Gemini that takes no time, beside two
//! bare hops over the same bus in the same run.

use crate::{
    bench_bus::BenchBus,
    corpus, indexing,
    numbers::{headline, line, ms, percentile},
};
use jiff::Timestamp;
use rtfm_processor::{INDEX_GROUP, Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{Bus, Consumer, ConsumerEvent, OutRecord, StartAt, Subscription, topics},
    event::{Envelope, Query, Response, Scope},
};
use rtfm_testkit::gemini::FakeGemini;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Messages in the store while questions are asked.
const MESSAGES: usize = 10_000;
/// Channels in the scope of a question.
pub(crate) const CHANNELS: u64 = 5;

/// Prints both latencies and their ratio.
pub(crate) async fn measure(bench_bus: &BenchBus, questions: usize) -> anyhow::Result<()> {
    headline(&format!(
        "question to answer, {}, SQLite store with {MESSAGES} messages, zero-latency fake Gemini",
        bench_bus.name
    ));
    let bus = &bench_bus.bus;
    let gemini = FakeGemini::start().await;

    let mut hops = two_hops(bus.as_ref(), questions).await?;

    let records = corpus::events(0..MESSAGES).into_iter().map(corpus::record).collect::<anyhow::Result<Vec<_>>>()?;
    for some in records.chunks(1_000) {
        bus.publish_all(some.to_vec()).await?;
    }
    let config = ProcessorConfig::from_env(&gemini.env(), bench_bus.path())?;
    let processor = Processor::open(config.clone(), bus.clone()).await?;
    indexing::until_read(bus.as_ref(), INDEX_GROUP, |shutdown| processor.run_index(shutdown)).await?;

    let processor = Processor::open(config, bus.clone()).await?;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(processor.run(shutdown.clone()));
    let mut answers = answers(bus.as_ref(), questions).await?;
    shutdown.cancel();
    running.await??;

    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let (hop, answer) = (percentile(&mut hops, part), percentile(&mut answers, part));
        line(&format!("two bare hops, {name}"), &ms(hop));
        line(&format!("question to answer, {name}"), &ms(answer));
        line(&format!("ratio, {name}"), &format!("{:.2}", answer.as_secs_f64() / hop.as_secs_f64()));
    }
    Ok(())
}

/// One record there and one back, without work in between.
async fn two_hops(bus: &dyn Bus, count: usize) -> anyhow::Result<Vec<Duration>> {
    let mut there = listen(bus, topics::PROGRESS).await?;
    let mut back = listen(bus, topics::RESPONSES).await?;
    let to = |topic: &str| OutRecord { topic: topic.to_owned(), value: Some("x".into()), ..OutRecord::default() };
    let mut sample = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        bus.publish(to(topics::PROGRESS)).await?;
        record(there.as_mut()).await?;
        bus.publish(to(topics::RESPONSES)).await?;
        record(back.as_mut()).await?;
        sample.push(started.elapsed());
    }
    Ok(sample)
}

async fn answers(bus: &dyn Bus, count: usize) -> anyhow::Result<Vec<Duration>> {
    let mut responses = listen(bus, topics::RESPONSES).await?;
    let mut numbers = corpus::Numbers(11);
    let mut sample = Vec::with_capacity(count);
    // The first few wait for the processor to have joined its group, and are not counted.
    for n in 0..count + 5 {
        let query = question(n, numbers.telling_words(6), CHANNELS);
        let started = Instant::now();
        bus.publish(Envelope::new(query.clone(), "rtfm/bench").encode()?).await?;
        loop {
            let record = record(responses.as_mut()).await?;
            if Envelope::<Response>::decode(&record)?.event.query_id == query.query_id {
                break;
            }
        }
        if n >= 5 {
            sample.push(started.elapsed());
        }
    }
    Ok(sample)
}

/// The `n`th question of a run, in a scope of so many channels.
pub(crate) fn question(n: usize, question: String, channels: u64) -> Query {
    Query {
        query_id: format!("bench-{n}").into(),
        question,
        username: "bench".to_owned(),
        channel_id: corpus::channel(n as u64).into(),
        timestamp: Timestamp::now(),
        guild_id: Some(corpus::GUILD.into()),
        scope: Some(Scope {
            channel_ids: (0..channels).map(|n| corpus::channel(n).into()).collect(),
            whole_guild: false,
        }),
        ..Query::default()
    }
}

/// A reader of what is published on a topic from now on.
pub(crate) async fn listen(bus: &dyn Bus, topic: &str) -> anyhow::Result<Box<dyn Consumer>> {
    let subscription = Subscription { topics: vec![topic.to_owned()], group: None, start: StartAt::Latest };
    Ok(bus.subscribe(subscription).await?)
}

/// The next record.
pub(crate) async fn record(consumer: &mut dyn Consumer) -> anyhow::Result<rtfm_shared::bus::Record> {
    loop {
        if let ConsumerEvent::Record(record) = consumer.next().await? {
            return Ok(record);
        }
    }
}
