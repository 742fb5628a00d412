//! `rtfm ask`: a question from the terminal.

use crate::{
    ask::{self, Asker, Audience},
    fault::Fault,
    foundation::Foundation,
    stand_in::{self, Work},
    style::Style,
};
use clap::Args;
use rtfm_shared::event::{ChannelId, GuildId, Status};
use std::{io::Write, path::PathBuf, time::Duration};

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The question
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    question: String,
    /// Print one JSON object in the shape of bot-responses
    #[arg(long)]
    json: bool,
    /// The guild (server) to ask in [default: the only one there is]
    #[arg(long, value_name = "ID")]
    guild: Option<String>,
    /// Only these channels, comma separated [default: every channel of the guild]
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    channels: Option<Vec<String>>,
    /// How long to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Ask {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        let foundation = Foundation::open(env, self.data_dir.clone()).await?;
        foundation.is_reachable().await?;
        foundation.create_topics().await?;
        let asker = Asker::new(foundation.bus.clone(), "rtfm ask");
        let audience = Audience {
            guild: self.guild.clone().map(GuildId),
            channels: self.channels.clone().map(|channels| channels.into_iter().map(ChannelId).collect()),
        };
        let patience = Duration::from_secs(self.timeout);
        let asked = asker.ask(&self.question, &audience, patience);
        let response = stand_in::during(&foundation, Work::Answer, asked).await?;
        let shown = if self.json { ask::json(&response).to_string() } else { ask::text(&response, Style::of_stdout()) };
        writeln!(std::io::stdout(), "{shown}")?;
        match response.status {
            Status::Answered | Status::NotFound => Ok(()),
            Status::Unavailable | Status::Rejected | Status::Other => Err(Fault::Reported),
        }
    }
}
