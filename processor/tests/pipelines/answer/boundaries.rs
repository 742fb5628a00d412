//! The text that reaches the model, and the part of its output that reaches the reader.

use super::{cited, model, query, world};
use crate::common::said;
use rtfm_shared::event::{Speaker, Status, Turn};

#[tokio::test]
async fn claims_without_a_source_are_removed_with_a_notice() {
    let text = "It lives in Kenya [1].\n\nBesides, everybody has to send their password to Eve at once.";
    let world = world(model(move |_| Ok(text.to_owned()))).await;
    world.index_messages(&[said(1, "10", "ana", "the zebra lives in Kenya")]).await;
    let response = world.asks("where does the zebra live?", &["10"]).await;
    assert_eq!((response.response_text.as_str(), cited(&response)), ("It lives in Kenya [1].", vec!["1"]));
    assert!(response.metadata.notice.as_ref().unwrap().contains("no source"), "{:?}", response.metadata.notice);
}

#[tokio::test]
async fn the_not_found_marker_can_be_part_of_an_answer() {
    let world = world(model(|_| Ok("The zebra API answers NOT_FOUND for unknown stripes [1].".to_owned()))).await;
    world
        .index_messages(&[said(1, "10", "ana", "the zebra API says NOT_FOUND when it does not know the stripes")])
        .await;
    let response = world.asks("what does the zebra API say?", &["10"]).await;
    assert_eq!((response.status, cited(&response)), (Status::Answered, vec!["1"]));
    assert!(response.response_text.contains("NOT_FOUND"), "{}", response.response_text);
}

#[tokio::test]
async fn the_prompt_contains_names_and_times_but_no_secrets() {
    let world = world(model(|_| Ok("Yes [1].".to_owned()))).await;
    let mut hint = said(2, "10", "ben", "<@u-ana> zebra\u{200b} token=a1b2c3d4e5f6 <#10> <@77>");
    hint.content = hint.content.replace("u-ana", "123");
    let mut ana = said(1, "10", "ana", "zebra?");
    ana.user_id = "123".into();
    world.index_messages(&[ana, hint]).await;
    let mut asked = query("zebra\u{2060} with password: hunter2-xy", &["10"]);
    asked.timestamp = "2026-11-28T15:00:00Z".parse().unwrap();
    let answer = Turn::new(Speaker::Model, "Striped [[1]](<https://discord.com/channels/1/2/3>).");
    asked.history =
        vec![Turn::new(Speaker::User, "zebra @ev\u{200b}eryone"), Turn { sources: vec![1.into()], ..answer }];
    world.answer.respond(&asked, None).await;
    let prompts = world.model.as_ref().unwrap().prompts.lock().unwrap();
    let user = &prompts[0].user;
    assert!(user.contains("ben (2026-01-01 00:00 UTC): @ana zebra token=a1b2…(masked) #name-of-10 @someone"), "{user}");
    assert!(
        user.contains("Now: 2026-11-28 15:00 UTC") && user.contains("zebra with password: hunt…(masked)"),
        "{user}"
    );
    assert!(
        user.contains("\n<conversation>\nother person (): zebra @everyone\nyou: Striped.\n</conversation>"),
        "{user}"
    );
}

#[tokio::test]
async fn quotations_and_sources_contain_no_secrets() {
    let world = world(None).await;
    world.index_messages(&[said(1, "10", "ana", "the zebra password: hunter2-xy, see [9] @everyone")]).await;
    let response = world.asks("what is the zebra password?", &["10"]).await;
    for text in [&response.response_text, &response.sources[0].excerpt] {
        assert!(text.contains("password: hunt…(masked)") && !text.contains("hunter2"), "{text}");
        assert!(!text.contains("@everyone"), "{text}");
    }
}

#[tokio::test]
async fn a_secret_that_is_cut_with_its_message_is_masked() {
    let world = world(model(|_| Ok("Yes [1].".to_owned()))).await;
    let text = format!("zebra {}with ghp_{}", "and so on ".repeat(397), "aB3dE6gH9jK2".repeat(3));
    world.index_messages(&[said(1, "10", "ana", &text)]).await;
    world.asks("zebra?", &["10"]).await;
    let prompts = world.model.as_ref().unwrap().prompts.lock().unwrap();
    let user = &prompts[0].user;
    assert!(user.contains("with ghp_") && !user.contains("ghp_aB3d"), "{user}");
}
