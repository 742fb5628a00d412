//! `rtfm ask`: asks a question from the terminal.

use super::question_args::QuestionArgs;
use crate::{
    embedded_processor::{self, EmbeddedPipeline},
    error::CliError,
    operator_client::{OperatorClient, QuestionScope},
    output,
    render::answer,
    style::Style,
};
use clap::Args;
use rtfm_shared::event::Status;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    #[command(flatten)]
    question: QuestionArgs,
    /// How long to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl AskArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let Self { question, timeout } = self;
        let context = question.open_context().await?;
        let client = OperatorClient::new(context.bus.clone(), "rtfm ask");
        let scope = QuestionScope { guild: question.guild(), channels: question.channels() };
        let asking = client.ask(&question.question, &scope, Duration::from_secs(timeout));
        let response = embedded_processor::run_beside(&context, EmbeddedPipeline::Answer, asking).await?;
        let mut out = output::stdout();
        if question.json {
            out.json(&answer::json(&response))?;
        } else {
            writeln!(out, "{}", answer::text(&response, Style::of_stdout()))?;
        }
        match response.status {
            Status::Answered | Status::NotFound => Ok(()),
            Status::Unavailable | Status::Rejected | Status::Other => Err(CliError::Reported),
        }
    }
}
