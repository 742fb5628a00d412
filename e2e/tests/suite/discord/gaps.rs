//! Messages written while no bot runs, or while its connection is broken, are stored once.

use crate::stored::kept;
use rtfm_e2e::{Backends, World};
use rtfm_testkit::discord::Channel;
use std::collections::BTreeMap;

/// What stands on these channels and asks the bot nothing.
fn standing(world: &World, channels: &[&Channel]) -> BTreeMap<u64, String> {
    let bot = world.discord.bot().id();
    let all = channels.iter().flat_map(|channel| channel.messages());
    let theirs = all.filter(|message| message.author != bot && !message.content.starts_with("RTFM "));
    theirs.map(|message| (message.id.get(), message.content)).collect()
}

/// Waits until what stands there is stored, each message once, and nothing else.
async fn stored(world: &World, channels: &[&Channel]) {
    world.until("all that stands is stored", async || kept(world).await == standing(world, channels)).await;
}

async fn missed(backends: Backends) {
    let Some(mut world) = World::start(backends).await else { return };
    let (general, harbour) = (world.general.clone(), world.guild.text_channel("harbour"));
    for channel in [&general, &harbour] {
        world.hears(&world.ana, channel, "before").await;
    }
    world.bot.take().unwrap().end().await;
    let mut said = Vec::new();
    for n in 0..130 {
        said.push(world.ben.say(&general, &format!("missed {n}")).unwrap());
        world.ben.say(&harbour, &format!("missed there {n}")).unwrap();
    }
    world.ben.delete(&general, said[50]).unwrap();
    let start = world.ben.say(&harbour, "a thread starts here").unwrap();
    let thread = world.ben.start_thread(&harbour, start, "side talk").unwrap();
    world.ben.say(&thread, "in the thread").unwrap();
    let asked = world.ben.say(&general, "RTFM what is number 7 that I missed?").unwrap();
    world.bot = Some(world.another_bot().await);
    stored(&world, &[&general, &harbour, &thread]).await;
    assert_eq!(kept(&world).await.len(), 2 + 130 * 2 - 1 + 2);
    world.answer_to(&general, asked).await;
    let replies = general.messages().into_iter().filter(|message| message.reply_to == Some(asked)).count();
    assert_eq!(replies, 1, "{}", general.view());
    world.finish().await;
}

async fn broken(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    world.hears(&world.ana, &world.general, "before").await;
    let (gateway, mut questions) = (world.discord.gateway(), Vec::new());
    for round in 0..3_usize {
        let resumed = gateway.resumes();
        let gone = world.ben.say(&world.general, &format!("gone soon {round}")).unwrap();
        if round == 1 {
            gateway.reset()
        } else {
            gateway.hang_up()
        }
        // Nobody hears this now.
        for n in 0..20 {
            world.ben.say(&world.general, &format!("line {round}.{n}")).unwrap();
        }
        questions.push(world.ben.say(&world.general, &format!("RTFM what is line {round}?")).unwrap());
        world.ben.delete(&world.general, gone).unwrap();
        world.discord.wait_for("the session to go on", || (gateway.resumes() > resumed).then_some(())).await;
        world.hears(&world.ana, &world.general, &format!("back again {round}")).await;
    }
    stored(&world, &[&world.general]).await;
    assert_eq!((kept(&world).await.len(), gateway.identifies()), (1 + 3 * 21, 1));
    for question in questions {
        world.answer_to(&world.general, question).await;
        let replies = world.general.messages().into_iter().filter(|one| one.reply_to == Some(question)).count();
        assert_eq!(replies, 1, "{}", world.general.view());
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_written_while_no_bot_runs_are_stored_once() {
    missed(Backends::LOCAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_written_while_no_bot_runs_are_stored_once_over_kafka() {
    missed(Backends { kafka: true, ..Backends::LOCAL }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_written_while_disconnected_are_stored_once() {
    broken(Backends::LOCAL).await;
}
