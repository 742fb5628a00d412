//! Connections that are closed, in every way that Discord has.

use super::scene::{Way, stage, survives};

#[tokio::test(flavor = "multi_thread")]
async fn a_close_after_which_the_session_lives_is_resumed() {
    for code in [4000, 4001, 4002, 4003, 4005, 4008, 1000, 1001, 1006, 4999] {
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
async fn an_empty_close_a_reset_and_a_silent_end_are_resumed() {
    let stage = stage().await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.close_without_code()).await;
    stage.end().await;
}
