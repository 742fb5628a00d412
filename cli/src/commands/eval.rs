//! `rtfm eval`: how good retrieval is.

use crate::{
    eval::{self, Foundations, Ground, Library, Measured, Plan, Report},
    fault::Fault,
    style::{self, Style},
};
use clap::{Args, ValueEnum};
use rtfm_shared::{config::Env, shutdown};
use std::{io::Write, path::PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Evaluation files; docs/retrieval.md describes them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object; docs/retrieval.md describes it
    #[arg(long)]
    json: bool,
    /// Where the messages are kept meanwhile: a temporary file, or collections of their own on QDRANT_URL's server
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Who makes vectors; none searches by words alone
    #[arg(long, value_enum, default_value_t = Embedder::None)]
    embedder: Embedder,
    /// Messages of each ranking that count
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    k: u32,
    /// Ask each answerable question a second time with its relevant messages absent: then it is unanswerable
    #[arg(long)]
    withhold: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Store {
    Sqlite,
    Qdrant,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Embedder {
    None,
    Local,
    Gemini,
}

impl Store {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Qdrant => "qdrant",
        }
    }
}

impl Embedder {
    /// As `EMBEDDER` names it.
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Local => "local",
            Self::Gemini => "gemini",
        }
    }
}

impl Eval {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        let mut library = Library::default();
        for file in &self.files {
            library.add(eval::read(file)?)?;
        }
        library.warnings.iter().for_each(|warning| eprintln!("rtfm: {warning}"));
        let foundations =
            Foundations { qdrant: self.store == Store::Qdrant, embedder: self.embedder.name().to_owned() };
        let plan = Plan { k: self.k as usize, withhold: self.withhold };
        let (measured, embedder) = measure(&env, &foundations, &library, plan).await?;
        let report = Report::of(&library, &measured, plan, self.store.name(), &embedder);
        let shown = match self.json {
            true => eval::json(&report).map_err(|error| Fault::Failed(error.to_string()))?,
            false => eval::text(&report, Style::of_stdout()),
        };
        writeln!(std::io::stdout(), "{shown}")?;
        Ok(())
    }
}

/// Measures on ground of its own, of which nothing is left, also where somebody interrupts.
async fn measure(
    env: &Env,
    foundations: &Foundations,
    library: &Library,
    plan: Plan,
) -> Result<(Measured, String), Fault> {
    let interrupted = shutdown::on_signals()?;
    let ground = Ground::open(env, foundations).await?;
    let embedder = ground.embedder().to_owned();
    let bar = style::count_bar("messages indexed, then questions asked");
    let messages: usize = library.sets.iter().map(|set| set.messages.len()).sum();
    let questions = || library.sets.iter().flat_map(|set| &set.questions);
    let again = questions().filter(|question| plan.withhold && question.answerable).count();
    bar.set_length((messages + questions().count() + again) as u64);
    let step = |count| bar.inc(count);
    let outcome = tokio::select! {
        measured = eval::run(library, &ground, plan, step, step) => measured,
        () = interrupted.cancelled() => Err(Fault::Failed("interrupted".to_owned())),
    };
    bar.finish_and_clear();
    let cleared = ground.clear().await;
    let measured = outcome?;
    cleared?;
    Ok((measured, embedder))
}
