//! Evidence → answer: by a model while there is one, else the most relevant messages themselves.

use super::{
    check::{self, Checks, Cited},
    evidence::NumberedEvidence,
    extractive,
    progress::ProgressFeed,
    prompt::{self, NOT_FOUND, prompt},
};
use rtfm_memory::{
    retrieval::{Confidence, Deadline},
    store::Filter,
};
use rtfm_models::llm::{Generated, LanguageModel, LlmError};
use rtfm_shared::{
    event::{GuildSettings, Query, Stage, Status},
    text::disarmed,
};
use std::{pin::pin, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};
use tracing::{Instrument, info_span};

/// The model's name in answers that no model wrote.
const EXTRACTIVE: &str = "extractive";

/// How often a text half written is checked: as often as it may be shown, not as often as it grows.
const GLIMPSES: Duration = Duration::from_millis(250);

/// The text of an answer and how it came about.
#[derive(Debug)]
pub(crate) struct DraftedAnswer {
    /// What became of the question.
    pub(crate) status: Status,
    /// The text and what it cites.
    pub(crate) cited: Cited,
    /// Who wrote it.
    pub(crate) model: String,
    /// What the reader should know about it.
    pub(crate) notice: Option<String>,
}

/// What is said when nothing is found.
pub(super) const NOTHING: &str = "I found nothing about that in the messages I may use here.";

/// A question, and how it was understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedQuestion<'a> {
    /// As it was asked.
    pub(super) query: &'a Query,
    /// What it asks about, without the words that say when, by whom and where it was said.
    pub(super) judged: &'a str,
    /// What the evidence was chosen by.
    pub(super) chosen: Option<&'a str>,
    /// What may be quoted; what stands around that is there to understand it.
    pub(super) filter: &'a Filter,
}

/// The plain "not found".
pub(crate) fn not_found() -> DraftedAnswer {
    let text = NOTHING.to_owned();
    DraftedAnswer {
        status: Status::NotFound,
        cited: Cited { text, sources: Vec::new(), shortened: false },
        model: EXTRACTIVE.to_owned(),
        notice: None,
    }
}

/// Writes the answer to a question from what was found.
pub(crate) async fn write(
    model: Option<&dyn LanguageModel>,
    asked: &AskedQuestion<'_>,
    evidence: &[NumberedEvidence],
    confidence: Confidence,
    server: &GuildSettings,
    deadline: Deadline,
    progress: &ProgressFeed,
) -> DraftedAnswer {
    if evidence.is_empty() {
        return not_found();
    }
    let query = asked.query;
    let notice = match model {
        None => None,
        Some(_) if deadline.late => Some("The question waited too long for the model."),
        Some(model) => {
            progress.stage(Stage::Thinking);
            let checks = Checks::new(query, evidence, prompt::rules());
            let (written, mut newest) = watch::channel(String::new());
            let on_text = |text: &str| drop(written.send_replace(text.to_owned()));
            let room = model.token_budget(server.model.as_deref());
            let prompt = prompt(query, asked.chosen, evidence, server, room);
            let writing = timeout_at(deadline.model, model.generate(&prompt, &on_text));
            let writing = writing.instrument(info_span!("generate", prompt = prompt::version()));
            let mut writing = pin!(writing);
            let mut next = Instant::now();
            let outcome = loop {
                tokio::select! {
                    outcome = &mut writing => break outcome,
                    text = grown(&mut newest, next) => {
                        let settled = checks.so_far(&text);
                        if !settled.is_empty() {
                            progress.text(settled);
                        }
                        next = Instant::now() + GLIMPSES;
                    }
                }
            };
            match outcome {
                Ok(Ok(generated)) => {
                    let cited = checks.whole(&generated.text);
                    if !cited.sources.is_empty() {
                        let notice = notice(&generated, &cited, server);
                        return DraftedAnswer { status: Status::Answered, cited, model: generated.model, notice };
                    }
                    // With a source it is a word that somebody wrote, such as an error's name.
                    if generated.text.contains(NOT_FOUND) {
                        return DraftedAnswer { model: generated.model, ..not_found() };
                    }
                    Some("The model gave no sources for its answer.")
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, query_id = %query.query_id, "answering without the model");
                    Some(match error {
                        LlmError::Declined(_) => "The model declined to answer.",
                        LlmError::Unavailable(_) | LlmError::Refused(_) => "The model is away.",
                    })
                }
                Err(_) => {
                    tracing::warn!(query_id = %query.query_id, "the model was not done in time");
                    Some("The model was too slow.")
                }
            }
        }
    };
    let notice = notice.map(|why| format!("{why} These are the most relevant messages."));
    if !confidence.suffices {
        return DraftedAnswer { notice: None, ..not_found() };
    }
    quote(asked, evidence, notice)
}

/// The text so far, when it has grown, but not before this instant.
async fn grown(newest: &mut watch::Receiver<String>, not_before: Instant) -> String {
    sleep_until(not_before).await;
    if newest.changed().await.is_err() {
        // Nobody writes any more, so whoever waits for that hears it elsewhere.
        std::future::pending::<()>().await;
    }
    newest.borrow_and_update().clone()
}

/// What the reader of a generated answer should know about it.
fn notice(generated: &Generated, cited: &Cited, server: &GuildSettings) -> Option<String> {
    let cut = generated.truncated.then(|| "The answer was cut off.".to_owned());
    let shortened = cited.shortened.then(|| "What had no source was left out.".to_owned());
    let wished = server.model.as_ref().filter(|wished| **wished != generated.model);
    let instead = wished.map(|wished| {
        format!("The model {wished}, which this server chose, gave no answer; {} wrote this one.", generated.model)
    });
    let notices: Vec<String> = cut.into_iter().chain(shortened).chain(instead).collect();
    (!notices.is_empty()).then(|| notices.join(" "))
}

/// The most relevant messages themselves.
fn quote(asked: &AskedQuestion<'_>, evidence: &[NumberedEvidence], notice: Option<String>) -> DraftedAnswer {
    let candidates: Vec<extractive::QuoteCandidate<'_>> = evidence
        .iter()
        .filter(|numbered| numbered.score > 0.0 || asked.filter.matches(&numbered.message))
        .map(|numbered| extractive::QuoteCandidate {
            evidence: &numbered.evidence,
            conversation: numbered.passage,
            score: numbered.score,
        })
        .collect();
    let Some(extract) = extractive::answer(asked.judged, &candidates, asked.query.timestamp) else {
        return not_found();
    };
    let sources = check::sources(&extract.cited, evidence);
    let cited = Cited { text: disarmed(&extract.text), sources, shortened: false };
    DraftedAnswer { status: Status::Answered, cited, model: EXTRACTIVE.to_owned(), notice }
}
