//! `rtfm reindex`: what is stored, indexed anew for the embedder that is configured now.

use crate::{fault::Fault, foundation::Foundation, style};
use clap::Args;
use rtfm_processor::{ProcessorError, index::Reindexed};
use rtfm_shared::shutdown;
use std::{io::Write, path::PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Reindex {
    /// Afterwards, remove what is stored for other embedders; nothing may be running any more that uses it
    #[arg(long)]
    remove_old: bool,
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Reindex {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        let stop = shutdown::on_signals()?;
        let foundation = Foundation::open(env, self.data_dir).await?;
        foundation.is_reachable().await?;
        foundation.create_topics().await?;
        let processor = foundation.processor().await?;
        let store = processor.store();
        let bar = style::count_bar("messages looked at");
        let everything = rtfm_memory::store::Filter::everything(None);
        bar.set_length(store.count(&everything).await.map_err(ProcessorError::from)?);
        let report = |done: Reindexed| {
            bar.set_length(bar.length().unwrap_or_default().max(done.looked_at));
            bar.set_position(done.looked_at);
            bar.set_message(format!("messages looked at, {} indexed anew", done.messages));
        };
        let outcome = processor.reindex(report, stop).await;
        bar.finish_and_clear();
        let mut out = std::io::stdout();
        let Some(done) = outcome? else {
            return Err(Fault::Failed("stopped; run it again to go on".to_owned()));
        };
        writeln!(out, "indexed {} messages and {} files anew", done.messages, done.files)?;
        if self.remove_old {
            let removed = store.drop_other_spaces().await.map_err(ProcessorError::from)?;
            match removed.as_slice() {
                [] => writeln!(out, "nothing was stored for other embedders")?,
                removed => writeln!(out, "removed what was stored for {}", removed.join(", "))?,
            }
        }
        Ok(())
    }
}
