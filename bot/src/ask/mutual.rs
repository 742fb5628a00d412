//! The guilds that the bot and a person share. Without the privileged members intent the bot knows few members, so
//! Discord is asked about the others: of a bounded number of guilds, and not again for some minutes.

use crate::discord::{
    model::{Cache, GuildId, UserId},
    rest::{Rest, RestError},
};
use futures::{StreamExt, stream};
use parking_lot::Mutex;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// Guilds that are asked about, at most.
const MOST: usize = 50;
/// Requests at a time.
const AT_ONCE: usize = 5;
/// How long a lookup is used. It decides only which guilds are offered; the chosen one is looked up again.
const KEPT: Duration = Duration::from_secs(180);

/// Memberships that were looked up lately.
#[derive(Debug, Default)]
pub(crate) struct MutualGuilds {
    known: Mutex<HashMap<(UserId, GuildId), (Instant, bool)>>,
}

impl MutualGuilds {
    /// The guilds with their names, in the order of their ids.
    pub(super) async fn with(&self, rest: &Rest, cache: &Cache, user: UserId) -> Vec<(GuildId, String)> {
        let mut guilds: Vec<(GuildId, String, bool)> = cache
            .guilds()
            .into_iter()
            .filter_map(|id| cache.guild(id).map(|guild| (id, guild.name.clone(), guild.members.contains_key(&user))))
            .collect();
        guilds.sort_by_key(|(id, ..)| *id);
        let unknown = guilds.iter().filter(|(.., known)| !known).count();
        if unknown > MOST {
            tracing::info!(guilds = unknown, most = MOST, "too many guilds to look up a member in all of them");
        }
        // The first ones that are not known; asking about those that are known costs nothing.
        let mut asked = 0;
        guilds.retain(|(.., known)| {
            asked += usize::from(!known);
            *known || asked <= MOST
        });
        let member = |(id, name, known): (GuildId, String, bool)| async move {
            (known || self.is_member(rest, id, user).await).then_some((id, name))
        };
        let found: Vec<Option<(GuildId, String)>> = stream::iter(guilds).map(member).buffered(AT_ONCE).collect().await;
        found.into_iter().flatten().collect()
    }

    async fn is_member(&self, rest: &Rest, guild: GuildId, user: UserId) -> bool {
        if let Some(known) = self.kept(guild, user) {
            return known;
        }
        let member = match rest.member(guild, user).await {
            Ok(_) => true,
            Err(RestError::Refused { .. }) => false,
            // Not known is not kept either.
            Err(error) => {
                tracing::info!(%guild, %user, %error, "failed to look up a member");
                return false;
            }
        };
        let mut kept = self.known.lock();
        kept.insert((user, guild), (Instant::now(), member));
        member
    }

    fn kept(&self, guild: GuildId, user: UserId) -> Option<bool> {
        let mut kept = self.known.lock();
        kept.retain(|_, (since, _)| since.elapsed() < KEPT);
        kept.get(&(user, guild)).map(|(_, member)| *member)
    }
}
