//! The payment credentials, as far as they can be judged without Amazon.

use std::path::Path;

use super::DoctorArgs;
use super::check::Check;
use crate::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use crate::adapters::amazon_pay::api::place::{Environment, Place, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::domain::shop::World;

const FILE: &str = "key file";
const ID: &str = "key id";
const STORE: &str = "store id";

/// Every Amazon Pay store is an application of Login with Amazon (`reference/amazon-pay-v2.md`, section 1).
const STORE_BEGINS: &str = "amzn1.application-oa2-client.";

/// What a call needs.
pub struct Credentials {
    pub signer: Signer,
    pub place: Place,
    pub environment: Environment,
    pub store_id: Option<String>,
}

/// Whether there is anything of a key of API v2.
pub fn are_given(args: &DoctorArgs) -> bool {
    args.key_file.as_ref().is_some_and(|file| !file.as_os_str().is_empty()) || args.key_id.as_ref().is_some_and(|id| !id.is_empty())
}

/// The checks, and what they leave to call with. Of a shop that cannot be read the account is not known.
pub fn checks(args: &DoctorArgs, account: Option<(World, Region)>) -> (Vec<Check>, Option<Credentials>) {
    // A variable that is set to nothing is not set.
    let text = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let key_file = args.key_file.as_deref().filter(|file| !file.as_os_str().is_empty());
    let (key_id, store_id, endpoint) = (text(&args.key_id), text(&args.store_id), text(&args.pay_endpoint));
    if key_file.is_none() && key_id.is_none() {
        return (account.map(|(world, _)| none(args.online, world)).into_iter().collect(), None);
    }
    let (file_check, key) = key(key_file);
    let Some((world, region)) = account else { return (vec![file_check], None) };
    let environment = Environment::of(world);
    let (id_check, place) = id(key_id.as_deref(), environment, region, endpoint.as_deref());
    let (store_check, store_id) = store(store_id, world);
    let checks = [Some(file_check), Some(id_check), store_check].into_iter().flatten().collect();
    let call = |(key, (id, place))| Credentials { signer: Signer::new(id, key), place, environment, store_id };
    (checks, key.zip(place).map(call))
}

fn none(online: bool, world: World) -> Check {
    let remedy = "make a key pair in Seller Central, then set VOICETILL_PAY_KEY_FILE to the .pem file and VOICETILL_PAY_KEY_ID to its id";
    match (online, world) {
        (true, _) => Check::failed(FILE, "there is no key to call Amazon Pay with", remedy),
        (false, World::Simulated) => Check::ok(FILE, "none, and none is needed while Amazon Pay is simulated"),
        (false, World::Sandbox | World::Live) => {
            Check::warning(FILE, "none: the directive rail needs none, calls from a server to Amazon Pay do", remedy)
        }
    }
}

fn key(file: Option<&Path>) -> (Check, Option<PrivateKey>) {
    let Some(file) = file else {
        return (Check::failed(FILE, "there is a key id and no key", "set VOICETILL_PAY_KEY_FILE to the .pem file of that key"), None);
    };
    let shown = file.display();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            return (Check::failed(FILE, format!("{shown} cannot be read: {error}"), "correct VOICETILL_PAY_KEY_FILE or --key-file"), None);
        }
    };
    match PrivateKey::from_pem(&text) {
        Ok(key) => {
            let found = format!("{shown} holds an RSA key of {} bits", key.bits());
            let check = if read_by_others(file) {
                Check::warning(FILE, format!("{found}, and other users of this machine can read it"), format!("chmod 600 {shown}"))
            } else {
                Check::ok(FILE, found)
            };
            (check, Some(key))
        }
        Err(error) => {
            let told = error.to_string();
            let (found, remedy) = told.split_once(": ").unwrap_or((&told, "give the .pem file from Seller Central"));
            (Check::failed(FILE, format!("{shown} {found}"), remedy), None)
        }
    }
}

#[cfg(unix)]
pub(super) fn read_by_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn read_by_others(_: &Path) -> bool {
    false
}

fn id(text: Option<&str>, environment: Environment, region: Region, endpoint: Option<&str>) -> (Check, Option<(PublicKeyId, Place)>) {
    let Some(text) = text else {
        let remedy = "set VOICETILL_PAY_KEY_ID to the id that Seller Central shows beside the key";
        return (Check::failed(ID, "there is a key and no id of it", remedy), None);
    };
    let Ok(id) = PublicKeyId::parse(text) else {
        return (Check::failed(ID, format!("\"{text}\" is no key id"), "copy it from Seller Central, as SANDBOX-AF…"), None);
    };
    let place = Place::amazon(region, environment, &id).and_then(|place| match endpoint {
        Some(endpoint) => place.instead_at(endpoint),
        None => Ok(place),
    });
    match place {
        Ok(place) => {
            let kind = if id.environment().is_some() { "is made for" } else { "is for both environments; calls go to" };
            (Check::ok(ID, format!("{id} {kind} {environment}")), Some((id, place)))
        }
        Err(error) => {
            let told = error.to_string();
            let (found, remedy) = told.split_once(": ").unwrap_or((&told, "take the key that fits"));
            (Check::failed(ID, found, remedy), None)
        }
    }
}

fn store(id: Option<String>, world: World) -> (Option<Check>, Option<String>) {
    match id {
        Some(id) if id.starts_with(STORE_BEGINS) && id.bytes().all(|byte| byte.is_ascii_graphic()) => {
            (Some(Check::ok(STORE, id.clone())), Some(id))
        }
        Some(id) => {
            let remedy = format!("copy it from Seller Central, Integration Central; it begins with {STORE_BEGINS}");
            (Some(Check::failed(STORE, format!("\"{id}\" is no store id"), remedy)), None)
        }
        None if world == World::Simulated => (None, None),
        None => {
            let remedy = "set VOICETILL_PAY_STORE_ID; Seller Central shows it in Integration Central";
            (Some(Check::warning(STORE, "none: wallets cannot be set up without it", remedy)), None)
        }
    }
}
