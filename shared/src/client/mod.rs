//! How another program talks to the system: one [`Client`] on a bus asks questions, publishes what happened in
//! channels, and follows answers under way.
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
//! // Something to remember; it is durable when this returns.
//! let message = ChatMessage {
//!     message_id: "1001".into(),
//!     channel_id: "200".into(),
//!     content: "The boiler code is under the stairs".to_owned(),
//!     ..ChatMessage::default()
//! };
//! client.created(message).await?;
//!
//! // A question, and how long to wait. Nobody answers on this bus, and that is told as what it is.
//! let question = Query { channel_id: "200".into(), question: "Where is the code?".to_owned(), ..Query::default() };
//! let answer = client.ask(question, Duration::from_millis(50)).await;
//! assert!(answer.is_err_and(|error| error.is_timeout()));
//! # Ok(())
//! # }
//! ```
//!
//! Dropping a future or stream that waits for an answer cancels the waiting and leaves nothing behind; with a token,
//! `token.run_until_cancelled(client.ask(…))`. The question itself is published by then and is answered to nobody.

mod error;
mod follow;
mod glimpses;
mod pending;
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
pub use follow::Step;
pub use glimpses::Glimpses;

/// A program's way to the system. Clones are the same client.
///
/// However many questions are under way, their answers come over one subscription, which begins with the first
/// question, lives through faults of the bus, and ends with the last clone.
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
    /// A client on this bus; `source` names the program, for whoever looks at the topics (CloudEvents' `source`;
    /// logical, never an instance).
    pub fn new(bus: Arc<dyn Bus>, source: &str) -> Self {
        Self { inner: Arc::new(ClientState { bus, source: source.to_owned(), router: Mutex::default() }) }
    }

    /// Asks, and waits for the answer as long as `patience`.
    ///
    /// What the question leaves open is filled in: an id of its own, the time, and `expires_at`, the instant at
    /// which the patience ends. An answer that comes later is ignored.
    pub async fn ask(&self, query: Query, patience: Duration) -> Result<Response, ClientError> {
        let mut steps = self.follow(query, patience);
        while let Some(step) = steps.next().await {
            if let Step::Answer(response) = step? {
                return Ok(*response);
            }
        }
        Err(ClientError::Stopped("the answer's stream ended without one".to_owned()))
    }

    /// Asks, and gives what is known of the answer while it is made, then the answer, which ends the stream, as an
    /// error does. The question is published when the stream is first polled. Whoever reads slowly misses
    /// glimpses, never the answer.
    ///
    /// ```
    /// # use rtfm_shared::{bus::{Bus, LocalBus, topics}, client::{Client, Step}, event::Query};
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
    /// let mut steps = client.follow(question, Duration::from_millis(50));
    /// while let Some(step) = steps.next().await {
    ///     match step {
    ///         Ok(Step::Progress(glimpse)) => println!("{:?}: {}", glimpse.stage, glimpse.text),
    ///         Ok(Step::Answer(response)) => println!("{}", response.response_text),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(&self, query: Query, patience: Duration) -> BoxStream<'static, Result<Step, ClientError>> {
        follow::steps(self.clone(), query, patience)
    }

    /// Publishes a message that was written.
    pub async fn created(&self, message: ChatMessage) -> Result<Position, ClientError> {
        self.one(MessageEvent::Created(message)).await
    }

    /// Publishes a message as it reads after an edit; `edited_at` says which of two edits is the newer.
    pub async fn updated(&self, message: ChatMessage) -> Result<Position, ClientError> {
        self.one(MessageEvent::Updated(message)).await
    }

    /// Publishes that messages were deleted.
    pub async fn deleted(&self, deleted: MessagesDeleted) -> Result<Position, ClientError> {
        self.one(MessageEvent::Deleted(deleted)).await
    }

    /// Publishes whatever happened in channels, in order; what concerns every partition goes to each of them.
    /// Returns when all is durable; on an error some may be.
    pub async fn publish(&self, events: Vec<MessageEvent>) -> Result<Vec<Position>, ClientError> {
        publish::all(&*self.inner.bus, &self.inner.source, events).await
    }

    /// Follows every answer under way from now on, whoever asked.
    pub async fn glimpses(&self) -> Result<Glimpses, ClientError> {
        Glimpses::open(&*self.inner.bus).await
    }

    async fn one(&self, event: MessageEvent) -> Result<Position, ClientError> {
        let record = Envelope::new(event, &self.inner.source).encode().map_err(ClientError::Encode)?;
        Ok(self.inner.bus.publish(record).await?)
    }

    /// The router of the one subscription; a new one where there is none or it has ended.
    async fn router(&self) -> Result<Router, ClientError> {
        let mut slot = self.inner.router.lock().await;
        match slot.as_ref().filter(|router| router.runs()) {
            Some(router) => Ok(router.clone()),
            None => Ok(slot.insert(Router::start(self.inner.bus.clone()).await?).clone()),
        }
    }
}
