//! `cargo xtask`: everything of this project that is more than one plain cargo call.

mod bench;
mod book;
mod ci;
mod corpus;
mod docs;
mod error;
mod extra_programs;
mod files;
mod hash;
mod lint;
mod paths;
mod process;
mod setup;
mod suite;
mod test;
mod traps;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Result;
use crate::ui::Ui;

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Setup(setup::Args),
    Lint(lint::Args),
    Corpus(corpus::Args),
    Test(test::Args),
    Bench(bench::Args),
    Book(book::Args),
    Docs(docs::Args),
    Ci(ci::Args),
}

impl Command {
    fn run(self, ui: &Ui) -> Result<ExitCode> {
        match self {
            Command::Setup(args) => setup::run(&args, ui),
            Command::Lint(args) => lint::run(&args, ui),
            Command::Corpus(args) => corpus::run(&args, ui),
            Command::Test(args) => test::run(&args, ui),
            Command::Bench(args) => bench::run(&args, ui),
            Command::Book(args) => book::run(&args, ui),
            Command::Docs(args) => docs::run(&args, ui),
            Command::Ci(args) => ci::run(&args, ui),
        }
    }
}

fn main() -> ExitCode {
    process::end_with_us();
    let ui = Ui::from_env();
    match Cli::parse().command.run(&ui) {
        Ok(code) => code,
        Err(error) => {
            ui.error(&error);
            error.exit_code()
        }
    }
}
