//! "My payment": what a buyer sees and changes there, and what nobody else can.

use serde_json::json;
use voicetill::adapters::link::code;
use voicetill::adapters::link::key::CodeKey;
use voicetill::domain::ids::WriteId;
use voicetill::domain::wallet::{Digits, SavedWallet, UpdateReason, VoiceCode, WalletState};
use voicetill::ports::Wallets;

use super::browser::{Browser, Page};
use super::spoken::Speaker;
use super::{AHEAD, LINK_SECRET, Town, read};
use crate::alexa::Device;

impl Town {
    /// Signs a buyer in on "my payment" and shows the page.
    async fn sign_in<'t>(&'t self, buyer: &str) -> (Browser<'t>, Page) {
        let browser = self.browser();
        let page = browser.get("/payment").await;
        assert!(page.body.contains("Sign in with Amazon to see"), "{}", page.body);
        let way = self.at_amazon(&page, "sign-in", &[("answer", "agree"), ("buyer", buyer)]).await;
        let back = browser.get(&way).await;
        assert_eq!(back.location(), "/payment");
        let page = browser.get("/payment").await;
        (browser, page)
    }

    async fn wish(&self, browser: &Browser<'_>, wish: &str, more: &[(&str, &str)]) -> Page {
        let form = browser.get("/payment").await.attribute("name=\"form\" value=\"");
        let mut fields = vec![("form", form.as_str())];
        fields.extend(more);
        browser.post(&format!("/payment/{wish}"), &fields).await
    }
}

#[tokio::test]
async fn a_buyer_without_a_wallet_is_told_where_to_get_one() {
    let town = Town::start().await;
    let (_, page) = town.sign_in("ben").await;
    assert!(page.body.contains("There is no payment method here yet"), "{}", page.body);
    assert!(!page.body.contains("<form") && !page.body.contains("data-button"));
}

#[tokio::test]
async fn a_voice_code_is_set_twice_the_same_and_kept_as_a_hash() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let (browser, page) = town.sign_in("ada").await;
    assert!(page.body.contains("No voice code is set"), "{}", page.body);
    for (one, other, note) in [("123", "123", "not-four"), ("0192", "0193", "differs"), ("4321", "4321", "simple"), ("", "", "not-four")] {
        let answer = town.wish(&browser, "code", &[("code", one), ("again", other)]).await;
        assert_eq!(answer.location(), format!("/payment?note=code-{note}"));
        assert_eq!(town.wallet(&tokens).await.code, None);
    }
    let answer = town.wish(&browser, "code", &[("code", "0192"), ("again", "0192")]).await;
    assert!(browser.get(answer.location()).await.body.contains("Your new voice code is saved"));
    let buyer = read(tokens["access_token"].as_str().unwrap()).buyer;
    let kept = town.wallet(&tokens).await.code.unwrap();
    let fits = |text| code::fits(&CodeKey::new(LINK_SECRET).unwrap(), &buyer, &kept, Digits::parse(text).unwrap());
    assert!(fits("0192") && !fits("0193"));

    town.wish(&browser, "ask-always", &[]).await;
    assert!(town.wallet(&tokens).await.always_ask);
    town.wish(&browser, "ask-seldom", &[]).await;
    assert!(!town.wallet(&tokens).await.always_ask);
    town.wish(&browser, "remove-code", &[]).await;
    assert_eq!(town.wallet(&tokens).await.code, None);
}

#[tokio::test]
async fn a_locked_code_is_unlocked_by_a_new_one() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let buyer = read(tokens["access_token"].as_str().unwrap()).buyer;
    let wallet = town.wallet(&tokens).await;
    let locked = VoiceCode { salt: [1; 16], hash: [2; 32], wrong_tries: 3 };
    let stored = SavedWallet { code: Some(locked), version: WriteId::of_bits(7), ..wallet.clone() };
    town.store.save_wallet(&buyer, &stored, Some(&wallet.version)).await.unwrap();
    let (browser, page) = town.sign_in("ada").await;
    assert!(page.body.contains("locked after three wrong tries"), "{}", page.body);
    town.wish(&browser, "code", &[("code", "0192"), ("again", "0192")]).await;
    assert_eq!(town.wallet(&tokens).await.code.unwrap().wrong_tries, 0);
}

#[tokio::test]
async fn a_form_of_another_page_or_another_visit_changes_nothing() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let before = town.wallet(&tokens).await;
    let (browser, page) = town.sign_in("ada").await;
    let form = page.attribute("name=\"form\" value=\"");
    let (other, other_page) = town.sign_in("ada").await;
    let other_form = other_page.attribute("name=\"form\" value=\"");
    AHEAD.set(1);
    let (later, _) = town.sign_in("ada").await;
    for (browser, form) in [(&browser, ""), (&browser, "00"), (&later, form.as_str()), (&town.browser(), form.as_str())] {
        let answer = browser.post("/payment/close", &[("form", form)]).await;
        assert_eq!((answer.status, answer.headers.get("location")), (403, None), "{form}");
    }
    assert_eq!(town.wallet(&tokens).await, before);
    assert_eq!(other.post("/payment/no-such", &[("form", other_form.as_str())]).await.status, 404);
    let gone_back = browser.get("/payment/close").await;
    assert!(gone_back.status == 405 && gone_back.body.contains("href=\"/payment\""), "{}", gone_back.body);
    AHEAD.set(15 * 60);
    assert!(browser.get("/payment").await.body.contains("Sign in with Amazon to see"), "the visit is over");
    assert!(browser.get("/payment?note=%3Cscript%3E").await.body.contains("Sign in"), "only known notes are shown");
}

#[tokio::test]
async fn the_permission_ends_at_amazon_first_and_another_can_be_set_up() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let first = town.wallet(&tokens).await.permission;
    let tokens = town.linked().await;
    let before = town.wallet(&tokens).await;
    assert_eq!(before.earlier, [first], "a second device has brought a second permission");
    let (browser, _) = town.sign_in("ada").await;
    let answer = town.wish(&browser, "close", &[]).await;
    let lying = town.lies().await;
    let standing: Vec<_> = lying["permissions"].as_array().unwrap().iter().map(|permission| permission["standing"].to_string()).collect();
    assert!(standing.len() == 2 && standing.iter().all(|standing| standing.contains("Closed")), "{standing:?}");
    let page = browser.get(answer.location()).await;
    assert!(page.body.contains("The permission is ended") && !page.body.contains("/payment/close"), "{}", page.body);
    assert_eq!(town.wallet(&tokens).await.state, WalletState::Closed);
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "ada")]).await;
    assert_eq!(browser.get(&way).await.location(), "/payment?note=updated");
    let after = town.wallet(&tokens).await;
    assert_eq!((after.state, after.generation), (WalletState::Chargeable, before.generation));
    assert!(after.earlier.is_empty());
    assert_ne!(after.permission, before.permission);
}

#[tokio::test]
async fn a_payment_method_that_has_expired_is_changed_on_amazons_page() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let before = town.wallet(&tokens).await;
    town.permission(&tokens, "NonChargeable", "PaymentMethodExpired").await;
    let (browser, page) = town.sign_in("ada").await;
    assert!(page.body.contains("Your payment method has expired"), "{}", page.body);
    assert_eq!(town.wallet(&tokens).await.state, WalletState::NeedsUpdate(UpdateReason::MethodExpired));
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "ada"), ("card", "1111")]).await;
    let back = browser.get(&way).await;
    assert!(browser.get(back.location()).await.body.contains("Everything is in order"));
    let after = town.wallet(&tokens).await;
    assert_eq!((after.state, after.permission), (WalletState::Chargeable, before.permission));
}

/// Nobody tells us when a buyer puts it right in the account at Amazon.
#[tokio::test]
async fn a_payment_method_that_was_put_right_elsewhere_is_tried_again_without_a_visit() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    town.permission(&tokens, "NonChargeable", "PaymentMethodExpired").await;
    town.sign_in("ada").await;
    let mut speaker = Speaker::of(&town, &tokens);
    let buys = |device: &mut Device| device.buy("2", "bouquets of roses");
    speaker.turn(Device::launch).await;
    speaker.turn(buys).await;
    let heard = speaker.turn(Device::yes).await;
    assert!(heard.contains("another payment method"), "{heard}");
    town.permission(&tokens, "Chargeable", "").await;
    speaker.device.clock().advance(15 * 60);
    for said in [Device::launch, Device::yes] {
        speaker.turn(said).await;
    }
    let heard = speaker.turn(Device::yes).await;
    assert!(heard.contains("Shall I place the order?"), "{heard}");
    assert!(speaker.turn(Device::yes).await.starts_with("Thank you"));
    assert_eq!(town.charges().await, [json!("Captured")]);
}

/// Amazon may go on to call the permission chargeable.
#[tokio::test]
async fn a_charge_that_was_declined_for_good_shows_until_the_buyer_has_been_at_amazon() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    AHEAD.set(60);
    let mut speaker = Speaker::of(&town, &tokens);
    speaker.turn(Device::launch).await;
    speaker.turn(|device| device.buy("2", "bouquets of roses")).await;
    town.control("next", &json!({ "operation": "Create Charge", "simulationCode": "HardDeclined" })).await;
    let heard = speaker.turn(Device::yes).await;
    assert!(heard.contains("another payment method"), "{heard}");
    town.permission(&tokens, "Chargeable", "").await;

    AHEAD.set(120);
    let (browser, page) = town.sign_in("ada").await;
    assert!(page.body.contains("Your last payment was declined") && !page.body.contains("in order"), "{}", page.body);
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "ada"), ("card", "1111")]).await;
    let back = browser.get(&way).await;
    assert!(browser.get(back.location()).await.body.contains("Everything is in order"));
}

#[tokio::test]
async fn a_form_that_could_not_be_taken_leads_back_to_its_page() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let (browser, _) = town.sign_in("ada").await;
    let form = browser.get("/payment").await.attribute("name=\"form\" value=\"");
    for _ in 0..3 {
        town.control("next", &json!({ "operation": "Close Charge Permission", "reasonCode": "InternalServerError" })).await;
    }
    let answer = browser.post("/payment/close", &[("form", &form)]).await;
    assert!(answer.status == 503 && answer.body.contains("<a href=\"/payment\">Try again</a>"), "{}", answer.body);
    assert_eq!(town.wallet(&tokens).await.state, WalletState::Chargeable);
}

#[tokio::test]
async fn unlinking_ends_every_token_and_every_visit() {
    let town = Town::start().await;
    let (first, second) = (town.linked().await, town.linked().await);
    let (browser, _) = town.sign_in("ada").await;
    let (elsewhere, _) = town.sign_in("ada").await;
    let mut speaker = Speaker::of(&town, &first);
    speaker.turn(Device::launch).await;
    speaker.turn(|device| device.buy("2", "bouquets of roses")).await;
    speaker.turn(Device::yes).await;
    let status = |device: &mut Device| device.intent("OrderStatusIntent", &[]);
    assert!(speaker.turn(status).await.contains("is placed and paid"));
    let answer = town.wish(&browser, "sign-out", &[]).await;
    for heard in [speaker.turn(status).await, speaker.turn(Device::launch).await] {
        assert!(!heard.contains("placed") && !heard.contains("59.61"), "a token that still holds opens nothing: {heard}");
    }
    assert_eq!(answer.location(), "/payment?note=signed-out");
    for tokens in [first, second] {
        let linked = read(tokens["access_token"].as_str().unwrap());
        let wallet = town.store.wallet(&linked.buyer).await.unwrap().unwrap();
        assert_eq!(wallet.generation, linked.generation + 1, "the voice half compares them");
        assert_eq!(town.refresh(tokens["refresh_token"].as_str().unwrap()).await.1["error"], "invalid_grant");
    }
    assert!(elsewhere.get("/payment").await.body.contains("Sign in with Amazon to see"));
}
