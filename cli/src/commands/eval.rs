//! `rtfm eval`: how good retrieval is.

use crate::{
    error::CliError,
    output,
    render::evaluation,
    style::{self, Style},
};
use clap::{Args, ValueEnum};
use rtfm_eval::{Corpus, EvalOptions, EvalStore, EvaluationReport};
use rtfm_shared::shutdown;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// Evaluation files; docs/retrieval.md describes them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object; docs/retrieval.md describes it
    #[arg(long)]
    json: bool,
    /// Where to store the messages meanwhile: a temporary file, or temporary collections on QDRANT_URL's server
    #[arg(long, value_enum, default_value_t = StoreArg::Sqlite)]
    store: StoreArg,
    /// Which embedder to use; none searches by full text alone
    #[arg(long, default_value = "none", value_parser = ["none", "local", "gemini"])]
    embedder: String,
    /// How many messages of each ranking count
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    k: u32,
    /// Ask each answerable question again with its relevant messages hidden, which makes it unanswerable
    #[arg(long)]
    withhold: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StoreArg {
    Sqlite,
    Qdrant,
}

impl From<StoreArg> for EvalStore {
    fn from(choice: StoreArg) -> Self {
        match choice {
            StoreArg::Sqlite => Self::Sqlite,
            StoreArg::Qdrant => Self::Qdrant,
        }
    }
}

impl EvalArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let env = super::environment()?;
        super::logging(&env)?;
        let mut corpus = Corpus::default();
        for file in &self.files {
            corpus.add(rtfm_eval::read(file)?)?;
        }
        corpus.warnings.iter().for_each(output::print_problem);
        let options = EvalOptions {
            store: self.store.into(),
            embedder: self.embedder,
            k: self.k as usize,
            withhold: self.withhold,
        };
        let stop = shutdown::on_signals()?;
        let bar = style::count_bar("messages indexed, then questions asked");
        bar.set_length(options.steps(&corpus));
        let evaluation = rtfm_eval::evaluate(&env, &corpus, &options, &stop, |steps| bar.inc(steps)).await;
        bar.finish_and_clear();
        let evaluation = evaluation?;
        let report = EvaluationReport::new(&corpus, &evaluation, &options);
        let mut out = output::stdout();
        if self.json {
            out.json(&report)?;
        } else {
            writeln!(out, "{}", evaluation::text(&report, Style::of_stdout()))?;
        }
        Ok(())
    }
}
