//! `voicetill orders`: the order desk. What the shop has sold, and what the merchant does about its money.
//!
//! Each command has a file of its own; [`office`] is what they work with, [`ask`] how they make sure, [`words`] and [`advice`] what they say.

mod advice;
mod ask;
mod cancel;
mod capture;
mod close;
mod dead_letters;
mod export;
mod list;
mod office;
pub(super) mod pay;
pub mod place;
mod reconcile;
mod refund;
mod ship;
mod show;
mod tables;
mod take;
#[cfg(test)]
mod testing;
mod view;
mod words;

use std::io;

use clap::{Args, Subcommand};

pub use self::ask::Talk;
pub use self::dead_letters::{DeadLettersArgs, run as dead_letters};
pub use self::export::{ExportArgs, Format};
pub use self::list::{ListArgs, StatusName};
pub use self::office::Office;
pub use self::pay::{Api, PayArgs};
pub use self::place::Place;
pub use self::reconcile::ReconcileArgs;
pub use self::show::ShowArgs;
pub use self::take::PartArgs;
pub use self::{cancel::CancelArgs, capture::CaptureArgs, close::CloseArgs, refund::RefundArgs, ship::ShipArgs};

use crate::adapters::amazon_pay::api::place::Region;
use crate::adapters::amazon_pay::api::wire::trackers::UnknownCarrier;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::failures::QueueError;
use crate::app::DeskError;
use crate::domain::ids::IdError;
use crate::domain::money::{Currency, MoneyError};
use crate::domain::order::{NoteError, ParcelError};
use crate::domain::time::Time;
use crate::ports::{PaymentsError, StoreError};
use crate::simulator::amazon_pay::books::Books;
use crate::telemetry;

/// The order desk: list and show orders, take and give back their money, ship, and settle what is in doubt.
///
/// Without options it works on the orders of this machine. With --profile, --region or --endpoint-url it works on the table on AWS, as the
/// AWS CLI would. The money of a simulated order is at the local Amazon Pay; for sandbox and live orders the desk calls Amazon Pay, with
/// the key from Seller Central.
///
/// Exit codes: 0 done; 1 the answer is no, and the message names the rule and what to do instead; 2 it could not be done. After a 2 that
/// says so, `voicetill orders reconcile` finds out what has happened, and goes on under the same ids.
#[derive(Clone, Debug, Args)]
pub struct OrdersArgs {
    #[command(subcommand)]
    pub command: OrdersCommand,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub pay: PayArgs,
}

/// The commands; what each is for stands with its arguments, where its help is taken from.
#[derive(Clone, Debug, Subcommand)]
pub enum OrdersCommand {
    List(ListArgs),
    Show(ShowArgs),
    Capture(CaptureArgs),
    Refund(RefundArgs),
    Cancel(CancelArgs),
    Ship(ShipArgs),
    Close(CloseArgs),
    Reconcile(ReconcileArgs),
    Export(ExportArgs),
    DeadLetters(DeadLettersArgs),
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    #[error("the store could not be used")]
    Store(#[from] StoreError),
    #[error("there is no order {0}: `voicetill orders list` shows what there is")]
    Unknown(String),
    #[error("{0} fits several orders: give more of the number")]
    Ambiguous(String),
    #[error("refused: {rule}. {instead}")]
    Refused { rule: String, instead: String },
    #[error("Amazon Pay said no: {0}")]
    SaidNo(String),
    #[error("not confirmed; nothing was done")]
    NotConfirmed,
    #[error("nobody is there to confirm this: give --yes")]
    NobodyToAsk,
    #[error("\"{text}\" is no amount in {currency}: write it as 20.00")]
    Amount {
        text: String,
        currency: Currency,
        #[source]
        source: MoneyError,
    },
    #[error("--since {0} is no date: write it as 2026-11-22, or 2026-11-22T10:00:00Z")]
    Since(String),
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    #[error("nothing was done: {0}")]
    Carrier(#[from] UnknownCarrier),
    #[error("--charge is about one order: name only that one")]
    OneCharge,
    #[error("--charge is not an id of Amazon's")]
    Charge(#[from] IdError),
    #[error("the reason does not fit into the history")]
    Reason(#[from] NoteError),
    #[error("Amazon Pay cannot be called for {world} orders: {problem}. {remedy}")]
    Account { world: &'static str, problem: String, remedy: String },
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error("Amazon Pay does not say how the charge stands")]
    Unseen(#[from] PaymentsError),
    #[error("{0} of the orders could not be brought up to date; the reasons are above")]
    Unreconciled(usize),
    #[error("{0} dead letters have to be seen to")]
    DeadLetters(usize),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the output could not be written")]
    Output(#[from] io::Error),
    #[error("the output could not be written")]
    Csv(#[from] csv::Error),
}

impl OrdersError {
    /// Whether the answer is no, rather than that it could not be done.
    #[must_use]
    pub const fn is_no(&self) -> bool {
        match self {
            Self::Unknown(_)
            | Self::Ambiguous(_)
            | Self::Refused { .. }
            | Self::SaidNo(_)
            | Self::NotConfirmed
            | Self::DeadLetters(_)
            | Self::Desk(
                DeskError::Refused { .. }
                | DeskError::Missing(_)
                | DeskError::Changed(_)
                | DeskError::AgreementInUse(_)
                | DeskError::ConsentEnded { .. }
                | DeskError::OtherCharge(_),
            ) => true,
            Self::Store(_)
            | Self::NobodyToAsk
            | Self::Amount { .. }
            | Self::Since(_)
            | Self::Parcel(_)
            | Self::Carrier(_)
            | Self::OneCharge
            | Self::Charge(_)
            | Self::Reason(_)
            | Self::Account { .. }
            | Self::Desk(_)
            | Self::Unseen(_)
            | Self::Unreconciled(_)
            | Self::Queue(_)
            | Self::Output(_)
            | Self::Csv(_) => false,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`OrdersError`].
pub async fn run(command: &OrdersCommand, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    match command {
        OrdersCommand::List(args) => list::run(args, office, talk.out).await,
        OrdersCommand::Show(args) => show::run(args, office, talk.out).await,
        OrdersCommand::Capture(args) => capture::run(args, office, talk).await,
        OrdersCommand::Refund(args) => refund::run(args, office, talk).await,
        OrdersCommand::Cancel(args) => cancel::run(args, office, talk).await,
        OrdersCommand::Ship(args) => ship::run(args, office, talk).await,
        OrdersCommand::Close(args) => close::run(args, office, talk).await,
        OrdersCommand::Reconcile(args) => Box::pin(reconcile::run(args, office, talk)).await,
        OrdersCommand::Export(args) => export::run(args, office, talk.out).await,
        // It looks into queues, and at no order.
        OrdersCommand::DeadLetters(_) => Ok(()),
    }
}

/// What `.orders`, `.orders stuck` or `.order NUMBER` shows in a conversation; `None` when it is another command.
pub async fn aside(command: &str, store: &DynamoStore, now: Time) -> Option<String> {
    // Neither command asks Amazon Pay for anything.
    let (books, pay) = (Books::in_memory(), PayArgs::default());
    let office = Office { store, books: &books, pay: &pay, region: Region::NorthAmerica, now };
    let mut shown = Vec::new();
    let listed = |stuck| ListArgs { stuck, ..ListArgs::default() };
    let told = match command.split_whitespace().collect::<Vec<_>>().as_slice() {
        [".orders"] => list::run(&listed(false), &office, &mut shown).await,
        [".orders", "stuck"] => list::run(&listed(true), &office, &mut shown).await,
        [".order", number] => {
            let args = ShowArgs { order: (*number).to_owned(), ..ShowArgs::default() };
            show::run(&args, &office, &mut shown).await
        }
        _ => return None,
    };
    Some(match told {
        Ok(()) => String::from_utf8_lossy(&shown).into_owned(),
        Err(error) => telemetry::chain(&error),
    })
}
