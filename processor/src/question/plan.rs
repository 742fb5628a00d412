//! From what a question says to where its answer is looked for. What the question says only ever narrows what may be
//! seen, and of what may not be seen nothing is told: a channel, a message or a person outside of it is the same as
//! one that there is not.

use super::{Period, Person, Place, Said, Understood, people::Who};
use crate::{
    retrieve::Sought,
    store::{Channels, Filter, StoreError, VectorStore},
    text::excerpt,
};
use jiff::tz::TimeZone;
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId, Query, UserId};
use std::ops::Range;

/// Characters of a linked message that are searched for.
const LINKED_CHARS: usize = 300;
/// Characters of a name that a notice repeats.
const NAME_CHARS: usize = 60;

/// Where an answer is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// One way after the other, until one gives an answer.
    pub(crate) attempts: Vec<Attempt>,
    /// Messages that the question links to, and that may be seen.
    pub(crate) linked: Vec<MessageId>,
    /// What may be seen at all, by which those messages are judged again.
    pub(crate) seen: Filter,
    /// What the question names and cannot be used.
    pub(crate) unusable: Option<String>,
}

/// One way to look for an answer.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// What may be found.
    pub(crate) filter: Filter,
    /// What is looked for.
    pub(crate) sought: Sought,
    /// Whether there is nothing to search for, so that the newest messages are what is asked for.
    pub(crate) browses: bool,
    /// What the reader of an answer that was found this way should know.
    pub(crate) notice: Option<String>,
    /// The same where nothing was found.
    pub(crate) found_nothing: Option<String>,
}

/// What the question narrows the search to.
#[derive(Clone, Debug, Default)]
struct Narrowing {
    authors: Vec<UserId>,
    names: Vec<String>,
    channels: Vec<ChannelId>,
    places: Vec<String>,
    period: Option<Period>,
    /// The parts that say so: of the question (0), of the one that it goes on from (1), and so on.
    parts: Vec<(usize, Range<usize>)>,
}

/// Plans where to look. `standalone` is what a model made of the question, to be searched for in its place.
pub(crate) async fn plan(
    store: &dyn VectorStore,
    base: &Filter,
    understood: &Understood,
    query: &Query,
    standalone: Option<&str>,
    zone: &TimeZone,
) -> Result<Plan, StoreError> {
    // What the asker chose by options narrows what is found, not who and what is known by name.
    let seen = Filter { authors: Vec::new(), since: None, until: None, ..base.clone() };
    let mut narrowing = Narrowing::default();
    let mut unusable = Vec::new();
    narrow_to_people(store, &seen, base, understood, query, &mut narrowing).await?;
    narrow_to_places(store, &seen, understood, &mut narrowing, &mut unusable).await?;
    narrow_to_period(base, understood, &mut narrowing);

    let linked = linked(store, &seen, understood).await?;
    if linked.len() < understood.links.len() {
        unusable.push("the linked message".to_owned());
    }
    narrowing.parts.extend(understood.links.iter().flat_map(|link| link.parts.iter().map(|part| (0, part.clone()))));
    let mut asked = narrowing.left(understood).into_iter();
    let (asked, mut before) = (asked.next().unwrap_or_default(), asked.collect::<Vec<_>>());
    before.reverse();
    let before = (!before.is_empty()).then(|| before.join("\n"));
    let locale = query.locale.as_deref().unwrap_or_default();
    let telling = Understood::telling(&asked, locale);
    let mut text: Vec<&str> = Vec::new();
    match standalone {
        Some(standalone) => text.push(standalone),
        None => text.extend(before.as_deref().into_iter().chain([asked.as_str()])),
    }
    let quoted: Vec<String> = linked.iter().map(|message| excerpt(&message.content, LINKED_CHARS)).collect();
    text.extend(quoted.iter().map(String::as_str));
    let searched = text.join("\n");
    let narrows = narrowing.filter(base) != *base;
    // What says nothing by itself ("and why?") is judged by what it goes on from.
    let telling = telling.or_else(|| Understood::telling(standalone.or(before.as_deref())?, locale));
    let browses = telling.is_none() && narrows && standalone.is_none() && linked.is_empty();
    let judged = telling.unwrap_or_else(|| searched.clone());
    let sought = Sought { question: judged, text: searched, ..Sought::of(query) };
    Ok(Plan {
        attempts: attempts(base, &narrowing, sought, narrows, browses, zone),
        linked: linked.into_iter().map(|message| message.message_id).collect(),
        seen,
        unusable: (!unusable.is_empty()).then(|| format!("I cannot use {} here.", unusable.join(", "))),
    })
}

/// The narrow way first, and then the way without what the question narrowed it to.
fn attempts(
    base: &Filter,
    narrowing: &Narrowing,
    sought: Sought,
    narrows: bool,
    browses: bool,
    zone: &TimeZone,
) -> Vec<Attempt> {
    let plain = |filter: Filter, sought: Sought| Attempt { filter, sought, browses, notice: None, found_nothing: None };
    if !narrows {
        return vec![plain(base.clone(), sought)];
    }
    let words = narrowing.words(zone);
    let only = Some(format!("Only messages {words}."));
    let narrow = Attempt { notice: only.clone(), found_nothing: only, ..plain(narrowing.filter(base), sought.clone()) };
    // Without anything to search for, everything is no answer to "what did ana say?"; another time is.
    let wider = match browses {
        true => Narrowing { period: None, ..narrowing.clone() },
        false => Narrowing::default(),
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
    // Names are worth searching for where they narrow nothing.
    let names = if browses { String::new() } else { narrowing.names.join(" ") };
    let text = format!("{}\n{names}", sought.text).trim().to_owned();
    let wide = Attempt {
        notice: Some(format!("Nothing fits {words}; {from}.")),
        ..plain(wider.filter(base), Sought { text, ..sought })
    };
    vec![narrow, wide]
}

impl Attempt {
    /// Whether less is looked through than may be seen, because the question says so.
    pub(crate) fn narrows(&self) -> bool {
        self.found_nothing.is_some()
    }
}

impl Narrowing {
    /// What is left of the question without the parts that narrow, of the one that it goes on from, and so on.
    fn left(&self, understood: &Understood) -> Vec<String> {
        let parts = |at: usize| self.parts.iter().filter(move |(of, _)| *of == at).map(|(_, part)| part.clone());
        let left = |(at, one): (usize, &Understood)| one.without(&parts(at).collect::<Vec<_>>());
        understood.chain().enumerate().map(left).collect()
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

/// Narrows to those whom the question names, or else to those whom the one before it does.
async fn narrow_to_people(
    store: &dyn VectorStore,
    seen: &Filter,
    base: &Filter,
    understood: &Understood,
    query: &Query,
    narrowing: &mut Narrowing,
) -> Result<(), StoreError> {
    let people = |one: &Understood| one.people.iter().chain(&one.instead).cloned().collect::<Vec<_>>();
    let named = |said: Said<Person>| if let Who::Named(name) = said.what.who { Some(name) } else { None };
    let names: Vec<String> = understood.chain().flat_map(people).filter_map(named).collect();
    let known = if names.is_empty() { Vec::new() } else { store.authors_named(seen, &names).await? };
    let mut is_named = false;
    for (at, one) in understood.chain().enumerate() {
        let mut taken: Vec<Range<usize>> = Vec::new();
        for said in people(one) {
            let overlaps =
                |part: &Range<usize>| taken.iter().any(|other| part.start < other.end && other.start < part.end);
            if said.parts.iter().any(overlaps) {
                continue;
            }
            let mut ids: Vec<UserId> = match &said.what.who {
                Who::Asker => vec![query.user_id.clone()],
                Who::Known(id) => vec![id.clone()],
                Who::Named(name) => known.iter().filter(|(_, known)| known == name).map(|(id, _)| id.clone()).collect(),
            };
            // Who was chosen by an option stays chosen.
            ids.retain(|id| !id.0.is_empty() && (base.authors.is_empty() || base.authors.contains(id)));
            if ids.is_empty() {
                continue;
            }
            taken.extend(said.parts.clone());
            narrowing.parts.extend(said.parts.into_iter().map(|part| (at, part)));
            if !is_named {
                narrowing.authors.extend(ids);
                narrowing.names.push(shown(&said.what.shown));
            }
        }
        is_named |= !one.people.is_empty() || !taken.is_empty();
    }
    Ok(())
}

async fn narrow_to_places(
    store: &dyn VectorStore,
    seen: &Filter,
    understood: &Understood,
    narrowing: &mut Narrowing,
    unusable: &mut Vec<String>,
) -> Result<(), StoreError> {
    // Those of the question, or else of the one before it.
    let Some((at, one)) = understood.chain().enumerate().find(|(_, one)| !one.channels.is_empty()) else {
        return Ok(());
    };
    for said in &one.channels {
        let Place { shown: text, name, ids, certain } = &said.what;
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
fn narrow_to_period(base: &Filter, understood: &Understood, narrowing: &mut Narrowing) {
    let periods = understood.chain().enumerate().filter_map(|(at, one)| Some((at, one.period.as_ref()?)));
    for (nth, (at, (period, parts))) in periods.enumerate() {
        let wished = Narrowing { period: Some(period.clone()), ..Narrowing::default() }.filter(base);
        // A time outside of what was chosen by an option would leave nothing.
        let is_possible = wished.since.zip(wished.until).is_none_or(|(since, until)| since < until);
        if nth == 0 && is_possible {
            narrowing.period = Some(period.clone());
        }
        // An earlier question's time is either the time of this one or another than this one's.
        if nth > 0 || is_possible {
            narrowing.parts.extend(parts.iter().map(|part| (at, part.clone())));
        }
    }
}

/// The linked messages that may be seen.
async fn linked(
    store: &dyn VectorStore,
    seen: &Filter,
    understood: &Understood,
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
