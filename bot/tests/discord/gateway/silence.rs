//! A gateway that is there and does not speak.

use super::scene::{Before, Way, answers, quick, stage_on, survives};
use crate::support::Stage;
use rtfm_bot::BotConfig;
use rtfm_testkit::discord::{ConnectionFault, FakeDiscord};
use std::time::Duration;

const OFTEN: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_keep_a_quiet_connection() {
    let stage = stage_on(OFTEN).await;
    let (gateway, before) = (stage.discord.gateway(), Before::of(&stage));
    let beats = gateway.heartbeats();
    stage.discord.wait_for("ten heartbeats", || (gateway.heartbeats() >= beats + 10).then_some(())).await;
    answers(&stage, "still there?").await;
    before.was_calm(&stage, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_that_is_not_acknowledged_is_followed_by_a_resumed_session() {
    let stage = stage_on(OFTEN).await;
    let gateway = stage.discord.gateway();
    let resumed = async {
        let resumes = gateway.resumes();
        stage.discord.wait_for("a resumption", || (gateway.resumes() > resumes).then_some(())).await;
        gateway.ignore_heartbeats(false);
    };
    // More than one connection may miss its acknowledgements before the gateway mends.
    let survives = survives(&stage, Way::Resumed, 3, |gateway| gateway.ignore_heartbeats(true));
    tokio::join!(survives, resumed);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_stalls_is_left_and_the_session_resumed() {
    let stage = stage_on(OFTEN).await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.stall()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_hello_is_left() {
    let stage = stage_on(Duration::from_secs(41)).await;
    survives(&stage, Way::Resumed, 3, |gateway| {
        for _ in 0..2 {
            gateway.fail_next_connection(ConnectionFault::NoHello);
        }
        gateway.reset();
    })
    .await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_resumption_stays_unanswered_twice_is_given_up_for_a_new_one() {
    let stage = stage_on(Duration::from_secs(41)).await;
    survives(&stage, Way::Identified, 3, |gateway| {
        gateway.ignore_resumes(true);
        gateway.reset();
    })
    .await;
    assert_eq!(stage.discord.gateway().resumes(), 2, "two attempts at the old session");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_very_first_connection_may_fail_in_every_way() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    for fault in [ConnectionFault::Refuse, ConnectionFault::DropAfterUpgrade, ConnectionFault::NoHello] {
        discord.gateway().fail_next_connection(fault);
    }
    let stage = Stage::on(discord, quick).await;
    assert_eq!(stage.discord.gateway().connections(), 4);
    answers(&stage, "are you there?").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_is_never_due_sooner_than_makes_sense() {
    let stage = Stage::with(FakeDiscord::builder().without_rate_limits().heartbeat(Duration::ZERO), |config| {
        BotConfig { ..quick(config) }
    })
    .await;
    let before = Before::of(&stage);
    let beats = stage.discord.gateway().heartbeats();
    answers(&stage, "how do you do?").await;
    let most = usize::try_from(before.elapsed().as_millis() / 20).unwrap() + 2;
    assert!(stage.discord.gateway().heartbeats() - beats <= most);
    stage.end().await;
}
