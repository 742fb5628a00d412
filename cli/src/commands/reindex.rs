//! `rtfm reindex`: reindexes the stored messages for the configured embedder.

use crate::{app_context::AppContext, error::CliError, output, style};
use clap::Args;
use rtfm_processor::{ProcessorError, index::Reindexed};
use rtfm_shared::shutdown;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct ReindexArgs {
    /// Afterwards, remove what is stored for other embedders; no running service may still use it
    #[arg(long)]
    remove_old: bool,
    /// The data directory [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl ReindexArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let env = super::environment()?;
        super::logging(&env)?;
        let stop = shutdown::on_signals()?;
        let context = AppContext::open(env, self.data_dir).await?;
        context.is_reachable().await?;
        context.create_topics().await?;
        let processor = context.processor().await?;
        let store = processor.store();
        let bar = style::count_bar("messages checked");
        let everything = rtfm_memory::store::Filter::everything(None);
        bar.set_length(store.count(&everything).await.map_err(ProcessorError::from)?);
        let report = |done: Reindexed| {
            bar.set_length(bar.length().unwrap_or_default().max(done.looked_at));
            bar.set_position(done.looked_at);
            bar.set_message(format!("messages checked, {} reindexed", done.messages));
        };
        let outcome = processor.reindex(report, stop).await;
        bar.finish_and_clear();
        let mut out = output::stdout();
        let Some(done) = outcome? else {
            return Err(CliError::Failed("interrupted; run `rtfm reindex` again to continue".to_owned()));
        };
        writeln!(out, "reindexed {} messages and {} files", done.messages, done.files)?;
        if self.remove_old {
            let removed = store.drop_other_spaces().await.map_err(ProcessorError::from)?;
            match removed.as_slice() {
                [] => writeln!(out, "there was nothing to remove for other embedders")?,
                removed => writeln!(out, "removed the data of {}", removed.join(", "))?,
            }
        }
        Ok(())
    }
}
