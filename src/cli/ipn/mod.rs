//! `voicetill ipn`: the topics that notifications come from, and the function that takes them in, on this machine.

mod serve;
mod topics;

use std::io::Write;
use std::path::Path;

use clap::{Args, Subcommand};

pub use serve::{ServeArgs, ServeError, Shop, router, serve};
pub use topics::{IpnError, ListArgs, Post, TopicArgs, run};

use super::orders::pay::account;
use super::orders::{PayArgs, Place};
use super::{Failure, local_store};
use crate::adapters::amazon_pay::api::place::Region;
use crate::adapters::sns::Web;
use crate::adapters::system;
use crate::config::{Config, Env};
use crate::domain::shop::World;
use crate::simulator::amazon_pay::books::{self, Books};

/// Notifications of Amazon Pay: say which topic is trusted, or take them in on this machine.
///
/// A merchant cannot know beforehand which topic Amazon Pay uses. After the address has been entered in Seller Central, `ipn list` shows the
/// topic that has asked; `ipn trust` confirms it, and from then on no other is taken.
///
/// Exit codes: 0 done; 1 there is no such topic; 2 it could not be done.
#[derive(Clone, Debug, Args)]
pub struct IpnArgs {
    #[command(subcommand)]
    pub command: IpnCommand,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub pay: PayArgs,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum IpnCommand {
    List(ListArgs),
    /// Trust a topic, and confirm its subscription where it has asked for that.
    ///
    /// Compare it with what Seller Central shows; the names of Amazon Pay's topics are known to end with the seller id. A topic that has
    /// not asked yet is trusted in advance, and confirmed when it asks.
    Trust(TopicArgs),
    /// Take a topic's messages no longer. A function that runs may need five minutes to notice.
    Forget(TopicArgs),
    Serve(ServeArgs),
}

/// Finds the store, and runs the command over it.
pub(super) async fn dispatch(args: IpnArgs, config: Config, dir: &Path, env: &Env, out: &mut impl Write) -> Result<(), Failure> {
    let table = args.place.table.as_deref().unwrap_or(&config.table);
    // The first value keeps the local store running.
    let (_local, store) = match args.place.on_aws(env, table).await? {
        Some(store) => (None, store),
        None => local_store(dir, table, false).await.map(|(local, store)| (Some(local), store))?,
    };
    let world = config.shop.world;
    match &args.command {
        IpnCommand::Serve(serving) => {
            let region = Region::of(config.pay.ledger_currency);
            let account = if world == World::Simulated { None } else { Some(account(world, &args.pay, region)?) };
            let shop = Shop { store, world, books: Books::at(dir.join(books::FILE)), account, now: system::now };
            Ok(serve(serving, shop, out).await?)
        }
        IpnCommand::List(_) | IpnCommand::Trust(_) | IpnCommand::Forget(_) => {
            let elsewhere = if let IpnCommand::Trust(trust) = &args.command { trust.sns.as_deref() } else { None };
            let fetch = elsewhere.map_or_else(|| Ok(Web::default()), Web::instead_at)?;
            let post = Post { store: &store, fetch: &fetch, seller: &config.pay.seller_id, now: system::now() };
            Ok(run(&args.command, &post, out).await?)
        }
    }
}
