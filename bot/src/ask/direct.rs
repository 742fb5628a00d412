//! Questions in direct messages: they are asked in a guild that the bot and the asker share, with the asker's view of
//! it. Where there are several, the asker chooses; the menu's id says which question it is about.

use super::{Asker, PendingQuestion, QuestionService, QuestionText, SeenBy, guild_asker, scope};
use crate::{
    discord::{
        ids::ToEventId,
        model::{Cache, GuildId},
        rest::MessageBody,
    },
    gateway::GuildReach,
    reply::{QuestionSource, ReplyExtras, ReplyTarget, which_server},
};
use rtfm_shared::event::QueryId;
use tokio::time::Instant;

const NO_SERVER: &str =
    "We are not on any server together, so I have nothing to answer from. Join a server that I am on, then ask again.";
const NOT_THERE: &str =
    "I could not find you on that server, so I do not know what you may read there. Please ask again later.";
const LATER: &str = "I have lost my connection to that server, so I do not know what you may read there. Please ask again in \
     a minute.";
const OTHER_PROCESS: &str = "I cannot answer about that server in direct messages. Please ask me on the server itself.";
const DIVIDED: &str =
    "In direct messages I can answer about some of my servers only. For the others, please ask me there.";
const OUT_OF_TOUCH: &str =
    "I have lost my connection to some of my servers. If one is missing, please ask again in a minute.";
const WHICH: &str = "Which server do you mean?";

/// A question that has a place already, and no guild yet.
#[derive(Clone, Debug)]
pub(crate) struct DirectQuestion {
    pub(crate) id: QueryId,
    /// Where it can be read again.
    pub(crate) from: QuestionSource,
    /// The message that asks or is asked about, or the command.
    pub(crate) original: u64,
    pub(crate) asked: QuestionText,
    pub(crate) target: ReplyTarget,
    pub(crate) private: bool,
    pub(crate) until: Instant,
}

/// Why there may be servers that are not seen here.
type Unseen = Option<&'static str>;

/// Where a direct message is asked.
#[derive(Clone, Debug)]
pub(super) enum TargetGuild {
    /// The bot and the asker share none.
    Nowhere(Unseen),
    /// What is known of it may be old, for this reason.
    OutOfReach(&'static str),
    /// The asker is not found there.
    NotThere,
    /// There, as this member.
    Of(Asker, Unseen),
    /// In one of these, which the asker must choose.
    OneOf(Vec<(GuildId, String)>, Unseen),
}

impl QuestionService {
    /// Asks in this guild, or in the only one there is, or asks back.
    pub(crate) async fn ask_directly(
        &self,
        cache: &Cache,
        asker: Asker,
        direct: DirectQuestion,
        guild: Option<GuildId>,
    ) {
        let server = self.server(cache, asker, guild).await;
        if let TargetGuild::Of(asker, _) = &server
            && let Err(refusal) = self.admission.within_limits(cache, &asker.request(Some(&direct.id)))
        {
            return self.end(&direct, refusal.to_string().as_str().into()).await;
        }
        self.ask_there(cache, direct, server).await;
    }

    /// Finds out where a direct message is asked: in this guild, or in the only one there is.
    pub(super) async fn server(&self, cache: &Cache, asker: Asker, guild: Option<GuildId>) -> TargetGuild {
        let guilds = match guild {
            Some(guild) => vec![(guild, String::new())],
            None => self.mutual_guilds.with(&self.rest, cache, asker.user).await,
        };
        // Where the asker named the server, or sees its name, nothing is missing.
        let unseen = self.unseen(cache).filter(|_| guild.is_none());
        match guilds.as_slice() {
            [] => TargetGuild::Nowhere(unseen),
            [(guild, _)] => match self.out_of_reach(cache, *guild) {
                Some(words) => TargetGuild::OutOfReach(words),
                None => {
                    let there = guild_asker(&self.rest, asker, Some(*guild)).await;
                    there.map_or(TargetGuild::NotThere, |asker| TargetGuild::Of(asker, unseen))
                }
            },
            _ => TargetGuild::OneOf(guilds, unseen),
        }
    }

    /// Asks there, or asks back.
    pub(super) async fn ask_there(&self, cache: &Cache, direct: DirectQuestion, server: TargetGuild) {
        match server {
            TargetGuild::Nowhere(unseen) => {
                let text: Vec<&str> = [NO_SERVER].into_iter().chain(unseen).collect();
                self.end(&direct, text.join(" ").as_str().into()).await;
            }
            TargetGuild::OutOfReach(words) => self.end(&direct, words.into()).await,
            TargetGuild::NotThere => self.end(&direct, NOT_THERE.into()).await,
            TargetGuild::Of(asker, unseen) => self.ask_in(cache, asker, direct, unseen).await,
            TargetGuild::OneOf(several, unseen) => {
                let (asked, narrowed) = (direct.asked.shown.clone(), direct.asked.narrowing.note());
                let head = crate::reply::head(&ReplyExtras { asked, narrowed, ..ReplyExtras::default() });
                let which = [WHICH].into_iter().chain(unseen).collect::<Vec<_>>().join(" ");
                let text = head.into_iter().chain([which]).collect::<Vec<_>>().join("\n\n");
                let rows = which_server(direct.from, direct.original, &several);
                self.end(&direct, MessageBody { text: &text, rows }).await;
            }
        }
    }

    /// Why nothing can be answered from a guild at this moment: permissions may have changed since its shard was lost.
    /// Questions asked in the guild itself arrive over that very shard.
    pub(crate) fn out_of_reach(&self, cache: &Cache, guild: GuildId) -> Option<&'static str> {
        match self.shards.reach(guild) {
            GuildReach::OtherProcess => Some(OTHER_PROCESS),
            GuildReach::Disconnected => Some(LATER),
            // A new session has not sent its guilds yet.
            GuildReach::Connected => cache.guild(guild).is_none().then_some(LATER),
        }
    }

    /// Why there may be servers that are not seen here.
    fn unseen(&self, cache: &Cache) -> Unseen {
        let is_out_of_touch = self.shards.check().is_err() || cache.unavailable_guilds().len() > 0;
        self.shards.is_divided().then_some(DIVIDED).or(is_out_of_touch.then_some(OUT_OF_TOUCH))
    }

    async fn ask_in(&self, cache: &Cache, asker: Asker, direct: DirectQuestion, unseen: Unseen) {
        let DirectQuestion { id, from, original, asked, target, private, until } = direct;
        let scope = scope::scope(self, cache, &asker, SeenBy::Asker, &asked.narrowing).await;
        let extras = ReplyExtras {
            private,
            about: from == QuestionSource::About,
            asker: Some(asker.user.event_id()),
            note: unseen.map(str::to_owned),
            ..ReplyExtras::default()
        };
        self.submit(cache, PendingQuestion { id, original, asked, asker, scope, extras, until }, target).await;
    }

    /// Makes the place say something instead of an answer.
    async fn end(&self, direct: &DirectQuestion, words: MessageBody<'_>) {
        if let Err(error) = direct.target.write(&self.rest, &words).await {
            tracing::warn!(query = %direct.id, %error, "failed to answer a direct message");
        }
    }
}
