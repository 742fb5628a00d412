//! A gateway, or Discord's REST API, that is away for a while.

use super::scene::{Before, Way, answers, quick, stage, survives, times_said};
use crate::support::{Stage, bus, launch, until, within};
use rtfm_bot::{Bot, BotConfig};
use rtfm_testkit::discord::{ConnectionFault, FakeDiscord, Fault};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The gateway fails so for a while: few attempts, little CPU time, and then nothing is lost.
async fn outage(fault: ConnectionFault) {
    let stage = stage().await;
    let gateway = stage.discord.gateway();
    let before = Before::of(&stage);
    gateway.fail_connections(Some(fault));
    gateway.reset();
    stage.ana.say(&stage.general, "said into the outage").unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    // 40 ms, 80, 160, 320, 400, 400, ... of which chance may leave half.
    let attempts = gateway.connections() - before.connections();
    assert!((3..=15).contains(&attempts), "{attempts} attempts in two seconds");
    gateway.fail_connections(None);
    until("what was said meanwhile", || (times_said(&stage, "said into the outage") > 0).then_some(())).await;
    answers(&stage, "are you back?").await;
    before.was_calm(&stage, 20);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_refuses_connections_is_not_stormed() {
    outage(ConnectionFault::Refuse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_drops_connections_after_the_upgrade_is_not_stormed() {
    outage(ConnectionFault::DropAfterUpgrade).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_break_at_once_again_and_again_are_not_a_storm() {
    let stage = stage().await;
    let gateway = stage.discord.gateway();
    let before = Before::of(&stage);
    let until_then = std::time::Instant::now() + Duration::from_secs(2);
    while std::time::Instant::now() < until_then {
        gateway.reset();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let attempts = gateway.connections() - before.connections();
    assert!((3..=15).contains(&attempts), "{attempts} attempts in two seconds");
    answers(&stage, "is it over?").await;
    before.was_calm(&stage, 20);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_own_gateway_is_gone_is_resumed_where_it_began() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    // Nobody listens there.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    discord.gateway().resume_at(&format!("ws://{nowhere}"));
    let stage = Stage::on(discord, quick).await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.reset()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_moves_is_found_again() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    // Nobody listens there.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gateway = discord.gateway();
    gateway.announce(Some(&format!("ws://{nowhere}")));
    let asked = async {
        discord.wait_for_request("the gateway's address", |request| request.path.ends_with("/gateway/bot")).await;
        gateway.announce(None);
    };
    let bot = Bot::new(quick(BotConfig::new(discord.token()).with_client(discord.http_client())), Arc::new(bus()));
    let stop = CancellationToken::new();
    let running = launch(bot, &stop).0;
    asked.await;
    within("the bot to connect", gateway.wait_connected()).await;
    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_rest_is_away_the_gateway_is_heard_and_held() {
    let stage = stage().await;
    let before = Before::of(&stage);
    stage.discord.fault("*", "/**", 1000, Fault::status(503));
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    stage.ana.say(&stage.general, "heard all the same").unwrap();
    until("a message", || (times_said(&stage, "heard all the same") > 0).then_some(())).await;
    // A session is taken up again without REST.
    stage.discord.gateway().reconnect();
    let resumed = || (stage.discord.gateway().resumes() == 1).then_some(());
    stage.discord.wait_for("a resumption", resumed).await;
    stage.discord.clear_faults();
    stage.query("where is the crane?").await;
    let replies = stage.general.messages().into_iter().filter(|message| message.reply_to == Some(asked)).count();
    assert_eq!(replies, 1, "{}", stage.general.view());
    answers(&stage, "are you back?").await;
    before.was_calm(&stage, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_gateway_is_away_answers_are_delivered() {
    let stage = stage().await;
    let gateway = stage.discord.gateway();
    stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let query = stage.query("where is the crane?").await;
    gateway.fail_connections(Some(ConnectionFault::Refuse));
    gateway.reset();
    let gone = || (gateway.connected() == 0).then_some(());
    stage.discord.wait_for("the gateway to be gone", gone).await;
    stage.publish(crate::support::answer(&query, "At the north pier [1].")).await;
    stage.general.wait_for_message("the answer", |message| message.content.contains("north pier")).await;
    gateway.fail_connections(None);
    answers(&stage, "are you back?").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discord_that_is_wholly_away_at_the_start_is_waited_for() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    discord.fault("GET", "/gateway/bot", 2, Fault::status(503));
    discord.fault("GET", "/gateway/bot", 1, Fault::reset());
    let stage = Stage::on(discord, quick).await;
    answers(&stage, "are you there?").await;
    stage.end().await;
}
