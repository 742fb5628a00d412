//! What people see while something is away.

use crate::scenes::{
    Scene,
    cast::{asks, drawn, from, harbour},
};
use rtfm_bot::BotConfig;
use rtfm_e2e::{Backends, Instance, World};
use rtfm_shared::bus::{Bus, LocalBus, topics};
use rtfm_testkit::{
    discord::FakeDiscord,
    gemini::{Fault, Rule},
};
use std::{sync::Arc, time::Duration};

/// The model is away: the messages themselves are the answer.
pub(crate) async fn gemini_away() -> Vec<Scene> {
    let (world, help) = harbour().await;
    world.gemini().inject(Rule::of(Fault::Status(503)).always());
    let (asked, _) = asks(&world, &world.ben, &help, "RTFM what is the crane endpoint?").await;
    let picture = from(&help, asked);
    world.finish().await;
    vec![("without Gemini", picture)]
}

/// Nobody works on questions: the bot says by itself that no answer came.
pub(crate) async fn nobody_answers() -> Vec<Scene> {
    let discord = FakeDiscord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    let help = guild.text_channel("help");
    let directory = tempfile::tempdir().unwrap();
    let bus = LocalBus::open(directory.path()).unwrap();
    bus.create_topics(&topics::catalogue()).await.unwrap();
    // Time enough to pass the question on, on a slow machine, too.
    let (answer_deadline, answer_grace) = (Duration::from_secs(10), Duration::from_secs(1));
    let config = BotConfig::new(discord.token()).with_client(discord.http_client());
    let config = BotConfig { answer_deadline, answer_grace, ..config };
    let bot = Instance::start(&discord, config, Arc::new(bus)).await;
    let asked = ben.say(&help, "RTFM when is the next release?").unwrap();
    help.wait_for_message("an apology", |one| one.content.starts_with("Your question was not answered in time")).await;
    let picture = from(&help, asked);
    bot.end().await;
    discord.finish();
    vec![("no answer in time", picture)]
}

/// Discord shows the bot no texts: whoever asks for help is told.
pub(crate) async fn without_content() -> Vec<Scene> {
    let discord = FakeDiscord::builder().without_message_content();
    let world = World::start_on(Backends::LOCAL, discord, Duration::from_secs(60), |bot| bot).await.unwrap();
    world.discord.wait_for_command("help").await;
    let told = world.ben.slash(&world.general, "help", &[]).unwrap().wait_answered().await;
    let said = told.content.rsplit("\n\n").next().unwrap();
    world.finish().await;
    vec![("without message content", drawn(said))]
}
