//! The bot as a whole: the gateway in, the consumers out, and an orderly end.

use crate::{
    BotConfig, BotError,
    ask::Desk,
    gateway::{Content, Intake, Link, Tools},
    history::Seen,
    meters,
    publish::Publisher,
    quota::Quota,
    refused,
    reply::{Delivery, Glimpses, UnderWay},
    rest::Rest,
    supervisor::Supervisor,
};
use jiff::Timestamp;
use rtfm_shared::{
    asked::Asked,
    bus::{self, Bus, BusError, StartAt, Subscription, topics},
    health::Health,
    settings::Settings,
    worker::{Handler, Worker, WorkerError, WorkerPolicy},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

// All instances of the bot share the answers, and the glimpses. Two groups, so that neither's consumers
// rebalance for the other's sake.
/// The consumer group of the answers, on `bot-responses`.
pub const ANSWERS_GROUP: &str = "rtfm-bot";
/// The consumer group of the glimpses, on `bot-progress`.
pub const GLIMPSES_GROUP: &str = "rtfm-bot-progress";
/// How long questions that are being taken, and events that are not published yet, may take at the end.
const LAST: Duration = Duration::from_secs(5);

/// How long the first events wait for what was decided and asked before.
const KNOWN: Duration = Duration::from_secs(2);

/// A bot that is ready to run.
#[derive(Debug)]
pub struct Bot {
    config: BotConfig,
    bus: Arc<dyn Bus>,
    link: Link,
    content: Content,
}

impl Bot {
    /// A bot on this bus. Nothing is connected yet.
    pub fn new(config: BotConfig, bus: Arc<dyn Bus>) -> Self {
        meters::describe();
        let content = Content::new(config.message_content, config.members_intent);
        Self { config, bus, link: Link::default(), content }
    }

    /// Health with the check that Discord is heard: every shard of the gateway that this
    /// process serves is connected. It remarks when the bot may not read messages.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        let (link, content) = (self.link.clone(), self.content.clone());
        let health = health.check("discord", move || {
            let heard = link.check();
            async move { heard }
        });
        health.remark("discord", move || content.for_operators().map(str::to_owned))
    }

    /// Runs until `shutdown` is cancelled, or until something happens that only a person can mend; after a
    /// refusal by Discord it waits for [`BotConfig::refused_pause`] first. The topics must exist.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), BotError> {
        let pause = self.config.refused_pause;
        let ended = serve(self.config, self.bus, self.link, self.content, shutdown.clone()).await;
        refused::pause(&ended, pause, &shutdown).await;
        ended
    }
}

/// Runs a bot whose health nobody asks for.
pub async fn run(config: BotConfig, bus: Arc<dyn Bus>, shutdown: CancellationToken) -> Result<(), BotError> {
    Bot::new(config, bus).run(shutdown).await
}

async fn serve(
    config: BotConfig,
    bus: Arc<dyn Bus>,
    link: Link,
    content: Content,
    shutdown: CancellationToken,
) -> Result<(), BotError> {
    let rest = Arc::new(Rest::new(&config)?);
    let under_way = Arc::new(UnderWay::default());
    let (at_work, waits) = (TaskTracker::new(), TaskTracker::new());
    let (settings, asked) = (Settings::new(bus.clone()), Asked::new(bus.clone()));
    let seen = Seen::default();
    let desk = Desk {
        rest: rest.clone(),
        bus: bus.clone(),
        settings: settings.clone(),
        shared: Arc::default(),
        under_way: under_way.clone(),
        began: Timestamp::now(),
        time_zone: config.time_zone.clone(),
        deadline: config.answer_deadline,
        grace: config.answer_grace,
        quota: Quota::new(settings.clone(), asked.clone()),
        waits,
        link: link.clone(),
    };
    let hears_leaving = config.members_intent;
    let (publisher, behind) = Publisher::start(bus.clone(), &seen, config.events_waiting);
    let stop = shutdown.child_token();
    let closed = CancellationToken::new();
    let (events, heard) = mpsc::unbounded_channel();

    let gateway = async {
        let supervisor = Supervisor { config, rest: rest.clone(), events, link, content: content.clone() };
        let result = supervisor.run(stop.clone()).await;
        closed.cancel();
        stop.cancel();
        result
    };
    let intake = Intake::new(Tools {
        rest: rest.clone(),
        desk,
        publisher,
        behind,
        content: content.clone(),
        at_work: at_work.clone(),
        settings: settings.clone(),
        hears_leaving,
        seen: seen.clone(),
        stop: stop.clone(),
    });
    let intake = async {
        // What was decided and asked before holds from the first event on, as far as the bus lets it be known in time
        // for those who use a command.
        let known = async { tokio::join!(settings.ready(), asked.ready()) };
        drop(tokio::time::timeout(KNOWN, known).await);
        let publisher = intake.run(heard, closed.clone()).await;
        at_work.close();
        let taken = tokio::time::timeout(LAST, at_work.wait());
        let (_, published) = tokio::join!(taken, publisher.flush(LAST));
        // What was published last counts as heard, so that the next one need not ask for it.
        let noted = tokio::time::timeout(LAST, seen.note(&settings, true)).await.is_ok();
        tracing::debug!(published, noted, "the gateway's events are done");
    };
    let delivery = Delivery { rest: rest.clone(), under_way: under_way.clone() };
    let answers = consume(&bus, ANSWERS_GROUP, topics::RESPONSES, delivery, StartAt::Earliest, &stop);
    let glimpses = consume(
        &bus,
        GLIMPSES_GROUP,
        topics::PROGRESS,
        Glimpses { rest: rest.clone(), under_way },
        StartAt::Latest,
        &stop,
    );

    let looking = stop.run_until_cancelled(bus::warn_of_drift(&*bus));
    let following = follow(settings.follow(), &stop);
    let counting = follow(asked.follow(), &stop);
    let noting = seen.keep(&settings, &stop);
    let (gateway, (), answers, glimpses, _, following, counting, ()) =
        tokio::join!(gateway, intake, answers, glimpses, looking, following, counting, noting);
    gateway.and(answers).and(glimpses).and(following).and(counting)
}

/// Follows a topic until `stop` is cancelled.
async fn follow(following: impl Future<Output = BusError>, stop: &CancellationToken) -> Result<(), BotError> {
    match stop.run_until_cancelled(following).await {
        Some(error) => {
            stop.cancel();
            Err(BotError::Bus(error))
        }
        None => Ok(()),
    }
}

/// Consumes a topic until `stop` is cancelled; a consumer that ends with an error ends the others too.
async fn consume(
    bus: &Arc<dyn Bus>,
    group: &str,
    topic: &str,
    handler: impl Handler,
    start: StartAt,
    stop: &CancellationToken,
) -> Result<(), BotError> {
    let subscription = Subscription { topics: vec![topic.to_owned()], group: Some(group.to_owned()), start };
    let policy = WorkerPolicy::named(&format!("rtfm/bot/{topic}"));
    let result = Worker::new(bus.clone(), subscription, handler, policy).run(stop.clone()).await;
    stop.cancel();
    result.map_err(|error| match error {
        WorkerError::Bus(error) => BotError::Bus(error),
        WorkerError::Lane(error) => BotError::Bus(BusError::Closed(error)),
    })
}
