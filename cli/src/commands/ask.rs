//! `rtfm ask`: a question from the terminal.

use super::asked::Asked;
use crate::{
    ask::{self, Asker, Audience},
    fault::Fault,
    stand_in::{self, Work},
    style::Style,
};
use clap::Args;
use rtfm_shared::event::Status;
use std::{io::Write, time::Duration};

#[derive(Debug, Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    asked: Asked,
    /// How long to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl Ask {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let Self { asked, timeout } = self;
        let foundation = asked.foundation().await?;
        let asker = Asker::new(foundation.bus.clone(), "rtfm ask");
        let audience = Audience { guild: asked.guild(), channels: asked.channels() };
        let answer = asker.ask(&asked.question, &audience, Duration::from_secs(timeout));
        let response = stand_in::during(&foundation, Work::Answer, answer).await?;
        let shown =
            if asked.json { ask::json(&response).to_string() } else { ask::text(&response, Style::of_stdout()) };
        writeln!(std::io::stdout(), "{shown}")?;
        match response.status {
            Status::Answered | Status::NotFound => Ok(()),
            Status::Unavailable | Status::Rejected | Status::Other => Err(Fault::Reported),
        }
    }
}
