//! A fake Gemini API on a port of its own: it refuses what the real API refuses, records every request, answers
//! deterministically, and fails on demand.
//!
//! ```no_run
//! # use rtfm_testkit::gemini::{FakeGemini, Fault, Reply, Rule};
//! # async fn example() {
//! let gemini = FakeGemini::start().await;
//! let env = gemini.env(); // GEMINI_API_KEY and GEMINI_BASE_URL
//! gemini.inject(Rule::of(Fault::Status(503)).model("gemini-3.8-*").times(2));
//! gemini.script([Reply::text("The endpoint is /v2 [1].")]);
//! let asked = gemini.wait_for(|request| request.user_text().contains("endpoint")).await;
//! # }
//! ```

mod answer;
mod error;
mod fault;
mod play;
mod record;
mod reply;
mod server;
mod validate;
mod vectors;

pub use fault::{Fault, Rule};
pub use record::{Method, RecordedRequest};
pub use reply::Reply;

use rtfm_shared::config::Env;
use server::{Shared, State};
use std::{
    net::SocketAddr,
    sync::{Arc, MutexGuard},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};

/// The only key that is accepted.
pub const KEY: &str = "fake-gemini-key-for-tests";

/// The time limit of [`FakeGemini::wait_for`].
const DEADLINE: Duration = Duration::from_secs(10);

/// A running double of the Gemini API; it stops when it is dropped.
pub struct FakeGemini {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl std::fmt::Debug for FakeGemini {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeGemini").field("address", &self.address).finish_non_exhaustive()
    }
}

impl FakeGemini {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let router = server::router(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { shared, address, server }
    }

    /// The base URL, with the version.
    pub fn url(&self) -> String {
        format!("http://{}/v1beta", self.address)
    }

    /// The environment variables of a client.
    pub fn env(&self) -> Env {
        Env::of([("GEMINI_API_KEY", KEY), ("GEMINI_BASE_URL", &self.url())])
    }

    /// Answers the next generations with these, in this order.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state().script.extend(replies);
    }

    /// Generations that no script answers are answered by this.
    pub fn on_generate(&self, reply: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static) {
        self.state().on_generate = Some(Arc::new(reply));
    }

    /// Makes requests fail that match the rule. The first matching rule applies.
    pub fn inject(&self, rule: Rule) {
        self.state().rules.push(rule);
    }

    /// Removes every rule that is not used up.
    pub fn heal(&self) {
        self.state().rules.clear();
    }

    /// Releases every hanging request.
    pub fn release(&self) {
        self.shared.release.send_modify(|generation| *generation += 1);
    }

    /// Delays every later answer by this time; zero by default.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// The list of models comes in pages of at most this many.
    pub fn set_page_size(&self, size: usize) {
        self.state().page_size = size;
    }

    /// Sets the input token limit of every model in the list.
    pub fn set_input_limit(&self, tokens: usize) {
        self.state().input_limit = tokens;
    }

    /// Adds a model that writes.
    pub fn add_model(&self, name: &str) {
        self.state().models.push((name.to_owned(), vec!["generateContent", "countTokens"]));
    }

    /// Removes a model.
    pub fn remove_model(&self, name: &str) {
        self.state().models.retain(|(known, _)| known != name);
    }

    /// Every request so far, refused ones included.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.clone()
    }

    /// The requests that were refused as invalid; a correct client has none.
    pub fn refused(&self) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(|request| request.refusal.is_some()).collect()
    }

    /// Waits for a matching request; an earlier one counts.
    pub async fn wait_for(&self, wanted: impl Fn(&RecordedRequest) -> bool) -> RecordedRequest {
        let deadline = Instant::now() + DEADLINE;
        let mut news = self.shared.news.subscribe();
        loop {
            news.mark_unchanged();
            if let Some(found) = self.state().requests.iter().find(|request| wanted(request)) {
                return found.clone();
            }
            if tokio::time::timeout_at(deadline, news.changed()).await.is_err() {
                panic!("no such request came within {DEADLINE:?}; there were {:#?}", self.requests());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for FakeGemini {
    fn drop(&mut self) {
        self.server.abort();
        self.release();
    }
}
