//! Questions from the terminal: published on the bus as everybody's are, and a clear error if no answer arrives.

use crate::error::CliError;
use jiff::Timestamp;
use rtfm_processor::ANSWER_GROUP;
use rtfm_shared::{
    bus::{Bus, topics},
    client::{Client, ClientError},
    event::{ChannelId, GuildId, Query, Response, Scope},
};
use std::{sync::Arc, time::Duration};

/// The channel of questions from the terminal. No Discord channel has this id.
const CLI_CHANNEL: &str = "cli";

/// Time to wait beyond the question's deadline, so that a late "I could not answer" still arrives.
const GRACE: Duration = Duration::from_secs(5);

/// What a question may search.
#[derive(Clone, Debug)]
pub(crate) struct QuestionScope {
    /// The guild; `None` selects the only one in the memory.
    pub(crate) guild: Option<GuildId>,
    /// The channels; `None` selects every channel.
    pub(crate) channels: Option<Vec<ChannelId>>,
}

/// Asks the operator's questions.
pub(crate) struct OperatorClient {
    bus: Arc<dyn Bus>,
    client: Client,
    origin: &'static str,
}

impl OperatorClient {
    /// Every question carries `origin`, which helps when reading the topics.
    pub(crate) fn new(bus: Arc<dyn Bus>, origin: &'static str) -> Self {
        Self { client: Client::new(bus.clone(), "rtfm/cli"), bus, origin }
    }

    /// Asks a question and waits up to `time_limit` for the answer.
    pub(crate) async fn ask(
        &self,
        question: &str,
        scope: &QuestionScope,
        time_limit: Duration,
    ) -> Result<Response, CliError> {
        match self.client.ask(self.query(question, scope, time_limit), time_limit + GRACE).await {
            Err(ClientError::Timeout { .. }) => Err(self.no_answer(time_limit).await),
            answer => Ok(answer?),
        }
    }

    fn query(&self, question: &str, scope: &QuestionScope, time_limit: Duration) -> Query {
        let mut query = Query {
            question: question.to_owned(),
            username: "operator".to_owned(),
            user_id: "operator".into(),
            channel_id: CLI_CHANNEL.into(),
            guild_id: scope.guild.clone(),
            scope: Some(match &scope.channels {
                Some(channels) => Scope { channel_ids: channels.clone(), whole_guild: false },
                None => Scope { channel_ids: Vec::new(), whole_guild: true },
            }),
            timestamp: Timestamp::now(),
            locale: locale(|variable| std::env::var(variable).ok()),
            expires_at: Timestamp::now().checked_add(time_limit).ok(),
            ..Query::default()
        };
        query.reply.other.insert("origin".to_owned(), self.origin.into());
        query
    }

    async fn no_answer(&self, time_limit: Duration) -> CliError {
        let seconds = time_limit.as_secs();
        match self.bus.members(ANSWER_GROUP, topics::QUERIES).await {
            Ok(0) => CliError::Failed(format!(
                "no answer within {seconds} s: no processor is running; start one with `rtfm up` or rtfm-processor"
            )),
            Ok(_) => CliError::Failed(format!(
                "no answer within {seconds} s although a processor is running; check its log, or wait longer with --timeout"
            )),
            Err(error) => CliError::Failed(format!("no answer within {seconds} s, and the bus failed: {error}")),
        }
    }
}

/// The terminal's language, from the variable with the highest precedence; `None` for the language-neutral "C".
fn locale(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let value =
        ["LC_ALL", "LC_TIME", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()))?;
    let locale = value.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    (!matches!(locale.as_str(), "" | "C" | "POSIX")).then_some(locale)
}

#[cfg(test)]
mod tests {
    use super::locale;

    #[test]
    fn the_language_is_that_of_the_terminal() {
        let of = |set: &'static [(&str, &str)]| {
            locale(|wanted| set.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("LANG", "de_DE.UTF-8")]).as_deref(), Some("de-DE"));
        assert_eq!(of(&[("LANG", "de_DE.UTF-8"), ("LC_TIME", "en_US")]).as_deref(), Some("en-US"));
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "pt_BR@euro")]).as_deref(), Some("pt-BR"));
        for none in [&[][..], &[("LANG", "C.UTF-8")], &[("LC_ALL", "POSIX"), ("LANG", "de_DE")]] {
            assert_eq!(of(none), None);
        }
    }
}
