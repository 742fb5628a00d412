//! A bot that is connected, a fault, and the accounts afterwards.

use crate::support::{Stage, answer, until};
use rtfm_bot::{BotConfig, GatewayTimes};
use rtfm_shared::event::MessageEvent;
use rtfm_testkit::discord::{FakeDiscord, Gateway};
use std::time::{Duration, Instant};

/// More than any fault costs in a debug build on a busy machine; a loop that spins costs this in no time.
const CPU: Duration = Duration::from_millis(150);

/// How a fault is got over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The session is taken up again, with all that happened meanwhile.
    Resumed,
    /// A new session is begun.
    Identified,
}

/// What the gateway had seen before the fault.
pub(super) struct Before {
    connections: u64,
    identifies: usize,
    resumes: usize,
    cpu: Duration,
    began: Instant,
}

/// Waits that tests can afford, with everything else as in production.
pub(crate) fn quick(config: BotConfig) -> BotConfig {
    let gateway = GatewayTimes {
        step_timeout: Duration::from_millis(500),
        first_retry: Duration::from_millis(40),
        longest_retry: Duration::from_millis(400),
        identify_every: Duration::from_millis(50),
        ..config.gateway
    };
    BotConfig { gateway, ..config }
}

pub(super) async fn stage() -> Stage {
    stage_on(Duration::from_secs(41)).await
}

/// The same with another heartbeat.
pub(super) async fn stage_on(heartbeat: Duration) -> Stage {
    Stage::with(FakeDiscord::builder().without_rate_limits().heartbeat(heartbeat), quick).await
}

impl Before {
    pub(super) fn of(stage: &Stage) -> Self {
        let gateway = stage.discord.gateway();
        Self {
            connections: gateway.connections(),
            identifies: gateway.identifies(),
            resumes: gateway.resumes(),
            cpu: stage.thread.cpu(),
            began: Instant::now(),
        }
    }

    /// How many connections there had been.
    pub(super) fn connections(&self) -> u64 {
        self.connections
    }

    /// How long ago that was.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How a session came to be again since then, if one did.
    fn way(&self, gateway: &Gateway) -> Option<Way> {
        let identified = gateway.identifies() > self.identifies;
        let resumed = gateway.resumes() > self.resumes;
        if gateway.connected() == 0 {
            return None;
        }
        identified.then_some(Way::Identified).or(resumed.then_some(Way::Resumed))
    }

    /// Few connections, and little CPU time.
    pub(super) fn was_calm(&self, stage: &Stage, most: u64) {
        let connections = stage.discord.gateway().connections() - self.connections;
        let (cpu, elapsed) = (stage.thread.cpu() - self.cpu, self.began.elapsed());
        println!("{connections} connections, {cpu:?} of CPU time in {elapsed:?}");
        assert!(connections <= most, "{connections} connections instead of {most} at most");
        assert!(cpu < CPU, "{cpu:?} of CPU time in {elapsed:?}");
    }
}

/// The fault happens, people go on talking, and the bot comes back in this way with few connections.
pub(super) async fn survives(stage: &Stage, way: Way, most: u64, fault: impl FnOnce(&Gateway)) {
    let gateway = stage.discord.gateway();
    let nth = gateway.connections();
    said(stage, &format!("before {nth}")).await;
    let before = Before::of(stage);
    fault(&gateway);
    let meanwhile = format!("meanwhile {nth}");
    stage.ana.say(&stage.general, &meanwhile).unwrap();
    let came_back = || before.way(&gateway);
    assert_eq!(stage.discord.wait_for("the bot to be back", came_back).await, way);
    // The gateway plays it back, or it is read over REST.
    until(&meanwhile, || (times_said(stage, &meanwhile) > 0).then_some(())).await;
    answers(stage, &format!("are you back {nth}?")).await;
    before.was_calm(stage, most);
}

/// A question is asked once, and answered in the one message that is there for it.
pub(super) async fn answers(stage: &Stage, question: &str) {
    let asked = stage.ben.say(&stage.general, &format!("RTFM {question}")).unwrap();
    let query = stage.query(question).await;
    let text = format!("The answer to {question}");
    stage.publish(answer(&query, &text)).await;
    stage.general.wait_for_message(&text, |message| message.content.contains(&text)).await;
    let replies = || stage.general.messages().into_iter().filter(|message| message.reply_to == Some(asked)).count();
    assert_eq!(replies(), 1, "{}", stage.general.view());
    let queries = stage.queries().into_iter().filter(|query| query.question == question).count();
    assert_eq!(queries, 1, "it is asked once");
}

/// Something is said, and goes to the memory.
pub(super) async fn said(stage: &Stage, text: &str) {
    stage.ana.say(&stage.general, text).unwrap();
    until(text, || (times_said(stage, text) > 0).then_some(())).await;
}

/// How often a message is on `discord-messages`: more than once when it was heard and read over REST as well, which
/// the memory does not mind.
pub(super) fn times_said(stage: &Stage, text: &str) -> usize {
    let created = |event: &MessageEvent| matches!(event, MessageEvent::Created(message) if message.content == text);
    stage.said().iter().filter(|event| created(event)).count()
}
