//! Memory of the real processes: idle, and after many messages went through.

use crate::{
    bench_bus::BenchBus,
    corpus,
    numbers::{headline, line, resident},
};
use anyhow::Context;
use rtfm_processor::INDEX_GROUP;
use rtfm_shared::{
    bus::{Bus, topics},
    event::MessageEvent,
};
use rtfm_testkit::discord::FakeDiscord;
use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Poll interval of a condition.
const POLL: Duration = Duration::from_millis(50);

/// Prints the resident memory of a processor, of `rtfm up`, and of a bot.
pub(crate) async fn measure(messages: usize) -> anyhow::Result<()> {
    headline(&format!("resident memory, local bus, SQLite store, before and after {messages} messages"));
    processor(&BenchBus::local().await?, "rtfm-processor", &[], messages).await?;
    processor(&BenchBus::local().await?, "rtfm", &["up"], messages).await?;
    bot(&BenchBus::local().await?, messages).await?;
    let Some(kafka) = BenchBus::kafka().await? else { return Ok(()) };
    headline(&format!("resident memory, Kafka, SQLite store, before and after {messages} messages"));
    processor(&kafka, "rtfm-processor", &[], messages).await?;
    bot(&kafka, messages).await
}

async fn processor(bench_bus: &BenchBus, name: &str, arguments: &[&str], messages: usize) -> anyhow::Result<()> {
    let bus = &bench_bus.bus;
    let service = Service::start(name, arguments, bench_bus, Vec::new())?;
    while bus.members(INDEX_GROUP, topics::MESSAGES).await? == 0 {
        tokio::time::sleep(POLL).await;
    }
    let idle = service.resident()?;
    for from in (0..messages).step_by(1_000) {
        let some = (from..messages.min(from + 1_000)).map(|n| MessageEvent::Created(corpus::message(n as u64)));
        bus.publish_all(some.map(corpus::record).collect::<anyhow::Result<_>>()?).await?;
    }
    while bus.lag(INDEX_GROUP, topics::MESSAGES).await?.iter().any(|lag| lag.records() > 0) {
        tokio::time::sleep(POLL).await;
    }
    service.report(name, idle)
}

/// A bot that hears the messages from a fake Discord and publishes them.
async fn bot(bench_bus: &BenchBus, messages: usize) -> anyhow::Result<()> {
    let bus = bench_bus.bus.as_ref();
    let before = written(bus).await?;
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let service = Service::start("rtfm-bot", &[], bench_bus, discord.environment())?;
    discord.gateway().wait_connected().await;
    let idle = service.resident()?;
    for n in 0..messages {
        ana.say(&general, &corpus::message(n as u64).content).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        // No faster than the bot hears, as on Discord.
        if n % 500 == 0 {
            published(bus, before, n).await?;
        }
    }
    published(bus, before, messages).await?;
    service.report("rtfm-bot", idle)
}

/// Waits until so many more messages are on the bus than there were before.
async fn published(bus: &dyn Bus, before: i64, messages: usize) -> anyhow::Result<()> {
    while written(bus).await? < before + i64::try_from(messages)? {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// How many messages were ever written to the bus.
async fn written(bus: &dyn Bus) -> anyhow::Result<i64> {
    let topic = bus.describe_topics(&[topics::MESSAGES]).await?.into_iter().flatten().next();
    Ok(topic.context("the topic is gone")?.watermarks.iter().map(|(_, end)| end).sum())
}

/// A process that is killed on drop.
struct Service(Child);

impl Service {
    fn start(
        name: &str,
        arguments: &[&str],
        bench_bus: &BenchBus,
        more: Vec<(String, String)>,
    ) -> anyhow::Result<Self> {
        let program = beside_this_program(name)?;
        let child = Command::new(&program)
            .args(arguments)
            .env_clear()
            .envs(more)
            .envs(bench_bus.variables.clone())
            .envs([("RTFM_DATA_DIR", bench_bus.path().as_os_str()), ("HTTP_ADDR", "off".as_ref())])
            .current_dir(bench_bus.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Ok(Self(child.with_context(|| format!("{} cannot be started; build it first", program.display()))?))
    }

    fn report(&self, name: &str, idle: u64) -> anyhow::Result<()> {
        line(&format!("{name}: idle, after"), &format!("{idle} MiB, {} MiB", self.resident()?));
        Ok(())
    }

    fn resident(&self) -> anyhow::Result<u64> {
        resident(&self.0.id().to_string())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn beside_this_program(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.parent().context("this program is in no directory")?.join(name))
}
