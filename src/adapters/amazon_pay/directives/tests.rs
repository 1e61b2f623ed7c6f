//! Tests of `directives`.

use super::*;
use crate::adapters::amazon_pay::send::{charge, setup};
use crate::adapters::amazon_pay::settings::Settings;
use crate::domain::cart::{Cart, Line};
use crate::domain::ids::{BillingAgreementId, OrderId, SellerId, Sku, WriteId};
use crate::domain::order::{Actor, Entry, Event, Goods, Order, Rail, Standing, State};
use crate::domain::payment::{Attempt, CaptureMode, Timing};
use crate::domain::shop::World;
use crate::domain::time::Time;

const ORDER: &str = "PS0123456789ABCDEF1NFV1A0ZZ";

fn sample(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[allow(clippy::unnecessary_wraps, reason = "most fields are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[allow(clippy::unnecessary_wraps, reason = "most fields are optional")]
fn buyer() -> Option<Email> {
    Some(Email("buyer@sandbox.example".to_owned()))
}

fn full_setup() -> SetupRequest {
    SetupRequest {
        version: V2,
        seller_id: "ABCD1234ADS".to_owned(),
        country_of_establishment: Country::DE,
        ledger_currency: Currency::Eur,
        checkout_language: Some(Language::en_GB),
        billing_agreement_attributes: Some(BillingAgreementAttributes {
            version: V2,
            platform_id: text("ABCDE"),
            seller_note: text("my note"),
            seller_billing_agreement_attributes: Some(SellerBillingAgreementAttributes {
                version: V2,
                seller_billing_agreement_id: text("12345"),
                store_name: text("my store"),
                custom_information: text("so custom"),
            }),
            billing_agreement_type: Some(BillingAgreementType::MerchantInitiatedTransaction),
            subscription_amount: Some(Price(Money::new(1_999, Currency::Eur))),
        }),
        need_amazon_shipping_address: Some(true),
        sandbox_mode: Some(true),
        sandbox_customer_email_id: buyer(),
    }
}

fn japanese_charge() -> ChargeRequest {
    ChargeRequest {
        version: V2,
        seller_id: "YOUR-SELLER-ID".to_owned(),
        billing_agreement_id: "C03-XXXXXXX-YYYYYYY".to_owned(),
        payment_action: PaymentAction::AuthorizeAndCapture,
        authorize_attributes: AuthorizeAttributes {
            version: V2,
            authorization_reference_id: "test-5dcda4aecaf1d".to_owned(),
            authorization_amount: Price(Money::new(300, Currency::Jpy)),
            transaction_timeout: Some(0),
            seller_authorization_note: text(""),
            soft_descriptor: None,
        },
        seller_order_attributes: Some(SellerOrderAttributes {
            version: V2,
            seller_order_id: text("1"),
            store_name: text("TestStoreName"),
            custom_information: text("テスト用カスタム情報"),
            seller_note: text("テスト用の販売事業者のメモ"),
        }),
        provider_attributes: None,
    }
}

#[test]
fn directives_equal_those_that_amazon_accepted() {
    assert_eq!(
        send_setup(&full_setup(), "token").unwrap(),
        sample(include_str!("../../../../tests/fixtures/alexa/outbound/directive-setup-v2-full.json"))
    );
    let attributes = BillingAgreementAttributes {
        seller_note: text("PHPからのセットアップ疎通テスト"),
        seller_billing_agreement_attributes: Some(SellerBillingAgreementAttributes {
            store_name: text("キューブショップ"),
            ..SellerBillingAgreementAttributes::default()
        }),
        ..BillingAgreementAttributes::default()
    };
    let japanese_setup = SetupRequest {
        seller_id: "YOUR-SELLER-ID".to_owned(),
        country_of_establishment: Country::JP,
        ledger_currency: Currency::Jpy,
        checkout_language: Some(Language::ja_JP),
        billing_agreement_attributes: Some(attributes),
        need_amazon_shipping_address: Some(false),
        ..full_setup()
    };
    assert_eq!(
        send_setup(&japanese_setup, "UNIQUE-TOKEN").unwrap(),
        sample(include_str!("../../../../tests/fixtures/alexa/outbound/directive-setup-v2-ja-JP.json"))
    );
    assert_eq!(
        send_charge(&japanese_charge(), "UNIQUE-TOKEN").unwrap(),
        sample(include_str!("../../../../tests/fixtures/alexa/outbound/directive-charge-v2-ja-JP.json"))
    );
}

#[test]
fn the_rest_of_the_protocol_is_written_too() {
    let credit = ProviderCredit { version: V2, provider_id: "PROVIDER".to_owned(), credit: Price(Money::new(100, Currency::Jpy)) };
    let mut request = japanese_charge();
    request.authorize_attributes.soft_descriptor = text("Petal and Stem");
    request.provider_attributes =
        Some(ProviderAttributes { version: V2, provider_id: "PROVIDER".to_owned(), provider_credit_list: vec![credit] });
    let payload = &send_charge(&request, "t").unwrap()["payload"];
    assert_eq!(payload["authorizeAttributes"]["softDescriptor"], "Petal and Stem");
    let price = json!({ "@type": "Price", "@version": "2", "amount": "100", "currencyCode": "JPY" });
    let credit = json!({ "@type": "ProviderCredit", "@version": "2", "providerId": "PROVIDER", "credit": price });
    assert_eq!(
        payload["providerAttributes"],
        json!({ "@type": "ProviderAttributes", "@version": "2", "providerId": "PROVIDER", "providerCreditList": [credit] })
    );
}

fn settings() -> Settings {
    let seller = SellerId::parse("A2SELLER").unwrap();
    let settings = Settings::new(seller, Country::US, Currency::Usd, "Petal and Stem");
    Settings { sandbox: true, sandbox_buyer: buyer(), ..settings }
}

fn order(state: State) -> Order {
    let line = Line { sku: Sku::parse("roses").unwrap(), quantity: 2 };
    Order {
        id: OrderId::parse(ORDER).unwrap(),
        rail: Rail::Directive,
        world: World::Simulated,
        locale: Locale::parse("en-US").unwrap(),
        goods: Goods::Cart(Cart::of([line])),
        agreement: Some(BillingAgreementId::parse("C01-1").unwrap()),
        address: None,
        history: vec![Entry {
            at: Time::from_unix(0),
            who: Actor::Buyer,
            what: Event::CheckedOut,
            to: state.name(),
            write: WriteId::parse("0123456789ABCDEF").unwrap(),
            note: None,
        }],
        state,
    }
}

fn charging(number: u8, capture: CaptureMode, timing: Timing) -> Order {
    let attempt = Attempt { number, amount: Money::new(1_999, Currency::Usd), capture, timing, checkout: None };
    order(State::Charging { attempt, standing: Standing::Sent, cancel: false })
}

#[test]
fn a_stored_order_makes_its_directive() {
    let directive = setup(&settings(), &order(State::SettingUp)).unwrap();
    assert_eq!(directive["token"], format!("{ORDER}.0123456789ABCDEF"));
    let attributes = &directive["payload"]["billingAgreementAttributes"]["sellerBillingAgreementAttributes"];
    assert_eq!(attributes["sellerBillingAgreementId"], ORDER);
    assert_eq!(directive["payload"]["checkoutLanguage"], "en_US");

    let directive = charge(&settings(), &charging(2, CaptureMode::Immediate, Timing::Synchronous)).unwrap();
    let payload = &directive["payload"];
    assert_eq!(payload["authorizeAttributes"]["authorizationReferenceId"], format!("{ORDER}a2"));
    assert_eq!(payload["authorizeAttributes"]["authorizationAmount"]["amount"], "19.99");
    assert_eq!(payload["authorizeAttributes"]["transactionTimeout"], 0);
    assert_eq!(payload["sellerOrderAttributes"]["sellerOrderId"], ORDER);
    assert_eq!((&payload["paymentAction"], &payload["billingAgreementId"]), (&json!("AuthorizeAndCapture"), &json!("C01-1")));

    let later = charge(&settings(), &charging(1, CaptureMode::OnShip, Timing::Asynchronous)).unwrap();
    assert_eq!(later["payload"]["paymentAction"], "Authorize");
    assert_eq!(later["payload"]["authorizeAttributes"]["transactionTimeout"], 1_440);
}

#[test]
fn an_order_that_owes_nothing_gets_no_directive() {
    let not_owed = |field| Err(DirectiveError { field, problem: Problem::NotOwed });
    for state in [State::Draft, State::Ready, State::Cancelled { last: None }] {
        assert_eq!(setup(&settings(), &order(state.clone())), not_owed("Setup"));
        assert_eq!(charge(&settings(), &order(state)), not_owed("Charge"));
    }
    let without = Order { agreement: None, ..charging(1, CaptureMode::OnShip, Timing::Synchronous) };
    let missing = DirectiveError { field: "billingAgreementId", problem: Problem::Missing };
    assert_eq!(charge(&settings(), &without), Err(missing));
}

#[test]
fn settings_are_held_to_the_limits() {
    let problems = |settings: Settings| settings.check().into_iter().map(|error| (error.field, error.problem)).collect::<Vec<_>>();
    assert_eq!(problems(settings()), []);
    let long = |length: usize| Some("n".repeat(length));
    assert_eq!(
        problems(Settings {
            seller_note: long(1_025),
            custom_information: long(1_024),
            soft_descriptor: text("SeventeenLetters!"),
            seller_authorization_note: long(256),
            platform_id: text("not an id"),
            ..settings()
        }),
        [
            ("platformId", Problem::Alphabet),
            ("sellerNote", Problem::TooLong { max: 1_024 }),
            ("sellerAuthorizationNote", Problem::TooLong { max: 255 }),
            ("softDescriptor", Problem::TooLong { max: 16 }),
        ]
    );
    let yen = Settings { ledger_currency: Currency::Jpy, ..settings() };
    assert_eq!(problems(yen), [("ledgerCurrency", Problem::JpyOnlyInJapan)]);
    let monthly = Settings { subscription_amount: Some(Money::new(0, Currency::Eur)), ..settings() };
    assert_eq!(
        problems(monthly),
        [Problem::SubscriptionWithoutType, Problem::OtherCurrency, Problem::Amount].map(|problem| ("subscriptionAmount", problem))
    );
    let no_buyer = Settings { sandbox_buyer: None, ..settings() };
    assert_eq!(problems(no_buyer), [("sandboxCustomerEmailId", Problem::SandboxBuyerMissing)]);
    let odd_buyer = Settings { sandbox_buyer: Some(Email("nobody".to_owned())), ..settings() };
    assert_eq!(problems(odd_buyer), [("sandboxCustomerEmailId", Problem::NoEmail)]);
    let provider = crate::adapters::amazon_pay::settings::Provider { id: "P".to_owned(), credits: Vec::new() };
    assert_eq!(problems(Settings { provider: Some(provider), ..settings() }), [("providerCreditList", Problem::Missing)]);
}

#[test]
fn simulations_and_test_buyers_stay_out_of_live_payments() {
    let note = text(r#"{"SandboxSimulation":{"State":"Declined","ReasonCode":"AmazonRejected"}}"#);
    let simulated = Settings { seller_authorization_note: note, ..settings() };
    assert_eq!(simulated.check(), []);
    let live = Settings { sandbox: false, ..simulated };
    let sandbox_only = |field| DirectiveError { field, problem: Problem::SandboxOnly };
    assert_eq!(live.check(), [sandbox_only("sandboxCustomerEmailId"), sandbox_only("sellerAuthorizationNote")]);
    let order = Order { world: World::Live, ..charging(1, CaptureMode::Immediate, Timing::Synchronous) };
    assert_eq!(charge(&live, &order), Err(sandbox_only("sellerAuthorizationNote")));
}

#[test]
fn an_order_is_charged_in_its_own_world_only() {
    let other_world = DirectiveError { field: "sandboxMode", problem: Problem::OtherWorld };
    for world in World::ALL {
        for sandbox in [true, false] {
            let settings = Settings { sandbox, sandbox_buyer: buyer().filter(|_| sandbox), ..settings() };
            let order = Order { world, ..charging(1, CaptureMode::Immediate, Timing::Synchronous) };
            let fits = sandbox == (world != World::Live);
            assert_eq!(charge(&settings, &order).err(), (!fits).then(|| other_world.clone()), "{world:?} {sandbox}");
        }
    }
}

#[test]
fn amounts_stay_within_amazons_range() {
    let amount = |minor, currency| {
        let mut request = japanese_charge();
        request.authorize_attributes.authorization_amount = Price(Money::new(minor, currency));
        request.check().is_empty()
    };
    assert!(amount(1, Currency::Usd) && amount(15_000_000, Currency::Usd) && amount(150_000, Currency::Jpy));
    assert!(
        !amount(0, Currency::Usd) && !amount(15_000_001, Currency::Usd) && !amount(150_001, Currency::Jpy) && !amount(-1, Currency::Eur)
    );
}

#[test]
fn languages_follow_locales() {
    let of = |locale: &str| Language::of(&Locale::parse(locale).unwrap()).map(Language::as_str);
    assert_eq!(of("en-US"), Some("en_US"));
    assert_eq!(of("en-AU"), Some("en_GB"));
    assert_eq!(of("fr-CA"), Some("fr_FR"));
    assert_eq!(of("hi-IN"), None);
    assert_eq!((Country::parse("UK"), Country::parse("GB")), (Some(Country::UK), None));
}

#[test]
fn personal_data_is_not_shown() {
    let shown = format!("{:?} {:?}", settings(), full_setup());
    assert!(!shown.contains("sandbox.example"), "{shown}");
}
