//! The `rtfm-processor` program: one processor, configured by the environment.

use anyhow::Context;
use rtfm_processor::{Processor, ProcessorConfig};
use rtfm_shared::{
    bus,
    config::{BusConfig, Env, HttpConfig, data_directory},
    shutdown,
    telemetry::{self, TelemetryConfig},
};
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    if let Some(code) = rtfm_documents::run_as_reader() {
        return Ok(code);
    }
    shutdown::run_to_end(run())??;
    Ok(ExitCode::SUCCESS)
}

async fn run() -> anyhow::Result<()> {
    let env = Env::process()?;
    let metrics = telemetry::init(&TelemetryConfig::from_env(&env, "info")?, "rtfm-processor")?;
    let directory = data_directory(&env);
    let bus_config = BusConfig::from_env(&env, &directory)?;
    let http = HttpConfig::from_env(&env, Some(HttpConfig::PROCESSOR_ADDRESS))?;
    let config = ProcessorConfig::from_env(&env, &directory)?;
    let shutdown = shutdown::on_signals()?;
    let bus = bus::open(&bus_config).await?;
    let processor = Processor::open(config, bus).await?;
    let health = processor.health().metrics(metrics).serve(&http, shutdown.clone()).await;
    health.with_context(|| format!("HTTP_ADDR: cannot listen on {:?}", http.address))?;
    let outcome = processor.run(shutdown).await;
    telemetry::flush();
    Ok(outcome?)
}
