//! A Discord to test against: REST, gateway and CDN on loopback, with people in it who obey its permissions.
//!
//! ```no_run
//! # use rtfm_testkit::discord::{Fault, FakeDiscord};
//! # use serenity::all::{ClientBuilder, GatewayIntents, HttpBuilder, Permissions};
//! # use serde_json::json;
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let discord = FakeDiscord::start().await; // FakeDiscord::builder() for other settings
//!
//! // The world: made before the login or during it; what changes while a bot is connected is announced.
//! let (ana, ben) = (discord.user("ana"), discord.user("ben"));
//! let guild = discord.guild("Harbour", &ana); // ana owns it; the bot is in it with a role of its own
//! let moderators = guild.role("moderators", Permissions::MANAGE_MESSAGES);
//! guild.join(&ben, &[moderators]);
//! let general = guild.text_channel("general");
//! guild.text_channel("secret").make_private(&[moderators]);
//! ana.said(&general, "long ago", std::time::Duration::from_secs(86_400))?; // history, announced to nobody
//!
//! // A bot in process: start the fake first, for serenity asks for the gateway's URL when it is built.
//! let http = HttpBuilder::new(discord.token()).client(discord.http_client()).build();
//! let client = ClientBuilder::new_with_http(http, GatewayIntents::all()).await?;
//! // An unmodified binary instead: Command::new("rtfm-bot").envs(discord.environment())
//! discord.gateway().wait_connected().await;
//!
//! // People act at once; what they may not do is the error Discord would give them.
//! let asked = ana.say(&general, "RTFM where is the crane?")?;
//! ana.edit(&general, asked, "RTFM where are the cranes?")?;
//! discord.wait_for_command("ask").await;
//! let interaction = ben.slash(&general, "ask", &[("question", json!("where is the crane?"))])?;
//!
//! // Wait for what the bot does about it; on time-out everything that happened is printed.
//! let answer = general.wait_for_message("an answer", |message| message.reply_to == Some(asked)).await;
//! let private = interaction.wait_answered().await; // is_ephemeral(), content, embeds, components, …
//! println!("{}", discord.channel_view(&general)); // the channel as a person sees it
//!
//! // What goes wrong.
//! discord.fault("PATCH", "/channels/*/messages/*", 2, Fault::status(503));
//! discord.fault("POST", "/channels/*/messages", 1, Fault::lose_reply());
//! discord.fault("POST", "/channels/*/messages", 1, Fault::unreadable_limits());
//! discord.gateway().reconnect(); // and close(4000), reset(), stall(), invalidate(false), fail_connections(…)
//! discord.finish(); // or drop it
//! # Ok(()) }
//! ```
//!
//! When the fake goes, it fails the test if it saw: a route it does not know, a body that breaks Discord's
//! OpenAPI document (where that document is at hand: [`FakeDiscord::checks_schema`]), a frame of its own that
//! serenity cannot decode, or an answer of 401, 403 or 429 that no fault made and [`FakeDiscord::tolerate`] does
//! not allow.
//!
//! What to know of the real thing, because the fake does it too:
//! - GUILD_CREATE holds every channel, also those the bot cannot see; but of the members only the bot itself,
//!   unless it asked for the presences intent. The others come by op 8 (which for the whole list needs the
//!   members intent), or with their own messages and interactions.
//! - Message events come only from channels the bot can view; their texts are blank without the content intent,
//!   except in direct messages, mentions of the bot, and its own messages. REST blanks them likewise when the
//!   portal (`Builder::privileged_intents`) does not allow the intent.
//! - Sending is limited to 5 messages in 5 s a channel; edits, and reading pages of messages, likewise
//!   ([`Builder::without_rate_limits`]).
//! - A shard hears only of its own guilds, and the first one of direct messages ([`Builder::shards`]); new sessions
//!   may be limited to one of a bucket in so long ([`Builder::identify_every`]).
//! - Components come back numbered and with their defaults, embeds with their type.
//! - An interaction's deadlines (3 s, 15 min) pass by [`FakeDiscord::advance`] only, so that no slow machine
//!   decides a test; [`Builder::real_deadlines`] lets them pass by themselves.
//! - The first follow-up after a deferral takes the deferred answer's place; ephemeral answers are not announced
//!   and not part of the channel for REST.

mod actors;
mod builder;
mod fake;
mod faults;
mod gateway;
mod net;
mod ops;
mod recorder;
mod rest;
mod schema;
mod state;
mod watch;
mod world;

pub use actors::{Channel, Guild, InteractionHandle, User};
pub use builder::Builder;
pub use fake::FakeDiscord;
pub use faults::Fault;
pub use gateway::control::{ConnectionFault, Gateway};
pub use ops::interactions::Acknowledgement;
pub use recorder::{GatewayRequest, RestRequest};
pub use rest::reply::DiscordError;
pub use world::message::{Attachment, Message};
