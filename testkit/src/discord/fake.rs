//! A test's handle on the fake.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use serenity::all::{ApplicationId, ChannelId, ChannelType, GuildId, MessageId, RoleId, UserId};
use tempfile::TempDir;

use super::Builder;
use super::actors::{Channel, Guild, User};
use super::faults::{Fault, QueuedFault};
use super::gateway::control::Gateway;
use super::recorder::RestRequest;
use super::state::{Core, State};
use super::watch::{dump, wait};
use super::world::{self, Account, Member, Message, Place, Role, permissions};

/// A fake Discord. Dropping it fails the test if it saw a failure that the test did not cause.
pub struct FakeDiscord {
    core: Arc<Core>,
    proxy: SocketAddr,
    direct: SocketAddr,
    ca_pem: String,
    folder: TempDir,
    client: OnceLock<reqwest::Client>,
}

impl FakeDiscord {
    /// Starts with every default.
    pub async fn start() -> Self {
        Builder::default().start().await
    }

    /// Settings to change before the start.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn assemble(core: Arc<Core>, proxy: SocketAddr, direct: SocketAddr, ca_pem: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(folder.path().join("ca.pem"), ca_pem).expect("the certificate can be written");
        Self { core, proxy, direct, ca_pem: ca_pem.to_owned(), folder, client: OnceLock::new() }
    }

    // ── How to reach it ────────────────────────────────────────────────────────────────────────────────

    /// The environment for an unmodified binary: token, proxy and certificate.
    pub fn environment(&self) -> Vec<(String, String)> {
        let ca = self.ca_file().display().to_string();
        // Both spellings and no exceptions, so that they override this machine's settings.
        let set = [
            ("DISCORD_TOKEN", self.token()),
            ("HTTPS_PROXY", self.proxy_url()),
            ("https_proxy", self.proxy_url()),
            ("NO_PROXY", String::new()),
            ("no_proxy", String::new()),
            ("SSL_CERT_FILE", ca),
        ];
        set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The CONNECT proxy.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy)
    }

    /// The address that speaks TLS at once, for a client that resolves `discord.com` to it.
    pub fn address(&self) -> SocketAddr {
        self.direct
    }

    /// The authority's certificate in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The authority's certificate as a file.
    pub fn ca_file(&self) -> std::path::PathBuf {
        self.folder.path().join(Path::new("ca.pem"))
    }

    /// The hosts to resolve to [`FakeDiscord::address`].
    pub fn hosts() -> &'static [&'static str] {
        &super::net::tls::HOSTS
    }

    /// A client that resolves Discord's hosts to this fake and trusts only its authority.
    pub fn http_client(&self) -> reqwest::Client {
        let build = || {
            let ca = reqwest::Certificate::from_pem(self.ca_pem.as_bytes()).expect("the certificate is well formed");
            let mut client =
                reqwest::Client::builder().no_proxy().tls_built_in_root_certs(false).add_root_certificate(ca);
            for host in Self::hosts() {
                client = client.resolve(host, self.direct);
            }
            client.build().expect("a client can be built")
        };
        self.client.get_or_init(build).clone()
    }

    /// The bot's token.
    pub fn token(&self) -> String {
        self.core.read(|state| state.settings.token.clone())
    }

    // ── The world ──────────────────────────────────────────────────────────────────────────────────────

    /// The bot as a user, to mention or to give roles to.
    pub fn bot(&self) -> User {
        let id = self.core.read(|state| state.world.bot);
        User::new(self.core.clone(), id)
    }

    /// The bot's application.
    pub fn application(&self) -> ApplicationId {
        self.core.read(|state| state.world.application)
    }

    /// Makes a user.
    pub fn user(&self, name: &str) -> User {
        self.account(name, false)
    }

    /// Creates another bot, whose messages the tested bot must ignore.
    pub fn other_bot(&self, name: &str) -> User {
        self.account(name, true)
    }

    fn account(&self, name: &str, bot: bool) -> User {
        let id = self.core.change(|state| {
            let id = UserId::new(state.world.clock.id());
            state.world.users.insert(id, Account { id, name: name.to_owned(), global_name: None, bot });
            id
        });
        User::new(self.core.clone(), id)
    }

    /// Makes a guild with its owner and the bot in it. `@everyone` has Discord's default permissions.
    pub fn guild(&self, name: &str, owner: &User) -> Guild {
        let guild = self.guild_without_bot(name, owner);
        let bot = self.bot().id();
        self.core.change(|state| super::ops::guild::add_member(state, guild.id(), bot));
        self.core.change(|state| {
            let role = RoleId::new(state.world.clock.id());
            let home = state.world.guild_mut(guild.id());
            let made = Role {
                id: role,
                name: "rtfm".to_owned(),
                permissions: permissions::default_everyone(),
                position: 1,
                bot: Some(bot),
            };
            home.roles.insert(role, made);
            home.members.entry(bot).and_modify(|member| member.roles.push(role));
            super::ops::guild::announce_role(state, "GUILD_ROLE_CREATE", guild.id(), role);
            super::ops::guild::announce_member(state, guild.id(), bot);
        });
        guild
    }

    /// Makes a guild that the bot is not in (yet).
    pub fn guild_without_bot(&self, name: &str, owner: &User) -> Guild {
        let owner = owner.id();
        let id = self.core.change(|state| {
            let id = GuildId::new(state.world.clock.id());
            let everyone = Role {
                id: id.everyone_role(),
                name: "@everyone".to_owned(),
                permissions: permissions::default_everyone(),
                position: 0,
                bot: None,
            };
            let member = Member { user: owner, nick: None, roles: Vec::new(), joined_ms: state.world.clock.now_ms() };
            let guild = world::Guild {
                id,
                name: name.to_owned(),
                owner,
                roles: [(everyone.id, everyone)].into(),
                members: [(owner, member)].into(),
                available: true,
            };
            state.world.guilds.insert(id, guild);
            id
        });
        Guild::new(self.core.clone(), id)
    }

    /// A channel by its id.
    pub fn channel(&self, id: ChannelId) -> Channel {
        Channel::new(self.core.clone(), id)
    }

    /// A message by its id, wherever it is.
    pub fn message(&self, id: MessageId) -> Option<Message> {
        self.core.read(|state| state.world.messages.values().find_map(|messages| messages.get(&id)).cloned())
    }

    /// Every message in every channel, with ephemeral ones.
    pub fn messages(&self) -> Vec<Message> {
        self.core.read(|state| state.world.messages.values().flat_map(|messages| messages.values().cloned()).collect())
    }

    /// Advances the fake's clock, which ages interactions, nonces and links.
    pub fn advance(&self, by: Duration) {
        self.core.change(|state| state.world.clock.advance(by));
    }

    /// Expires every CDN link, or makes them valid again.
    pub fn expire_links(&self, expired: bool) {
        self.core.change(|state| state.expired_links = expired);
    }

    /// The registered commands of a guild, or the global ones, as registered.
    pub fn commands(&self, guild: Option<GuildId>) -> Vec<Value> {
        self.core
            .read(|state| state.commands.get(&guild).into_iter().flatten().map(|command| command.json(state)).collect())
    }

    /// Waits until a command of this name is registered, globally or anywhere.
    pub async fn wait_for_command(&self, name: &str) {
        wait::until(&self.core, &format!("the command {name:?} to be registered"), || {
            self.core.read(|state| state.commands.values().flatten().any(|command| command.name == name).then_some(()))
        })
        .await;
    }

    // ── The gateway and faults ─────────────────────────────────────────────────────────────────────────

    /// The gateway: its received payloads and its faults.
    pub fn gateway(&self) -> Gateway {
        Gateway::new(self.core.clone())
    }

    /// Lets the next `times` requests of this method (`*` for any) and path meet a fault. The path is below
    /// `/api/v10`, `*` stands for a segment, a last `**` for the rest. Statuses of faults never fail the test.
    pub fn fault(&self, method: &str, path: &str, times: usize, fault: Fault) {
        let queued =
            QueuedFault { method: method.to_owned(), pattern: path.to_owned(), left: times, action: fault.action };
        self.core.change(|state| state.faults.push(queued));
    }

    /// Removes every unused fault.
    pub fn clear_faults(&self) {
        self.core.change(|state| state.faults.clear());
    }

    /// Lets answers with this status (401, 403 or 429) not fail the test: the test means them to happen.
    pub fn tolerate(&self, status: u16) {
        self.core.change(|state| state.tolerated.insert(status));
    }

    /// Offers every command that is registered to everybody and everywhere, as a server's administrators may decide.
    pub fn offer_every_command(&self) {
        self.core.change(|state| {
            for command in state.commands.values_mut().flatten() {
                if let Some(given) = command.given.as_object_mut() {
                    given.retain(|field, _| !["default_member_permissions", "contexts"].contains(&field.as_str()));
                }
            }
        });
    }

    // ── What happened ──────────────────────────────────────────────────────────────────────────────────

    /// Every REST request so far.
    pub fn requests(&self) -> Vec<RestRequest> {
        self.core.read(|state| state.requests.clone())
    }

    /// Waits for a condition and checks it after every change.
    pub async fn wait_for<T>(&self, what: &str, condition: impl FnMut() -> Option<T>) -> T {
        wait::until(&self.core, what, condition).await
    }

    /// Waits for a matching REST request; an earlier one counts.
    pub async fn wait_for_request(&self, what: &str, wanted: impl Fn(&RestRequest) -> bool) -> RestRequest {
        self.wait_for(what, || self.requests().into_iter().find(&wanted)).await
    }

    /// Waits for a matching message in a channel, new or edited; an existing one counts.
    pub async fn wait_for_message(
        &self,
        channel: impl Into<ChannelId>,
        what: &str,
        wanted: impl Fn(&Message) -> bool,
    ) -> Message {
        self.channel(channel.into()).wait_for_message(what, wanted).await
    }

    /// A channel as a person would see it, as text.
    pub fn channel_view(&self, channel: impl Into<ChannelId>) -> String {
        self.channel(channel.into()).view()
    }

    /// Everything that happened, as text.
    pub fn dump(&self) -> String {
        dump::dump(&self.core)
    }

    /// Whether bodies are held against Discord's OpenAPI document; it may not be on this machine.
    pub fn checks_schema(&self) -> bool {
        self.core.read(|state| state.schema.is_present())
    }

    /// Takes the failures so far; they no longer fail the test.
    pub fn take_failures(&self) -> Vec<String> {
        self.core.change(|state| std::mem::take(&mut state.failures))
    }

    /// Ends the fake and fails the test if anything went wrong, as dropping it does.
    pub fn finish(self) {}
}

impl Drop for FakeDiscord {
    fn drop(&mut self) {
        self.core.close();
        let failures = self.core.read(|state| state.failures.clone());
        if !failures.is_empty() && !std::thread::panicking() {
            let list = failures.join("\n  - ");
            panic!("the fake Discord saw what must not happen:\n  - {list}\n{}", dump::dump(&self.core));
        }
    }
}

impl State {
    /// The direct conversation with a user, begun if there is none.
    pub(crate) fn direct_channel(&mut self, user: UserId) -> ChannelId {
        let place = Place::Direct(user);
        if let Some(known) = self.world.channels.values().find(|channel| channel.place == place) {
            return known.id;
        }
        let id = ChannelId::new(self.world.clock.id());
        let channel = world::Channel::new(id, ChannelType::Private, place, "");
        self.world.channels.insert(id, channel);
        id
    }
}
