//! `rtfm import`: imports channel histories.

use crate::{
    app_context::AppContext,
    embedded_processor::{self, EmbeddedPipeline},
    error::CliError,
    import::{self, ImportSource, ImportSummary},
    output, style,
};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files that DiscordChatExporter wrote in its format "Json", one per channel
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The data directory [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl ImportArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let env = super::environment()?;
        super::logging(&env)?;
        let context = AppContext::open(env, self.data_dir).await?;
        context.is_reachable().await?;
        context.create_topics().await?;
        let total = self.files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum();
        let bar = style::byte_bar(total);
        let sources = self.files.into_iter().map(ImportSource::File).collect();
        let problems = bar.clone();
        let problem = move |text: String| problems.suspend(|| output::print_problem(text));
        let bus = context.bus.as_ref();
        let importing = async {
            let summary = import::publish(bus, sources, &bar, problem).await?;
            bar.finish_and_clear();
            if context.is_local() && summary.messages > 0 {
                import::until_indexed(bus, &style::count_bar("messages indexed")).await?;
            }
            Ok(summary)
        };
        let summary = embedded_processor::run_beside(&context, EmbeddedPipeline::Index, importing).await?;
        let mut out = output::stdout();
        writeln!(out, "{}", described(&summary))?;
        if !context.is_local() {
            writeln!(out, "published to {}; running processors index the messages from there", context.bus_name())?;
        }
        if summary.is_whole() { Ok(()) } else { Err(CliError::Reported) }
    }
}

/// The counts in one line.
fn described(summary: &ImportSummary) -> String {
    let many = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let mut line = format!(
        "imported {} from {} in {}",
        many(summary.messages, "message"),
        many(summary.channels.len() as u64, "channel"),
        many(summary.files + summary.broken_files, "file"),
    );
    let skipped = summary.bots + summary.system + summary.empty;
    if skipped > 0 {
        line += &format!(
            "; skipped {skipped} ({} by bots, {} by Discord itself, {} empty)",
            summary.bots, summary.system, summary.empty
        );
    }
    if summary.failed > 0 {
        line += &format!("; {} could not be read", many(summary.failed, "message"));
    }
    if summary.broken_files > 0 {
        line += &format!("; {} could not be read to the end", many(summary.broken_files, "file"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_everything() {
        let mut summary = ImportSummary { files: 1, messages: 1, ..ImportSummary::default() };
        summary.channels.insert("1".into());
        assert_eq!(described(&summary), "imported 1 message from 1 channel in 1 file");
        let summary =
            ImportSummary { messages: 7, bots: 2, system: 1, empty: 3, failed: 4, broken_files: 1, ..summary };
        assert_eq!(
            described(&summary),
            "imported 7 messages from 1 channel in 2 files; skipped 6 (2 by bots, 1 by Discord itself, 3 empty); \
             4 messages could not be read; 1 file could not be read to the end"
        );
    }
}
