//! Questions with a time, a person, a channel or a link, and follow-up questions. On one machine, with Gemini, and with
//! Qdrant.

use crate::reader::seen;
use jiff::{SignedDuration, Timestamp};
use rtfm_e2e::{Backends, World};
use rtfm_shared::{
    client::Client,
    event::{ChatMessage, snowflake},
};
use rtfm_testkit::discord::{Channel, User};
use serenity::all::MessageId;

const BACKENDS: [Backends; 3] =
    [Backends::LOCAL, Backends::WITH_GEMINI, Backends { qdrant: true, ..Backends::WITH_GEMINI }];

/// A message that was written some days ago, as an import brings it.
async fn days_ago(world: &World, days: i64, user: &User, name: &str, channel: &Channel, text: &str) -> MessageId {
    let timestamp = Timestamp::now() - SignedDuration::from_hours(24 * days);
    let id = snowflake::first_at(timestamp);
    let message = ChatMessage {
        message_id: id.into(),
        content: text.to_owned(),
        username: name.to_owned(),
        user_id: user.id().get().into(),
        channel_id: channel.id().get().into(),
        guild_id: Some(world.guild.id().get().into()),
        timestamp,
        ..ChatMessage::default()
    };
    Client::new(world.bus.clone(), "rtfm/test").created(message).await.unwrap();
    let id = MessageId::new(id);
    world.remembers(id, text).await;
    id
}

#[tokio::test]
async fn a_question_about_last_week_finds_only_that_week() {
    for backends in BACKENDS {
        let Some(world) = World::start(backends).await else { continue };
        let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
        let wanted = days_ago(&world, 7, ana, "ana", general, "The deploy goes out on friday evening").await;
        // Elsewhere, so that it does not stand around what is wanted.
        let archive = world.guild.text_channel("archive");
        let older = days_ago(&world, 60, ana, "ana", &archive, "The deploy needs the blue key").await;
        let newer = world.hears(ana, general, "The deploy is done, said the deploy").await;
        let others = days_ago(&world, 7, ben, "ben", general, "The deploy, the deploy, always the deploy").await;
        let only = |answer: &str, wanted: MessageId| {
            assert!(answer.contains(&wanted.to_string()), "{answer}");
            let all = [wanted, older, newer, others];
            assert!(all.iter().all(|id| *id == wanted || !answer.contains(&id.to_string())), "{answer}");
        };

        let answer = seen(&world.asks(ben, general, "RTFM what did ana say last week about the deploy?").await);
        only(&answer, wanted);
        assert!(answer.contains("Only messages of ana, from "), "{answer}");
        let mention = format!("RTFM what did {} say last week about the deploy?", ana.mention());
        only(&seen(&world.asks(ben, general, &mention).await), wanted);
        let command = world.asks_by_command(ben, general, "was hat ana letzte Woche zum deploy gesagt?").await;
        only(&seen(&command), wanted);
        // Nobody said anything then, so everything is searched, and the reader is told.
        let answer = seen(&world.asks(ben, general, "RTFM which key did the deploy need in 2016?").await);
        assert!(answer.contains(&older.to_string()) && answer.contains("Nothing fits from 2016"), "{answer}");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_channel_or_link_in_a_question_never_widens_the_scope() {
    for backends in BACKENDS {
        let Some(world) = World::start(backends).await else { continue };
        let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
        let (rules, bridge) = (world.guild.text_channel("rules"), world.guild.text_channel("bridge"));
        bridge.make_private(&[world.guild.bot_role()]);
        let rule = world.hears(ana, &rules, "Nobody paints the crane on sundays").await;
        let said = world.hears(ana, general, "The crane is painted blue").await;
        let hidden = world.hears(ana, &bridge, "The crane hides a heliotrope").await;
        let link = |channel: &Channel, id: MessageId| {
            format!("https://discord.com/channels/{}/{}/{id}", world.guild.id(), channel.id())
        };

        for place in [format!("<#{}>", rules.id()), "#rules".to_owned()] {
            let answer = seen(&world.asks(ben, general, &format!("RTFM who paints the crane in {place}?")).await);
            assert!(answer.contains(&rule.to_string()) && !answer.contains(&said.to_string()), "{answer}");
        }
        let linked = seen(&world.asks(ben, general, &format!("RTFM what does {} mean?", link(&rules, rule))).await);
        assert!(linked.contains(&rule.to_string()), "{linked}");

        let mut told = Vec::new();
        for (place, id) in [(&bridge, hidden), (&bridge, MessageId::new(77))] {
            let answer = seen(&world.asks(ben, general, &format!("RTFM what does {} mean?", link(place, id))).await);
            assert!(
                !answer.contains("heliotrope") && answer.contains("I cannot use the linked message here."),
                "{answer}"
            );
            told.push(answer.lines().filter(|line| line.contains("cannot use")).map(str::to_owned).collect::<Vec<_>>());
        }
        assert_eq!(told[0], told[1], "what is hidden is told of like what there is not");
        let unseen = format!("RTFM what hides the crane in <#{}>?", bridge.id());
        for question in
            [unseen.as_str(), "RTFM what hides the crane in #bridge?", "RTFM what hides the crane in #bridgf?"]
        {
            let answer = seen(&world.asks(ben, general, question).await);
            assert!(!answer.contains("heliotrope") && !answer.contains(&hidden.to_string()), "{answer}");
            assert!(answer.contains("I cannot use "), "{answer}");
        }
        assert!(world.prompts().iter().all(|prompt| !prompt.contains("heliotrope")));
        world.finish().await;
    }
}

#[tokio::test]
async fn a_follow_up_question_is_understood() {
    for backends in BACKENDS {
        let Some(world) = World::start(backends).await else { continue };
        let (ben, general) = (&world.ben, &world.general);
        let said = world.hears(&world.ana, general, "The crane endpoint is /api/v2/cranes").await;
        let first = world.asks(ben, general, "RTFM what is the crane endpoint?").await;
        assert!(seen(&first).contains(&said.to_string()));
        let followed = ben.reply(general, first.id, "und warum?").unwrap();
        let answer = world.answer_to(general, followed).await;
        assert!(seen(&answer).contains(&said.to_string()), "{}", general.view());
        world.finish().await;
    }
}
