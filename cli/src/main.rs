//! The `rtfm` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    rtfm_cli::main(std::env::args_os())
}
