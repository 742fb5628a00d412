//! A log filter that is evaluated for every event.
//!
//! A layer's filter stores its verdict in the thread until the next event. Asking only whether a record would be
//! logged, as rdkafka does for each new client, leaves a refusal behind. An event whose call site is always enabled is
//! not evaluated again and would be dropped as refused.

use tracing::{Metadata, Subscriber, span, subscriber::Interest};
use tracing_subscriber::{
    filter::LevelFilter,
    layer::{Context, Filter},
};

/// The inner filter, whose "always" becomes "sometimes".
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

    // Filters by span (`RUST_LOG=[span]=debug`) need these calls.
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
