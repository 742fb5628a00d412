//! The `rtfm` binary. Started with a hidden argument, it reads one document instead.

use std::process::ExitCode;

fn main() -> ExitCode {
    rtfm_documents::run_as_reader().unwrap_or_else(|| rtfm_cli::main(std::env::args_os()))
}
