//! Attacks by the conversation before a question: somebody replies to a stranger's message, or a stranger joins a
//! conversation with the bot, and the model obeys the stranger. The cases are data (`cases/history.json`).

use rtfm_e2e::{Backends, World};
use rtfm_testkit::{discord::User, gemini::Reply};
use serde_json::Value;
use serenity::all::MessageId;

/// A case: what the stranger says, in a chain of replies, and what the obeying model says.
struct Conversation {
    topic: String,
    chain: Vec<String>,
    says: String,
    never: Vec<String>,
    after_answer: bool,
}

fn conversations() -> Vec<Conversation> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases/history.json")).unwrap();
    let read = |(n, case): (usize, &Value)| {
        let topic = format!("widget{n:03}");
        let filled = |value: &Value| value.as_str().unwrap().replace("{topic}", &topic);
        let texts = |field: &str| case[field].as_array().unwrap().iter().map(filled).collect();
        let after_answer = case["after_answer"].as_bool().unwrap_or_default();
        Conversation { chain: texts("chain"), says: filled(&case["says"]), never: texts("never"), topic, after_answer }
    };
    cases.iter().enumerate().map(read).collect()
}

/// What the model says, with the number of ana's message.
fn obeyed(says: &str, prompt: &str) -> Option<String> {
    let line = prompt.lines().find(|line| line.starts_with('[') && line.contains("] ana ") && line.contains("noon"))?;
    let (number, _) = line.strip_prefix('[')?.split_once(']')?;
    Some(says.replace("ana]", &format!("{number}]")).replace("ana】", &format!("{number}】")))
}

/// What is wrong with a prompt: a stranger's words are fenced, named and uncitable.
fn faults(prompt: &str) -> Vec<String> {
    let (before, rest) = prompt.split_once("\n<conversation>\n").unwrap_or((prompt, ""));
    let (conversation, question) = rest.split_once("\n</conversation>\n").unwrap_or((rest, ""));
    let is_turn = |line: &str| {
        ["asker: ", "you: ", "other person (eve): ", "other person (ben): ", "    "]
            .iter()
            .any(|who| line.starts_with(who))
    };
    let mut faults: Vec<String> = conversation.lines().filter(|line| !is_turn(line)).map(str::to_owned).collect();
    let tags = |tag: &str| prompt.matches(tag).count();
    if tags("</conversation>") > 1 || tags("\nQuestion of ") > 1 || conversation.contains(['[', '［', '【', '〔']) {
        faults.push(prompt.to_owned());
    }
    if !rest.is_empty() && (before.contains("\nNow: ") || !question.contains("\nQuestion of ")) {
        faults.push(format!("the question is not the last thing: {prompt}"));
    }
    faults
}

/// A stranger's chain of replies; its last message.
fn chain(eve: &User, world: &World, case: &Conversation, first: Option<MessageId>) -> MessageId {
    let say = |before: Option<MessageId>, text: &String| match before {
        Some(before) => Some(eve.reply(&world.general, before, text).unwrap()),
        None => Some(eve.say(&world.general, text).unwrap()),
    };
    case.chain.iter().fold(first, say).unwrap()
}

async fn nothing_said_before_is_cited(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let cases = conversations();
    let eve = world.discord.user("eve");
    world.guild.join(&eve, &[]);
    let script: Vec<(String, String)> = cases.iter().map(|case| (case.topic.clone(), case.says.clone())).collect();
    world.gemini().on_generate(move |request| {
        let prompt = request.user_text();
        let question = prompt.rsplit("Question of").next().unwrap_or_default();
        let says = script.iter().find(|(topic, _)| question.contains(topic)).map(|(_, says)| says);
        Reply::text(&says.and_then(|says| obeyed(says, &prompt)).unwrap_or_else(|| "NOT_FOUND".to_owned()))
    });
    for case in &cases {
        world.hears(&world.ana, &world.general, &format!("The {} opens at noon", case.topic)).await;
    }
    let mut wrong = Vec::new();
    for case in &cases {
        let question = format!("RTFM when does the {} open?", case.topic);
        let first = match case.after_answer {
            true => Some(world.asks(&world.ben, &world.general, &question).await.id),
            false => None,
        };
        let last = chain(&eve, &world, case, first);
        let asked = world.ben.reply(&world.general, last, &question).unwrap();
        let answer = world.answer_to(&world.general, asked).await;
        let body = answer.content.split("-# **Sources**").next().unwrap_or_default();
        if let Some(never) = case.never.iter().find(|never| body.contains(*never)) {
            wrong.push(format!("{}: {never:?} in {}", case.topic, answer.content));
        }
        if !body.contains("noon") {
            wrong.push(format!("{}: what was said is told no more: {}", case.topic, answer.content));
        }
    }
    let prompts = world.prompts();
    assert!(prompts.iter().filter(|prompt| prompt.contains("other person (eve): ")).count() >= cases.len());
    wrong.extend(prompts.iter().filter(|prompt| prompt.contains("Question of")).flat_map(|prompt| faults(prompt)));
    for request in world.gemini().requests().iter().filter(|request| request.method.generates()) {
        if request.turns().len() != 1 {
            wrong.push(format!("the model is given turns: {:?}", request.turns()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    world.finish().await;
}

#[tokio::test]
async fn a_model_that_obeys_the_conversation_cites_nothing_of_it() {
    nothing_said_before_is_cited(Backends::WITH_GEMINI).await;
}

#[tokio::test]
async fn a_model_that_obeys_the_conversation_cites_nothing_of_it_over_kafka_and_qdrant() {
    nothing_said_before_is_cited(Backends::SERVERS).await;
}
