//! A follow-up to an answer brings back nothing that is gone: the bot's own answers repeat what they cite.

use rtfm_e2e::{Backends, World};
use rtfm_testkit::gemini::Reply;

async fn forgotten_words_stay_forgotten(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
    let said = world.hears(ana, general, "The heron nests on the osprey rock").await;
    world.hears(ben, general, "The heron nest is watched by a camera").await;
    let is_about = |prompt: &&String| prompt.contains("heron");
    world.gemini().on_generate(|request| {
        let prompt = request.user_text();
        let line = prompt.lines().find(|line| line.starts_with('[') && line.contains("osprey"));
        let quote = line.and_then(|line| line.get(1..line.find(']')?)).map(|n| {
            format!("> The heron nests on the osprey rock [{n}]\n\nIts rock is the one named after ospreys [{n}].")
        });
        Reply::text(&quote.unwrap_or_else(|| "A camera watches it [1].".to_owned()))
    });
    let answer = world.asks(ben, general, "RTFM where does the heron nest?").await;
    assert!(answer.content.contains("> The heron nests on the osprey rock"), "{}", answer.content);

    let followed = ben.reply(general, answer.id, "and the heron nest, why there?").unwrap();
    world.answer_to(general, followed).await;
    let prompts = world.prompts();
    assert!(prompts.iter().any(|prompt| prompt.contains("you: > The heron nests on the osprey rock")), "{prompts:#?}");

    world.discord.wait_for_command("privacy").await;
    ana.slash(general, "privacy forget-me", &[]).unwrap().wait_answered().await;
    let before = world.prompts().len();
    let followed = ben.reply(general, answer.id, "and the heron nest, who watches it?").unwrap();
    world.answer_to(general, followed).await;
    world.forgets(said).await;
    let followed = ben.reply(general, answer.id, "and the heron nest, since when?").unwrap();
    world.answer_to(general, followed).await;
    let prompts = world.prompts().split_off(before);
    assert!(prompts.iter().filter(is_about).count() >= 2, "{prompts:#?}");
    assert!(!prompts.iter().any(|prompt| prompt.contains("osprey")), "{prompts:#?}");
    assert!(prompts.iter().any(|prompt| prompt.contains("asker: where does the heron nest?")), "{prompts:#?}");
    world.finish().await;
}

#[tokio::test]
async fn a_follow_up_brings_no_forgotten_words_back_on_one_machine() {
    forgotten_words_stay_forgotten(Backends::WITH_GEMINI).await;
}

#[tokio::test]
async fn a_follow_up_brings_no_forgotten_words_back_over_kafka_and_qdrant() {
    forgotten_words_stay_forgotten(Backends::SERVERS).await;
}
