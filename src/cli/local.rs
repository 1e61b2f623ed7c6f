//! `voicetill local`: the laptop's store as a DynamoDB endpoint, for `cargo lambda watch` and other programs.

use std::io::{self, Write};
use std::path::Path;

use clap::Args;

use super::dialog::SIMULATED_SKILL_ID;
use crate::adapters::aws::Access;
use crate::adapters::dynamodb::local::{Local, LocalError};
use crate::adapters::dynamodb::{connect, table};
use crate::ports::StoreError;

/// Serve the local store as a DynamoDB endpoint until interrupted.
#[derive(Clone, Debug, Args)]
pub struct LocalArgs {
    /// Listen on this port; 0 takes a free one.
    #[arg(long, default_value_t = 8000, env = "VOICETILL_LOCAL_PORT")]
    pub port: u16,
    /// Start with an empty store.
    #[arg(long)]
    pub fresh: bool,
}

/// Why the endpoint does not come up.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Local(#[from] LocalError),
    #[error("another program serves this store already, at {0}: use that, or stop it")]
    Served(String),
    #[error("the table could not be created")]
    Table(#[from] StoreError),
    #[error("the output could not be written, or the interrupt not awaited")]
    Io(#[from] io::Error),
}

/// Serves until Ctrl-C.
///
/// # Errors
/// [`ServeError`].
pub async fn run(args: &LocalArgs, dir: &Path, table_name: &str, out: &mut impl Write) -> Result<(), ServeError> {
    let local = Local::open(dir, args.fresh, args.port).await?;
    if !local.is_owner() {
        return Err(ServeError::Served(local.endpoint().to_owned()));
    }
    table::ensure(&connect(&Access::Local { endpoint: local.endpoint().to_owned() }), table_name).await?;
    writeln!(out, "# The local store {} is served until you press Ctrl-C.", dir.display())?;
    writeln!(out, "# In another terminal:")?;
    for (name, value) in [
        ("AWS_ENDPOINT_URL_DYNAMODB", local.endpoint()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("VOICETILL_TABLE", table_name),
        ("VOICETILL_SKILL_ID", SIMULATED_SKILL_ID),
    ] {
        writeln!(out, "export {name}={value}")?;
    }
    out.flush()?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
