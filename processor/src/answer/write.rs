//! Evidence → answer: by a model while there is one, else the most relevant messages themselves.

use super::{
    cite::{self, Cited},
    deadline::Deadline,
    evidence::Numbered,
    progress::ProgressFeed,
    prompt::{NOT_FOUND, prompt},
};
use crate::{
    llm::{Evidence, Generated, LanguageModel, LlmError, extractive},
    retrieve::Strength,
    store::Filter,
};
use rtfm_shared::event::{GuildSettings, Query, Stage, Status};
use tokio::time::timeout_at;
use tracing::{Instrument, info_span};

/// The model's name in answers that no model wrote.
const EXTRACTIVE: &str = "extractive";

/// The text of an answer and how it came about.
#[derive(Debug)]
pub(crate) struct Written {
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
pub(super) struct Asked<'a> {
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
pub(crate) fn not_found() -> Written {
    let text = NOTHING.to_owned();
    Written {
        status: Status::NotFound,
        cited: Cited { text, sources: Vec::new() },
        model: EXTRACTIVE.to_owned(),
        notice: None,
    }
}

/// Writes the answer to a question from what was found.
pub(crate) async fn write(
    model: Option<&dyn LanguageModel>,
    asked: &Asked<'_>,
    evidence: &[Numbered],
    strength: Strength,
    server: &GuildSettings,
    deadline: Deadline,
    progress: &ProgressFeed,
) -> Written {
    if evidence.is_empty() {
        return not_found();
    }
    let query = asked.query;
    let notice = match model {
        None => None,
        Some(_) if deadline.late => Some("The question waited too long for the model."),
        Some(model) => {
            progress.stage(Stage::Thinking);
            let on_text = |text: &str| {
                if !NOT_FOUND.starts_with(text.trim()) && !text.contains(NOT_FOUND) {
                    progress.text(cite::check(text, evidence).text);
                }
            };
            let prompt = prompt(query, asked.chosen, evidence, server);
            let writing = timeout_at(deadline.model, model.generate(&prompt, &on_text));
            match writing.instrument(info_span!("generate")).await {
                Ok(Ok(generated)) if generated.text.contains(NOT_FOUND) => {
                    return Written { model: generated.model, ..not_found() };
                }
                Ok(Ok(generated)) => {
                    let cited = cite::check(&generated.text, evidence);
                    let notice = notice(&generated, server);
                    if !cited.sources.is_empty() {
                        return Written { status: Status::Answered, cited, model: generated.model, notice };
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
    if !strength.suffices {
        return Written { notice: None, ..not_found() };
    }
    quote(asked, evidence, notice)
}

/// What the reader of a generated answer should know about it.
fn notice(generated: &Generated, server: &GuildSettings) -> Option<String> {
    let cut = generated.truncated.then(|| "The answer was cut off.".to_owned());
    let wished = server.model.as_ref().filter(|wished| **wished != generated.model);
    let instead = wished.map(|wished| {
        format!("The model {wished}, which this server chose, gave no answer; {} wrote this one.", generated.model)
    });
    let notices: Vec<String> = cut.into_iter().chain(instead).collect();
    (!notices.is_empty()).then(|| notices.join(" "))
}

/// The most relevant messages themselves.
fn quote(asked: &Asked<'_>, found: &[Numbered], notice: Option<String>) -> Written {
    let is_meant = |numbered: &&Numbered| numbered.score > 0.0 || asked.filter.lets_through(&numbered.message);
    let mut best_first: Vec<&Numbered> = found.iter().filter(is_meant).collect();
    best_first.sort_by(|a, b| b.score.total_cmp(&a.score));
    let evidence: Vec<Evidence> = best_first.iter().map(|numbered| numbered.evidence.clone()).collect();
    let Some(extract) = extractive::answer(asked.judged, &evidence) else { return not_found() };
    let cited = cite::number_as_cited(&extract.text, &extract.cited, found);
    Written { status: Status::Answered, cited, model: EXTRACTIVE.to_owned(), notice }
}
