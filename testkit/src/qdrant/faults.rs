//! Faults on demand, before a request reaches the services.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use tonic::{Request, Status, service::Interceptor};

/// The faults to come, shared by all connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    refuse: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    api_key: Arc<Mutex<Option<String>>>,
}

impl Faults {
    pub(super) fn refuse(&self, requests: usize) {
        self.refuse.store(requests, Ordering::SeqCst);
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(super) fn require_api_key(&self, key: &str) {
        *self.api_key.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_owned());
    }
}

impl Interceptor for Faults {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let refused = self.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if refused.is_ok() {
            return Err(Status::unavailable("refused by the test"));
        }
        let key = self.api_key.lock().unwrap_or_else(PoisonError::into_inner);
        match key.as_deref() {
            Some(key) if request.metadata().get("api-key").is_none_or(|given| given != key) => {
                Err(Status::unauthenticated("Must provide an API key or an Authorization bearer token"))
            }
            _ => Ok(request),
        }
    }
}
