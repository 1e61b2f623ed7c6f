//! Purchases by voice over the wire of API v2, against the sandbox.

use serde_json::{Value, json};
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::link::key::CodeKey;
use voicetill::domain::order::{Order, Rail, Standing, State};
use voicetill::domain::payment::Decline;
use voicetill::domain::shop::World;
use voicetill::entry::late::Late;
use voicetill::entry::skill::{Keys, Skill};
use voicetill::ports::Store;

use super::cart::invariant_charged_once;
use super::{LINK_SECRET, Town, link_key, now, read};
use crate::alexa::{Device, config, speech};

/// The speaker of a linked buyer, on the same store and the same Amazon Pay as the pages.
pub struct Speaker {
    skill: Skill<DynamoStore, Account>,
    pub device: Device,
}

impl Speaker {
    pub fn of(town: &Town, tokens: &Value) -> Self {
        let mut config = config();
        (config.shop.world, config.shop.rails) = (World::Sandbox, vec![Rail::SavedWallet]);
        let keys = Keys { links: link_key(), codes: CodeKey::new(LINK_SECRET).unwrap() };
        let skill = crate::shop::skill(config, town.store.clone()).with_wallets(Account::new(town.client()), Some(Late::Here(keys)));
        let mut device = Device::new("ada");
        device.clock().advance(now().since(device.clock().now()));
        device.caller.access_token = Some(tokens["access_token"].as_str().unwrap().to_owned());
        Self { skill, device }
    }

    pub async fn turn(&mut self, envelope: impl FnOnce(&mut Device) -> Value) -> String {
        let envelope = envelope(&mut self.device);
        let answer = self.skill.answer(envelope).await.unwrap();
        speech(&self.device.hear(&answer)).to_owned()
    }
}

/// A linked buyer at a speaker, who has heard the read-back.
async fn asked(town: &Town) -> (Speaker, Value) {
    let tokens = town.linked().await;
    let mut speaker = Speaker::of(town, &tokens);
    speaker.turn(Device::launch).await;
    let asked = speaker.turn(|device| device.buy("2", "bouquets of roses")).await;
    assert!(asked.contains("Shall I place the order?"), "{asked}");
    (speaker, tokens)
}

impl Town {
    /// The one order of this buyer.
    async fn spoken(&self, tokens: &Value) -> Order {
        let linked = read(tokens["access_token"].as_str().unwrap());
        self.store.opening(&linked.buyer).await.unwrap().orders.into_iter().next().unwrap()
    }

    /// What has become of the buyer's permission at Amazon.
    pub async fn permission(&self, tokens: &Value, state: &str, reason: &str) {
        let id = self.wallet(tokens).await.permission;
        self.control("permission", &json!({ "chargePermissionId": id.as_str(), "state": state, "reason": reason })).await;
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_the_first_charge_is_told_and_nothing_is_charged() {
    for (state, reason, decline, told) in [
        ("NonChargeable", "PaymentMethodExpired", Decline::InvalidPaymentMethodHard, "another payment method"),
        ("NonChargeable", "ChargeInProgress", Decline::NotTried, "didn't go through"),
        ("Closed", "BuyerClosed", Decline::AgreementNotOpen, "haven't been charged"),
    ] {
        let town = Town::start().await;
        let (mut speaker, tokens) = asked(&town).await;
        town.permission(&tokens, state, reason).await;
        let heard = speaker.turn(Device::yes).await;
        assert!(heard.contains(told), "{reason}: {heard}");
        let order = town.spoken(&tokens).await;
        assert!(matches!(&order.state, State::Declined { decline: known, .. } if *known == decline), "{reason}: {:?}", order.state);
        assert!(town.charges().await.is_empty());
    }
}

/// The first call may still be on its way when the second one is refused, and the buyer may have mended what it was refused for before it
/// arrives.
#[tokio::test]
async fn a_refusal_on_asking_again_leaves_the_doubt_and_the_order_is_charged_once() {
    let town = Town::start().await;
    let (mut speaker, tokens) = asked(&town).await;
    for _ in 0..3 {
        town.control("next", &json!({ "operation": "Create Charge", "broken": "before" })).await;
    }
    let heard = speaker.turn(Device::yes).await;
    assert!(heard.contains("I can't say yet"), "{heard}");
    town.permission(&tokens, "NonChargeable", "PaymentMethodExpired").await;
    speaker.device.clock().advance(120);
    let heard = speaker.turn(Device::launch).await;
    assert!(heard.contains("isn't settled yet"), "{heard}");
    let order = town.spoken(&tokens).await;
    assert!(matches!(order.state, State::Charging { standing: Standing::Unknown { .. }, .. }), "{:?}", order.state);
    assert!(town.charges().await.is_empty());

    town.permission(&tokens, "Chargeable", "").await;
    let after = town.reconciled(&order.id, 3_600).await;
    invariant_charged_once(&after, &town.charges().await);
    assert_eq!(town.reconciled(&order.id, 7_200).await, after);
}
