//! Filters that a question implies, required or preferred.

use crate::{
    query::{Period, QueryUnderstanding},
    store::{Channels, Filter},
};
use jiff::tz::TimeZone;
use rtfm_shared::event::{ChannelId, UserId};
use std::ops::Range;

/// A byte range of the question (0), of the question before it (1), and so on.
pub(super) type QuestionSpan = (usize, Range<usize>);

/// What the question says of people, channels and times.
#[derive(Clone, Debug, Default)]
pub(super) struct QuestionFilters {
    pub(super) authors: Vec<UserId>,
    pub(super) names: Vec<String>,
    pub(super) channels: Vec<ChannelId>,
    pub(super) places: Vec<String>,
    pub(super) period: Option<Period>,
    /// The parts of the question that say so; the search text leaves them out.
    pub(super) parts: Vec<QuestionSpan>,
    /// The same parts of earlier questions, where this one names another person or time.
    pub(super) replaced: Vec<QuestionSpan>,
}

impl QuestionFilters {
    /// Joins required and preferred filters.
    pub(super) fn and(mut self, other: Self) -> Self {
        // "What did ana say about the pump that ben recommended?" asks for messages of ana alone.
        if self.authors.is_empty() {
            (self.authors, self.names) = (other.authors, other.names);
        }
        self.channels.extend(other.channels);
        self.places.extend(other.places);
        self.period = self.period.or(other.period);
        self.parts.extend(other.parts);
        self
    }

    /// Applies them to `base`, which they only narrow.
    pub(super) fn filter(&self, base: &Filter) -> Filter {
        let mut filter = base.clone();
        if !self.authors.is_empty() {
            filter.authors.clone_from(&self.authors);
        }
        if !self.channels.is_empty() {
            filter.channels = Channels::Only(self.channels.clone());
        }
        if let Some(Period { since, until }) = &self.period {
            filter.since = filter.since.max(*since);
            filter.until = filter.until.into_iter().chain(*until).min();
        }
        filter
    }

    /// As a notice says them: "of ana, in #rules, since 2026-03-01".
    pub(super) fn words(&self, zone: &TimeZone) -> String {
        let people = (!self.names.is_empty()).then(|| format!("of {}", self.names.join(" and ")));
        let places = (!self.places.is_empty()).then(|| format!("in {}", self.places.join(" and ")));
        let period = self.period.as_ref().map(|period| period.words(zone));
        people.into_iter().chain(places).chain(period).collect::<Vec<_>>().join(", ")
    }

    /// Takes the time that the question names, or else the question before it.
    pub(super) fn take_period(&mut self, base: &Filter, understood: &QueryUnderstanding) {
        let periods = understood.chain().enumerate().filter_map(|(at, one)| Some((at, one.period.as_ref()?)));
        for (nth, (at, (period, parts))) in periods.enumerate() {
            let wished = QuestionFilters { period: Some(period.clone()), ..QuestionFilters::default() }.filter(base);
            // A time outside the range of the asker's option would leave nothing.
            let is_possible = wished.since.zip(wished.until).is_none_or(|(since, until)| since < until);
            if nth == 0 && is_possible {
                self.period = Some(period.clone());
            }
            let parts = parts.iter().map(|part| (at, part.clone()));
            match nth {
                0 if is_possible => self.parts.extend(parts),
                0 => {}
                // This question names a time of its own.
                _ => self.replaced.extend(parts),
            }
        }
    }
}
