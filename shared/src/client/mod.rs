//! The client for other programs: a [`Client`] on a bus asks questions, publishes message events and follows partial
//! answers.
//!
//! ```
//! use rtfm_shared::{
//!     bus::{Bus, LocalBus, topics},
//!     client::Client,
//!     event::{ChatMessage, Query},
//! };
//! use std::{sync::Arc, time::Duration};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path();
//! // Kafka or the local bus, as the environment says: `bus::open(&BusConfig::from_env(…)?)`; here the local one.
//! let bus = Arc::new(LocalBus::open(directory)?);
//! bus.create_topics(&topics::catalogue()).await?;
//! let client = Client::new(bus, "example/importer");
//!
//! // A message to remember; it is durable when this returns.
//! let message = ChatMessage {
//!     message_id: "1001".into(),
//!     channel_id: "200".into(),
//!     content: "The boiler code is under the stairs".to_owned(),
//!     ..ChatMessage::default()
//! };
//! client.created(message).await?;
//!
//! // A question and how long to wait. No processor runs on this bus, so this is a time-out.
//! let question = Query { channel_id: "200".into(), question: "Where is the code?".to_owned(), ..Query::default() };
//! let answer = client.ask(question, Duration::from_millis(50)).await;
//! assert!(answer.is_err_and(|error| error.is_timeout()));
//! # Ok(())
//! # }
//! ```
//!
//! Dropping a future or stream that waits for an answer cancels the waiting and leaves nothing behind, for example by
//! `token.run_until_cancelled(client.ask(…))`. A question that is already published is still answered.

mod error;
mod follow;
mod pending;
mod progress;
mod publish;
mod router;

use crate::{
    bus::{Bus, Position},
    event::{ChatMessage, Envelope, MessageEvent, MessagesDeleted, Query, Response},
};
use futures::{StreamExt as _, stream::BoxStream};
use router::Router;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

pub use error::ClientError;
pub use follow::AnswerEvent;
pub use progress::ProgressReader;

/// A program's connection to the system. Clones share it.
///
/// All questions share one subscription for their answers. It begins with the first question, survives bus failures and
/// ends with the last clone.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<ClientState>,
}

#[derive(Debug)]
struct ClientState {
    bus: Arc<dyn Bus>,
    source: String,
    router: Mutex<Option<Router>>,
}

impl Client {
    /// A client on this bus. `source` names the program in CloudEvents' `source`; it is logical, never an instance.
    pub fn new(bus: Arc<dyn Bus>, source: &str) -> Self {
        Self { inner: Arc::new(ClientState { bus, source: source.to_owned(), router: Mutex::default() }) }
    }

    /// Asks a question and waits up to `patience` for the answer.
    ///
    /// An empty id, a missing time and a missing `expires_at` (the end of `patience`) are filled in. A later answer is
    /// ignored.
    pub async fn ask(&self, query: Query, patience: Duration) -> Result<Response, ClientError> {
        let mut events = self.follow(query, patience);
        while let Some(event) = events.next().await {
            if let AnswerEvent::Answer(response) = event? {
                return Ok(*response);
            }
        }
        Err(ClientError::Stopped("the event stream ended without an answer".to_owned()))
    }

    /// Asks a question; the stream yields partial answers, then the answer or an error, and ends. The first poll
    /// publishes the question. A slow reader misses partial answers, never the answer.
    ///
    /// ```
    /// # use rtfm_shared::{bus::{Bus, LocalBus, topics}, client::{Client, AnswerEvent}, event::Query};
    /// # use std::{sync::Arc, time::Duration};
    /// use futures::StreamExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let bus = Arc::new(LocalBus::open(directory.path())?);
    /// # bus.create_topics(&topics::catalogue()).await?;
    /// # let client = Client::new(bus, "example");
    /// # let question = Query { channel_id: "200".into(), question: "Where?".to_owned(), ..Query::default() };
    /// let mut events = client.follow(question, Duration::from_millis(50));
    /// while let Some(event) = events.next().await {
    ///     match event {
    ///         Ok(AnswerEvent::Progress(partial)) => println!("{:?}: {}", partial.stage, partial.text),
    ///         Ok(AnswerEvent::Answer(response)) => println!("{}", response.response_text),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(&self, query: Query, patience: Duration) -> BoxStream<'static, Result<AnswerEvent, ClientError>> {
        follow::events(self.clone(), query, patience)
    }

    /// Publishes a new message.
    pub async fn created(&self, message: ChatMessage) -> Result<Position, ClientError> {
        self.one(MessageEvent::Created(message)).await
    }

    /// Publishes an edited message; the greater `edited_at` is the newer version.
    pub async fn updated(&self, message: ChatMessage) -> Result<Position, ClientError> {
        self.one(MessageEvent::Updated(message)).await
    }

    pub async fn deleted(&self, deleted: MessagesDeleted) -> Result<Position, ClientError> {
        self.one(MessageEvent::Deleted(deleted)).await
    }

    /// Publishes events in order; an event for every partition goes to each. Returns when all are durable; after an
    /// error some may be.
    pub async fn publish(&self, events: Vec<MessageEvent>) -> Result<Vec<Position>, ClientError> {
        publish::all(&*self.inner.bus, &self.inner.source, events).await
    }

    /// Follows the partial answers to everybody's questions from now on.
    pub async fn progress(&self) -> Result<ProgressReader, ClientError> {
        ProgressReader::open(&*self.inner.bus).await
    }

    async fn one(&self, event: MessageEvent) -> Result<Position, ClientError> {
        let record = Envelope::new(event, &self.inner.source).encode().map_err(ClientError::Encode)?;
        Ok(self.inner.bus.publish(record).await?)
    }

    /// The router of the shared subscription; starts one if none is running.
    async fn router(&self) -> Result<Router, ClientError> {
        let mut slot = self.inner.router.lock().await;
        match slot.as_ref().filter(|router| router.runs()) {
            Some(router) => Ok(router.clone()),
            None => Ok(slot.insert(Router::start(self.inner.bus.clone()).await?).clone()),
        }
    }
}
