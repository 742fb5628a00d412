//! The bot's own threads: messages need no prefix there.

use rtfm_e2e::{Backends, World};
use rtfm_testkit::discord::{Channel, Message};
use serde_json::json;
use serenity::all::{ChannelId, MessageId};

async fn answered(thread: &Channel, after: MessageId) -> Message {
    let done = |one: &Message| one.id > after && !one.buttons().is_empty();
    thread.wait_for_message("an answer", done).await
}

async fn talk(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
    let said = world.hears(ana, general, "The crane endpoint is /api/v2/cranes").await;
    world.discord.wait_for_command("rtfm").await;
    let decided = ana.slash(general, "rtfm settings answers", &[("in-thread", json!(true))]).unwrap();
    decided.wait_for_response("it is in effect", |told| told.content.contains("no → yes")).await;

    let asked = ben.say(general, "RTFM what is the crane endpoint?").unwrap();
    let thread = world.discord.channel(ChannelId::new(asked.get()));
    let first = answered(&thread, asked).await;
    assert!(first.content.contains(&said.to_string()), "it is cited: {}", first.content);

    // Said to somebody else it asks nothing; said to nobody, it does.
    ben.say(&thread, &format!("{} good morning!", ana.mention())).unwrap();
    let further = ana.say(&thread, "and which version of the crane endpoint is that?").unwrap();
    answered(&thread, further).await;
    let bot = world.discord.bot().id();
    let by_bot =
        |channel: &Channel| channel.messages().iter().filter(|one| one.author == bot && !one.is_ephemeral()).count();
    assert_eq!((by_bot(&thread), by_bot(general)), (2, 0), "{}", general.view());
    if backends.gemini {
        let requests = world.gemini().requests();
        let last = requests.iter().rfind(|request| request.method.generates()).unwrap();
        let prompt = last.user_text();
        let before = "\nother person (ben): what is the crane endpoint?\n";
        assert!(prompt.contains(before), "what was said before is known: {prompt}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_the_bots_thread_need_no_prefix() {
    talk(Backends::LOCAL).await;
    talk(Backends::WITH_GEMINI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_the_bots_thread_need_no_prefix_over_kafka() {
    talk(Backends::SERVERS).await;
}
