//! The real `rtfm up` between a fake Discord and a fake Gemini, killed with SIGKILL at awkward moments:
//! what was indexed stays, and every question ends with exactly one answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use rtfm_processor::store::{EmbeddingSpace, SqliteStore, VectorStore};
use rtfm_shared::bus::{Bus, LocalBus, topics};
use rtfm_testkit::{
    discord::{Channel, FakeDiscord, Message},
    gemini::{FakeGemini, Fault, Rule},
};
use serenity::all::MessageId;
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(90);

/// A running `rtfm up`; killed when dropped.
struct Up(Child);

impl Up {
    fn start(directory: &Path, discord: &FakeDiscord, gemini: &FakeGemini) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtfm"));
        command.args(["up", "--data-dir"]).arg(directory).current_dir(directory);
        command.env_clear().envs(discord.environment());
        for variable in ["GEMINI_API_KEY", "GEMINI_BASE_URL"] {
            command.env(variable, gemini.env().get(variable).unwrap());
        }
        command.env("HTTP_ADDR", "off").stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn replies(channel: &Channel, question: MessageId) -> Vec<Message> {
    channel.messages().into_iter().filter(|message| message.reply_to == Some(question)).collect()
}

async fn remembered(directory: &Path, message: MessageId) {
    let space = EmbeddingSpace { name: "gemini-embedding-2".to_owned(), dimension: 768 };
    let stored = async {
        loop {
            if let Ok(store) = SqliteStore::open(directory, Some(space.clone())).await
                && store.get(&[message.get().into()]).await.is_ok_and(|found| !found.is_empty())
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, stored).await.expect("the message is remembered in time");
}

/// How many questions are on the bus.
async fn asked(bus: &LocalBus) -> i64 {
    let queries = bus.describe_topics(&[topics::QUERIES]).await.unwrap().remove(0).expect("the topic exists");
    queries.watermarks.iter().map(|(_, end)| end).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_works_it_loses_nothing_and_answers_once() {
    let directory = tempfile::tempdir().unwrap();
    let (discord, gemini) = (FakeDiscord::start().await, FakeGemini::start().await);
    // Each restart forgets which limits were near.
    discord.tolerate(429);
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    let general = guild.text_channel("general");

    let up = Up::start(directory.path(), &discord, &gemini);
    discord.gateway().wait_connected().await;
    let said = ana.say(&general, "The crane endpoint is /api/v2/cranes").unwrap();
    remembered(directory.path(), said).await;
    up.kill();
    let bus = LocalBus::open(directory.path()).unwrap();

    let mut questions = Vec::new();
    for round in 0..4 {
        let sessions = discord.gateway().connections();
        let up = Up::start(directory.path(), &discord, &gemini);
        discord.wait_for("the bot is back", || (discord.gateway().connections() > sessions).then_some(())).await;
        discord.gateway().wait_connected().await;
        // Rounds 0 and 2 are killed as soon as the question is on the bus, the others while Gemini writes.
        if round % 2 == 1 {
            gemini.inject(Rule::of(Fault::Stall));
        }
        let generated = || gemini.requests().iter().filter(|request| request.method.generates()).count();
        let (asked_before, generated_before) = (asked(&bus).await, generated());
        let question = ben.say(&general, &format!("RTFM what is the crane endpoint, {round}?")).unwrap();
        questions.push(question);
        let awaited = async {
            while asked(&bus).await == asked_before || (round % 2 == 1 && generated() == generated_before) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, awaited).await.expect("the question is under way in time");
        up.kill();
        gemini.release();
    }

    let _up = Up::start(directory.path(), &discord, &gemini);
    for question in questions {
        general
            .wait_for_message("the answer", |message| {
                message.reply_to == Some(question) && message.content.contains("/api/v2/cranes")
            })
            .await;
        assert_eq!(replies(&general, question).len(), 1, "{}", discord.channel_view(&general));
    }
    remembered(directory.path(), said).await;
}
