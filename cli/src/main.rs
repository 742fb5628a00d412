//! `rtfm`: parse, run, exit code. The same program, started with a hidden argument, reads documents.

use std::process::ExitCode;

fn main() -> ExitCode {
    rtfm_processor::attachments::run_if_asked().unwrap_or_else(|| rtfm_cli::main(std::env::args_os()))
}
