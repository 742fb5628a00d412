//! After a session is resumed, what was heard and could not be passed on is fetched again.

use crate::support::Stage;
use rtfm_shared::{
    bus::{BusError, topics},
    event::MessageEvent,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{sleep, timeout};

/// More than waits for a bus that is away, and how much of it certainly does.
const TALK: usize = 8600;
const WAITS: usize = 8192;
/// Longer than the bot waits between two tries to publish.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn what_there_was_no_room_for_is_fetched_when_the_session_is_resumed() {
    let stage = Stage::start().await;
    let first = stage.ana.say(&stage.general, "before").unwrap();
    stage
        .heard("the first", |event| {
            matches!(event, MessageEvent::Created(said) if said.message_id == first.get().into()).then_some(())
        })
        .await;
    let away = || BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications(topics::MESSAGES, (0..100_000).map(|_| away()));
    for n in 0..TALK {
        stage.ben.say(&stage.general, &format!("line {n}")).unwrap();
    }
    // The placeholder shows that the bot has heard it all.
    let quiet = stage.guild.text_channel("quiet");
    let asked = stage.ben.say(&quiet, "RTFM are you there?").unwrap();
    quiet.wait_for_message("a placeholder", |message| message.reply_to == Some(asked)).await;
    let path = format!("/channels/{}/messages", stage.general.id());
    let reads = || stage.discord.requests().iter().filter(|one| one.method == "GET" && one.path == path).count();
    assert_eq!(reads(), 0);
    stage.bus.clear_publication_faults(topics::MESSAGES);

    let times = || {
        let mut times = BTreeMap::<String, usize>::new();
        for event in stage.said() {
            if let MessageEvent::Created(said) = event {
                *times.entry(said.content).or_default() += 1;
            }
        }
        times
    };
    let heard = async |what: &str, enough: &dyn Fn(&BTreeMap<String, usize>) -> bool| {
        let heard = async {
            while !enough(&times()) {
                sleep(Duration::from_millis(500)).await;
            }
        };
        assert!(timeout(PATIENCE, heard).await.is_ok(), "{what}: {} of {TALK} were heard", times().len());
    };
    heard("what there was room for", &|times| times.len() >= WAITS).await;
    assert!(times().len() < TALK && reads() == 0, "the rest is lost so far");
    stage.discord.gateway().reset();
    let all = |times: &BTreeMap<String, usize>| (0..TALK).all(|n| times.contains_key(&format!("line {n}")));
    heard("all of it", &all).await;
    assert!(
        reads() > 0 && stage.discord.gateway().identifies() == 1,
        "they were fetched after the session was resumed"
    );
    assert!(times().values().all(|times| *times == 1), "and once each");
    stage.end().await;
}
