//! The `voicetill` tool: its command line, and what each command needs. Each command lives in a module of its own.

pub mod dialog;
pub mod doctor;
pub mod faults;
pub mod ipn;
pub mod link;
pub mod local;
pub mod mail;
pub mod model;
pub mod older;
pub mod orders;
pub mod post;
pub mod sandbox;
pub mod stage;

use std::error::Error;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::adapters::amazon_pay::api::place::Region;
use crate::adapters::aws::{Access, Line};
use crate::adapters::dynamodb::local::Local;
use crate::adapters::dynamodb::{DynamoStore, connect, table};
use crate::adapters::system;
use crate::config::{Config, ConfigError, Env};
use crate::simulator::amazon_pay::books::{self, Books};
use crate::telemetry;

/// A voice shop on your machine: talk to it, look at its orders, make its Alexa skill.
///
/// Without a command it opens a conversation with the shop; everything in it is simulated, and no money moves.
#[derive(Debug, Parser)]
#[command(name = "voicetill", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// The folder with shop.toml and catalog.toml; without it ./shop, or else the example shop that is built in.
    #[arg(long, global = true, value_name = "DIR", env = "VOICETILL_SHOP")]
    shop: Option<PathBuf>,
    /// The folder where orders are kept on this machine.
    #[arg(long, global = true, value_name = "DIR", default_value = ".voicetill", env = "VOICETILL_STORE")]
    store: PathBuf,
    /// Write the mail about simulated orders to this folder, as .eml files; without it, it is only named.
    #[arg(long, global = true, value_name = "DIR", env = "VOICETILL_MAIL_DIR")]
    mail_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Talk to the shop in the terminal, or replay recorded conversations.
    Dialog(dialog::DialogArgs),
    /// Check the shop, the skill, this machine and the payment credentials, and say what to fix.
    Doctor(doctor::DoctorArgs),
    Orders(orders::OrdersArgs),
    Ipn(ipn::IpnArgs),
    Mail(mail::MailArgs),
    /// Prove the shop against everything that can go wrong.
    Faults(faults::FaultsArgs),
    /// Serve the local store as a DynamoDB endpoint, for `cargo lambda watch`.
    Local(local::LocalArgs),
    /// Play Amazon Pay API v2 on this machine, as strictly as the real one.
    Sandbox(sandbox::SandboxArgs),
    Link(link::LinkArgs),
    /// Write the skill's interaction models from catalogue and speech, or check them.
    Model(model::Args),
}

/// `voicetill dialog` without any option, which is what `voicetill` alone means.
#[derive(Debug, Parser)]
struct Alone {
    #[command(flatten)]
    dialog: dialog::DialogArgs,
}

type Failure = Box<dyn Error + Send + Sync>;

/// Runs the tool. Exit codes: 0 done; 1 the answer is no (a transcript or a model differs, there is no such order, a wish about an
/// order is refused, a check of the doctor has failed); 2 it could not be done.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let env = Env::from_process();
    // Where everything goes wrong on purpose, warnings tell nothing.
    let usual = if matches!(cli.command, Some(Command::Faults(_))) { "off" } else { "warn" };
    telemetry::plain(env.log.as_deref().unwrap_or(usual));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(cli, &env)) {
        Ok(code) => code,
        Err(error) => failed(error.as_ref()),
    }
}

fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    // Whoever read along, as with `| head`, has gone.
    if causes(error).any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)) {
        return ExitCode::SUCCESS;
    }
    // Nothing can be done when standard error is closed, too.
    let _ = writeln!(anstream::stderr(), "voicetill: {}", telemetry::chain(error));
    let answer_is_no = matches!(error.downcast_ref(), Some(model::ModelError::Differs { .. }))
        || error.downcast_ref().is_some_and(orders::OrdersError::is_no)
        || error.downcast_ref().is_some_and(ipn::IpnError::is_no);
    ExitCode::from(if answer_is_no { 1 } else { 2 })
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

async fn run(cli: Cli, env: &Env) -> Result<ExitCode, Failure> {
    let config = config(cli.shop.as_deref(), env);
    let mut out = anstream::stdout();
    match cli.command.unwrap_or_else(|| Command::Dialog(Alone::parse_from(["voicetill"]).dialog)) {
        // It tells what is wrong with a configuration, so it does without one.
        Command::Doctor(args) => {
            let sound = doctor::run(&args, config, env, system::now, &mut out).await?;
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Command::Dialog(args) => {
            let stage = stage::Shop { config: config?, dir: cli.store, fresh: args.fresh, mail_dir: cli.mail_dir, own: cli.shop.is_none() };
            let mut lines = io::stdin().lock();
            let input = if lines.is_terminal() { dialog::Input::Terminal } else { dialog::Input::Lines(&mut lines) };
            let mut console = dialog::Console { input, out: &mut out, err: &mut anstream::stderr() };
            let verdict = Box::pin(dialog::run(&args, &stage, &mut console)).await?;
            Ok(ExitCode::from(verdict.exit_code()))
        }
        Command::Orders(orders::OrdersArgs { command: orders::OrdersCommand::DeadLetters(args), place, .. }) => {
            orders::dead_letters(&args, place.profile.as_deref(), &mut out).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Orders(mut args) => {
            let config = config?;
            args.pay.seller = Some(config.pay.seller_id.clone());
            let table = args.place.table.as_deref().unwrap_or(&config.table);
            // The first value keeps the local store running.
            let (local, store) = match args.place.on_aws(env, table).await? {
                Some(store) => (None, store),
                None => local_store(&cli.store, table, false).await.map(|(local, store)| (Some(local), store))?,
            };
            let (books, region) = (Arc::new(Books::at(cli.store.join(books::FILE))), Region::of(config.pay.ledger_currency));
            let office = orders::Office { store: &store, books: &books, pay: &args.pay, region, now: system::now() };
            let (mut answers, mut asks) = (io::stdin().lock(), anstream::stderr());
            let person: Option<(&mut dyn BufRead, &mut dyn Write)> =
                if answers.is_terminal() { Some((&mut answers, &mut asks)) } else { None };
            let done = Box::pin(orders::run(&args.command, &office, &mut orders::Talk { out: &mut out, person })).await;
            // On AWS the function tells of it.
            if let Some(local) = local {
                let round = post::Round { config: &config, store: &store, endpoint: local.endpoint(), dir: &cli.store };
                post::deliver(&round, Arc::clone(&books), cli.mail_dir, &mut anstream::stderr()).await?;
            }
            done?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Ipn(args) => {
            ipn::dispatch(args, config?, &cli.store, env, &mut out).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Mail(args) => {
            mail::run(&args, &config?, &mut out)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Faults(args) => {
            config?;
            // The runs have runtimes of their own, whose time is virtual.
            let kept = tokio::task::block_in_place(|| faults::run(&args, &mut out))?;
            Ok(if kept { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Command::Local(args) => {
            local::run(&args, &cli.store, &config?.table, &mut out).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Sandbox(args) => {
            sandbox::run(&args, &cli.store, &mut out).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Link(args) => {
            let config = config?;
            // The first value keeps the local store running.
            let (_local, store) = local_store(&cli.store, &config.table, false).await?;
            link::run(&args, &config, &cli.store, store, &mut out).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Model(args) => {
            model::run(&args, &config?, &mut out)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The shop in the folder that was named, in ./shop, or the built-in one.
fn config(dir: Option<&Path>, env: &Env) -> Result<Config, ConfigError> {
    let here = Path::new("shop");
    match dir {
        Some(dir) => Config::from_dir(dir, env),
        None if here.join("shop.toml").exists() => Config::from_dir(here, env),
        None => Config::embedded(env),
    }
}

/// The store on this machine, with its table. The first value keeps it running.
async fn local_store(dir: &Path, table_name: &str, fresh: bool) -> Result<(Local, DynamoStore), Failure> {
    let local = Local::open(dir, fresh, 0).await?;
    let store = store_at(&local, table_name).await?;
    Ok((local, store))
}

async fn store_at(local: &Local, table_name: &str) -> Result<DynamoStore, Failure> {
    let access = Access::Local { endpoint: local.endpoint().to_owned() };
    table::ensure(&connect(&access), table_name).await?;
    Ok(DynamoStore::new(Line::to(&access), table_name.to_owned()))
}
