//! The search attempts of a plan and their notices.

use super::filters::QuestionFilters;
use crate::{
    retrieval::{RetrievalRequest, RetrievalResult},
    store::Filter,
};
use jiff::tz::TimeZone;

/// One search for an answer.
#[derive(Clone, Debug, Default)]
pub struct SearchAttempt {
    /// The filter that every hit must match.
    pub filter: Filter,
    /// The text and what ranks its hits.
    pub request: RetrievalRequest,
    /// Whether the question asks for the newest messages inside the filter rather than for a text.
    pub browses: bool,
    /// A notice for an answer from this attempt.
    pub notice: Option<String>,
    /// A notice for an answer that found nothing; set where the question itself narrows the filter.
    pub found_nothing: Option<String>,
    /// The notice when no hit matches the preferred filter.
    pub unmet: Option<String>,
}

impl SearchAttempt {
    /// Whether the question narrows the filter below what the asker may see.
    pub fn narrows(&self) -> bool {
        self.found_nothing.is_some()
    }

    /// Whether any result matches the preferred filter.
    pub fn is_met(&self, found: &RetrievalResult) -> bool {
        let mut messages = found.passages.iter().flat_map(|passage| &passage.messages);
        self.request.preferred.as_ref().is_none_or(|preferred| messages.any(|m| preferred.matches(m)))
    }
}

/// The attempts: inside the required filters first, then without them. Preferred filters boost in both and hide nothing.
pub(super) fn attempts(
    base: &Filter,
    required: &QuestionFilters,
    both: &QuestionFilters,
    request: RetrievalRequest,
    whole: String,
    browses: bool,
    zone: &TimeZone,
) -> Vec<SearchAttempt> {
    let (narrow, preferred) = (required.filter(base), both.filter(base));
    let plain = |filter: &Filter, request: RetrievalRequest| {
        let preferred = Some(&preferred).filter(|preferred| *preferred != filter).cloned();
        let request = RetrievalRequest { preferred, ..request };
        SearchAttempt { filter: filter.clone(), request, browses, ..SearchAttempt::default() }
    };
    if narrow == *base {
        let words = both.words(zone);
        let leans = !words.is_empty();
        let notice = leans.then(|| format!("Messages {words} came first."));
        let unmet = leans.then(|| format!("Nothing fits {words}; this is from all that I may use here."));
        return vec![SearchAttempt { notice, unmet, ..plain(base, RetrievalRequest { text: whole, ..request }) }];
    }
    let words = required.words(zone);
    let only = Some(format!("Only messages {words}."));
    let narrow = SearchAttempt { notice: only.clone(), found_nothing: only, ..plain(&narrow, request.clone()) };
    // For "what did ana say?" without a topic, everybody's messages are no answer, but hers of another time are.
    let wider = if browses { QuestionFilters { period: None, ..required.clone() } } else { QuestionFilters::default() };
    if wider.filter(base) == narrow.filter {
        return vec![narrow];
    }
    let rest = wider.words(zone);
    let from = match (browses, rest.is_empty()) {
        (true, true) => "these are the newest messages".to_owned(),
        (true, false) => format!("these are the newest messages {rest}"),
        (false, _) => "this is from all that I may use here".to_owned(),
    };
    let wide = SearchAttempt {
        notice: Some(format!("Nothing fits {words}; {from}.")),
        ..plain(&wider.filter(base), RetrievalRequest { text: whole, ..request })
    };
    vec![narrow, wide]
}
