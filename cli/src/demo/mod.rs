//! `rtfm up --demo`: imports a sample server's history, answers three questions, and offers a prompt for more. It needs
//! neither key nor network, and leaves nothing behind.

mod prompt;
mod server;

use crate::{
    app_context::AppContext,
    embedded_processor::{self, EmbeddedPipeline},
    error::CliError,
    import,
    operator_client::{OperatorClient, QuestionScope},
    output,
    render::answer,
    style::{self, Style},
};
use prompt::PromptInput;
use rtfm_shared::{config::Env, shutdown};
use server::SampleServer;
use std::{path::PathBuf, time::Duration};
use tokio_util::sync::CancellationToken;

/// Time limit of a question.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The sample questions, asked in #general, each with a remark on its answer.
const SAMPLES: [(&str, &str); 3] = [
    ("What is the API endpoint for sending readings?", "It changed in March; the answer shows both messages."),
    ("How do I calibrate the soil moisture sensor?", "Somebody once wrote this how-to in #help."),
    (
        "How much did the Halvorsen Foundation offer us?",
        "Only #moderators knows that. A question in #general must not reveal it.",
    ),
];

/// Runs the demonstration in `data_dir`, or in a temporary directory.
pub(crate) async fn run(env: &Env, data_dir: Option<PathBuf>) -> Result<(), CliError> {
    let stop = shutdown::on_signals()?;
    let temporary = match data_dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("rtfm-demo-").tempdir()?),
    };
    let directory = data_dir.or_else(|| temporary.as_ref().map(|directory| directory.path().to_owned()));
    let context = AppContext::open(isolated_environment(env), directory).await?;
    context.create_topics().await?;
    let showing = async {
        tokio::select! {
            outcome = show(&context, &stop) => outcome,
            () = stop.cancelled() => Ok(()),
        }
    };
    embedded_processor::run_beside(&context, EmbeddedPipeline::Answer, showing).await
}

/// Only the settings of the models: the demonstration may answer with the real model, but never touches a real server.
fn isolated_environment(env: &Env) -> Env {
    let copy = |isolated: Env, name: &&str| match env.get(name) {
        Some(value) => isolated.with(name, value),
        None => isolated,
    };
    MODEL_SETTINGS.iter().fold(Env::default(), copy)
}

const MODEL_SETTINGS: [&str; 16] = [
    "GEMINI_API_KEY",
    "GEMINI_BASE_URL",
    "GEMINI_MODEL",
    "GEMINI_FALLBACK_MODELS",
    "GEMINI_SERVER_MODELS",
    "GEMINI_CHEAP_MODEL",
    "GEMINI_EMBEDDING_MODEL",
    "GEMINI_EMBEDDING_DIMENSION",
    "GEMINI_THINKING_LEVEL",
    "GEMINI_CONNECT_TIMEOUT_SECS",
    "GEMINI_REQUEST_TIMEOUT_SECS",
    "GEMINI_IDLE_TIMEOUT_SECS",
    "EMBEDDER",
    "LOCAL_MODEL_DIR",
    "LOCAL_MODEL_URL",
    "LOCAL_EMBEDDING_THREADS",
];

async fn show(context: &AppContext, stop: &CancellationToken) -> Result<(), CliError> {
    let (style, mut out) = (Style::of_stdout(), output::stdout());
    let server = SampleServer::read()?;
    writeln!(out, "{}", style.bold(&format!("RTFM on a sample server: \"{}\"", server.name)))?;
    writeln!(out, "{}", style.dim(&format!("  everything in {}", context.data_dir.display())))?;
    writeln!(out, "{}", style.dim(&format!("  answers: {}", writer(&context.env))))?;
    let bar = style::count_bar("messages indexed");
    let summary = import::publish(context.bus.as_ref(), server.sources(), &bar, output::print_problem).await?;
    import::until_indexed(context.bus.as_ref(), &bar).await?;
    writeln!(
        out,
        "  imported {} messages from {} channels; #{} is private",
        summary.messages,
        summary.channels.len(),
        server.private_names().join(", #")
    )?;
    questions(context, &server, style, stop).await
}

fn writer(env: &Env) -> &'static str {
    match env.get("GEMINI_API_KEY") {
        Some(_) => "written by Gemini",
        None => "the most relevant messages, quoted (set GEMINI_API_KEY to have them written by Gemini)",
    }
}

async fn questions(
    context: &AppContext,
    server: &SampleServer,
    style: Style,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let mut out = output::stdout();
    let client = OperatorClient::new(context.bus.clone(), "rtfm up --demo");
    let mut scope = server.public_scope();
    for (question, remark) in SAMPLES {
        writeln!(out, "\n{} {}", style.accent("in #general ›"), style.bold(question))?;
        writeln!(out, "{}", answer::text(&client.ask(question, &scope, TIME_LIMIT).await?, style))?;
        writeln!(out, "{}", style.dim(&format!("· {remark}")))?;
    }
    writeln!(
        out,
        "\nNow you. Try: Which filament for the outdoor case? · When was firmware 2.0 released? · Who does translations?\n{}",
        style.dim("/as moderators asks with access to every channel, /as everyone switches back; Ctrl-D ends.")
    )?;
    let mut prompt = "in #general";
    let mut lines = prompt::lines();
    while let Some(line) = prompt::next(&mut lines, prompt, style, stop).await? {
        match line {
            PromptInput::Empty => {}
            PromptInput::AsModerators => (scope, prompt) = (server.full_scope(), "in #moderators"),
            PromptInput::AsEveryone => (scope, prompt) = (server.public_scope(), "in #general"),
            PromptInput::UnknownCommand(command) => {
                writeln!(out, "{command} is not a command here; try /as moderators or /as everyone")?
            }
            PromptInput::Question(question) => {
                let response = client.ask(&question, &scope, TIME_LIMIT).await?;
                writeln!(out, "{}\n", answer::text(&response, style))?;
            }
        }
    }
    Ok(())
}

impl SampleServer {
    fn public_scope(&self) -> QuestionScope {
        QuestionScope { guild: Some(self.guild.clone()), channels: Some(self.public.clone()) }
    }

    fn full_scope(&self) -> QuestionScope {
        QuestionScope { guild: Some(self.guild.clone()), channels: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demonstration_ignores_real_servers() {
        let env = Env::of([
            ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
            ("QDRANT_URL", "http://qdrant:6334"),
            ("DISCORD_TOKEN", "secret"),
            ("GEMINI_MODEL", "gemini-x"),
        ]);
        let isolated = isolated_environment(&env);
        assert_eq!(
            isolated.get("KAFKA_BOOTSTRAP_SERVERS").or(isolated.get("QDRANT_URL")).or(isolated.get("DISCORD_TOKEN")),
            None
        );
        assert_eq!(isolated.get("GEMINI_MODEL"), Some("gemini-x"));
    }
}
