//! People write in Discord, ask RTFM, and see the placeholder become a cited answer that respects edits, deletions and
//! private channels. On one machine, and again over Kafka and Qdrant.

use crate::reader::{link, seen};
use rtfm_e2e::{Backends, World};
use rtfm_testkit::{
    discord::Message,
    gemini::{Fault, Reply, Rule},
};
use serde_json::json;

async fn every_way_to_ask(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let said = world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    let source = link(&world, &world.general, said);
    let (ben, general) = (&world.ben, &world.general);

    let answer = world.asks(ben, general, "RTFM what is the crane endpoint?").await;
    assert!(
        seen(&answer).contains("[1]") && seen(&answer).contains(&source),
        "{}",
        world.discord.channel_view(general)
    );

    let mention = format!("{} what is the crane endpoint?", world.discord.bot().mention());
    let answer = world.asks(ben, general, &mention).await;
    assert!(seen(&answer).contains(&source), "{}", world.discord.channel_view(general));

    world.discord.wait_for_command("ask").await;
    let slash = ben.slash(general, "ask", &[("question", json!("what is the crane endpoint?"))]).unwrap();
    let answer = slash.wait_for_response("a cited answer", |message| seen(message).contains(&source)).await;
    assert!(!answer.is_loading());

    let first = world.asks(ben, general, "rtfm: crane endpoint?").await;
    let followed = ben.reply(general, first.id, "and its crane endpoint?").unwrap();
    let answer = world.answer_to(general, followed).await;
    assert!(seen(&answer).contains(&source), "{}", world.discord.channel_view(general));
    world.finish().await;
}

async fn changes_are_respected(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let (ana, general) = (&world.ana, &world.general);
    let said = world.hears(ana, general, "The harbour wifi password is heron").await;
    let question = "RTFM what is the harbour wifi password?";
    let answer = world.asks(&world.ben, general, question).await;
    assert!(seen(&answer).contains(&link(&world, general, said)), "{}", world.discord.channel_view(general));

    ana.edit(general, said, "The harbour wifi password is osprey").unwrap();
    world.remembers(said, "The harbour wifi password is osprey").await;
    let heard = world.gemini().requests().len();
    world.asks(&world.ben, general, question).await;
    let prompts = world.gemini().requests().split_off(heard);
    let prompts: String = prompts.iter().map(|request| request.user_text()).collect();
    assert!(prompts.contains("osprey") && !prompts.contains("heron"), "{prompts}");

    ana.delete(general, said).unwrap();
    world.forgets(said).await;
    let answer = world.asks(&world.ben, general, question).await;
    assert!(seen(&answer).contains("I found nothing"), "{}", world.discord.channel_view(general));
    world.finish().await;
}

async fn private_stays_private(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let crew = world.guild.role("crew", serenity::all::Permissions::empty());
    let secret = world.guild.text_channel("bridge");
    secret.make_private(&[crew, world.guild.bot_role()]);
    world.guild.join(&world.ben, &[crew]);
    let hidden = world.hears(&world.ana, &secret, "The mutiny starts at midnight on the crane deck").await;
    let public = world.hears(&world.ana, &world.general, "The crane deck is painted at noon").await;

    // Ben may read both, but others read #general along with him.
    let answer = world.asks(&world.ben, &world.general, "RTFM when does the mutiny start on the crane deck?").await;
    assert!(
        !seen(&answer).contains("mutiny starts") && !seen(&answer).contains(&hidden.to_string()),
        "{}",
        seen(&answer)
    );
    // Where everybody may read it, it is told.
    let answer = world.asks(&world.ben, &secret, "RTFM when does the mutiny start on the crane deck?").await;
    assert!(seen(&answer).contains(&link(&world, &secret, hidden)), "{}", world.discord.channel_view(&secret));
    // And what is public may be told in private.
    let answer = world.asks(&world.ben, &secret, "RTFM when is the crane deck painted?").await;
    assert!(seen(&answer).contains(&public.to_string()) || seen(&answer).contains(&hidden.to_string()));
    for request in world.gemini().requests() {
        let prompt = request.user_text();
        let in_general = prompt.contains("when does the mutiny start") && !prompt.contains("#bridge");
        assert!(!in_general || !prompt.contains("midnight"), "{prompt}");
    }
    world.finish().await;
}

#[tokio::test]
async fn every_way_to_ask_is_answered_on_one_machine() {
    every_way_to_ask(Backends::LOCAL).await;
    every_way_to_ask(Backends::WITH_GEMINI).await;
}

#[tokio::test]
async fn every_way_to_ask_is_answered_over_kafka_and_qdrant() {
    every_way_to_ask(Backends::SERVERS).await;
}

#[tokio::test]
async fn edits_and_deletions_change_what_is_answered() {
    changes_are_respected(Backends::WITH_GEMINI).await;
    changes_are_respected(Backends { qdrant: true, ..Backends::WITH_GEMINI }).await;
}

#[tokio::test]
async fn answers_quote_only_what_the_asker_can_read() {
    private_stays_private(Backends::WITH_GEMINI).await;
    private_stays_private(Backends { qdrant: true, ..Backends::WITH_GEMINI }).await;
}

#[tokio::test]
async fn without_gemini_the_answer_quotes_messages() {
    let Some(world) = World::start(Backends::WITH_GEMINI).await else { return };
    let said = world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    world.gemini().inject(Rule::of(Fault::Status(503)).always());
    let answer = world.asks(&world.ben, &world.general, "RTFM what is the crane endpoint?").await;
    assert!(seen(&answer).contains("/api/v2/cranes"), "{}", world.discord.channel_view(&world.general));
    assert!(seen(&answer).contains(&link(&world, &world.general, said)));
    assert!(seen(&answer).contains("unavailable"), "the reader is told: {}", seen(&answer));
    world.finish().await;
}

#[tokio::test]
async fn model_output_pings_nobody_and_forges_no_link() {
    let Some(world) = World::start(Backends::WITH_GEMINI).await else { return };
    world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    let ana = world.ana.mention();
    world.gemini().script([Reply::text(&format!("@everyone {ana} see [here](https://evil.example) [1][42]"))]);
    let answer = world.asks(&world.ben, &world.general, "RTFM what is the crane endpoint?").await;
    assert!(!seen(&answer).contains("evil.example") && !seen(&answer).contains("42]"), "{}", seen(&answer));
    for request in world.discord.requests() {
        let body = request.body.to_string();
        if request.path.contains("/messages") && ["POST", "PATCH"].contains(&request.method.as_str()) {
            assert!(body.contains("\"allowed_mentions\":{\"parse\":[]"), "{} {body}", request.path);
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn bots_get_no_answer_and_an_empty_question_gets_a_hint() {
    let Some(world) = World::start(Backends::LOCAL).await else { return };
    let robot = world.discord.other_bot("robot");
    world.guild.join(&robot, &[]);
    let ignored = robot.say(&world.general, "RTFM what is the crane endpoint?").unwrap();
    let hint = world.asks(&world.ben, &world.general, "RTFM").await;
    assert!(hint.content.to_lowercase().contains("ask"), "{}", hint.content);
    assert!(world.general.messages().iter().all(|message| message.reply_to != Some(ignored)));
    world.finish().await;
}

/// Private answers, narrowed ones, the message menu, direct messages, and what hangs under answers.
async fn own_view_and_buttons(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
    let crew = world.guild.role("crew", serenity::all::Permissions::empty());
    let bridge = world.guild.text_channel("bridge");
    bridge.make_private(&[crew, world.guild.bot_role()]);
    let hidden = world.hears(ana, &bridge, "The crane anchor is stowed under the bridge").await;
    let public = world.hears(ana, general, "The crane anchor is painted red").await;
    world.discord.wait_for_command("ask").await;

    // The owner sees both, ben one.
    let question = ("question", json!("where is the crane anchor stowed?"));
    for (asker, sees) in [(ana, true), (ben, false)] {
        let asked = asker.slash(general, "ask", &[question.clone(), ("private", json!(true))]).unwrap();
        let answer = asked.wait_for_response("an answer", |one| !one.buttons().is_empty()).await;
        assert!(answer.is_ephemeral());
        assert_eq!(seen(&answer).contains(&hidden.to_string()), sees, "{}", seen(&answer));
        let direct = asker.direct();
        let answer = world.asks(asker, &direct, "where is the crane anchor stowed?").await;
        assert_eq!(seen(&answer).contains(&hidden.to_string()), sees, "{}", direct.view());
    }
    // Nothing that ben said is about it.
    let from_ben = ("from", json!(ben.id().to_string()));
    let asked = ben.slash(general, "ask", &[question.clone(), from_ben, ("since", json!("yesterday"))]).unwrap();
    let answer = asked.wait_for_response("an answer", |one| !one.buttons().is_empty()).await;
    assert!(!seen(&answer).contains("discord.com/channels"), "{}", seen(&answer));
    // A message is no source of what is known about it.
    let asked = ben.message_command(general, "What is known about this?", public).unwrap();
    let answer = asked.wait_for_response("an answer", |one| !one.buttons().is_empty()).await;
    assert!(answer.is_ephemeral() && !seen(&answer).contains(&public.to_string()), "{}", seen(&answer));

    let answer = world.asks(ben, general, "RTFM which colour is the crane anchor?").await;
    let answer = general.wait_for_message("its buttons", |one| one.id == answer.id && !one.buttons().is_empty()).await;
    assert!(seen(&answer).contains(&link(&world, general, public)), "{}", general.view());
    let click = |message: &Message, kind: &str| {
        let id = message.buttons().into_iter().find(|id| id.starts_with(kind)).unwrap();
        ben.click(general, message.id, &id).unwrap()
    };
    let sources = click(&answer, "r1:s:");
    sources.wait_for_response("the sources", |one| one.content.contains("`The crane anchor is painted red`")).await;
    click(&answer, "r1:g:").wait_for_response("thanks", |one| one.content.contains("Thank you")).await;
    let feedback = rtfm_shared::bus::TopicPartition::new("bot-feedback", 0);
    let records = world.bus.read(&feedback, 0, 10).await.unwrap();
    assert_eq!(records.len(), 1);
    click(&answer, "r1:m:").wait_acknowledged().await;
    let again =
        |one: &Message| one.id == answer.id && one.buttons().iter().any(|id| id.starts_with("r1:g:discord-again-"));
    let answer = general.wait_for_message("the answer anew", again).await;
    assert!(seen(&answer).contains(&link(&world, general, public)), "{}", general.view());
    click(&answer, "r1:d:").wait_acknowledged().await;
    world.discord.wait_for("its end", || general.message(answer.id).is_none().then_some(())).await;
    world.finish().await;
}

#[tokio::test]
async fn private_answers_use_the_askers_scope_and_buttons_work() {
    own_view_and_buttons(Backends::LOCAL).await;
    own_view_and_buttons(Backends::WITH_GEMINI).await;
}
