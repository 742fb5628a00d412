//! Attackers, and a model that obeys them: whatever they write and whatever it answers, nobody is pinged, no link and
//! no citation is forged, no secret and no rule is revealed, and nothing from outside the scope reaches Discord.
//!
//! The cases are data (`cases/`), one file for each kind of carrier. All of them run in one world: Discord, bot, bus,
//! processor, and a Gemini that answers what the case says.

mod case;
mod history;
mod scene;
mod shown;

use case::{Case, Place};
use rtfm_e2e::{Backends, World};
use rtfm_memory::store::Filter;
use rtfm_shared::text::visible;
use rtfm_testkit::{discord::Message, gemini::Reply};
use scene::{Scene, asked, posted, vault};
use shown::Shown;
use std::collections::{HashMap, HashSet};

/// A word that is in the vault and nowhere else.
const CANARY: &str = "zyxcanary";

/// The faults of everything that the bot ever wrote, partial answers included, and of the requests that wrote it.
fn harm(world: &World, scenes: &[Scene]) -> Vec<String> {
    let posted: Vec<String> = scenes.iter().flat_map(|scene| scene.case.posted()).map(|text| visible(&text)).collect();
    let scene_of: HashMap<_, &Scene> = scenes.iter().map(|scene| (scene.channel.id(), scene)).collect();
    let bot = world.discord.bot().id();
    let public: Vec<String> = world.discord.messages().iter().map(|message| message.id.to_string()).collect();
    let mut harm = Vec::new();
    // What a manager set is repeated to them alone.
    let is_answer = |message: &&Message| message.author == bot && !message.is_ephemeral();
    for message in world.discord.messages().iter().filter(is_answer) {
        let Some(scene) = scene_of.get(&message.channel) else {
            harm.push(format!("a message in a channel without a question:\n{}", message.content));
            continue;
        };
        for text in message.history.iter().chain([&message.content]) {
            let shown = Shown { text, place: &scene.place, public: &public, posted: &posted };
            harm.extend(shown.is_harmless().err().map(|why| format!("{}: {why}:\n{text}", scene.case.name)));
            let told = scene.case.secrets.iter().chain(&scene.case.unread).filter(|one| text.contains(*one));
            harm.extend(told.map(|secret| format!("{}: {secret:?} in\n{text}", scene.case.name)));
        }
    }
    for request in world.discord.requests() {
        let body = request.body.to_string();
        let writes = ["POST", "PATCH"].contains(&request.method.as_str()) && body.contains("\"content\"");
        if body.contains(CANARY) || (writes && !body.contains("\"allowed_mentions\":{\"parse\":[]")) {
            harm.push(format!("{} {body}", request.path));
        }
    }
    harm
}

/// The faults of what went to the model: the vault, secrets, invisible characters, and what is not read at all.
fn told_to_models(world: &World, scenes: &[Scene]) -> Vec<String> {
    let secrets: HashSet<&String> = scenes.iter().flat_map(|scene| &scene.case.secrets).collect();
    let unread: HashSet<&String> = scenes.iter().flat_map(|scene| &scene.case.unread).collect();
    let mut wrong = Vec::new();
    for request in world.gemini().requests() {
        let body = request.body.to_string();
        let writes = request.method.generates();
        let is_wrong = unread.iter().any(|one| body.contains(*one))
            || (writes && (body.contains(CANARY) || body.contains(shown::is_invisible)))
            || (writes && secrets.iter().any(|one| body.contains(*one)));
        if is_wrong {
            wrong.push(format!("{:?} was sent {body}", request.method));
        }
    }
    wrong
}

/// What is not read at all, and is stored.
async fn stored_unread(world: &World, scenes: &[Scene]) -> Vec<String> {
    let everything = world.store.scroll(&Filter::everything(None), None, 10_000).await.unwrap();
    let unread: Vec<&String> = scenes.iter().flat_map(|scene| &scene.case.unread).collect();
    let stored = everything.into_iter().map(|message| message.content);
    stored.filter(|text| unread.iter().any(|one| text.contains(*one))).collect()
}

#[test]
fn the_cases_are_many_and_distinct_and_fit_discords_limits() {
    let id = || "1".repeat(19);
    let cases = Case::all(&Place { guild: id(), vault: id(), hidden: id(), ana: id() });
    assert!(cases.len() >= 130, "{}", cases.len());
    for carrier in ["messages", "names", "files", "unread", "settings", "questions"] {
        assert!(cases.iter().filter(|(of, _)| *of == carrier).count() >= 8, "{carrier}");
    }
    let names: HashSet<&str> = cases.iter().map(|(_, case)| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
    let fits = |text: &Option<String>, most: usize| text.as_ref().is_none_or(|text| text.chars().count() <= most);
    for (_, case) in &cases {
        assert!(!case.says.is_empty() && case.question.contains(&case.topic), "{}", case.name);
        assert!(fits(&case.author, 32) && fits(&case.channel, 100) && fits(&case.thread, 100), "{}", case.name);
    }
}

#[tokio::test]
async fn a_model_that_obeys_attackers_causes_no_leak_or_ping() {
    let Some(world) = World::start(Backends::WITH_GEMINI).await else { return };
    let place = vault(&world).await;
    let cases = Case::all(&place);
    world.gemini().on_generate(move |request| {
        let prompt = request.user_text();
        let question = prompt.rsplit("Question of").next().unwrap_or_default();
        let case = cases.iter().map(|(_, case)| case).find(|case| question.contains(&case.topic));
        Reply::text(&case.map_or_else(|| "NOT_FOUND".to_owned(), |case| case.obeyed(&request.system_text(), &prompt)))
    });
    let scenes = posted(&world, &place).await;
    let scenes = asked(&world, scenes).await;
    let mut wrong = Vec::new();
    for (Scene { case, .. }, answer) in &scenes {
        let texts: Vec<String> = answer.history.iter().chain([&answer.content]).map(|text| without_ids(text)).collect();
        let shown = case.never.iter().filter(|never| texts.iter().any(|text| text.contains(*never)));
        wrong.extend(shown.map(|never| format!("{}: {never:?} in {texts:#?}", case.name)));
        if !answer.content.contains("noon") {
            wrong.push(format!("{}: the answer lacks the fact: {}", case.name, answer.content));
        }
    }
    let scenes: Vec<Scene> = scenes.into_iter().map(|(scene, _)| scene).collect();
    wrong.extend(harm(&world, &scenes));
    wrong.extend(told_to_models(&world, &scenes));
    wrong.extend(stored_unread(&world, &scenes).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    world.finish().await;
}

/// A text without ids and instants, which may have any small number in them.
fn without_ids(text: &str) -> String {
    let mut shown = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        shown.push_str(if part.len() - rest.len() >= 9 { rest } else { part });
    }
    shown
}

async fn quoted_attacks_are_harmless(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let place = vault(&world).await;
    let scenes = posted(&world, &place).await;
    let scenes = asked(&world, scenes).await;
    let mut wrong = Vec::new();
    for (scene, answer) in &scenes {
        let channel = world.discord.channel(answer.channel);
        let replies =
            channel.messages().into_iter().filter(|one| one.reply_to.is_some() && one.reply_to == answer.reply_to);
        if !scene.case.by_command && replies.filter(|one| one.author == world.discord.bot().id()).count() != 1 {
            wrong.push(format!("{}: one message is enough: {}", scene.case.name, answer.content));
        }
        if std::env::var_os("HOSTILE_SHOW").is_some() {
            println!("--- {}\n{}\n", scene.case.name, answer.content);
        }
    }
    let scenes: Vec<Scene> = scenes.into_iter().map(|(scene, _)| scene).collect();
    wrong.extend(harm(&world, &scenes));
    wrong.extend(stored_unread(&world, &scenes).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    world.finish().await;
}

#[tokio::test]
async fn quoted_attacks_cause_no_leak_or_ping() {
    quoted_attacks_are_harmless(Backends::LOCAL).await;
}

#[tokio::test]
async fn quoted_attacks_cause_no_leak_or_ping_over_kafka_and_qdrant() {
    quoted_attacks_are_harmless(Backends { kafka: true, qdrant: true, ..Backends::LOCAL }).await;
}
