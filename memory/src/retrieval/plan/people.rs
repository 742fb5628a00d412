//! People in a question, looked up among those who wrote inside the scope.

use super::{
    filters::{QuestionFilters, QuestionSpan},
    name_in_notice,
};
use crate::{
    query::{PersonIdentity, PersonReference, QueryUnderstanding},
    store::{Filter, MessageStore, StoreError},
};
use rtfm_shared::event::{Query, UserId};
use std::ops::Range;

/// A person in the question who wrote something inside the scope.
pub(super) struct KnownPerson {
    ids: Vec<UserId>,
    name: String,
    parts: Vec<QuestionSpan>,
    /// Whether the question asks what they said, not what they did.
    pub(super) certain: bool,
    /// Whether a later question names somebody else, so that only their name leaves the search text.
    replaced: bool,
}

impl KnownPerson {
    /// Adds the person to the filters.
    pub(super) fn add_to(self, filters: &mut QuestionFilters) {
        if self.replaced {
            filters.replaced.extend(self.parts);
            return;
        }
        filters.authors.extend(self.ids);
        filters.names.push(self.name);
        filters.parts.extend(self.parts);
    }
}

/// The people whom the question names, or else the question before it.
pub(super) async fn people(
    store: &dyn MessageStore,
    visible: &Filter,
    base: &Filter,
    understood: &QueryUnderstanding,
    query: &Query,
) -> Result<Vec<KnownPerson>, StoreError> {
    let people = |one: &QueryUnderstanding| one.people.iter().chain(&one.bare_name).cloned().collect::<Vec<_>>();
    let named = |person: PersonReference| if let PersonIdentity::Named(name) = person.who { Some(name) } else { None };
    let names: Vec<String> = understood.chain().flat_map(people).filter_map(|said| named(said.what)).collect();
    let known = if names.is_empty() { Vec::new() } else { store.authors_named(visible, &names).await? };
    // "And ben?" repeats the sense of the question about ana.
    let in_sense =
        |at: usize| understood.chain().skip(at + 1).flat_map(|one| &one.people).any(|said| said.what.certain);
    let mut found: Vec<KnownPerson> = Vec::new();
    let mut is_named = false;
    for (at, one) in understood.chain().enumerate() {
        let mut taken: Vec<QuestionSpan> = Vec::new();
        for said in people(one) {
            let overlaps =
                |part: &Range<usize>| taken.iter().any(|(_, other)| part.start < other.end && other.start < part.end);
            if said.parts.iter().any(overlaps) {
                continue;
            }
            let mut ids: Vec<UserId> = match &said.what.who {
                PersonIdentity::Asker => vec![query.user_id.clone()],
                PersonIdentity::Known(id) => vec![id.clone()],
                PersonIdentity::Named(name) => {
                    known.iter().filter(|(_, called)| called == name).map(|(id, _)| id.clone()).collect()
                }
            };
            // The asker's option wins over the question.
            ids.retain(|id| !id.0.is_empty() && (base.authors.is_empty() || base.authors.contains(id)));
            if ids.is_empty() {
                continue;
            }
            let parts: Vec<QuestionSpan> = said.parts.iter().map(|part| (at, part.clone())).collect();
            taken.extend(parts.clone());
            let certain = said.what.certain || (one.bare_name.as_ref() == Some(&said) && in_sense(at));
            found.push(KnownPerson { ids, name: name_in_notice(&said.what.text), parts, certain, replaced: is_named });
        }
        is_named |= !one.people.is_empty() || !taken.is_empty();
    }
    Ok(found)
}
