//! A linked wallet's stored shape. Its address is stored beside it, as an order's is.

use serde::{Deserialize, Serialize};

use super::RecordError;
use crate::domain::ids::{BillingAgreementId, WriteId};
use crate::domain::place::Address;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::domain::wallet::{Email, SavedWallet, UpdateReason, VoiceCode, WalletState};

#[derive(Serialize, Deserialize)]
struct WalletRecord {
    m: String,
    i: String,
    s: StateRecord,
    /// Replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    r: Vec<String>,
    g: u32,
    t: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<CodeRecord>,
    /// Always ask.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    a: bool,
}

#[derive(Serialize, Deserialize)]
enum StateRecord {
    #[serde(rename = "c")]
    Chargeable,
    #[serde(rename = "u")]
    NeedsUpdate(ReasonRecord),
    #[serde(rename = "x")]
    Closed,
}

twin!(ReasonRecord for UpdateReason {
    MethodInvalid = "i", MethodDeleted = "d", MethodExpired = "e", MethodNotAllowed = "n", MethodNotSet = "s",
    BillingAddressDeleted = "b", ChallengeFailed = "c",
});

#[derive(Serialize, Deserialize)]
struct CodeRecord {
    s: String,
    h: String,
    w: u8,
}

/// The text under which a wallet is stored, without its version and its address.
///
/// # Errors
/// [`RecordError::Shape`]; never in practice.
pub fn write_wallet(wallet: &SavedWallet) -> Result<String, RecordError> {
    let SavedWallet { world, permission, state, earlier, address: _, email, generation, code, always_ask, at, version: _ } = wallet;
    Ok(serde_json::to_string(&WalletRecord {
        m: world.as_str().to_owned(),
        i: permission.to_string(),
        s: match *state {
            WalletState::Chargeable => StateRecord::Chargeable,
            WalletState::NeedsUpdate(reason) => StateRecord::NeedsUpdate(reason.into()),
            WalletState::Closed => StateRecord::Closed,
        },
        r: earlier.iter().map(ToString::to_string).collect(),
        g: *generation,
        t: at.unix(),
        e: email.as_ref().map(|email| email.as_str().to_owned()),
        c: code.as_ref().map(|code| CodeRecord { s: hex::encode(code.salt), h: hex::encode(code.hash), w: code.wrong_tries }),
        a: *always_ask,
    })?)
}

/// The wallet behind a stored text.
///
/// # Errors
/// [`RecordError`].
pub fn read_wallet(text: &str, version: WriteId, address: Option<Address>) -> Result<SavedWallet, RecordError> {
    let WalletRecord { m, i, s, r, g, t, e, c, a } = serde_json::from_str(text)?;
    Ok(SavedWallet {
        world: World::parse(&m).ok_or(RecordError::Unknown("world"))?,
        permission: BillingAgreementId::parse(&i)?,
        state: match s {
            StateRecord::Chargeable => WalletState::Chargeable,
            StateRecord::NeedsUpdate(reason) => WalletState::NeedsUpdate(reason.into()),
            StateRecord::Closed => WalletState::Closed,
        },
        earlier: r.iter().map(|id| BillingAgreementId::parse(id)).collect::<Result<_, _>>()?,
        address,
        email: e.as_deref().map(|email| Email::parse(email).ok_or(RecordError::Unknown("e-mail address"))).transpose()?,
        generation: g,
        code: c.map(code).transpose()?,
        always_ask: a,
        at: Time::from_unix(t),
        version,
    })
}

fn code(record: CodeRecord) -> Result<VoiceCode, RecordError> {
    let mut code = VoiceCode { salt: [0; 16], hash: [0; 32], wrong_tries: record.w };
    let bad = |_| RecordError::Unknown("voice code");
    hex::decode_to_slice(record.s, &mut code.salt).map_err(bad)?;
    hex::decode_to_slice(record.h, &mut code.hash).map_err(bad)?;
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wallet_survives_its_record() {
        let states = [WalletState::Chargeable, WalletState::Closed].into_iter().chain(UpdateReason::ALL.map(WalletState::NeedsUpdate));
        for (number, state) in states.enumerate() {
            let full = number % 2 == 0;
            let wallet = SavedWallet {
                world: World::Sandbox,
                permission: BillingAgreementId::parse("C01-0000000-0000000").unwrap(),
                state,
                earlier: (0..number).map(|at| BillingAgreementId::parse(&format!("C01-000000{at}-0000001")).unwrap()).collect(),
                address: full.then(|| Address { city: Some("Seattle".to_owned()), ..Address::default() }),
                email: full.then(|| Email::parse("ada@example.com").unwrap()),
                generation: 7,
                code: full.then_some(VoiceCode { salt: [3; 16], hash: [250; 32], wrong_tries: 2 }),
                always_ask: full,
                at: Time::from_unix(1_795_000_000),
                version: WriteId::of_bits(9),
            };
            let text = write_wallet(&wallet).unwrap();
            assert_eq!(read_wallet(&text, wallet.version.clone(), wallet.address.clone()).unwrap(), wallet, "{text}");
        }
    }

    #[test]
    fn a_damaged_wallet_is_an_error_that_does_not_repeat_it() {
        for text in ["", "{}", r#"{"m":"sandbox","i":"C01","s":"c","g":0,"t":0,"c":{"s":"00","h":"secret","w":0}}"#] {
            let error = read_wallet(text, WriteId::of_bits(9), None).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
