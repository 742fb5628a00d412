//! The bot as a whole: the gateway in, the consumers out, and an orderly end.

use crate::{
    BotConfig, BotError,
    admission::Admission,
    ask::{QuestionService, QuestionTimes},
    discord::rest::Rest,
    gateway::{self, ContentAccess, ShardStatus, Supervisor},
    intake::{Dependencies, Intake},
    meters,
    publish::{Checkpoints, Publisher},
    refused,
    reply::{Delivery, InFlightAnswers, PartialAnswers},
    tasks::Tasks,
};
use jiff::Timestamp;
use rtfm_shared::{
    bus::{
        self, Bus, BusError, StartAt, Subscription,
        access::{ANSWERS_GROUP, PARTIALS_GROUP},
        topics,
    },
    health::Health,
    settings::Settings,
    worker::{Handler, Worker, WorkerError, WorkerPolicy},
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long unfinished questions and unpublished events may take at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the first events wait for the settings and the count of questions.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// A bot that is ready to run.
#[derive(Debug)]
pub struct Bot {
    config: BotConfig,
    bus: Arc<dyn Bus>,
    status: ShardStatus,
    content: ContentAccess,
}

impl Bot {
    /// A bot on this bus. Nothing is connected yet.
    pub fn new(config: BotConfig, bus: Arc<dyn Bus>) -> Self {
        meters::describe();
        let content = ContentAccess::new(config.message_content, config.members_intent);
        Self { config, bus, status: ShardStatus::default(), content }
    }

    /// Health with the check that every shard of this process is connected. It remarks when the bot may not read
    /// messages.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        let (status, content) = (self.status.clone(), self.content.clone());
        let health = health.check("discord", move || {
            let connected = status.check();
            async move { connected }
        });
        health.remark("discord", move || content.for_operators().map(str::to_owned))
    }

    /// Runs until `shutdown` is cancelled, or until something happens that only an operator can fix; after a
    /// refusal by Discord it waits for [`BotConfig::refused_pause`] first. The topics must exist.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), BotError> {
        let pause = self.config.refused_pause;
        let ended = serve(self.config, self.bus, self.status, self.content, shutdown.clone()).await;
        refused::pause(&ended, pause, &shutdown).await;
        ended
    }
}

/// Runs a bot without a health check.
pub async fn run(config: BotConfig, bus: Arc<dyn Bus>, shutdown: CancellationToken) -> Result<(), BotError> {
    Bot::new(config, bus).run(shutdown).await
}

async fn serve(
    config: BotConfig,
    bus: Arc<dyn Bus>,
    status: ShardStatus,
    content: ContentAccess,
    shutdown: CancellationToken,
) -> Result<(), BotError> {
    let rest = Arc::new(Rest::new(&config.token, config.client()?));
    let in_flight = Arc::new(InFlightAnswers::default());
    let settings = Settings::new(bus.clone());
    let admission = Admission::new(settings.clone(), bus.clone());
    let checkpoints = Checkpoints::default();
    let questions = QuestionService {
        rest: rest.clone(),
        bus: bus.clone(),
        settings: settings.clone(),
        admission: admission.clone(),
        mutual_guilds: Arc::default(),
        in_flight: in_flight.clone(),
        times: QuestionTimes {
            began: Timestamp::now(),
            time_zone: config.time_zone,
            deadline: config.answer_deadline,
            grace: config.answer_grace,
        },
        shards: status.clone(),
    };
    let (publisher, overflows) = Publisher::start(bus.clone(), &checkpoints, config.events_waiting);
    let stop = shutdown.child_token();
    let closed = CancellationToken::new();
    let (events, received) = gateway::events();
    let tasks = Tasks::new(stop.clone());

    let supervisor = Supervisor {
        token: config.token,
        shards: config.shards,
        times: config.gateway,
        rest: rest.clone(),
        events,
        status,
        content: content.clone(),
    };
    let gateway = async {
        let result = supervisor.run(stop.clone()).await;
        closed.cancel();
        stop.cancel();
        result
    };
    let intake = Intake::new(Dependencies {
        rest: rest.clone(),
        questions,
        publisher,
        overflows,
        content,
        has_members_intent: config.members_intent,
        checkpoints: checkpoints.clone(),
        tasks: tasks.clone(),
    });
    let intake = async {
        // Settings and counts hold from the first event on, as far as the bus delivers them within the time that a
        // command allows.
        let known = async { tokio::join!(settings.ready(), admission.ready()) };
        drop(tokio::time::timeout(READY_TIMEOUT, known).await);
        let publisher = intake.run(received, closed.clone()).await;
        let finished = tokio::time::timeout(SHUTDOWN_TIMEOUT, tasks.finish());
        let (_, published) = tokio::join!(finished, publisher.flush(SHUTDOWN_TIMEOUT));
        // The checkpoints of what was published last, so that the next process need not fetch it.
        let stored = tokio::time::timeout(SHUTDOWN_TIMEOUT, checkpoints.store(&settings, true)).await.is_ok();
        tracing::debug!(published, stored, "gateway events are done");
    };
    let delivery = Delivery { rest: rest.clone(), in_flight: in_flight.clone() };
    let answers = consume(&bus, ANSWERS_GROUP, topics::RESPONSES, delivery, StartAt::Earliest, &stop);
    let partials = consume(
        &bus,
        PARTIALS_GROUP,
        topics::PROGRESS,
        PartialAnswers { rest: rest.clone(), in_flight },
        StartAt::Latest,
        &stop,
    );

    let drift = stop.run_until_cancelled(bus::warn_of_drift(&*bus));
    let following = follow(settings.follow(), &stop);
    let counting = follow(admission.follow(), &stop);
    let storing = checkpoints.run(&settings, &stop);
    let (gateway, (), answers, partials, _, following, counting, ()) =
        tokio::join!(gateway, intake, answers, partials, drift, following, counting, storing);
    gateway.and(answers).and(partials).and(following).and(counting)
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
