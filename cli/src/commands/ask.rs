//! `rtfm ask`: asks a question from the terminal.

use super::question_args::QuestionArgs;
use crate::{
    embedded_processor::{self, EmbeddedPipeline},
    error::CliError,
    operator_client::{OperatorClient, QuestionScope},
    render::answer,
    style::Style,
};
use clap::Args;
use rtfm_shared::event::Status;
use std::{io::Write, time::Duration};

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
        let shown = if question.json {
            answer::json(&response).to_string()
        } else {
            answer::text(&response, Style::of_stdout())
        };
        writeln!(std::io::stdout(), "{shown}")?;
        match response.status {
            Status::Answered | Status::NotFound => Ok(()),
            Status::Unavailable | Status::Rejected | Status::Other => Err(CliError::Reported),
        }
    }
}
