//! From evidence to an answer: a model writes it, or it quotes the most relevant messages.

use super::{
    check::{self, CheckedText, Checks},
    evidence::NumberedEvidence,
    extractive,
    progress::ProgressFeed,
    prompt::{self, NOT_FOUND, prompt},
};
use rtfm_memory::{
    retrieval::{Confidence, Deadline},
    store::Filter,
};
use rtfm_models::llm::{Generated, LanguageModel, LlmError, Prompt};
use rtfm_shared::{
    event::{GuildSettings, Query, Stage, Status},
    text::disarmed,
};
use std::{pin::pin, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, error::Elapsed, sleep_until, timeout_at},
};
use tracing::{Instrument, info_span};

/// The model name in the metadata of quoted answers.
const EXTRACTIVE: &str = "extractive";

/// The time between two checks of a growing text: as often as it may be shown, instead of for every chunk.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// A checked answer and how it was made.
#[derive(Debug)]
pub(super) struct DraftedAnswer {
    /// The outcome for the question.
    pub(super) status: Status,
    /// The text and its sources.
    pub(super) checked: CheckedText,
    /// The model that wrote it, or [`EXTRACTIVE`].
    pub(super) model: String,
    /// A line under the answer that tells the reader why it is limited.
    pub(super) notice: Option<String>,
}

/// The text of a response without evidence.
pub(super) const NOTHING_FOUND: &str = "I found nothing about that in the messages I may use here. Try other words.";

/// A question, the result of its search, and the settings of its guild.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuestionContext<'a> {
    /// The question as asked.
    pub(super) query: &'a Query,
    /// The question without its words for time, author and place.
    pub(super) subject: &'a str,
    /// The notice of the filters that narrowed the search, when any did.
    pub(super) narrowed_by: Option<&'a str>,
    /// The search filter. Only messages that pass it are quoted; the others are context.
    pub(super) filter: &'a Filter,
    /// The evidence that the search found.
    pub(super) evidence: &'a [NumberedEvidence],
    /// How likely the evidence answers the question.
    pub(super) confidence: Confidence,
    /// The settings of the guild that asks.
    pub(super) guild_settings: &'a GuildSettings,
}

/// The draft without evidence.
fn not_found_draft() -> DraftedAnswer {
    let text = NOTHING_FOUND.to_owned();
    DraftedAnswer {
        status: Status::NotFound,
        checked: CheckedText { text, sources: Vec::new(), shortened: false },
        model: EXTRACTIVE.to_owned(),
        notice: None,
    }
}

/// Writes the answer to a question from its evidence. Without a usable model text it quotes messages when the search
/// was confident, with a notice that says why.
pub(super) async fn write(
    model: Option<&dyn LanguageModel>,
    question: &QuestionContext<'_>,
    deadline: Deadline,
    progress: &ProgressFeed,
) -> DraftedAnswer {
    if question.evidence.is_empty() {
        return not_found_draft();
    }
    let failure = match model {
        None => None,
        Some(_) if deadline.late => Some("The question waited too long for the model."),
        Some(model) => match generated_draft(model, question, deadline.model, progress).await {
            Ok(draft) => return draft,
            Err(failure) => Some(failure),
        },
    };
    if !question.confidence.suffices {
        return not_found_draft();
    }
    quote(question, failure.map(|failure| format!("{failure} These are the most relevant messages.")))
}

/// The draft from the model's text, or a sentence for the reader that says why there is none.
async fn generated_draft(
    model: &dyn LanguageModel,
    question: &QuestionContext<'_>,
    deadline: Instant,
    progress: &ProgressFeed,
) -> Result<DraftedAnswer, &'static str> {
    progress.stage(Stage::Thinking);
    let QuestionContext { query, evidence, guild_settings, .. } = *question;
    let instructions = prompt::instructions();
    let checks = Checks::new(query, evidence, &instructions);
    let token_budget = model.token_budget(guild_settings.model.as_deref());
    let prompt = prompt(query, question.narrowed_by, evidence, guild_settings, token_budget);
    match generate(model, &prompt, &checks, deadline, progress).await {
        Ok(Ok(generated)) => {
            let checked = checks.whole(&generated.text);
            if !checked.sources.is_empty() {
                let notice = notice(&generated, &checked, guild_settings);
                return Ok(DraftedAnswer { status: Status::Answered, checked, model: generated.model, notice });
            }
            // In a sourced answer the marker is a quoted word, such as an error's name.
            if generated.text.contains(NOT_FOUND) {
                return Ok(DraftedAnswer { model: generated.model, ..not_found_draft() });
            }
            Err("The model's answer had no sources.")
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, query_id = %query.query_id, "failed to generate, quoting messages instead");
            Err(match error {
                LlmError::Declined(_) => "The model declined to answer.",
                LlmError::Unavailable(_) | LlmError::Refused(_) => "The model is unavailable.",
            })
        }
        Err(_) => {
            tracing::warn!(query_id = %query.query_id, "generation timed out, quoting messages instead");
            Err("The model was too slow.")
        }
    }
}

/// Generates a text until the deadline and shows its checked part while it grows.
async fn generate(
    model: &dyn LanguageModel,
    prompt: &Prompt,
    checks: &Checks<'_>,
    deadline: Instant,
    progress: &ProgressFeed,
) -> Result<Result<Generated, LlmError>, Elapsed> {
    let (written, mut newest) = watch::channel(String::new());
    let on_text = |text: &str| drop(written.send_replace(text.to_owned()));
    let writing = timeout_at(deadline, model.generate(prompt, &on_text));
    let writing = writing.instrument(info_span!("generate", prompt = prompt::version()));
    let mut writing = pin!(writing);
    let mut next = Instant::now();
    loop {
        tokio::select! {
            outcome = &mut writing => return outcome,
            text = next_text(&mut newest, next) => {
                let settled = checks.so_far(&text);
                if !settled.is_empty() {
                    progress.text(settled);
                }
                next = Instant::now() + CHECK_INTERVAL;
            }
        }
    }
}

/// The text so far when it has grown, but not before `not_before`.
async fn next_text(newest: &mut watch::Receiver<String>, not_before: Instant) -> String {
    sleep_until(not_before).await;
    if newest.changed().await.is_err() {
        // The writer is gone; its own future delivers the outcome.
        std::future::pending::<()>().await;
    }
    newest.borrow_and_update().clone()
}

/// The notice under a generated answer: cut off, shortened, or written by another model than the server's.
fn notice(generated: &Generated, checked: &CheckedText, guild_settings: &GuildSettings) -> Option<String> {
    let cut = generated.truncated.then(|| "The answer was cut off.".to_owned());
    let shortened = checked.shortened.then(|| "Claims with no source were left out.".to_owned());
    let preferred = guild_settings.model.as_ref().filter(|preferred| **preferred != generated.model);
    let instead = preferred.map(|preferred| {
        format!("This server's model {preferred} gave no answer, so {} wrote this one.", generated.model)
    });
    let notices: Vec<String> = cut.into_iter().chain(shortened).chain(instead).collect();
    (!notices.is_empty()).then(|| notices.join(" "))
}

/// The draft that quotes the most relevant messages.
fn quote(question: &QuestionContext<'_>, notice: Option<String>) -> DraftedAnswer {
    let evidence = question.evidence;
    let candidates: Vec<extractive::QuoteCandidate<'_>> = evidence
        .iter()
        .filter(|numbered| numbered.score > 0.0 || question.filter.matches(&numbered.message))
        .map(|numbered| extractive::QuoteCandidate {
            evidence: &numbered.evidence,
            conversation: numbered.passage,
            score: numbered.score,
        })
        .collect();
    let Some(extract) = extractive::answer(question.subject, &candidates, question.query.timestamp) else {
        return not_found_draft();
    };
    let sources = check::sources(&extract.cited, evidence);
    let checked = CheckedText { text: disarmed(&extract.text), sources, shortened: false };
    DraftedAnswer { status: Status::Answered, checked, model: EXTRACTIVE.to_owned(), notice }
}
