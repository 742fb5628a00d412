//! Reads that need no search: by id, by position, by filter.

use super::{
    QdrantStore,
    client::store_error,
    collection::field,
    filter::{messages_only, of_messages, one_of},
    point::{self, slot},
};
use crate::store::{self, Neighbourhood, StoreError, names};
use futures::{StreamExt, TryStreamExt, stream};
use qdrant_client::qdrant::{
    Direction, FacetCountsBuilder, Filter, GetPointsBuilder, OrderByBuilder, PayloadIncludeSelector, PointId,
    RetrievedPoint, ScrollPointsBuilder, facet_value::Variant, start_from,
};
use rtfm_shared::event::{ChatMessage, GuildId, MessageId};

/// The maximum number of messages in one response.
const PAGE: usize = 1000;

/// The maximum number of concurrent requests of one call.
const CONCURRENT_REQUESTS: usize = 8;

/// The maximum number of people or channels with one name that a lookup returns.
const MAX_NAMESAKES: u64 = 1_000;

/// The maximum number of guilds that a listing returns.
const MAX_GUILDS: u64 = 100_000;

/// Selects the body field only.
pub(super) fn body() -> PayloadIncludeSelector {
    PayloadIncludeSelector { fields: vec![field::BODY.to_owned()] }
}

/// Adds each point's snowflake; drops points that are not messages.
fn numbered(points: Vec<RetrievedPoint>) -> Vec<(u64, RetrievedPoint)> {
    points.into_iter().filter_map(|found| Some((point::number(found.id.as_ref())?, found))).collect()
}

fn messages(points: Vec<(u64, RetrievedPoint)>) -> Result<Vec<ChatMessage>, StoreError> {
    points.into_iter().map(|(_, found)| point::message(&found.payload)).collect()
}

impl QdrantStore {
    pub(super) async fn fetch(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        let found = self.fetch_numbers(ids.iter().filter_map(MessageId::snowflake).collect()).await?;
        Ok(found.into_iter().map(|(_, message)| message).collect())
    }

    /// The stored messages with these snowflakes, in ascending order.
    pub(super) async fn fetch_numbers(&self, mut snowflakes: Vec<u64>) -> Result<Vec<(u64, ChatMessage)>, StoreError> {
        snowflakes.sort_unstable();
        snowflakes.dedup();
        let mut found = Vec::new();
        for page in snowflakes.chunks(PAGE) {
            let ids: Vec<PointId> = page.iter().map(|id| PointId::from(*id)).collect();
            let request = GetPointsBuilder::new(&self.names.messages, ids).with_payload(body()).with_vectors(false);
            found.extend(numbered(self.client.get_points(request).await.map_err(store_error)?.result));
        }
        found.sort_by_key(|(id, _)| *id);
        found.into_iter().map(|(id, found)| Ok((id, point::message(&found.payload)?))).collect()
    }

    /// Up to `limit` messages inside the filter with a snowflake of at least `from`, in ascending order. The server
    /// itself scrolls in that order.
    pub(super) async fn page(&self, filter: Filter, from: u64, limit: usize) -> Result<Vec<ChatMessage>, StoreError> {
        let mut found = Vec::new();
        let mut offset = Some(PointId::from(from));
        while let Some(from) = offset.take().filter(|_| found.len() < limit) {
            let page_limit = u32::try_from((limit - found.len()).min(PAGE)).unwrap_or(u32::MAX);
            let request = ScrollPointsBuilder::new(&self.names.messages)
                .filter(filter.clone())
                .offset(from)
                .limit(page_limit)
                .with_payload(body())
                .with_vectors(false);
            let answer = self.client.scroll(request).await.map_err(store_error)?;
            found.extend(numbered(answer.result));
            offset = answer.next_page_offset;
        }
        messages(found)
    }

    pub(super) async fn replies_to(&self, ids: &[MessageId]) -> Result<Vec<ChatMessage>, StoreError> {
        let parents: Vec<String> = ids.iter().filter_map(MessageId::snowflake).map(|id| id.to_string()).collect();
        if parents.is_empty() {
            return Ok(Vec::new());
        }
        let filter = Filter::must([one_of(field::REPLY_TO, parents.iter().map(String::as_str))]);
        self.page(filter, 0, usize::MAX).await
    }

    pub(super) async fn neighbours_of(&self, places: &[Neighbourhood]) -> Result<Vec<Vec<ChatMessage>>, StoreError> {
        let requests = stream::iter(places.to_vec()).map(|place| self.neighbours_of_one(place));
        requests.buffered(CONCURRENT_REQUESTS).try_collect().await
    }

    async fn neighbours_of_one(&self, place: Neighbourhood) -> Result<Vec<ChatMessage>, StoreError> {
        let Some(middle) = place.message_id.snowflake() else { return Ok(Vec::new()) };
        let channel = Filter::must([one_of(field::CHANNEL, [place.channel_id.as_str()]), messages_only()]);
        let after = async {
            match middle.checked_add(1) {
                Some(next) => self.page(channel.clone(), next, place.after).await,
                None => Ok(Vec::new()),
            }
        };
        let (mut before, after) = futures::try_join!(self.before(&channel, middle, place.before), after)?;
        before.extend(after);
        Ok(before)
    }

    /// Up to `wanted` messages directly before `middle`. The server reads backwards only by the index of [`slot`]s, so
    /// this function orders the messages that share a slot with `middle` or with the last wanted message.
    async fn before(&self, channel: &Filter, middle: u64, wanted: usize) -> Result<Vec<ChatMessage>, StoreError> {
        let Some(last) = wanted.checked_sub(1) else { return Ok(Vec::new()) };
        let mut fetch = wanted.saturating_add(2);
        loop {
            let order = OrderByBuilder::new(field::SLOT)
                .direction(Direction::Desc as i32)
                .start_from(start_from::Value::Integer(slot(middle)));
            let request = ScrollPointsBuilder::new(&self.names.messages)
                .filter(channel.clone())
                .order_by(order)
                .limit(u32::try_from(fetch).unwrap_or(u32::MAX))
                .with_payload(body())
                .with_vectors(false);
            let mut found = numbered(self.client.scroll(request).await.map_err(store_error)?.result);
            let complete = found.len() < fetch;
            found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
            let lowest = found.last().map(|(id, _)| slot(*id));
            found.retain(|(id, _)| *id < middle);
            let enough = found.get(last).is_some_and(|(id, _)| Some(slot(*id)) != lowest);
            if complete || enough {
                found.truncate(wanted);
                found.reverse();
                return messages(found);
            }
            fetch = fetch.saturating_mul(4);
        }
    }

    pub(super) async fn guild_ids(&self) -> Result<Vec<GuildId>, StoreError> {
        let request = FacetCountsBuilder::new(&self.names.messages, field::GUILD).limit(MAX_GUILDS).exact(true);
        Ok(self.facet(request).await?.into_iter().map(GuildId).collect())
    }

    /// The values of `id_field` on messages inside the filter that have one of these names in `name_field`, each with
    /// the name. Points of older versions have no names; no lookup finds them until they are stored again.
    pub(super) async fn ids_by_name(
        &self,
        messages: &store::Filter,
        names: &[String],
        name_field: &'static str,
        id_field: &'static str,
    ) -> Result<Vec<(String, String)>, StoreError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let ids_of = |name: String| async move {
            let mut filter = of_messages(messages);
            filter.must.push(one_of(name_field, [names::key(&name).as_str()]));
            let request = FacetCountsBuilder::new(&self.names.messages, id_field).limit(MAX_NAMESAKES).exact(true);
            let ids = self.facet(request.filter(filter)).await?;
            Ok::<_, StoreError>(ids.into_iter().map(|id| (id, name.clone())).collect::<Vec<_>>())
        };
        let requests = stream::iter(names.to_vec()).map(ids_of);
        let found: Vec<Vec<_>> = requests.buffered(CONCURRENT_REQUESTS).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The values of a facet that have matching points, sorted.
    async fn facet(&self, request: FacetCountsBuilder) -> Result<Vec<String>, StoreError> {
        let hits = self.client.facet(request).await.map_err(store_error)?.hits;
        let values = hits.into_iter().filter(|hit| hit.count > 0).filter_map(|hit| match hit.value?.variant? {
            Variant::StringValue(value) => Some(value),
            _ => None,
        });
        let mut values: Vec<String> = values.collect();
        values.sort();
        Ok(values)
    }
}
