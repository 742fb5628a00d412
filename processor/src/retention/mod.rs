//! The retention sweeper: removes stored messages that people or guilds exclude, after every change of a decision and
//! regularly.
//!
//! The index pipeline checks the [`VisibilityPolicy`] itself, so the sweeper handles the messages that were stored
//! before a decision arrived: by this processor, or by another one whose view of `bot-settings` lagged behind. Every
//! processor sweeps; sweeping twice changes nothing.

#[cfg(test)]
mod tests;

use crate::index::{IndexError, IndexPipeline};
use rtfm_memory::{store::Filter, visibility::VisibilityPolicy};
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

/// Interval of the sweeps for messages that grew too old.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Departed members whose messages one sweep removes.
const AUTHORS_PER_SWEEP: usize = 100;

/// Messages removed, by the kind of decision.
pub(crate) const REMOVED: &str = "rtfm_decided_removals_total";
/// The values of the label `decided_by` of [`REMOVED`].
pub(crate) const DECIDED_BY: [&str; 2] = ["author", "guild"];

/// Applies decisions to stored messages.
#[derive(Debug)]
pub(crate) struct RetentionSweeper {
    index: IndexPipeline,
    settings: Settings,
    policy: VisibilityPolicy,
    interval: Duration,
    applied: AppliedDecisions,
}

/// The decisions that are already applied.
#[derive(Debug, Default)]
struct AppliedDecisions {
    authors: HashMap<UserId, AuthorPrivacy>,
    guilds: HashMap<GuildId, (ChannelRule, Option<u32>)>,
    /// The number of departed members handled so far.
    leavers: usize,
}

impl RetentionSweeper {
    pub(crate) fn new(index: IndexPipeline, settings: Settings) -> Self {
        Self {
            index,
            policy: VisibilityPolicy::new(settings.clone()),
            settings,
            interval: SWEEP_INTERVAL,
            applied: AppliedDecisions::default(),
        }
    }

    /// Runs until it is dropped. It starts when all earlier decisions are loaded.
    pub(crate) async fn run(mut self) {
        self.settings.ready().await;
        let mut changes = self.settings.changes();
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        let mut next_sweep = Instant::now() + self.interval;
        loop {
            if let Err(error) = self.apply_decisions().await {
                tracing::warn!(%error, "retention sweep failed, retrying");
                sleep(delays.next_delay()).await;
                continue;
            }
            delays.reset();
            tokio::select! {
                () = changes.next() => {}
                () = sleep_until(next_sweep) => {
                    next_sweep = Instant::now() + self.interval;
                    // Clearing the retention makes the next sweep look at these guilds again.
                    self.applied.guilds.values_mut().for_each(|(_, days)| *days = None);
                }
            }
        }
    }

    /// Applies the decisions that are not applied yet.
    async fn apply_decisions(&mut self) -> Result<(), IndexError> {
        let [by_author, by_guild] = DECIDED_BY;
        for author in self.settings.authors() {
            if self.applied.authors.get(&author.user_id) != Some(&author) {
                let by_them = Filter { authors: vec![author.user_id.clone()], ..Filter::everything(None) };
                self.sweep(&by_them, by_author).await?;
                self.applied.authors.insert(author.user_id.clone(), author);
            }
        }
        for guild in self.settings.guilds() {
            let GuildSettings { guild_id, remembered, retention_days, .. } = &*guild;
            let wanted = (remembered.clone(), *retention_days);
            let applied = self.applied.guilds.get(guild_id);
            if applied == Some(&wanted) {
                continue;
            }
            let mut inside = Filter::everything(Some(guild_id.clone()));
            // When only the retention changed, messages that are young enough are skipped.
            if applied.map_or(&ChannelRule::default(), |(rule, _)| rule) == remembered {
                inside.until = Some(self.policy.oldest(guild_id).unwrap_or_default());
            }
            self.sweep(&inside, by_guild).await?;
            self.applied.guilds.insert(guild_id.clone(), wanted);
        }
        self.remove_leavers().await
    }

    /// Removes the messages of members who left a guild that forgets leavers.
    async fn remove_leavers(&mut self) -> Result<(), IndexError> {
        let new = self.settings.leavers(self.applied.leavers);
        let mut left: BTreeMap<&GuildId, Vec<UserId>> = BTreeMap::new();
        for AuthorLeft { guild_id, user_id, .. } in new.iter().map(|left| &**left) {
            left.entry(guild_id).or_default().push(user_id.clone());
        }
        let [_, by_guild] = DECIDED_BY;
        for (guild, people) in left {
            for some in people.chunks(AUTHORS_PER_SWEEP) {
                let by_them = Filter { authors: some.to_vec(), ..Filter::everything(Some(guild.clone())) };
                self.sweep(&by_them, by_guild).await?;
            }
        }
        self.applied.leavers += new.len();
        Ok(())
    }

    async fn sweep(&self, inside: &Filter, decided_by: &'static str) -> Result<(), IndexError> {
        let removed = self.index.sweep(inside, |message| !self.policy.admits(message)).await?;
        if removed > 0 {
            tracing::info!(removed, decided_by, "removed messages");
            metrics::counter!(REMOVED, "decided_by" => decided_by).increment(removed);
        }
        Ok(())
    }
}
