//! The plan stage: a question becomes search attempts.
//!
//! A question about what was *said* ("what did ana say last week?") filters by people and times; a question about what
//! was done or happened only prefers them, since others tell it, and later. Everything a question names is looked up
//! inside the asker's scope, so a person, channel or message outside it is the same as one that does not exist.

mod attempts;
mod channels;
mod filters;
mod people;
mod rewrite;
mod scope;

use super::RetrievalRequest;
use crate::{
    query::QueryUnderstanding,
    store::{Filter, MessageStore, StoreError},
    text::excerpt,
};
use jiff::tz::TimeZone;
use rtfm_shared::event::{MessageId, Query};

use attempts::attempts;
use channels::{linked_messages, narrow_to_channels};
use filters::{QuestionFilters, QuestionSpan};
use people::people;

pub use attempts::SearchAttempt;
pub(super) use rewrite::rewrite;
pub(crate) use rewrite::{UNUSED, USED};
pub(super) use scope::{ResolvedScope, resolve_scope};

/// Characters of a linked message in the search text.
const LINKED_CHARS: usize = 300;
/// Characters of a name in a notice.
const NAME_CHARS: usize = 60;

/// A question's search attempts and what they share.
#[derive(Clone, Debug)]
pub struct QueryPlan {
    /// The attempts, to run until one gives an answer.
    pub attempts: Vec<SearchAttempt>,
    /// Linked messages inside the scope.
    pub linked: Vec<MessageId>,
    /// The scope alone, without the asker's options; linked messages are checked against it.
    pub visible: Filter,
    /// A notice that names what the question refers to and cannot be used.
    pub unusable: Option<String>,
}

/// Plans a question inside `base`: the scope narrowed by the asker's options. `standalone` is the rewritten question and
/// replaces it in the search text.
pub(super) async fn plan(
    store: &dyn MessageStore,
    base: &Filter,
    understood: &QueryUnderstanding,
    query: &Query,
    standalone: Option<&str>,
    zone: &TimeZone,
) -> Result<QueryPlan, StoreError> {
    // Options narrow what is found, not the names that are known.
    let visible = Filter { authors: Vec::new(), since: None, until: None, ..base.clone() };
    let (mut required, mut preferred) = (QuestionFilters::default(), QuestionFilters::default());
    let mut unusable = Vec::new();
    for person in people(store, &visible, base, understood, query).await? {
        let certain = person.certain;
        person.add_to(if certain { &mut required } else { &mut preferred });
    }
    narrow_to_channels(store, &visible, understood, &mut required, &mut unusable).await?;
    let dates_messages = understood.chain().any(|one| one.dates_messages);
    let filters = if dates_messages { &mut required } else { &mut preferred };
    filters.take_period(base, understood);
    let both = required.clone().and(preferred.clone());

    let linked = linked_messages(store, &visible, understood).await?;
    if linked.len() < understood.links.len() {
        unusable.push("the linked message".to_owned());
    }
    let link_spans: Vec<QuestionSpan> =
        understood.links.iter().flat_map(|link| link.parts.iter().map(|part| (0, part.clone()))).collect();
    let locale = query.locale.as_deref().unwrap_or_default();
    let removed_spans = [&link_spans[..], &required.replaced, &preferred.replaced].concat();
    let remaining_text =
        |filters: &QuestionFilters| without(understood, &[&filters.parts[..], &removed_spans].concat());
    let quoted: Vec<String> = linked.iter().map(|message| excerpt(&message.content, LINKED_CHARS)).collect();
    let search_text = |filters: &QuestionFilters| {
        let parts = match standalone {
            Some(standalone) => vec![standalone.to_owned()],
            None => remaining_text(filters),
        };
        parts.into_iter().chain(quoted.iter().cloned()).collect::<Vec<_>>().join("\n")
    };
    let narrows = both.filter(base) != *base;
    let mut earlier_questions = remaining_text(&both);
    // "And why?" has no terms of its own, so the question before it judges the evidence.
    let own_words = earlier_questions.pop().and_then(|asked| QueryUnderstanding::content_words(&asked, locale));
    let context = standalone.map_or_else(|| earlier_questions.join("\n"), str::to_owned);
    let has_context = own_words.is_some() && !(context.is_empty() && linked.is_empty());
    let content_words = own_words.or_else(|| QueryUnderstanding::content_words(&context, locale));
    let browses = content_words.is_none() && narrows && standalone.is_none() && linked.is_empty();
    // With nothing to search for, the preferred filters are the question.
    let required = if browses { both.clone() } else { required };
    let judged = content_words.unwrap_or_else(|| search_text(&both));
    let request =
        RetrievalRequest { question: judged, text: search_text(&required), has_context, ..RetrievalRequest::of(query) };
    let whole = search_text(&QuestionFilters::default());
    Ok(QueryPlan {
        attempts: attempts(base, &required, &both, request, whole, browses, zone),
        linked: linked.into_iter().map(|message| message.message_id).collect(),
        visible,
        unusable: (!unusable.is_empty()).then(|| format!("I cannot use {} here.", unusable.join(", "))),
    })
}

/// The texts of the chain of questions without these parts, oldest first.
fn without(understood: &QueryUnderstanding, spans: &[QuestionSpan]) -> Vec<String> {
    let parts = |at: usize| spans.iter().filter(move |(of, _)| *of == at).map(|(_, part)| part.clone());
    let remaining = |(at, one): (usize, &QueryUnderstanding)| one.without(&parts(at).collect::<Vec<_>>());
    let mut texts: Vec<String> = understood.chain().enumerate().map(remaining).collect();
    texts.reverse();
    texts
}

/// A name as a notice shows it: on one line, bounded.
fn name_in_notice(text: &str) -> String {
    excerpt(text, NAME_CHARS)
}
