//! The merchant's terms with Amazon Pay, checked, as `reference/alexa-amazon-pay.md` sections 3 and 4 name them.

use super::file::{Item, Section};
use super::money::{Least, money};
use crate::adapters::amazon_pay::directives::{BillingAgreementType, Country};
use crate::adapters::amazon_pay::settings::Provider;
use crate::domain::ids::SellerId;
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{CaptureMode, Timing};

/// An Amazon Pay account region: one currency, and the languages its skills can be published in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub country: Country,
    pub region: &'static str,
    pub currency: Currency,
    pub locales: &'static [&'static str],
}

impl Account {
    fn of(country: Country) -> Self {
        let (region, currency, locales): (_, _, &[_]) = match country {
            Country::US => ("na", Currency::Usd, &["en-US", "es-US"]),
            Country::UK => ("uk", Currency::Gbp, &["en-GB"]),
            Country::JP => ("jp", Currency::Jpy, &["ja-JP"]),
            Country::AT
            | Country::BE
            | Country::CH
            | Country::CY
            | Country::DE
            | Country::DK
            | Country::ES
            | Country::FR
            | Country::HU
            | Country::IE
            | Country::IT
            | Country::LU
            | Country::NL
            | Country::PT
            | Country::SE => ("eu", Currency::Eur, &["de-DE", "en-GB", "es-ES", "fr-FR", "it-IT"]),
        };
        Self { country, region, currency, locales }
    }
}

/// What `[amazon_pay]` says, before it is known what else the shop says.
pub(super) struct Terms {
    pub account: Option<Account>,
    pub currency: Option<Currency>,
    pub capture: Option<CaptureMode>,
    pub reauthorize: Option<bool>,
    pub timing: Option<Timing>,
    pub seller: Option<SellerId>,
    pub sandbox_buyer_email: Option<String>,
    pub store_name: Option<String>,
    pub soft_descriptor: Option<String>,
    pub seller_note: Option<String>,
    pub authorization_note: Option<String>,
    pub custom_information: Option<String>,
    pub platform_id: Option<String>,
    pub billing_agreement_type: Option<BillingAgreementType>,
    pub subscription_amount: Option<Money>,
    pub provider: Option<Provider>,
}

/// Reads `[amazon_pay]`.
pub(super) fn read(pay: &Section) -> Terms {
    let seller = pay.required("seller_id", "write the merchant id from Seller Central");
    let country = pay.required("country_of_establishment", "write the two letters of the country the business is registered in");
    let account = country.and_then(|item| account(&item));
    let currency = pay.required("ledger_currency", "write the currency of the seller account");
    let currency = currency.and_then(|item| ledger_currency(&item, account));
    let agreement_types = BillingAgreementType::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect::<Vec<_>>();
    let billing_agreement_type = pay.optional("billing_agreement_type").and_then(|item| item.choice(&agreement_types));
    let subscription = pay.optional("subscription_amount");
    if let Some(item) = subscription.as_ref().filter(|_| billing_agreement_type != Some(BillingAgreementType::MerchantInitiatedTransaction))
    {
        item.wrong("is only for subscriptions", "take it out, or set billing_agreement_type = \"MerchantInitiatedTransaction\"");
    }
    let capture = pay
        .required("capture", "write \"immediate\" or \"on-ship\"")
        .and_then(|item| item.choice(&[("immediate", CaptureMode::Immediate), ("on-ship", CaptureMode::OnShip)]));
    let renewed = pay.optional("reauthorize").map(|item| (item.flag(), item));
    if let Some((Some(true), item)) = renewed.as_ref().filter(|_| capture == Some(CaptureMode::Immediate)) {
        item.wrong("is only for money that is held", "take it out, or set capture = \"on-ship\"");
    }
    let line = |key, chars_max| pay.optional(key).and_then(|item: Item| item.line(chars_max)).map(str::to_owned);
    let terms = Terms {
        account,
        currency,
        capture,
        reauthorize: renewed.map_or(Some(false), |(flag, _)| flag),
        timing: pay
            .required("authorization", "write \"synchronous\" or \"asynchronous\"")
            .and_then(|item| item.choice(&[("synchronous", Timing::Synchronous), ("asynchronous", Timing::Asynchronous)])),
        seller: seller.and_then(|item| seller_id(&item)),
        sandbox_buyer_email: pay.optional("sandbox_buyer_email").and_then(|item| email(&item)),
        store_name: line("store_name", 50),
        soft_descriptor: line("soft_descriptor", 16),
        seller_note: line("seller_note", 1_024),
        authorization_note: line("authorization_note", 255),
        custom_information: line("custom_information", 1_024),
        platform_id: pay.optional("platform_id").and_then(|item| seller_id(&item)).map(|id| id.as_str().to_owned()),
        billing_agreement_type,
        subscription_amount: subscription.and_then(|item| money(&item, currency, Least::Something)),
        provider: provider(pay, currency),
    };
    pay.finish();
    terms
}

fn seller_id(item: &Item) -> Option<SellerId> {
    item.parse(SellerId::parse, "copy the merchant id from Seller Central, letters and digits only")
}

/// A shape that mail can go to; whether anybody reads it is not known here.
pub(super) fn email(item: &Item) -> Option<String> {
    let text = item.line(254)?;
    let fits = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if fits && !text.contains(char::is_whitespace) {
        return Some(text.to_owned());
    }
    item.wrong(format!("\"{text}\" is no e-mail address"), "write one as name@example.com");
    None
}

fn account(item: &Item) -> Option<Account> {
    let text = item.text()?;
    let country = Country::parse(text);
    if country.is_none() {
        let all = || Country::ALL.iter().map(|country| country.as_str()).collect::<Vec<_>>().join(" ");
        let remedy = if text == "GB" { "write UK, as Amazon Pay does".to_owned() } else { format!("write one of {}", all()) };
        item.wrong(format!("Amazon Pay has no sellers in \"{text}\""), remedy);
    }
    country.map(Account::of)
}

fn ledger_currency(item: &Item, account: Option<Account>) -> Option<Currency> {
    let currency = item.parse(str::parse::<Currency>, "write USD, GBP, EUR or JPY")?;
    if let Some(account) = account.filter(|account| account.currency != currency) {
        let (country, right) = (account.country.as_str(), account.currency);
        item.wrong(
            format!("an account in {country} is not kept in {currency}"),
            format!("write {right}, or correct country_of_establishment"),
        );
    }
    Some(currency)
}

/// What a solution provider is credited; the first one named is the provider that runs the shop.
fn provider(pay: &Section, currency: Option<Currency>) -> Option<Provider> {
    let credits = pay.optional("provider_credits").and_then(|item| item.list()).unwrap_or_default();
    let read = |item: Item| {
        let credit = item.section()?;
        let provider = credit.required("provider_id", "write the provider's seller id").and_then(|item| seller_id(&item));
        let amount = credit.required("amount", "write what the provider is credited, as \"0.50\"");
        let amount = amount.and_then(|item| money(&item, currency, Least::Something));
        credit.finish();
        Some((provider?.as_str().to_owned(), amount?))
    };
    let credits: Vec<_> = credits.into_iter().filter_map(read).collect();
    Some(Provider { id: credits.first()?.0.clone(), credits })
}
