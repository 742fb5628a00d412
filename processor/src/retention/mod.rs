//! Keeps the memory to what people and guilds decided, whoever indexed what when: on every change, and regularly.
//!
//! What is indexed passes the [`VisibilityPolicy`], so here goes what was indexed before the decision was known: by this
//! processor, or by another one whose view of `bot-settings` was behind. Every processor does it, and doing it twice
//! changes nothing.

#[cfg(test)]
mod meanwhile;
#[cfg(test)]
mod tests;

use crate::index::{Index, IndexError};
use rtfm_memory::store::Filter;
use rtfm_memory::visibility::VisibilityPolicy;
use rtfm_shared::{
    event::{AuthorLeft, AuthorPrivacy, ChannelRule, GuildId, GuildSettings, UserId},
    resilience::Backoff,
    settings::Settings,
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until};

/// How often what has become too old is removed.
const ROUND: Duration = Duration::from_secs(3600);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// People whose messages are looked for together.
const TOGETHER: usize = 100;

/// Messages removed, by who decided that.
pub(crate) const REMOVED: &str = "rtfm_decided_removals_total";
/// The labels of [`REMOVED`].
pub(crate) const DECIDED_BY: [&str; 2] = ["author", "guild"];

/// The keeper.
#[derive(Debug)]
pub(crate) struct RetentionSweeper {
    index: Index,
    settings: Settings,
    policy: VisibilityPolicy,
    round: Duration,
    done: Done,
}

/// What has been carried out.
#[derive(Debug, Default)]
struct Done {
    authors: HashMap<UserId, AuthorPrivacy>,
    guilds: HashMap<GuildId, (ChannelRule, Option<u32>)>,
    /// So many of those who left.
    leavers: usize,
}

impl RetentionSweeper {
    pub(crate) fn new(index: Index, settings: Settings) -> Self {
        Self { index, policy: VisibilityPolicy::new(settings.clone()), settings, round: ROUND, done: Done::default() }
    }

    /// Keeps for ever, from when everything decided so far is known.
    pub(crate) async fn run(mut self) {
        self.settings.ready().await;
        let mut changes = self.settings.changes();
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        let mut next_round = Instant::now() + self.round;
        loop {
            if let Err(error) = self.keep().await {
                tracing::warn!(%error, "what must be forgotten is still there: trying again");
                sleep(delays.next_delay()).await;
                continue;
            }
            delays.reset();
            tokio::select! {
                () = changes.next() => {}
                () = sleep_until(next_round) => {
                    next_round = Instant::now() + self.round;
                    // What is kept for some days only is looked at again.
                    self.done.guilds.values_mut().for_each(|(_, days)| *days = None);
                }
            }
        }
    }

    /// Carries out whatever was decided and has not been carried out yet.
    async fn keep(&mut self) -> Result<(), IndexError> {
        let [by_author, by_guild] = DECIDED_BY;
        for author in self.settings.authors() {
            if self.done.authors.get(&author.user_id) != Some(&author) {
                let written = Filter { authors: vec![author.user_id.clone()], ..Filter::everything(None) };
                self.sweep(&written, by_author).await?;
                self.done.authors.insert(author.user_id.clone(), author);
            }
        }
        for guild in self.settings.guilds() {
            let GuildSettings { guild_id, remembered, retention_days, .. } = &*guild;
            let wanted = (remembered.clone(), *retention_days);
            let done = self.done.guilds.get(guild_id);
            if done == Some(&wanted) {
                continue;
            }
            let mut there = Filter::everything(Some(guild_id.clone()));
            // Where only the age matters, what is young enough need not be looked at.
            if done.map_or(&ChannelRule::default(), |(rule, _)| rule) == remembered {
                there.until = Some(self.policy.oldest(guild_id).unwrap_or_default());
            }
            self.sweep(&there, by_guild).await?;
            self.done.guilds.insert(guild_id.clone(), wanted);
        }
        self.keep_to_leavers().await
    }

    /// Whoever left a guild that forgets those who leave is forgotten there.
    async fn keep_to_leavers(&mut self) -> Result<(), IndexError> {
        let new = self.settings.leavers(self.done.leavers);
        let mut left: BTreeMap<&GuildId, Vec<UserId>> = BTreeMap::new();
        for AuthorLeft { guild_id, user_id, .. } in new.iter().map(|left| &**left) {
            left.entry(guild_id).or_default().push(user_id.clone());
        }
        let [_, by_guild] = DECIDED_BY;
        for (guild, people) in left {
            for some in people.chunks(TOGETHER) {
                let written = Filter { authors: some.to_vec(), ..Filter::everything(Some(guild.clone())) };
                self.sweep(&written, by_guild).await?;
            }
        }
        self.done.leavers += new.len();
        Ok(())
    }

    async fn sweep(&self, inside: &Filter, decided_by: &'static str) -> Result<(), IndexError> {
        let removed = self.index.sweep(inside, |message| !self.policy.admits(message)).await?;
        if removed > 0 {
            tracing::info!(removed, decided_by, "messages that must not be kept are removed");
            metrics::counter!(REMOVED, "decided_by" => decided_by).increment(removed);
        }
        Ok(())
    }
}
