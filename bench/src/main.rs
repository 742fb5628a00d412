//! Measurements, run by `make bench` in a release build. They print numbers and ratios between things
//! measured in the same run, and judge nothing: what a machine can do is no test.

mod asking;
mod bench_bus;
mod corpus;
mod embedding;
mod flight;
mod indexing;
mod memory;
mod numbers;
mod searching;
mod steps;

use bench_bus::BenchBus;
use clap::Parser;

/// Measures RTFM on this machine.
#[derive(Debug, Parser)]
struct Options {
    /// Only the measurements whose names contain one of these words: index, ask, flight, search,
    /// embed, memory.
    only: Vec<String>,
    /// Messages for the throughput and memory measurements.
    #[arg(long, default_value_t = 100_000)]
    messages: usize,
    /// Store sizes for the search measurement.
    #[arg(long, value_delimiter = ',', default_value = "10000,50000,200000")]
    sizes: Vec<usize>,
    /// Questions for each latency.
    #[arg(long, default_value_t = 300)]
    questions: usize,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.wants("index") {
        indexing::measure(&BenchBus::local().await?, options.messages).await?;
        if let Some(kafka) = BenchBus::kafka().await? {
            indexing::measure(&kafka, options.messages).await?;
        }
    }
    if options.wants("ask") {
        asking::measure(&BenchBus::local().await?, options.questions).await?;
        if let Some(kafka) = BenchBus::kafka().await? {
            asking::measure(&kafka, options.questions).await?;
        }
    }
    if options.wants("flight") {
        flight::measure(&BenchBus::local().await?).await?;
        if let Some(kafka) = BenchBus::kafka().await? {
            flight::measure(&kafka).await?;
        }
    }
    if options.wants("search") {
        searching::measure(&options.sizes, options.questions).await?;
    }
    if options.wants("embed") {
        embedding::measure(options.questions).await?;
    }
    if options.wants("memory") {
        memory::measure(options.messages).await?;
    }
    Ok(())
}
