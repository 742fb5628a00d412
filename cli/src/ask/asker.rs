//! Publishes a question and waits for its answer on `bot-responses`, as a lone reader that no group
//! notices.

use crate::fault::Fault;
use jiff::{Timestamp, ToSpan};
use rtfm_processor::ANSWER_GROUP;
use rtfm_shared::{
    bus::{Bus, Consumer, ConsumerEvent, StartAt, Subscription, topics},
    event::{ChannelId, Envelope, GuildId, Query, QueryId, Response, Scope},
};
use std::{sync::Arc, time::Duration};

/// The channel that the terminal's questions are asked in: no channel of Discord has this id.
const CLI_CHANNEL: &str = "cli";

/// On whose behalf a question is asked.
#[derive(Clone, Debug)]
pub(crate) struct Audience {
    /// The guild; the only one there is when none.
    pub(crate) guild: Option<GuildId>,
    /// Only these channels; every channel when none.
    pub(crate) channels: Option<Vec<ChannelId>>,
}

/// A place to ask from. Answers to what it asks are heard from its opening on.
pub(crate) struct Asker {
    bus: Arc<dyn Bus>,
    responses: Box<dyn Consumer>,
    origin: &'static str,
}

impl Asker {
    /// Starts to listen. `origin` travels with every question, for whoever looks at the topics.
    pub(crate) async fn open(bus: Arc<dyn Bus>, origin: &'static str) -> Result<Self, Fault> {
        let responses = bus
            .subscribe(Subscription { topics: vec![topics::RESPONSES.to_owned()], group: None, start: StartAt::Latest })
            .await?;
        Ok(Self { bus, responses, origin })
    }

    /// Asks, and waits for the answer as long as `patience`.
    pub(crate) async fn ask(
        &mut self,
        question: &str,
        audience: &Audience,
        patience: Duration,
    ) -> Result<Response, Fault> {
        let query = self.query(question, audience, patience);
        let record = Envelope::new(query.clone(), "rtfm/cli").encode();
        let record = record.map_err(|error| Fault::Failed(format!("the question cannot be encoded: {error}")))?;
        self.bus.publish(record).await?;
        // A little longer than the question's own deadline, so that an honest late word is heard.
        match tokio::time::timeout(patience + Duration::from_secs(5), self.answer_to(&query.query_id)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.nobody_answered(patience).await),
        }
    }

    fn query(&self, question: &str, audience: &Audience, patience: Duration) -> Query {
        let now = Timestamp::now();
        let mut query = Query {
            query_id: QueryId(uuid::Uuid::new_v4().to_string()),
            question: question.to_owned(),
            username: "operator".to_owned(),
            user_id: "operator".into(),
            channel_id: CLI_CHANNEL.into(),
            timestamp: now,
            guild_id: audience.guild.clone(),
            scope: Some(match &audience.channels {
                Some(channels) => Scope { channel_ids: channels.clone(), whole_guild: false },
                None => Scope { channel_ids: Vec::new(), whole_guild: true },
            }),
            expires_at: now.checked_add(i64::try_from(patience.as_secs()).unwrap_or(60).seconds()).ok(),
            ..Query::default()
        };
        query.reply.other.insert("origin".to_owned(), self.origin.into());
        query
    }

    async fn answer_to(&mut self, query_id: &QueryId) -> Result<Response, Fault> {
        loop {
            if let ConsumerEvent::Record(record) = self.responses.next().await? {
                match Envelope::<Response>::decode(&record) {
                    Ok(response) if response.event.query_id == *query_id => return Ok(response.event),
                    Ok(_) => {}
                    Err(error) => tracing::debug!(%error, at = %record.at, "a response cannot be read"),
                }
            }
        }
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
