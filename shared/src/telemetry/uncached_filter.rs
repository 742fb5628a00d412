//! A filter that is asked anew for every event it may let through.
//!
//! A layer's filter leaves its verdict with the thread until an event comes along. Whoever only asks whether a
//! record would be logged (rdkafka does, for each new client) leaves a refusal behind, and an event whose call site
//! is known to be allowed is not asked about again: it would be taken for the refused one and be lost.

use tracing::{Metadata, Subscriber, span, subscriber::Interest};
use tracing_subscriber::{
    filter::LevelFilter,
    layer::{Context, Filter},
};

/// The filter inside, without "always".
pub(super) struct UncachedFilter<F>(pub(super) F);

impl<S: Subscriber, F: Filter<S>> Filter<S> for UncachedFilter<F> {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        self.0.enabled(metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.0.callsite_enabled(metadata);
        if interest.is_always() { Interest::sometimes() } else { interest }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.max_level_hint()
    }

    // What filters by span (`RUST_LOG=[span]=debug`) must hear of them.
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }

    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        self.0.on_enter(id, context);
    }

    fn on_exit(&self, id: &span::Id, context: Context<'_, S>) {
        self.0.on_exit(id, context);
    }

    fn on_close(&self, id: span::Id, context: Context<'_, S>) {
        self.0.on_close(id, context);
    }
}
