//! An operator's question, and what it means when nobody answers.

use crate::fault::Fault;
use jiff::Timestamp;
use rtfm_processor::ANSWER_GROUP;
use rtfm_shared::{
    bus::{Bus, topics},
    client::{Client, ClientError},
    event::{ChannelId, GuildId, Query, Response, Scope},
};
use std::{sync::Arc, time::Duration};

/// The channel that the terminal's questions are asked in: no channel of Discord has this id.
const CLI_CHANNEL: &str = "cli";

/// How much longer than the question's own deadline it is listened, so that an honest late word is heard.
const GRACE: Duration = Duration::from_secs(5);

/// On whose behalf a question is asked.
#[derive(Clone, Debug)]
pub(crate) struct Audience {
    /// The guild; the only one there is when none.
    pub(crate) guild: Option<GuildId>,
    /// Only these channels; every channel when none.
    pub(crate) channels: Option<Vec<ChannelId>>,
}

/// A place to ask from.
pub(crate) struct Asker {
    bus: Arc<dyn Bus>,
    client: Client,
    origin: &'static str,
}

impl Asker {
    /// `origin` travels with every question, for whoever looks at the topics.
    pub(crate) fn new(bus: Arc<dyn Bus>, origin: &'static str) -> Self {
        Self { client: Client::new(bus.clone(), "rtfm/cli"), bus, origin }
    }

    /// Asks, and waits for the answer as long as `patience`.
    pub(crate) async fn ask(&self, question: &str, audience: &Audience, patience: Duration) -> Result<Response, Fault> {
        match self.client.ask(self.query(question, audience, patience), patience + GRACE).await {
            Err(ClientError::Timeout { .. }) => Err(self.nobody_answered(patience).await),
            answer => Ok(answer?),
        }
    }

    fn query(&self, question: &str, audience: &Audience, patience: Duration) -> Query {
        let mut query = Query {
            question: question.to_owned(),
            username: "operator".to_owned(),
            user_id: "operator".into(),
            channel_id: CLI_CHANNEL.into(),
            guild_id: audience.guild.clone(),
            scope: Some(match &audience.channels {
                Some(channels) => Scope { channel_ids: channels.clone(), whole_guild: false },
                None => Scope { channel_ids: Vec::new(), whole_guild: true },
            }),
            timestamp: Timestamp::now(),
            locale: locale(|variable| std::env::var(variable).ok()),
            expires_at: Timestamp::now().checked_add(patience).ok(),
            ..Query::default()
        };
        query.reply.other.insert("origin".to_owned(), self.origin.into());
        query
    }

    async fn nobody_answered(&self, patience: Duration) -> Fault {
        let seconds = patience.as_secs();
        match self.bus.members(ANSWER_GROUP, topics::QUERIES).await {
            Ok(0) => Fault::Failed(format!(
                "no answer within {seconds} s: no processor is answering; start one with `rtfm up` or rtfm-processor"
            )),
            Ok(_) => Fault::Failed(format!(
                "no answer within {seconds} s although a processor is running; look into its log, or give it longer with --timeout"
            )),
            Err(error) => Fault::Failed(format!("no answer within {seconds} s, and the bus says: {error}")),
        }
    }
}

/// The language of the terminal, by the variables that say so, the strongest first; none where it is nobody's ("C").
fn locale(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let said =
        ["LC_ALL", "LC_TIME", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()))?;
    let locale = said.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
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
