//! `voicetill`, the tool on a laptop: wiring only.

use std::process::ExitCode;

fn main() -> ExitCode {
    voicetill::cli::main()
}
