//! `rtfm up --demo`: a sample server's history imported, three questions answered, and a prompt to go
//! on. Needs no key and no network, and leaves nothing behind.

mod prompt;
mod server;

use crate::{
    ask::{self, Asker, Audience},
    fault::Fault,
    foundation::Foundation,
    import,
    stand_in::{self, Work},
    style::{self, Style},
};
use prompt::Line;
use rtfm_shared::{config::Env, shutdown};
use server::Server;
use std::{io::Write, path::PathBuf, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The samples: what is asked in #general, and what there is to see in the answer.
const SAMPLES: [(&str, &str); 3] = [
    ("What is the API endpoint for sending readings?", "It changed in March; both messages are there."),
    ("How do I calibrate the soil moisture sensor?", "A how-to that somebody wrote in #help once."),
    (
        "How much did the Halvorsen Foundation offer us?",
        "That was said in #moderators only. Whoever asks in #general must not learn it from an answer.",
    ),
];

/// Runs the demonstration in `data_dir`, or in a directory that is gone afterwards.
pub(crate) async fn run(env: &Env, data_dir: Option<PathBuf>) -> Result<(), Fault> {
    let stop = shutdown::on_signals()?;
    let temporary = match data_dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("rtfm-demo-").tempdir()?),
    };
    let directory = data_dir.or_else(|| temporary.as_ref().map(|made| made.path().to_owned()));
    let foundation = Foundation::open(own_environment(env), directory).await?;
    foundation.create_topics().await?;
    let shown = async {
        tokio::select! {
            shown = show(&foundation, &stop) => shown,
            () = stop.cancelled() => Ok(()),
        }
    };
    stand_in::during(&foundation, Work::Answer, shown).await
}

/// Nothing of the real environment but Gemini's settings: the demonstration never touches a real
/// server, but may show how the real model answers.
fn own_environment(env: &Env) -> Env {
    let copied = |own: Env, name: &&str| match env.get(name) {
        Some(value) => own.with(name, value),
        None => own,
    };
    GEMINI.iter().fold(Env::default(), copied)
}

const GEMINI: [&str; 15] = [
    "GEMINI_API_KEY",
    "GEMINI_BASE_URL",
    "GEMINI_MODEL",
    "GEMINI_FALLBACK_MODELS",
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

async fn show(foundation: &Foundation, stop: &CancellationToken) -> Result<(), Fault> {
    let (style, mut out) = (Style::of_stdout(), std::io::stdout());
    let server = Server::read()?;
    writeln!(out, "{}", style.bold(&format!("RTFM, shown on a sample server: \"{}\"", server.name)))?;
    writeln!(out, "{}", style.dim(&format!("  everything in {}", foundation.data_dir.display())))?;
    writeln!(out, "{}", style.dim(&format!("  answers: {}", writer(&foundation.env))))?;
    let bar = style::count_bar("messages indexed");
    let summary =
        import::publish(foundation.bus.as_ref(), server.sources(), &bar, |text| eprintln!("rtfm: {text}")).await?;
    import::until_indexed(foundation.bus.as_ref(), &bar).await?;
    writeln!(
        out,
        "  imported {} messages from {} channels; #{} is private",
        summary.messages,
        summary.channels.len(),
        server.private_names().join(", #")
    )?;
    questions(foundation, &server, style, stop).await
}

fn writer(env: &Env) -> &'static str {
    match env.get("GEMINI_API_KEY") {
        Some(_) => "written by Gemini",
        None => "the most relevant messages, quoted (set GEMINI_API_KEY to have them written by Gemini)",
    }
}

async fn questions(
    foundation: &Foundation,
    server: &Server,
    style: Style,
    stop: &CancellationToken,
) -> Result<(), Fault> {
    let mut out = std::io::stdout();
    let asker = Asker::new(foundation.bus.clone(), "rtfm up --demo");
    let mut audience = server.everyone();
    for (question, remark) in SAMPLES {
        writeln!(out, "\n{} {}", style.accent("in #general ›"), style.bold(question))?;
        writeln!(out, "{}", ask::text(&asker.ask(question, &audience, PATIENCE).await?, style))?;
        writeln!(out, "{}", style.dim(&format!("· {remark}")))?;
    }
    writeln!(
        out,
        "\nNow you. Try: Which filament for the outdoor case? · When was firmware 2.0 released? · Who does translations?\n{}",
        style.dim("/as moderators asks as somebody who may read everything, /as everyone goes back; Ctrl-D ends.")
    )?;
    let mut place = "in #general";
    let mut lines = prompt::lines();
    while let Some(line) = prompt::next(&mut lines, place, style, stop).await? {
        match line {
            Line::Nothing => {}
            Line::Audience(everything) => {
                (audience, place) = if everything {
                    (server.moderators(), "in #moderators")
                } else {
                    (server.everyone(), "in #general")
                };
            }
            Line::Unknown(command) => {
                writeln!(out, "{command} is no command here; there are /as moderators, /as everyone")?
            }
            Line::Question(question) => {
                let answer = asker.ask(&question, &audience, PATIENCE).await?;
                writeln!(out, "{}\n", ask::text(&answer, style))?;
            }
        }
    }
    Ok(())
}

impl Server {
    fn everyone(&self) -> Audience {
        Audience { guild: Some(self.guild.clone()), channels: Some(self.public.clone()) }
    }

    fn moderators(&self) -> Audience {
        Audience { guild: Some(self.guild.clone()), channels: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_real_reaches_the_demonstration() {
        let env = Env::of([
            ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
            ("QDRANT_URL", "http://qdrant:6334"),
            ("DISCORD_TOKEN", "secret"),
            ("GEMINI_MODEL", "gemini-x"),
        ]);
        let own = own_environment(&env);
        assert_eq!(own.get("KAFKA_BOOTSTRAP_SERVERS").or(own.get("QDRANT_URL")).or(own.get("DISCORD_TOKEN")), None);
        assert_eq!(own.get("GEMINI_MODEL"), Some("gemini-x"));
    }
}
