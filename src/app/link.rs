//! Account linking: a wallet is set up, a code leads to tokens, and tokens are renewed.

use crate::domain::ids::{BillingAgreementId, BuyerId, CodeId, FamilyId, WriteId};
use crate::domain::link::{Code, Family, Late};
use crate::domain::order::{Event, Order, State};
use crate::domain::payment::Decline;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::domain::wallet::{SavedWallet, WalletState};
use crate::ports::{Agreed, Buyers, ConsentError, Consents, Grants, PaymentsError, Saved, Spent, Stepped, StoreError, Wallets};

/// How often a wallet is written when others write it at the same time.
const LAPS_MAX: u32 = 3;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// What was brought does not count; bringing it again does not help.
    #[error("{0}")]
    Denied(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a client brings for its first tokens.
#[derive(Clone, Copy, Debug)]
pub struct Redeemed<'a> {
    pub code: &'a CodeId,
    pub client: &'a str,
    pub redirect: &'a str,
}

/// Spends a code and begins a family of refresh tokens. `proves` says whether the client has shown what the challenge asks for.
///
/// A code counts once, whatever comes of it. One that comes a second time has been stolen, or its tokens have: those end.
///
/// # Errors
/// [`GrantError`].
pub async fn redeem(
    store: &impl Grants,
    brought: Redeemed<'_>,
    proves: impl Fn(&str) -> bool + Send,
    family: FamilyId,
    now: Time,
) -> Result<Family, GrantError> {
    let code = match store.spend_code(brought.code, &family).await? {
        Spent::Now(code) => code,
        Spent::Before { code, family } => {
            store.end_family(&code.buyer, &family, now).await?;
            return Err(GrantError::Denied("the code was used before"));
        }
        Spent::Missing => return Err(GrantError::Denied("the code is unknown or has expired")),
    };
    let Code { id: _, buyer, generation, client, redirect, challenge, expires } = code;
    if expires <= now {
        return Err(GrantError::Denied("the code is unknown or has expired"));
    }
    if client != brought.client {
        return Err(GrantError::Denied("the code was given to another client"));
    }
    if redirect != brought.redirect {
        return Err(GrantError::Denied("the code was sent to another address"));
    }
    if !proves(&challenge) {
        return Err(GrantError::Denied("code_verifier is not the one that the code was asked for with"));
    }
    let family = Family { id: family, buyer, generation, client, newest: 1, at: now };
    if store.begin_family(&family).await? { Ok(family) } else { Err(GrantError::Denied("the code was used before")) }
}

/// A refresh token, as its bearer presents it.
#[derive(Clone, Copy, Debug)]
pub struct Refreshed<'a> {
    pub buyer: &'a BuyerId,
    pub family: &'a FamilyId,
    pub number: u32,
    pub client: &'a str,
}

/// Replaces a refresh token by the next of its family. One that was replaced before ends the family, unless it was so just now: then the
/// answer got lost, and is given again.
///
/// # Errors
/// [`GrantError`].
pub async fn refresh(store: &(impl Grants + Wallets), brought: Refreshed<'_>, now: Time) -> Result<Family, GrantError> {
    let Refreshed { buyer, family: id, number, client } = brought;
    let denied = GrantError::Denied("the refresh token does not count any more: the buyer has to link again");
    // Read first: what fails before the step leaves the token as good as it was.
    let wallet = store.wallet(buyer).await?;
    let family = match store.step_family(buyer, id, number, now).await? {
        Stepped::Done(family) => family,
        Stepped::Found(family) if !family.has_expired(now) && family.late(number, now) == Late::Again => family,
        Stepped::Found(_) => {
            tracing::warn!(%buyer, "a refresh token came that had been replaced: its family ends");
            store.end_family(buyer, id, now).await?;
            return Err(denied);
        }
        Stepped::Missing => return Err(denied),
    };
    let counts = family.client == client && wallet.is_some_and(|wallet| wallet.generation == family.generation);
    if counts {
        return Ok(family);
    }
    store.end_family(buyer, id, now).await?;
    Err(denied)
}

/// Why a wallet is not linked, or not changed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error(transparent)]
    Consent(#[from] ConsentError),
    #[error(transparent)]
    Payments(#[from] PaymentsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the wallet changed several times while it was written: try again")]
    Contended,
    #[error("there is no such wallet")]
    Missing,
}

/// Where and when a wallet is written, and the mark of the write.
#[derive(Clone, Debug)]
pub struct Now {
    pub world: World,
    pub at: Time,
    pub write: WriteId,
}

/// Takes in what the buyer has agreed to on Amazon's page. The permission is complete at Amazon before it is stored here; whoever comes
/// back a second time finds the same one.
///
/// # Errors
/// [`LinkError`].
pub async fn set_up(
    store: &impl Wallets,
    consents: &impl Consents,
    session: &str,
    began: &str,
    now: &Now,
) -> Result<(BuyerId, SavedWallet), LinkError> {
    let agreed = consents.agreed(session, began).await?;
    let buyer = agreed.buyer.clone();
    let wallet = change(store, &buyer, now, |before| Ok(taken_in(before, agreed.clone(), now))).await?;
    Ok((buyer, wallet))
}

/// Keeps the consent that a purchase on a page has brought as the buyer's wallet, unless the buyer has chosen another one since, and gives
/// the wallet that there is then. `None` for an order that has brought none.
///
/// # Errors
/// [`LinkError`].
pub async fn keep(
    store: &impl Wallets,
    buyers: &impl Buyers,
    order: &Order,
    now: &Now,
) -> Result<Option<(BuyerId, SavedWallet)>, LinkError> {
    let Some(permission) = order.brought() else { return Ok(None) };
    let buyer = order.id.buyer();
    let agreed_at = order.history.iter().rev().find(|entry| entry.what == Event::SaidYes).map(|entry| entry.at);
    let stays = |known: &SavedWallet| known.permission == *permission || agreed_at.is_some_and(|agreed_at| known.at > agreed_at);
    if let Some(known) = store.wallet(&buyer).await?.filter(stays) {
        return Ok(Some((buyer, known)));
    }
    let Some(agreed) = buyers.wallet(permission).await?.filter(|agreed| agreed.buyer == buyer) else { return Ok(None) };
    let kept = change(store, &buyer, now, |before| {
        Ok(match before {
            Some(known) if stays(&known) => known,
            before => taken_in(before, agreed.clone(), now),
        })
    });
    let wallet = kept.await?;
    Ok(Some((buyer, wallet)))
}

/// Code, generation and the wish to be asked are the buyer's and outlive a permission.
fn taken_in(before: Option<SavedWallet>, agreed: Agreed, now: &Now) -> SavedWallet {
    let Agreed { buyer: _, permission, state, address, email } = agreed;
    let of_before = |before: SavedWallet| {
        let (generation, code, always_ask, same) = (before.generation, before.code.clone(), before.always_ask, before.world == now.world);
        (generation, code, always_ask, if same { before.replaced_by(&permission) } else { Vec::new() })
    };
    let (generation, code, always_ask, earlier) = before.map_or((0, None, false, Vec::new()), of_before);
    SavedWallet {
        world: now.world,
        permission,
        state,
        earlier,
        address,
        email,
        generation,
        code,
        always_ask,
        at: now.at,
        version: now.write.clone(),
    }
}

/// Whether the last charge of a wallet was declined for good, and the buyer has not been at Amazon for it since. Amazon may go on to call
/// the permission chargeable, and so a purchase is tried all the same; but the buyer is told.
#[must_use]
pub fn was_declined(wallet: &SavedWallet, orders: &[Order]) -> bool {
    let its_own = orders.iter().filter(|order| order.agreement.as_ref() == Some(&wallet.permission));
    let last = its_own.filter(|order| order.attempted() > Some(wallet.at)).max_by_key(|order| order.attempted());
    last.is_some_and(|order| matches!(order.state, State::Declined { decline: Decline::InvalidPaymentMethodHard, .. }))
}

/// The wallet as Amazon knows it now; stored if that is news.
///
/// # Errors
/// [`LinkError`].
pub async fn look(store: &impl Wallets, consents: &impl Consents, buyer: &BuyerId, now: &Now) -> Result<Option<SavedWallet>, LinkError> {
    let Some(wallet) = store.wallet(buyer).await? else { return Ok(None) };
    if wallet.world != now.world || wallet.state == WalletState::Closed {
        return Ok(Some(wallet));
    }
    match consents.standing(&wallet.permission).await {
        Ok(state) if state == wallet.state => Ok(Some(wallet)),
        Ok(state) => stand(store, buyer, &wallet.permission, state, now).await.map(Some),
        // What was known last is better than no page.
        Err(error) => {
            tracing::warn!(error = crate::telemetry::chain(&error), "a wallet is shown as it was last known");
            Ok(Some(wallet))
        }
    }
}

/// A buyer who is signed in. A visit ends with the generation that it began in.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub buyer: &'a BuyerId,
    pub generation: u32,
}

impl Owner<'_> {
    fn owns(self, wallet: &SavedWallet) -> bool {
        wallet.generation == self.generation
    }
}

/// Ends the buyer's consent, at Amazon first: the wallet's own, and those that it has replaced.
///
/// # Errors
/// [`LinkError`].
pub async fn close(store: &impl Wallets, consents: &impl Consents, owner: Owner<'_>, now: &Now) -> Result<SavedWallet, LinkError> {
    let wallet = store.wallet(owner.buyer).await?.filter(|wallet| wallet.world == now.world && owner.owns(wallet));
    let wallet = wallet.ok_or(LinkError::Missing)?;
    let own = (wallet.state != WalletState::Closed).then_some(&wallet.permission);
    for permission in own.into_iter().chain(&wallet.earlier) {
        consents.end(permission).await?;
    }
    let ended = |before: SavedWallet| {
        let earlier = before.earlier.iter().filter(|id| !wallet.earlier.contains(id)).cloned().collect();
        let state = if before.permission == wallet.permission { WalletState::Closed } else { before.state };
        SavedWallet { earlier, state, at: now.at, ..before }
    };
    change(store, owner.buyer, now, |before| before.map(ended).ok_or(LinkError::Missing)).await
}

/// Notes how a permission stands, unless it was replaced meanwhile.
async fn stand(
    store: &impl Wallets,
    buyer: &BuyerId,
    permission: &BillingAgreementId,
    state: WalletState,
    now: &Now,
) -> Result<SavedWallet, LinkError> {
    let noted = |wallet: SavedWallet| {
        if wallet.permission == *permission { SavedWallet { state, at: now.at, ..wallet } } else { wallet }
    };
    change(store, buyer, now, |before| before.map(noted).ok_or(LinkError::Missing)).await
}

/// Changes what is the buyer's own about a wallet: code, wishes, generation.
///
/// # Errors
/// [`LinkError`].
pub async fn amend(
    store: &impl Wallets,
    owner: Owner<'_>,
    now: &Now,
    changed: impl Fn(SavedWallet) -> SavedWallet + Send + Sync,
) -> Result<SavedWallet, LinkError> {
    let decide = |before: Option<SavedWallet>| before.filter(|wallet| owner.owns(wallet)).map(&changed).ok_or(LinkError::Missing);
    change(store, owner.buyer, now, decide).await
}

/// Reads, decides, writes; again when somebody was faster.
async fn change(
    store: &impl Wallets,
    buyer: &BuyerId,
    now: &Now,
    decide: impl Fn(Option<SavedWallet>) -> Result<SavedWallet, LinkError> + Send,
) -> Result<SavedWallet, LinkError> {
    let mut before = store.wallet(buyer).await?;
    for _ in 0..LAPS_MAX {
        let expected = before.as_ref().map(|wallet| wallet.version.clone());
        let wallet = SavedWallet { version: now.write.clone(), ..decide(before)? };
        match store.save_wallet(buyer, &wallet, expected.as_ref()).await? {
            Saved::Done => return Ok(wallet),
            Saved::Overtaken(found) => before = found.map(|found| *found),
        }
    }
    Err(LinkError::Contended)
}
