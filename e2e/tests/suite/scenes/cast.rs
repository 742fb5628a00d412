//! What the scenes have in common: what was said in Harbour long ago, how its Gemini answers, and how a picture is
//! made of what people see.

use rtfm_e2e::{Backends, World};
use rtfm_testkit::{
    discord::{Channel, Message, User},
    gemini::{RecordedRequest, Reply},
};
use serde_json::{Value, json};
use serenity::all::MessageId;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
/// Columns of a picture.
const WIDTH: usize = 100;

const CRANE: &str = "The crane endpoint is /api/v2/cranes; the old one goes away in May.";
const TESTS: &str = "Run the tests with make test. For a real broker there is make test-kafka.";
const RELEASE: &str = "We release on the 14th if the pier holds.";

/// What the model says: when the question has the words, from the message that holds the phrase.
const ANSWERS: [(&str, &str, &str); 6] = [
    ("everything", CRANE, "ALL"),
    ("crane", CRANE, "The crane endpoint is `/api/v2/cranes` [N]. The old one goes away in May [N]."),
    ("Kafka", TESTS, "`make test-kafka` runs them over a real broker [N]."),
    ("tests", TESTS, "Run `make test` [N]."),
    ("release", RELEASE, "On the 14th, if the pier holds [N]."),
    ("pier", RELEASE, "The release waits for it [N]."),
];

/// Harbour with what was said there three days ago in #general, and a channel to ask in.
pub(crate) async fn harbour() -> (World, Channel) {
    let world = World::start(Backends::WITH_GEMINI).await.expect("a world without servers");
    world.gemini().on_generate(written);
    let said = [(&world.ana, CRANE), (&world.ben, TESTS), (&world.ana, RELEASE)]
        .map(|(user, text)| (user.said(&world.general, text, DAY * 3).unwrap(), text));
    world.discord.wait_for_command("backfill").await;
    world.ana.slash(&world.general, "backfill", &[]).unwrap();
    for (message, text) in said {
        world.remembers(message, text).await;
    }
    let help = world.guild.text_channel("help");
    (world, help)
}

/// How Harbour's model answers.
fn written(request: &RecordedRequest) -> Reply {
    let prompt = request.user_text();
    let question = prompt.rsplit("\nQuestion of ").next().unwrap_or_default();
    let answer = ANSWERS.iter().filter(|(words, ..)| question.contains(words)).find_map(|(_, phrase, said)| {
        let line = prompt.lines().find(|line| line.starts_with('[') && line.contains(phrase))?;
        let number = line.get(1..line.find(']')?)?;
        let said = if *said == "ALL" { long() } else { (*said).to_owned() };
        Some(said.replace("[N]", &format!("[{number}]")))
    });
    Reply::text(&answer.unwrap_or_else(|| "NOT_FOUND".to_owned()))
}

/// More than one message holds.
fn long() -> String {
    let line = |n: usize| format!("crane {n:02}  /api/v2/cranes/{n:02}  lifts {} t\n", n * 5);
    let table: String = (1..=64).map(line).collect();
    format!("There are 64 cranes [N]; each has its own address:\n\n```\n{table}```\n\nThe old ones go away in May [N].")
}

/// Somebody asks by a message; the answer, with what hangs under it.
pub(crate) async fn asks(world: &World, user: &User, channel: &Channel, text: &str) -> (MessageId, Message) {
    let question = user.say(channel, text).unwrap();
    (question, answered(world, channel, question).await)
}

/// The finished answer to a message.
pub(crate) async fn answered(world: &World, channel: &Channel, question: MessageId) -> Message {
    world.answer_to(channel, question).await;
    let done = |one: &Message| one.reply_to == Some(question) && !one.buttons().is_empty();
    channel.wait_for_message("its buttons", done).await
}

/// Somebody uses a command that asks; the answer's first message.
pub(crate) async fn commands(user: &User, channel: &Channel, options: &[(&str, Value)]) -> Message {
    let used = user.slash(channel, "ask", options).unwrap();
    used.wait_for_response("an answer with its buttons", |one| !one.buttons().is_empty()).await
}

/// A setting of Harbour is changed, where it is in nobody's picture.
pub(crate) async fn decide(world: &World, words: &str, options: &[(&str, Value)]) {
    world.discord.wait_for_command("rtfm").await;
    let used = world.ana.slash(&world.general, &format!("rtfm settings {words}"), options).unwrap();
    used.wait_for_response("it is in effect", |told| told.content.starts_with("Done")).await;
}

pub(crate) fn question(text: &str) -> (&'static str, Value) {
    ("question", json!(text))
}

/// What people see of a channel from a message on.
pub(crate) fn from(channel: &Channel, first: MessageId) -> String {
    drawn(&channel.view_from(first))
}

/// What people see of the whole channel, its name included.
pub(crate) fn whole(channel: &Channel) -> String {
    drawn(&channel.view())
}

/// A picture of what people see: lines of a width, and the same on every day.
pub(crate) fn drawn(view: &str) -> String {
    view.lines().flat_map(|line| wrapped(&undated(line))).map(|line| line + "\n").collect()
}

fn wrapped(line: &str) -> Vec<String> {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    // What goes on stands under what it belongs to.
    let hangs = indent.is_empty() || text.starts_with("- ");
    let below = if hangs { format!("{indent}  ") } else { indent.to_owned() };
    let (mut lines, mut last) = (Vec::new(), indent.to_owned());
    for (n, word) in text.split(' ').enumerate() {
        if n > 0 && last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut last, format!("{below}{word}")));
            continue;
        }
        if n > 0 {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines.push(last);
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The line with dates and times of day that do not change: "2 Nov 2026", "14:05".
fn undated(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for at in 0..words.len().saturating_sub(2) {
        let is_day = words[at].parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
        let year: String = words[at + 2].chars().take_while(char::is_ascii_digit).collect();
        if is_day && year.len() == 4 && words[at + 1].chars().all(char::is_alphabetic) {
            words[at] = "2".to_owned();
            words[at + 1] = if words[at + 1].len() == 3 { "Nov" } else { "November" }.to_owned();
            words[at + 2] = words[at + 2].replacen(&year, "2026", 1);
            if let Some(time) = words.get_mut(at + 3).filter(|time| time.as_bytes().get(2) == Some(&b':')) {
                time.replace_range(..5, "14:05");
            }
        }
    }
    words.join(" ")
}

/// A picture of moments one after another.
pub(crate) fn moments(moments: &[String]) -> String {
    moments.join("⋮\n")
}

/// The picture with only the first and last lines of each message: what is between is only long.
pub(crate) fn shortened(view: &str, kept: usize) -> String {
    let mut messages: Vec<Vec<&str>> = Vec::new();
    for line in view.lines() {
        let begins = !line.starts_with(' ') && !line.is_empty();
        match messages.last_mut().filter(|_| !begins) {
            Some(message) => message.push(line),
            None => messages.push(vec![line]),
        }
    }
    let lines = messages.into_iter().flat_map(|message| {
        let count = message.len();
        if count <= kept * 2 + 1 {
            return message;
        }
        [&message[..kept], &["  ⋮"], &message[count - kept..]].concat()
    });
    lines.map(|line| format!("{line}\n")).collect()
}
