//! Notifications, as Amazon Pay has SNS post them (section 12): signed with a key of this run's, whose root is served for whoever wants to
//! trust it.
//!
//! An object is told of when its state has changed since it was last told of. What is answered with 5xx, or not at all, comes again with the
//! next round; what is answered with 4xx does not.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::OsRng;
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::held;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::Account;
use crate::simulator::clock::iso;
use crate::simulator::ids::Ids;

/// Where a round finds its certificate and its root.
pub const CERTIFICATE_PATH: &str = "/SimpleNotificationService-voicetill-sandbox.pem";
pub const ROOT_PATH: &str = "/_voicetill/sns-root.pem";

/// The topic that everything is published to.
pub const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:VOICETILL-SANDBOX";

/// How often it is looked whether something has changed.
pub(super) const ROUND: Duration = Duration::from_secs(1);

/// As long as SNS waits (section 12).
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// Why there can be no notifications.
#[derive(Debug, thiserror::Error)]
pub enum NoNotifier {
    #[error("\"{0}\" is no address to post to")]
    Address(String),
    #[error("no key could be made: {0}")]
    Key(String),
    #[error("no certificate could be made")]
    Certificate(#[from] rcgen::Error),
    #[error("no connection can be made")]
    Client(#[from] reqwest::Error),
}

/// Posts what has changed to one listener.
pub struct Notifier {
    listener: reqwest::Url,
    http: reqwest::Client,
    key: RsaKeyPair,
    pub(super) certificate: String,
    pub(super) root: String,
    /// What confirms the subscription.
    token: String,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// Whether the listener was asked, and whether it has confirmed.
    asked: bool,
    confirmed: bool,
    /// The last state of each object that the listener has been told of; `None` before the first look.
    states: Option<BTreeMap<String, &'static str>>,
}

/// One message that was posted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Posted {
    pub about: String,
    /// What was answered; nothing when the listener was not reached.
    pub status: Option<u16>,
}

/// An object and how it stands.
struct Stands {
    kind: &'static str,
    id: String,
    permission: String,
    state: &'static str,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Notifier({})", self.listener)
    }
}

impl Notifier {
    /// Makes a key and certificates, valid for a day before and a year after `now`.
    ///
    /// # Errors
    /// [`NoNotifier`].
    pub fn new(listener: &str, now: Time) -> Result<Self, NoNotifier> {
        let listener = reqwest::Url::parse(listener).map_err(|_| NoNotifier::Address(listener.to_owned()))?;
        let made = RsaPrivateKey::new(&mut OsRng, 2_048).map_err(|error| NoNotifier::Key(error.to_string()))?;
        let der = made.to_pkcs8_der().map_err(|error| NoNotifier::Key(error.to_string()))?;
        let key = RsaKeyPair::from_pkcs8(der.as_bytes()).map_err(|error| NoNotifier::Key(error.to_string()))?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().into(), &PKCS_RSA_SHA256)?;
        let (root_params, root_key) = (authority(now)?, KeyPair::generate()?);
        let root = root_params.self_signed(&root_key)?.pem();
        let certificate = params(&["sns.amazonaws.com"], now)?.signed_by(&pair, &Issuer::from_params(&root_params, &root_key))?.pem();
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER_MAX).build()?;
        let token = Ids::random().uuid();
        Ok(Self { listener, http, key, certificate, root, token, told: Mutex::default() })
    }

    /// Takes a confirmation, if it is one.
    pub fn confirm(&self, action: &str, topic: &str, token: &str) -> bool {
        let right = (action, topic, token) == ("ConfirmSubscription", TOPIC, self.token.as_str());
        if right {
            held(&self.told).confirmed = true;
        }
        right
    }

    /// Posts what is new: at first the question whether the listener wants anything, and from its confirmation on, changes.
    pub async fn round(&self, account: &Account, now: Time) -> Vec<Posted> {
        let (asked, confirmed) = {
            let told = held(&self.told);
            (told.asked, told.confirmed)
        };
        let mut posted = Vec::new();
        if !asked && !confirmed {
            let question = self.post("SubscriptionConfirmation", "You have chosen to subscribe to the topic.", now).await;
            held(&self.told).asked = question.is_some_and(|status| status < 500);
            posted.push(Posted { about: "subscription".to_owned(), status: question });
        }
        let stand = stands(account);
        let changed: Vec<_> = {
            let mut told = held(&self.told);
            // What was so before anybody listened is no news.
            let states = told.states.get_or_insert_with(|| stand.iter().map(|object| (object.id.clone(), object.state)).collect());
            stand.into_iter().filter(|object| states.get(&object.id) != Some(&object.state)).collect()
        };
        for object in changed.into_iter().filter(|_| confirmed) {
            let status = self.post("Notification", &message(&object), now).await;
            if status.is_some_and(|status| status < 500)
                && let Some(states) = &mut held(&self.told).states
            {
                states.insert(object.id.clone(), object.state);
            }
            posted.push(Posted { about: format!("{} {} is {}", object.kind, object.id, object.state), status });
        }
        posted
    }

    /// Signs and posts one message.
    async fn post(&self, kind: &str, message: &str, now: Time) -> Option<u16> {
        let id = Ids::random().uuid();
        // All of it is signed, in the order of the names, which is the order that the map has.
        let mut signed: BTreeMap<&str, String> =
            [("Message", message), ("MessageId", &id), ("Timestamp", &iso(now)), ("TopicArn", TOPIC), ("Type", kind)]
                .map(|(name, value)| (name, value.to_owned()))
                .into();
        let host = "https://sns.us-east-1.amazonaws.com";
        if kind == "SubscriptionConfirmation" {
            signed.insert("Token", self.token.clone());
            signed.insert("SubscribeURL", format!("{host}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={}", self.token));
        }
        let text: String = signed.iter().flat_map(|(name, value)| [*name, "\n", value.as_str(), "\n"]).collect();
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
        let mut body: Map<String, Value> = signed.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        body.insert("SignatureVersion".to_owned(), "2".into());
        body.insert("Signature".to_owned(), BASE64_STANDARD.encode(signature).into());
        body.insert("SigningCertURL".to_owned(), format!("{host}{CERTIFICATE_PATH}").into());
        let request = self.http.post(self.listener.clone()).header("content-type", "text/plain; charset=UTF-8");
        let request =
            request.header("x-amz-sns-message-type", kind).header("x-amz-sns-message-id", id).header("x-amz-sns-topic-arn", TOPIC);
        let answer = request.body(Value::Object(body).to_string()).send().await;
        answer.ok().map(|answer| answer.status().as_u16())
    }
}

/// What there is to be told of.
fn stands(account: &Account) -> Vec<Stands> {
    let charges = account.charges.iter().map(|held| Stands {
        kind: "CHARGE",
        id: held.id.clone(),
        permission: held.permission.clone(),
        state: held.state_name(),
    });
    let permission_of = |charge: &str| account.charges.iter().find(|held| held.id == charge).map(|held| held.permission.clone());
    let refunds = account.refunds.iter().map(|held| Stands {
        kind: "REFUND",
        id: held.id.clone(),
        permission: permission_of(&held.charge).unwrap_or_default(),
        state: held.state_name(),
    });
    let permissions = account.permissions.iter().map(|held| Stands {
        kind: "CHARGE_PERMISSION",
        id: held.id.clone(),
        permission: held.id.clone(),
        state: held.state(),
    });
    charges.chain(refunds).chain(permissions).collect()
}

fn message(object: &Stands) -> String {
    json!({
        "MerchantID": "VOICETILLSANDBOX",
        "ObjectType": object.kind,
        "ObjectId": object.id,
        "ChargePermissionId": object.permission,
        "NotificationType": "STATE_CHANGE",
        "NotificationId": Ids::random().uuid(),
        "NotificationVersion": "V2",
    })
    .to_string()
}

fn params(names: &[&str], now: Time) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, "voicetill sandbox, not Amazon");
    let day = |at: Time| OffsetDateTime::from_unix_timestamp(at.unix()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    (params.not_before, params.not_after) = (day(now.plus(-Time::DAY)), day(now.plus(365 * Time::DAY)));
    Ok(params)
}

fn authority(now: Time) -> Result<CertificateParams, rcgen::Error> {
    let mut params = params(&[], now)?;
    params.distinguished_name.push(DnType::CommonName, "voicetill sandbox root, not Amazon");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(params)
}
