//! From what a question says to where its answer is looked for. What the question says only ever narrows what may be
//! seen: to those who said it and to when, where it asks for what was said ("what did ana say last week?"). Where it asks
//! for what was done or happened, these are where its answer likely stands, and nothing is hidden: things are told later,
//! and by others. And of what may not be seen nothing is told: a channel, a message or a person outside of it is the same as
//! one that there is not.

mod rewrite;
mod scope;

use super::{RetrievalRequest, RetrievalResult};
use crate::{
    query::{ChannelReference, Period, PersonIdentity, PersonReference, QueryUnderstanding},
    store::{Channels, Filter, StoreError, VectorStore},
    text::excerpt,
};
use jiff::tz::TimeZone;
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId, Query, UserId};
use std::ops::Range;

pub(super) use rewrite::rewrite;
pub(crate) use rewrite::{UNUSED, USED};
pub(super) use scope::{ResolvedScope, resolve_scope};

/// Characters of a linked message that are searched for.
const LINKED_CHARS: usize = 300;
/// Characters of a name that a notice repeats.
const NAME_CHARS: usize = 60;

/// Where an answer is looked for.
#[derive(Clone, Debug)]
pub struct QueryPlan {
    /// One way after the other, until one gives an answer.
    pub attempts: Vec<SearchAttempt>,
    /// Messages that the question links to, and that may be seen.
    pub linked: Vec<MessageId>,
    /// What may be seen at all, by which those messages are judged again.
    pub seen: Filter,
    /// What the question names and cannot be used.
    pub unusable: Option<String>,
}

/// One way to look for an answer.
#[derive(Clone, Debug, Default)]
pub struct SearchAttempt {
    /// What may be found.
    pub filter: Filter,
    /// What is looked for.
    pub request: RetrievalRequest,
    /// Whether there is nothing to search for, so that the newest messages are what is asked for.
    pub browses: bool,
    /// What the reader of an answer that was found this way should know.
    pub notice: Option<String>,
    /// The same where nothing was found.
    pub found_nothing: Option<String>,
    /// The same where nothing of what is preferred was found, and other things were.
    pub unmet: Option<String>,
}

/// A part of the question (0), of the one that it goes on from (1), and so on.
type QuestionSpan = (usize, Range<usize>);

/// What the question narrows the search to, or leans to.
#[derive(Clone, Debug, Default)]
struct QuestionFilters {
    authors: Vec<UserId>,
    names: Vec<String>,
    channels: Vec<ChannelId>,
    places: Vec<String>,
    period: Option<Period>,
    /// The parts that say so.
    parts: Vec<QuestionSpan>,
    /// Those that said so before the question named another person or time: they are not searched for any more.
    replaced: Vec<QuestionSpan>,
}

/// Plans where to look. `standalone` is what a model made of the question, to be searched for in its place.
pub(super) async fn plan(
    store: &dyn VectorStore,
    base: &Filter,
    understood: &QueryUnderstanding,
    query: &Query,
    standalone: Option<&str>,
    zone: &TimeZone,
) -> Result<QueryPlan, StoreError> {
    // What the asker chose by options narrows what is found, not who and what is known by name.
    let seen = Filter { authors: Vec::new(), since: None, until: None, ..base.clone() };
    let (mut narrowing, mut leaning) = (QuestionFilters::default(), QuestionFilters::default());
    let mut unusable = Vec::new();
    for person in people(store, &seen, base, understood, query).await? {
        let certain = person.certain;
        person.into(if certain { &mut narrowing } else { &mut leaning });
    }
    narrow_to_places(store, &seen, understood, &mut narrowing, &mut unusable).await?;
    let said_then = understood.chain().any(|one| one.said_then);
    narrow_to_period(base, understood, if said_then { &mut narrowing } else { &mut leaning });
    let both = narrowing.clone().and(leaning.clone());

    let linked = linked(store, &seen, understood).await?;
    if linked.len() < understood.links.len() {
        unusable.push("the linked message".to_owned());
    }
    let links = understood.links.iter().flat_map(|link| link.parts.iter().map(|part| (0, part.clone())));
    let links: Vec<QuestionSpan> = links.collect();
    let locale = query.locale.as_deref().unwrap_or_default();
    let gone = [&links[..], &narrowing.replaced, &leaning.replaced].concat();
    let left = |narrowing: &QuestionFilters| left(understood, &[&narrowing.parts[..], &gone].concat());
    let quoted: Vec<String> = linked.iter().map(|message| excerpt(&message.content, LINKED_CHARS)).collect();
    let searched = |narrowing: &QuestionFilters| {
        let said = match standalone {
            Some(standalone) => vec![standalone.to_owned()],
            None => left(narrowing),
        };
        said.into_iter().chain(quoted.iter().cloned()).collect::<Vec<_>>().join("\n")
    };
    let narrows = both.filter(base) != *base;
    let mut before = left(&both);
    // What says nothing by itself ("and why?") is judged by what it goes on from.
    let telling = before.pop().and_then(|asked| QueryUnderstanding::telling(&asked, locale));
    let before = standalone.map_or_else(|| before.join("\n"), str::to_owned);
    let goes_on = telling.is_some() && !(before.is_empty() && linked.is_empty());
    let telling = telling.or_else(|| QueryUnderstanding::telling(&before, locale));
    let browses = telling.is_none() && narrows && standalone.is_none() && linked.is_empty();
    // Where nothing else is asked, that is what is asked.
    let narrowing = if browses { both.clone() } else { narrowing };
    let judged = telling.unwrap_or_else(|| searched(&both));
    let request =
        RetrievalRequest { question: judged, text: searched(&narrowing), goes_on, ..RetrievalRequest::of(query) };
    let whole = searched(&QuestionFilters::default());
    Ok(QueryPlan {
        attempts: attempts(base, &narrowing, &both, request, whole, browses, zone),
        linked: linked.into_iter().map(|message| message.message_id).collect(),
        seen,
        unusable: (!unusable.is_empty()).then(|| format!("I cannot use {} here.", unusable.join(", "))),
    })
}

/// The narrow way first, and then the way without what the question narrowed it to. What the question only leans to is
/// looked for first either way, and hides nothing.
fn attempts(
    base: &Filter,
    narrowing: &QuestionFilters,
    both: &QuestionFilters,
    request: RetrievalRequest,
    whole: String,
    browses: bool,
    zone: &TimeZone,
) -> Vec<SearchAttempt> {
    let (narrow, preferred) = (narrowing.filter(base), both.filter(base));
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
    let words = narrowing.words(zone);
    let only = Some(format!("Only messages {words}."));
    let narrow = SearchAttempt { notice: only.clone(), found_nothing: only, ..plain(&narrow, request.clone()) };
    // Without anything to search for, everything is no answer to "what did ana say?"; another time is.
    let wider = match browses {
        true => QuestionFilters { period: None, ..narrowing.clone() },
        false => QuestionFilters::default(),
    };
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

impl SearchAttempt {
    /// Whether less is looked through than may be seen, because the question says so.
    pub fn narrows(&self) -> bool {
        self.found_nothing.is_some()
    }

    /// Whether anything of what is preferred is in what was found.
    pub fn is_met(&self, found: &RetrievalResult) -> bool {
        let mut messages = found.passages.iter().flat_map(|passage| &passage.messages);
        self.request.preferred.as_ref().is_none_or(|preferred| messages.any(|m| preferred.lets_through(m)))
    }
}

/// What is left without these parts: of the question, before it of the one that it goes on from, and so on.
fn left(understood: &QueryUnderstanding, parts: &[QuestionSpan]) -> Vec<String> {
    let parts = |at: usize| parts.iter().filter(move |(of, _)| *of == at).map(|(_, part)| part.clone());
    let left = |(at, one): (usize, &QueryUnderstanding)| one.without(&parts(at).collect::<Vec<_>>());
    let mut left: Vec<String> = understood.chain().enumerate().map(left).collect();
    left.reverse();
    left
}

impl QuestionFilters {
    /// Both.
    fn and(mut self, other: Self) -> Self {
        // "What did ana say about the pump that ben recommended?" asks for hers alone.
        if self.authors.is_empty() {
            (self.authors, self.names) = (other.authors, other.names);
        }
        self.channels.extend(other.channels);
        self.places.extend(other.places);
        self.period = self.period.or(other.period);
        self.parts.extend(other.parts);
        self
    }

    fn filter(&self, base: &Filter) -> Filter {
        let mut filter = base.clone();
        if !self.authors.is_empty() {
            filter.authors.clone_from(&self.authors);
        }
        if !self.channels.is_empty() {
            filter.channels = Channels::Only(self.channels.clone());
        }
        if let Some(Period { since, until }) = &self.period {
            filter.since = filter.since.max(*since);
            filter.until = match (filter.until, *until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        filter
    }

    /// "of ana, in #rules, since 2026-03-01".
    fn words(&self, zone: &TimeZone) -> String {
        let people = (!self.names.is_empty()).then(|| format!("of {}", self.names.join(" and ")));
        let places = (!self.places.is_empty()).then(|| format!("in {}", self.places.join(" and ")));
        let period = self.period.as_ref().map(|period| period.words(zone));
        people.into_iter().chain(places).chain(period).collect::<Vec<_>>().join(", ")
    }
}

/// Somebody in a question whom there is.
struct KnownPerson {
    ids: Vec<UserId>,
    name: String,
    parts: Vec<QuestionSpan>,
    certain: bool,
    /// Whether somebody else is meant now, so that only the words do not count.
    replaced: bool,
}

impl KnownPerson {
    fn into(self, narrowing: &mut QuestionFilters) {
        if self.replaced {
            narrowing.replaced.extend(self.parts);
            return;
        }
        narrowing.authors.extend(self.ids);
        narrowing.names.push(self.name);
        narrowing.parts.extend(self.parts);
    }
}

/// Those whom the question names, or else those whom the one before it does.
async fn people(
    store: &dyn VectorStore,
    seen: &Filter,
    base: &Filter,
    understood: &QueryUnderstanding,
    query: &Query,
) -> Result<Vec<KnownPerson>, StoreError> {
    let people = |one: &QueryUnderstanding| one.people.iter().chain(&one.instead).cloned().collect::<Vec<_>>();
    let named = |person: PersonReference| if let PersonIdentity::Named(name) = person.who { Some(name) } else { None };
    let names: Vec<String> = understood.chain().flat_map(people).filter_map(|said| named(said.what)).collect();
    let known = if names.is_empty() { Vec::new() } else { store.authors_named(seen, &names).await? };
    // "And ben?" is asked in the sense in which it was asked about ana.
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
            // Who was chosen by an option stays chosen.
            ids.retain(|id| !id.0.is_empty() && (base.authors.is_empty() || base.authors.contains(id)));
            if ids.is_empty() {
                continue;
            }
            let parts: Vec<QuestionSpan> = said.parts.iter().map(|part| (at, part.clone())).collect();
            taken.extend(parts.clone());
            let certain = said.what.certain || (one.instead.as_ref() == Some(&said) && in_sense(at));
            found.push(KnownPerson { ids, name: shown(&said.what.shown), parts, certain, replaced: is_named });
        }
        is_named |= !one.people.is_empty() || !taken.is_empty();
    }
    Ok(found)
}

async fn narrow_to_places(
    store: &dyn VectorStore,
    seen: &Filter,
    understood: &QueryUnderstanding,
    narrowing: &mut QuestionFilters,
    unusable: &mut Vec<String>,
) -> Result<(), StoreError> {
    // Those of the question, or else of the one before it.
    let Some((at, one)) = understood.chain().enumerate().find(|(_, one)| !one.channels.is_empty()) else {
        return Ok(());
    };
    for said in &one.channels {
        let ChannelReference { shown: text, name, ids, certain } = &said.what;
        let parts = said.parts.iter().map(|part| (at, part.clone()));
        let mut inside = Vec::new();
        for id in ids {
            if is_inside(store, seen, id).await? {
                inside.push(id.clone());
            }
        }
        if let (true, Some(name)) = (inside.is_empty(), name) {
            let found = store.channels_named(seen, std::slice::from_ref(name)).await?;
            inside.extend(found.into_iter().map(|(id, _)| id));
        }
        if !inside.is_empty() {
            narrowing.channels.extend(inside);
            narrowing.places.push(shown(text));
            narrowing.parts.extend(parts);
        } else if *certain {
            unusable.push(shown(text));
            narrowing.parts.extend(parts);
        }
    }
    Ok(())
}

/// Whether a channel may be used at all.
async fn is_inside(store: &dyn VectorStore, seen: &Filter, id: &ChannelId) -> Result<bool, StoreError> {
    match &seen.channels {
        Channels::Only(channels) => Ok(channels.contains(id)),
        // Of all channels it is one if a message of the guild that is meant stands in it.
        Channels::All => {
            let there = Filter { channels: Channels::Only(vec![id.clone()]), ..seen.clone() };
            let some = store.scroll(&there, None, 1).await?;
            Ok(some.iter().any(|message| seen.lets_through(message)))
        }
    }
}

/// Narrows to the time that the question names, or else to that of the one before it.
fn narrow_to_period(base: &Filter, understood: &QueryUnderstanding, narrowing: &mut QuestionFilters) {
    let periods = understood.chain().enumerate().filter_map(|(at, one)| Some((at, one.period.as_ref()?)));
    for (nth, (at, (period, parts))) in periods.enumerate() {
        let wished = QuestionFilters { period: Some(period.clone()), ..QuestionFilters::default() }.filter(base);
        // A time outside of what was chosen by an option would leave nothing.
        let is_possible = wished.since.zip(wished.until).is_none_or(|(since, until)| since < until);
        if nth == 0 && is_possible {
            narrowing.period = Some(period.clone());
        }
        let parts = parts.iter().map(|part| (at, part.clone()));
        match nth {
            0 if is_possible => narrowing.parts.extend(parts),
            0 => {}
            // An earlier question's time is another than this one's.
            _ => narrowing.replaced.extend(parts),
        }
    }
}

/// The linked messages that may be seen.
async fn linked(
    store: &dyn VectorStore,
    seen: &Filter,
    understood: &QueryUnderstanding,
) -> Result<Vec<ChatMessage>, StoreError> {
    if understood.links.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<MessageId> = understood.links.iter().map(|link| link.what.message_id.clone()).collect();
    let mut messages = store.get(&ids).await?;
    messages.retain(|message| seen.lets_through(message));
    Ok(messages)
}

/// A name as a notice repeats it: on one line, and not at length.
fn shown(text: &str) -> String {
    excerpt(text, NAME_CHARS)
}
