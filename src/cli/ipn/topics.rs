//! Which topics are trusted.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::IpnCommand;
use crate::adapters::sns::{AddressError, Fetch, FetchError, SubscribeUrl};
use crate::adapters::system::rfc3339;
use crate::domain::ids::{IdError, SellerId, TopicArn};
use crate::domain::time::Time;
use crate::ports::{StoreError, Topic, Topics, Trust};

/// Show the topics that are trusted, and those that wait for you.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// JSON for programs.
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct TopicArgs {
    /// The topic, as `ipn list` shows it: arn:aws:sns:REGION:ACCOUNT:NAME.
    pub topic: String,
    /// Confirm at this address instead of at SNS: that of `voicetill sandbox`.
    #[arg(long, value_name = "URL")]
    pub sns: Option<String>,
    /// JSON for programs.
    #[arg(long)]
    pub json: bool,
}

/// Why a command about topics did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum IpnError {
    #[error("the store could not be used")]
    Store(#[from] StoreError),
    #[error("\"{text}\" is no topic: copy it from `voicetill ipn list`")]
    NoTopic {
        text: String,
        #[source]
        source: IdError,
    },
    #[error("the topic {0} is not known: `voicetill ipn list` shows those that are")]
    Unknown(TopicArn),
    #[error(
        "the topic is trusted, and its subscription could not be confirmed: enter the address once more in Seller Central, and SNS asks anew; \
         then it is confirmed by itself"
    )]
    Unconfirmed(#[source] FetchError),
    #[error("the topic is trusted, and the address that it gave does not confirm it")]
    BadAddress(#[source] AddressError),
    #[error("the output could not be written")]
    Output(#[from] io::Error),
}

impl IpnError {
    /// Whether the answer is no, rather than that it could not be done.
    #[must_use]
    pub const fn is_no(&self) -> bool {
        match self {
            Self::NoTopic { .. } | Self::Unknown(_) => true,
            Self::Store(_) | Self::Unconfirmed(_) | Self::BadAddress(_) | Self::Output(_) => false,
        }
    }
}

#[derive(Serialize)]
struct Shown<'t> {
    topic: &'t str,
    standing: &'static str,
    since: String,
    /// Whether the name ends with the shop's own seller id.
    names_seller: bool,
}

impl<'t> Shown<'t> {
    fn of(topic: &'t Topic, seller: &SellerId) -> Self {
        let standing = match topic.trust {
            Trust::Trusted => "trusted",
            Trust::Held { .. } => "held",
        };
        Self {
            topic: topic.arn.as_str(),
            standing,
            since: rfc3339(topic.since),
            names_seller: topic.arn.as_str().ends_with(seller.as_str()),
        }
    }
}

/// What the commands work with.
#[derive(Debug)]
pub struct Post<'p, S, F> {
    pub store: &'p S,
    /// Reaches SNS.
    pub fetch: &'p F,
    pub seller: &'p SellerId,
    pub now: Time,
}

/// Runs a command about topics.
///
/// # Errors
/// [`IpnError`].
pub async fn run<S: Topics, F: Fetch>(command: &IpnCommand, post: &Post<'_, S, F>, out: &mut impl Write) -> Result<(), IpnError> {
    match command {
        IpnCommand::List(args) => list(args.json, post, out).await,
        IpnCommand::Trust(args) => trust(args, post, out).await,
        IpnCommand::Forget(args) => {
            let known = named(args, post).await?;
            post.store.forget_topic(&known.arn).await?;
            if args.json {
                return Ok(writeln!(out, "{}", serde_json::json!({ "topic": known.arn.as_str(), "standing": "forgotten" }))?);
            }
            Ok(writeln!(out, "{} is forgotten. SNS goes on posting until the address is taken out in Seller Central.", known.arn)?)
        }
        // It has a runtime's worth of its own.
        IpnCommand::Serve(_) => Ok(()),
    }
}

async fn list<S: Topics, F>(json: bool, post: &Post<'_, S, F>, out: &mut impl Write) -> Result<(), IpnError> {
    let topics = post.store.topics().await?;
    let shown: Vec<_> = topics.iter().map(|topic| Shown::of(topic, post.seller)).collect();
    if json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(&shown).map_err(io::Error::other)?)?);
    }
    if shown.is_empty() {
        return Ok(writeln!(out, "No topic has asked yet. Enter the function's address in Seller Central, Integration Settings.")?);
    }
    for topic in shown {
        let seller = if topic.names_seller { "ends with your seller id" } else { "does not end with your seller id" };
        writeln!(out, "{:8} {}  since {}, {seller}", topic.standing, topic.topic, topic.since)?;
    }
    Ok(())
}

async fn trust<S: Topics, F: Fetch>(args: &TopicArgs, post: &Post<'_, S, F>, out: &mut impl Write) -> Result<(), IpnError> {
    let arn = parse(&args.topic)?;
    let known = post.store.topics().await?.into_iter().find(|topic| topic.arn == arn);
    let topic = Topic { arn, trust: Trust::Trusted, since: post.now };
    // Messages may follow the confirmation at once.
    post.store.keep_topic(&topic).await?;
    let confirmed = match known.map(|known| known.trust) {
        Some(Trust::Held { subscribe_url }) => {
            let url = SubscribeUrl::parse(&subscribe_url, &topic.arn, None).map_err(IpnError::BadAddress)?;
            post.fetch.fetch(url.as_str()).await.map_err(IpnError::Unconfirmed)?;
            true
        }
        Some(Trust::Trusted) | None => false,
    };
    if args.json {
        return Ok(writeln!(out, "{}", serde_json::json!({ "topic": topic.arn.as_str(), "standing": "trusted", "confirmed": confirmed }))?);
    }
    let then = if confirmed { "its subscription is confirmed" } else { "it is confirmed when it asks" };
    Ok(writeln!(out, "{} is trusted, and {then}.", topic.arn)?)
}

async fn named<S: Topics, F>(args: &TopicArgs, post: &Post<'_, S, F>) -> Result<Topic, IpnError> {
    let arn = parse(&args.topic)?;
    post.store.topics().await?.into_iter().find(|topic| topic.arn == arn).ok_or(IpnError::Unknown(arn))
}

fn parse(text: &str) -> Result<TopicArn, IpnError> {
    TopicArn::parse(text.trim()).map_err(|source| IpnError::NoTopic { text: text.to_owned(), source })
}
