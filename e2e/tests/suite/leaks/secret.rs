//! A secret, and the ways to ask for it.

use rtfm_e2e::{Backends, World};
use rtfm_testkit::discord::{Channel, Message, User};
use serenity::all::MessageId;

pub(crate) const ASKED: &str = "what is the mooring code of the heron?";

/// A message that holds a word nobody says elsewhere.
pub(crate) struct Secret {
    id: MessageId,
    word: &'static str,
}

/// With answers that quote, which show every word that was found; and with those of a model, whose prompt is looked
/// at, too.
pub(crate) async fn on_each_backend(scenario: impl AsyncFn(World)) {
    let on = async |backends| scenario(world(backends).await).await;
    tokio::join!(on(Backends::LOCAL), on(Backends::WITH_GEMINI));
}

/// A world on these backends, which need nothing that a machine might lack.
pub(crate) async fn world(backends: Backends) -> World {
    World::start(backends).await.expect("a world without servers")
}

/// The owner says it there, and RTFM hears it.
pub(crate) async fn said(world: &World, place: &Channel, word: &'static str) -> Secret {
    let id = world.hears(&world.ana, place, &format!("The mooring code of the heron is {word}")).await;
    Secret { id, word }
}

impl Secret {
    /// Asked for there by somebody, it comes out.
    pub(crate) async fn is_told(&self, world: &World, asker: &User, place: &Channel) {
        let answer = world.asks(asker, place, &format!("RTFM {ASKED}")).await;
        assert!(self.shows(&answer), "it is not found where it may be:\n{}", world.discord.channel_view(place));
    }

    /// Asked for there by somebody, nothing of it comes out.
    pub(crate) async fn is_kept(&self, world: &World, asker: &User, place: &Channel) {
        let before = Before::of(world);
        world.asks(asker, place, &format!("RTFM {ASKED}")).await;
        self.did_not_come_out(world, &before);
    }

    /// The same by a command.
    pub(crate) async fn is_kept_from_a_command(&self, world: &World, asker: &User, place: &Channel) {
        let before = Before::of(world);
        let answer = world.asks_by_command(asker, place, ASKED).await;
        assert!(!self.shows(&answer), "{}", answer.content);
        self.did_not_come_out(world, &before);
    }

    /// Asked for by a command, it comes out.
    pub(crate) async fn is_told_to_a_command(&self, world: &World, asker: &User, place: &Channel) {
        let answer = world.asks_by_command(asker, place, ASKED).await;
        assert!(self.shows(&answer), "it is not found where it may be:\n{}", world.discord.channel_view(place));
    }

    /// Whether a message, or one that it was before, shows the secret or where it is.
    fn shows(&self, message: &Message) -> bool {
        let parts = message.embeds.iter().chain(&message.components).map(ToString::to_string);
        let mut texts = parts.chain([message.content.clone()]).chain(message.history.clone());
        texts.any(|text| self.is_in(&text))
    }

    fn is_in(&self, text: &str) -> bool {
        text.contains(self.word) || text.contains(&self.id.to_string())
    }

    fn did_not_come_out(&self, world: &World, before: &Before) {
        let bot = world.discord.bot().id();
        let messages = world.discord.messages();
        let new = messages.iter().filter(|message| message.author == bot && !before.messages.contains(&message.id));
        for message in new {
            assert!(!self.shows(message), "it came out: {message:?}");
        }
        for request in world.discord.requests().iter().skip(before.requests) {
            assert!(!self.is_in(&request.body.to_string()), "it came out: {request}");
        }
        for prompt in world.prompts().iter().skip(before.prompts) {
            assert!(!self.is_in(prompt), "it was in a prompt: {prompt}");
        }
    }
}

/// What there was before a question.
struct Before {
    messages: Vec<MessageId>,
    requests: usize,
    prompts: usize,
}

impl Before {
    fn of(world: &World) -> Self {
        Self {
            messages: world.discord.messages().iter().map(|message| message.id).collect(),
            requests: world.discord.requests().len(),
            prompts: world.prompts().len(),
        }
    }
}
