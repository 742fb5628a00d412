//! The cost of each step of a question, from the processor's trace spans.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// How long every span of the processor lasted, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps(Arc<Mutex<BTreeMap<String, Vec<Duration>>>>);

impl Steps {
    /// Starts recording spans, process-wide.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let steps = Self::default();
        tracing_subscriber::registry().with(LevelFilter::INFO).with(steps.clone()).try_init()?;
        Ok(steps)
    }

    /// The spans that ended since the last call.
    pub(crate) fn take(&self) -> BTreeMap<String, Vec<Duration>> {
        self.0.lock().map(|mut steps| std::mem::take(&mut *steps)).unwrap_or_default()
    }
}

/// An open span.
struct Begun {
    name: String,
    at: Instant,
}

/// A span's name and operation.
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "operation" {
            self.0 = format!("{}: {value}", self.0);
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Steps {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let Some(span) = context.span(id).filter(|_| metadata.target().starts_with("rtfm_processor")) else { return };
        let mut name = Name(metadata.name().to_owned());
        attributes.record(&mut name);
        span.extensions_mut().insert(Begun { name: name.0, at: Instant::now() });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let begun = span.extensions_mut().remove::<Begun>();
        if let (Some(begun), Ok(mut steps)) = (begun, self.0.lock()) {
            steps.entry(begun.name).or_default().push(begun.at.elapsed());
        }
    }
}
