//! Connections that are closed, in every way that Discord has.

use super::scene::{Before, Way, answers, quick, stage, survives};
use crate::support::{Stage, bus, start_bot, within};
use rtfm_bot::{BotConfig, BotError, Shards};
use rtfm_testkit::discord::FakeDiscord;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn a_close_after_which_the_session_lives_is_resumed() {
    for code in [4000, 4001, 4002, 4003, 4005, 4008, 1000, 1001, 1012, 4999] {
        let stage = stage().await;
        survives(&stage, Way::Resumed, 1, |gateway| gateway.close(code)).await;
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_ends_the_session_begins_a_new_one() {
    for code in [4006, 4007, 4009] {
        let stage = stage().await;
        survives(&stage, Way::Identified, 1, |gateway| {
            gateway.forget_sessions();
            gateway.close(code);
        })
        .await;
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_close_is_resumed() {
    let stage = stage().await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.close_without_code()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_and_an_end_without_a_word_are_resumed() {
    let stage = stage().await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.reset()).await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.hang_up()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_discord_forgot_meanwhile_is_begun_anew() {
    let stage = stage().await;
    // One connection to be told that it cannot be resumed, one for the new session.
    survives(&stage, Way::Identified, 2, |gateway| {
        gateway.forget_sessions();
        gateway.close(4000);
    })
    .await;
    assert_eq!(stage.discord.gateway().resumes(), 1, "it was tried");
    stage.end().await;
}

/// How a bot ends whose every session is closed with this code, and how often it tried.
async fn ends(code: u16, shards: Option<(&str, &str)>) -> BotError {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    let config = quick(BotConfig::new(discord.token()).with_client(discord.http_client()));
    let shards = shards.map(|(ids, count)| Shards::parse(Some(ids), Some(count)).unwrap().unwrap());
    let bot = start_bot(BotConfig { shards, ..config }, &bus(), &CancellationToken::new());
    discord.gateway().wait_connected().await;
    discord.gateway().close(code);
    let error = within("the bot to end", bot).await.unwrap().unwrap_err();
    assert_eq!(discord.gateway().connections(), 1, "it does not try again");
    discord.finish();
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_only_a_person_can_mend_ends_the_bot_with_words_that_help() {
    for (code, shards, words) in [
        (4004, None, "Reset Token"),
        (4012, None, "update RTFM"),
        (4013, None, "update RTFM"),
        (4010, Some(("0", "1")), "SHARD_COUNT"),
        (4011, Some(("0", "1")), "SHARD_COUNT"),
    ] {
        let error = ends(code, shards).await.to_string();
        assert!(error.contains(words), "{code}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_that_discord_no_longer_wants_are_asked_for_anew() {
    let stage = stage().await;
    survives(&stage, Way::Identified, 1, |gateway| gateway.close(4010)).await;
    stage.end().await;
    let stage = Stage::with(FakeDiscord::builder().without_rate_limits(), quick).await;
    let before = Before::of(&stage);
    stage.discord.gateway().demand_shards(2);
    let both = || (stage.discord.gateway().shards() == [(0, 2), (1, 2)]).then_some(());
    stage.discord.wait_for("both shards", both).await;
    answers(&stage, "which of you hears me?").await;
    before.was_calm(&stage, 2);
    stage.end().await;
}
