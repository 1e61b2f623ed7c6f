//! The wallet that a buyer has linked: consent to be charged by the shop's server, and what is asked of the buyer before it is.

use std::fmt;

use super::ids::{BillingAgreementId, WriteId};
use super::money::Money;
use super::place::Address;
use super::shop::World;
use super::time::Time;

/// A saved wallet, as it was when it was last looked at. Amazon's word counts: a permission may end on any day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedWallet {
    /// Where its money is; it is nothing to a shop in another world.
    pub world: World,
    /// The charge permission.
    pub permission: BillingAgreementId,
    pub state: WalletState,
    /// Permissions that were replaced and not ended, the oldest first: what was ordered on them may still have to be charged. Whoever ends
    /// the permission to charge means them, too.
    pub earlier: Vec<BillingAgreementId>,
    /// Where the buyer has things sent, unless an order says otherwise.
    pub address: Option<Address>,
    pub email: Option<Email>,
    /// Part of every access token. Whoever raises it ends them all.
    pub generation: u32,
    pub code: Option<VoiceCode>,
    /// The buyer wants to be asked for the code at every purchase.
    pub always_ask: bool,
    /// When Amazon was last heard of this wallet.
    pub at: Time,
    /// The write that made this version.
    pub version: WriteId,
}

/// Whether a wallet can be charged (`reference/amazon-pay-v2.md`, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletState {
    Chargeable,
    /// The buyer has to put something right at Amazon.
    NeedsUpdate(UpdateReason),
    /// Nothing brings it back; the buyer has to set up another.
    Closed,
}

/// What the buyer has to put right: Amazon's seven reasons about the payment method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateReason {
    MethodInvalid,
    MethodDeleted,
    MethodExpired,
    MethodNotAllowed,
    MethodNotSet,
    BillingAddressDeleted,
    /// The buyer's bank wanted to see the buyer and did not.
    ChallengeFailed,
}

impl UpdateReason {
    pub const ALL: [Self; 7] = [
        Self::MethodInvalid,
        Self::MethodDeleted,
        Self::MethodExpired,
        Self::MethodNotAllowed,
        Self::MethodNotSet,
        Self::BillingAddressDeleted,
        Self::ChallengeFailed,
    ];
}

impl SavedWallet {
    /// More than a buyer sets up or brings in a year. The oldest are let go first; Amazon ends what was not used for a year.
    const EARLIER_MAX: usize = 40;

    /// The permissions that are left open when this one takes the place of the wallet's.
    #[must_use]
    pub fn replaced_by(self, permission: &BillingAgreementId) -> Vec<BillingAgreementId> {
        let own = (self.state != WalletState::Closed).then_some(self.permission);
        let mut open: Vec<_> = self.earlier.into_iter().chain(own).filter(|earlier| earlier != permission).collect();
        open.drain(..open.len().saturating_sub(Self::EARLIER_MAX));
        open
    }

    /// Whether the buyer has to say the voice code for a purchase of this total. `from` is the merchant's threshold.
    #[must_use]
    pub fn asks_for_code(&self, total: Money, from: Option<Money>) -> bool {
        self.code.is_some() && (self.always_ask || from.is_some_and(|from| total.reaches(from)))
    }
}

/// Where the buyer reads mail. Personal data, so it has no Debug form.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Takes an address as Amazon tells it; `None` when no mail can go there.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, host) = text.split_once('@')?;
        let fits = !name.is_empty() && !host.is_empty() && !host.contains('@') && text.len() <= 254;
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email([redacted])")
    }
}

/// The four digits that a buyer says. Never spoken back, shown or logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digits([u8; 4]);

impl Digits {
    /// Takes exactly four ASCII digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = <[u8; 4]>::try_from(text.as_bytes()).ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// As ASCII, for the keyed hash and for nothing else.
    #[must_use]
    pub const fn secret(&self) -> &[u8; 4] {
        &self.0
    }

    /// Whether it is among the first that a thief would try: one digit four times, or a run up or down.
    #[must_use]
    pub fn is_too_simple(self) -> bool {
        let steps: Vec<i16> = self.0.windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0])).collect();
        [0, 1, -1].iter().any(|step| steps.iter().all(|found| found == step))
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits([redacted])")
    }
}

/// A voice code as it is kept: a keyed hash, a salt of the buyer's own, and how often in a row it was missed.
#[derive(Clone, PartialEq, Eq)]
pub struct VoiceCode {
    pub salt: [u8; 16],
    pub hash: [u8; 32],
    pub wrong_tries: u8,
}

impl fmt::Debug for VoiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoiceCode").field("wrong_tries", &self.wrong_tries).finish_non_exhaustive()
    }
}

/// What has come of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It was right. The code as it is to be stored, if the row of misses ends here; otherwise nothing has changed.
    Right(Option<VoiceCode>),
    /// It was wrong. The code as it has to be stored before the buyer hears of it, and how many tries are left.
    Wrong { code: VoiceCode, left: u8 },
    /// No try counts any more until the buyer has set a new code on the page.
    Locked,
}

impl VoiceCode {
    /// So many wrong tries in a row lock the code.
    pub const TRIES_MAX: u8 = 3;

    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.wrong_tries >= Self::TRIES_MAX
    }

    /// What comes of saying it, `right` or wrong. A locked code is not opened by the right one.
    #[must_use]
    pub fn try_code(&self, right: bool) -> Tried {
        if self.is_locked() {
            return Tried::Locked;
        }
        if right {
            return Tried::Right((self.wrong_tries > 0).then(|| Self { wrong_tries: 0, ..self.clone() }));
        }
        let wrong_tries = self.wrong_tries.saturating_add(1);
        Tried::Wrong { code: Self { wrong_tries, ..self.clone() }, left: Self::TRIES_MAX.saturating_sub(wrong_tries) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::money::Currency;
    use super::*;

    fn code(wrong_tries: u8) -> VoiceCode {
        VoiceCode { salt: [1; 16], hash: [2; 32], wrong_tries }
    }

    fn wallet(code: Option<VoiceCode>, always_ask: bool) -> SavedWallet {
        SavedWallet {
            world: World::Simulated,
            permission: BillingAgreementId::parse("C01-0000000-0000000").unwrap(),
            state: WalletState::Chargeable,
            earlier: Vec::new(),
            address: None,
            email: None,
            generation: 0,
            code,
            always_ask,
            at: Time::from_unix(0),
            version: WriteId::of_bits(1),
        }
    }

    #[test]
    fn what_was_replaced_is_kept_until_it_ends() {
        let id = |number: usize| BillingAgreementId::parse(&format!("C01-{number:07}-0000000")).unwrap();
        let on = |number, earlier, state| SavedWallet { permission: id(number), earlier, state, ..wallet(None, false) };
        let open = |number, earlier| on(number, earlier, WalletState::Chargeable);
        assert_eq!(open(1, vec![]).replaced_by(&id(1)), []);
        assert_eq!(open(2, vec![id(1)]).replaced_by(&id(3)), [id(1), id(2)]);
        assert_eq!(open(2, vec![id(1)]).replaced_by(&id(1)), [id(2)], "one that comes back is not replaced any more");
        assert_eq!(on(2, vec![id(1)], WalletState::Closed).replaced_by(&id(3)), [id(1)]);
        let many = open(99, (0..40).map(id).collect()).replaced_by(&id(100));
        assert_eq!((many.len(), many.first(), many.last()), (40, Some(&id(1)), Some(&id(99))));
    }

    #[test]
    fn three_wrong_tries_in_a_row_lock_and_the_right_one_does_not_unlock() {
        let mut kept = code(0);
        for expected in [2, 1, 0] {
            let Tried::Wrong { code, left } = kept.try_code(false) else { panic!("{kept:?}") };
            assert_eq!(left, expected);
            kept = code;
        }
        assert!(kept.is_locked());
        assert_eq!(kept.try_code(true), Tried::Locked);
        assert_eq!(kept.try_code(false), Tried::Locked);
    }

    #[test]
    fn a_right_try_ends_the_row_and_changes_nothing_where_there_was_none() {
        assert_eq!(code(2).try_code(true), Tried::Right(Some(code(0))));
        assert_eq!(code(0).try_code(true), Tried::Right(None));
    }

    #[test]
    fn a_code_is_asked_for_from_the_threshold_on_or_always_and_never_where_there_is_none() {
        let usd = |minor| Money::new(minor, Currency::Usd);
        let from = Some(usd(10_000));
        let (asked, free) = (wallet(Some(code(0)), false), wallet(None, true));
        assert!(!asked.asks_for_code(usd(9_999), from) && asked.asks_for_code(usd(10_000), from));
        assert!(!asked.asks_for_code(usd(10_000), None));
        assert!(wallet(Some(code(0)), true).asks_for_code(usd(1), None));
        assert!(asked.asks_for_code(Money::new(1, Currency::Eur), from), "what cannot be compared is asked for");
        assert!(!free.asks_for_code(usd(99_999), from));
    }

    #[test]
    fn four_digits_are_a_code_and_nothing_else_is() {
        for wrong in ["", "123", "12345", "12 4", "１２３４", "abcd"] {
            assert!(Digits::parse(wrong).is_none(), "{wrong}");
        }
        let simple = |text| Digits::parse(text).unwrap().is_too_simple();
        assert!(["0000", "1234", "9876", "6789"].into_iter().all(simple));
        assert!(!["0192", "1123", "2468", "8901"].into_iter().any(simple));
        assert_eq!(format!("{:?} {:?}", Digits::parse("0192"), code(1)), "Some(Digits([redacted])) VoiceCode { wrong_tries: 1, .. }");
    }

    #[test]
    fn mail_goes_to_one_name_at_one_host() {
        for wrong in ["", "ada", "@example.com", "ada@", "a@b@c", "a da@example.com", "ada@example.com\r\nBcc: x"] {
            assert!(Email::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{:?}", Email::parse("ada@example.com")), "Some(Email([redacted]))");
    }
}
