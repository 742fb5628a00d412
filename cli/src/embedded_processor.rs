//! A processor inside a command: on the local bus a command works without `rtfm up`. If no processor is running, or the
//! running one exits meanwhile, this process runs one for the duration of the command.

use crate::{app_context::AppContext, error::CliError};
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP, Processor, ProcessorError};
use rtfm_shared::bus::topics;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often the command checks that a processor is running.
const INTERVAL: Duration = Duration::from_millis(200);

/// What the command needs from a processor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EmbeddedPipeline {
    Index,
    Answer,
}

/// Runs `command` while a processor runs the pipeline. Over Kafka, that is left to the running processors.
pub(crate) async fn run_beside<T>(
    context: &AppContext,
    pipeline: EmbeddedPipeline,
    command: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    if !context.is_local() {
        return command.await;
    }
    let stop = CancellationToken::new();
    let mut own = None;
    let outcome = tokio::select! {
        outcome = command => outcome,
        error = supervise(context, pipeline, &stop, &mut own) => Err(error),
    };
    stop.cancel();
    // The command has its result. A processor that stops badly costs only repeated work, so a warning is enough.
    if let Some(own) = own
        && !matches!(own.await, Ok(Ok(())))
    {
        tracing::warn!("the processor did not stop cleanly; the next run repeats what it had not committed");
    }
    outcome
}

type OwnProcessor = Option<JoinHandle<Result<(), ProcessorError>>>;

/// Keeps a processor running; returns only if that fails.
async fn supervise(
    context: &AppContext,
    pipeline: EmbeddedPipeline,
    stop: &CancellationToken,
    own: &mut OwnProcessor,
) -> CliError {
    loop {
        let checked = match own.take_if(|running| running.is_finished()) {
            Some(ended) => Err(cause(ended.await)),
            None if own.is_some() => Ok(()),
            None => start_if_needed(context, pipeline, stop, own).await,
        };
        if let Err(error) = checked {
            return error;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn start_if_needed(
    context: &AppContext,
    pipeline: EmbeddedPipeline,
    stop: &CancellationToken,
    own: &mut OwnProcessor,
) -> Result<(), CliError> {
    let (group, topic) = match pipeline {
        EmbeddedPipeline::Index => (INDEX_GROUP, topics::MESSAGES),
        EmbeddedPipeline::Answer => (ANSWER_GROUP, topics::QUERIES),
    };
    if context.bus.members(group, topic).await? == 0 {
        let processor = context.processor().await?;
        *own = Some(tokio::spawn(run(processor, pipeline, stop.clone())));
    }
    Ok(())
}

async fn run(processor: Processor, pipeline: EmbeddedPipeline, stop: CancellationToken) -> Result<(), ProcessorError> {
    match pipeline {
        EmbeddedPipeline::Index => processor.run_index(stop).await,
        EmbeddedPipeline::Answer => processor.run(stop).await,
    }
}

fn cause(ended: Result<Result<(), ProcessorError>, tokio::task::JoinError>) -> CliError {
    match ended {
        Ok(Ok(())) => CliError::Failed("the processor stopped unexpectedly".to_owned()),
        Ok(Err(error)) => error.into(),
        Err(error) => CliError::Failed(format!("the processor crashed: {error}")),
    }
}
