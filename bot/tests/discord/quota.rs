//! How much may be asked, and what those are told who ask more.

use crate::support::Stage;
use rtfm_testkit::discord::{Channel, Message};
use serde_json::json;
use serenity::all::{MessageId, Permissions};

/// Sets one of the server's limits.
async fn limit(stage: &Stage, name: &str, most: u32) {
    let given = [(name, json!(most))];
    let told = stage.ana.slash(&stage.general, "rtfm settings limits", &given).unwrap().wait_answered().await;
    assert!(told.content.starts_with("Done"), "{}", told.content);
}

/// What the bot replied to a message, and to no other.
fn replies(channel: &Channel, to: MessageId) -> Vec<Message> {
    channel.messages().into_iter().filter(|message| message.reply_to == Some(to)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_limit_one_is_told_when_there_is_room_again_and_not_again_and_again() {
    let stage = Stage::start().await;
    limit(&stage, "user-per-hour", 2).await;
    for question in ["one", "two"] {
        stage.ben.say(&stage.general, &format!("RTFM {question}?")).unwrap();
        stage.query(&format!("{question}?")).await;
    }
    let third = stage.ben.say(&stage.general, "RTFM three?").unwrap();
    let told = stage.general.wait_for_message("a polite no", |message| message.reply_to == Some(third)).await;
    let now = jiff::Timestamp::now().as_second();
    let left: i64 = told.content.split("<t:").nth(1).unwrap().split(":R>").next().unwrap().parse().unwrap();
    assert!(told.content.contains("limit of 2 questions per person and hour"), "{}", told.content);
    assert!((now + 3500..=now + 3602).contains(&left), "{} at {now}", told.content);

    let fourth = stage.ben.say(&stage.general, "RTFM four?").unwrap();
    let command = stage.ben.slash(&stage.general, "ask", &[("question", json!("five?"))]).unwrap();
    let told = command.wait_answered().await;
    assert!(told.is_ephemeral() && told.content.contains("this server's limit"), "{}", told.content);
    // Others are not concerned, and who manages the server is not limited.
    let keepers = stage.guild.role("keepers", Permissions::MANAGE_GUILD);
    let cid = stage.discord.user("cid");
    stage.guild.join(&cid, &[keepers]);
    for n in 0..4 {
        stage.ana.say(&stage.general, &format!("RTFM ana {n}?")).unwrap();
        cid.say(&stage.general, &format!("RTFM cid {n}?")).unwrap();
        stage.query(&format!("ana {n}?")).await;
        stage.query(&format!("cid {n}?")).await;
    }
    assert!(replies(&stage.general, fourth).is_empty(), "told once a minute: {}", stage.general.view());
    let asked: Vec<_> = stage.queries().into_iter().filter(|query| query.username == "ben").collect();
    assert_eq!(asked.len(), 2);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_after_a_restart_and_the_same_question_counts_once() {
    let stage = Stage::start().await;
    limit(&stage, "cooldown-seconds", 3600).await;
    let first = stage.ben.say(&stage.general, "RTFM one?").unwrap();
    stage.query("one?").await;
    stage.discord.gateway().repeat_last("MESSAGE_CREATE");
    let stage = stage.restart().await;
    let second = stage.ben.say(&stage.general, "RTFM two?").unwrap();
    let told = stage.general.wait_for_message("a polite no", |message| message.reply_to == Some(second)).await;
    assert!(told.content.starts_with("One question every 3600 seconds"), "{}", told.content);
    assert_eq!(replies(&stage.general, first).len(), 1, "{}", stage.general.view());
    assert_eq!(stage.queries().iter().map(|query| &query.query_id).collect::<std::collections::BTreeSet<_>>().len(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_has_its_own_limit_whoever_asks_and_however() {
    let stage = Stage::start().await;
    limit(&stage, "server-per-day", 2).await;
    stage.ben.say(&stage.general, "RTFM one?").unwrap();
    stage.query("one?").await;
    // Who manages the server is not limited, and counts.
    stage.ana.slash(&stage.general, "ask", &[("question", json!("two?"))]).unwrap();
    stage.query("two?").await;
    let third = stage.ben.say(&stage.general, "RTFM three?").unwrap();
    let told = stage.general.wait_for_message("a polite no", |message| message.reply_to == Some(third)).await;
    assert!(told.content.contains("This server has reached its limit of 2 questions per day"), "{}", told.content);
    // A direct message asks the same server.
    let direct = stage.ben.direct();
    for question in ["and here?", "and again?"] {
        let asked = stage.ben.say(&direct, question).unwrap();
        let no = |message: &Message| {
            message.reply_to == Some(asked) && message.content.contains("This server has reached its limit")
        };
        direct.wait_for_message("a polite no", no).await;
    }
    let of_direct = format!("/channels/{}/messages", direct.id());
    let requests = stage.discord.requests().into_iter().filter(|request| request.path.contains(&of_direct));
    let changed = requests.filter(|request| request.method == "PATCH").count();
    assert_eq!(changed, 0, "nothing was promised before: {}", direct.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_another_reason_does_not_count() {
    let stage = Stage::start().await;
    let crew = stage.guild.text_channel("crew");
    crew.make_private(&[stage.guild.bot_role()]);
    limit(&stage, "user-per-hour", 1).await;
    let options = [("question", json!("secret?")), ("channel", json!(crew.id().to_string()))];
    let refused = stage.ben.slash(&stage.general, "ask", &options).unwrap().wait_answered().await;
    assert!(refused.content.contains("only if both of us can read it"), "{}", refused.content);
    stage.ben.slash(&stage.general, "ask", &[("question", json!("allowed?"))]).unwrap();
    stage.query("allowed?").await;
    let over = stage.ben.slash(&stage.general, "ask", &[("question", json!("more?"))]).unwrap().wait_answered().await;
    assert!(over.content.contains("limit of 1 question per person and hour"), "{}", over.content);
    stage.end().await;
}
