//! A session that is resumed while the bus is still away: messages that were left out of the full queue are fetched, in
//! their order.

use crate::{
    gaps::{id, messages, seen, until_heard},
    support::{Stage, until},
};
use rtfm_bot::BotConfig;
use rtfm_shared::bus::{BusError, topics};
use rtfm_testkit::discord::FakeDiscord;

/// More messages than a lane holds while the bus is away: a batch of up to 64, and `WAITING` in its queue.
const TALK: usize = 300;
const WAITING: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn what_there_was_no_room_for_is_fetched_though_the_session_is_resumed_before_there_is() {
    let discord = FakeDiscord::builder().without_rate_limits();
    let stage = Stage::with(discord, |config| BotConfig { events_waiting: WAITING, ..config }).await;
    let before = stage.ana.say(&stage.general, "before").unwrap();
    until_heard(&stage, before).await;
    let away = || BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications(topics::MESSAGES, (0..100_000).map(|_| away()));
    for n in 0..TALK {
        stage.ben.say(&stage.general, &format!("line {n}")).unwrap();
    }
    // The answer comes after all of them.
    stage.ben.slash(&stage.general, "help", &[]).unwrap().wait_answered().await;
    let path = format!("/channels/{}/messages", stage.general.id());
    let pages = || {
        let requests = stage.discord.requests();
        requests.iter().filter(|one| one.is("GET", &path) && one.query.contains("after=")).count()
    };
    assert_eq!(pages(), 0, "nothing is fetched while there is no room for it");
    stage.discord.gateway().reset();
    until("a page of what was missed", || (pages() > 0).then_some(())).await;
    assert_eq!((stage.discord.gateway().identifies(), messages(&stage).len()), (1, 1), "resumed, and the bus is away");
    stage.bus.clear_publication_faults(topics::MESSAGES);

    for n in 0..TALK {
        let line = format!("line {n}");
        let heard = || messages(&stage).iter().any(|said| said.content == line).then_some(());
        until(&line, heard).await;
    }
    let lines = messages(&stage);
    let lines: Vec<&str> =
        lines.iter().map(|said| said.content.as_str()).filter(|said| said.starts_with("line")).collect();
    assert_eq!(lines, (0..TALK).map(|n| format!("line {n}")).collect::<Vec<_>>(), "in order, and once each");
    let last = stage.ana.say(&stage.general, "after").unwrap();
    until_heard(&stage, last).await;
    let general = stage.general.id().get();
    until("it to be noted", || (seen(&stage, general) == Some(id(last))).then_some(())).await;
    assert_eq!(stage.discord.gateway().identifies(), 1);
    stage.end().await;
}
