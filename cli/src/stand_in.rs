//! On one machine a command needs no `rtfm up`: where nobody does the processors' work, this process
//! does it for as long as the command takes, and also when whoever did it goes away meanwhile.

use crate::{fault::Fault, foundation::Foundation};
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP, Processor, ProcessorError};
use rtfm_shared::bus::topics;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether somebody does the work.
const LOOK: Duration = Duration::from_millis(200);

/// What a command needs to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Messages are indexed.
    Index,
    /// Questions are answered.
    Answer,
}

/// Runs `command` while the work is being done. Over Kafka that is the running processors' matter.
pub(crate) async fn during<T>(
    foundation: &Foundation,
    work: Work,
    command: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    if !foundation.is_local() {
        return command.await;
    }
    let stop = CancellationToken::new();
    let mut own = None;
    let outcome = tokio::select! {
        outcome = command => outcome,
        fault = see_to(foundation, work, &stop, &mut own) => Err(fault),
    };
    stop.cancel();
    // The command has what it came for; how the processor ended is only worth a line in the log.
    if let Some(own) = own
        && !matches!(own.await, Ok(Ok(())))
    {
        tracing::warn!("the processor did not end in order; what it had not committed is done again next time");
    }
    outcome
}

type Own = Option<JoinHandle<Result<(), ProcessorError>>>;

/// Returns only when the work cannot be done.
async fn see_to(foundation: &Foundation, work: Work, stop: &CancellationToken, own: &mut Own) -> Fault {
    loop {
        let seen = match own.take_if(|running| running.is_finished()) {
            Some(ended) => Err(cause(ended.await)),
            None if own.is_some() => Ok(()),
            None => begin_if_needed(foundation, work, stop, own).await,
        };
        if let Err(fault) = seen {
            return fault;
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn begin_if_needed(
    foundation: &Foundation,
    work: Work,
    stop: &CancellationToken,
    own: &mut Own,
) -> Result<(), Fault> {
    let (group, topic) = match work {
        Work::Index => (INDEX_GROUP, topics::MESSAGES),
        Work::Answer => (ANSWER_GROUP, topics::QUERIES),
    };
    if foundation.bus.members(group, topic).await? == 0 {
        let processor = foundation.processor().await?;
        *own = Some(tokio::spawn(run(processor, work, stop.clone())));
    }
    Ok(())
}

async fn run(processor: Processor, work: Work, stop: CancellationToken) -> Result<(), ProcessorError> {
    match work {
        Work::Index => processor.run_index(stop).await,
        Work::Answer => processor.run(stop).await,
    }
}

fn cause(ended: Result<Result<(), ProcessorError>, tokio::task::JoinError>) -> Fault {
    match ended {
        Ok(Ok(())) => Fault::Failed("the processor ended by itself".to_owned()),
        Ok(Err(error)) => error.into(),
        Err(error) => Fault::Failed(format!("the processor broke off: {error}")),
    }
}
