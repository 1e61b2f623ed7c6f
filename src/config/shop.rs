//! `shop.toml`: the seller, its terms and its limits.

use super::file::{Item, Section};
use super::invocation;
use super::mail;
use super::money::{Least, money};
use super::pay::{self, Account, Terms};
use crate::adapters::alexa::speech;
use crate::adapters::amazon_pay::directives::Email;
use crate::adapters::amazon_pay::settings::Settings;
use crate::domain::cart::Limits;
use crate::domain::catalog::Catalog;
use crate::domain::ids::{Locale, OrderPrefix};
use crate::domain::money::{Currency, Money, Rate};
use crate::domain::order::Rail;
use crate::domain::place::Zone;
use crate::domain::quote::{Rates, Shipping, Tax};
use crate::domain::shop::{Contact, Mailboxes, Shop, World};

/// What the file says, as far as it could be read.
pub(super) struct Draft {
    pub locales: Vec<Locale>,
    name: Option<String>,
    world: Option<World>,
    rails: Option<Vec<Rail>>,
    order_prefix: Option<OrderPrefix>,
    invocations: Vec<(Locale, String)>,
    terms: Option<Terms>,
    delivery: Option<bool>,
    shipping: Vec<Shipping>,
    tax: Vec<Tax>,
    limits: Option<(Limits, Money)>,
    contact: Option<Contact>,
    voice_code_from: Option<Money>,
    mail: Option<Mailboxes>,
}

/// What the file comes to.
pub(super) struct Parts {
    pub shop: Shop,
    pub pay: Settings,
    pub invocations: Vec<(Locale, String)>,
    pub mail: Option<Mailboxes>,
}

/// Reads the whole file. `world` stands above the one in the file.
pub(super) fn read(root: &Section, world: Option<World>) -> Draft {
    let name = root.required("name", "write the seller's name as buyers know it").and_then(|item| item.line(50)).map(str::to_owned);
    let own_world = root
        .required("world", "write \"simulated\", \"sandbox\" or \"live\"")
        .and_then(|item| item.choice(&World::ALL.map(|world| (world.as_str(), world))));
    let world = world.or(own_world);
    let terms = root.required("amazon_pay", "add the section [amazon_pay]").and_then(|item| item.section()).map(|pay| pay::read(&pay));
    let account = terms.as_ref().and_then(|terms| terms.account);
    let currency = terms.as_ref().and_then(|terms| terms.currency);
    let locales = root.required("locales", "write the skill's languages, as [\"en-US\"]");
    let locales = locales.map(|item| read_locales(&item, account)).unwrap_or_default();
    let rails = root.required("rails", "write [\"saved-wallet\"]").and_then(|item| read_rails(&item));
    let accepted = root.optional("accept_retired_directive_rail").and_then(|item| item.flag()).unwrap_or(false);
    if !accepted
        && matches!(world, Some(World::Sandbox | World::Live))
        && rails.as_ref().is_some_and(|rails| rails.contains(&Rail::Directive))
    {
        let wrong = "Amazon switched the directive rail off in 2022/23, and nothing has confirmed it since";
        root.wrong("accept_retired_directive_rail", wrong, "set it to true to use the rail all the same, or world to \"simulated\"");
    }
    if matches!(world, Some(World::Simulated | World::Sandbox)) && terms.as_ref().is_some_and(|terms| terms.sandbox_buyer_email.is_none()) {
        root.wrong(
            "amazon_pay.sandbox_buyer_email",
            "is missing or does not fit",
            "write the e-mail of a sandbox buyer from Seller Central",
        );
    }
    let delivery = root.required("delivery", "write true if orders are sent to an address, else false").and_then(|item| item.flag());
    let order_prefix = root.optional("order_prefix").map_or_else(
        || OrderPrefix::parse("").ok(),
        |item| item.parse(OrderPrefix::parse, "write 0 to 4 capitals or digits, without I, L, O and U"),
    );
    let draft = Draft {
        invocations: invocation::read(root, name.as_deref(), &locales),
        shipping: read_shipping(root, currency, delivery),
        tax: read_tax(root),
        limits: root.required("limits", "add the section [limits]").and_then(|item| read_limits(&item.section()?, currency)),
        contact: root.required("contact", "add the section [contact]").and_then(|item| read_contact(&item.section()?)),
        voice_code_from: match root.optional("voice_code") {
            Some(item) => item.section().and_then(|section| read_voice_code(&section, currency)),
            None => currency.map(usual_threshold),
        },
        mail: root.optional("mail").and_then(|item| mail::read(&item.section()?)),
        locales,
        name,
        world,
        rails,
        order_prefix,
        terms,
        delivery,
    };
    root.finish();
    draft
}

impl Draft {
    pub fn currency(&self) -> Option<Currency> {
        self.terms.as_ref().and_then(|terms| terms.currency)
    }

    /// The shop, if nothing is missing. Whatever is missing has been reported.
    pub fn assemble(self, catalog: Catalog) -> Option<Parts> {
        let (terms, world, delivery) = (self.terms?, self.world?, self.delivery?);
        let (name, account, currency) = (self.name?, terms.account?, terms.currency?);
        let (limits, total_max) = self.limits?;
        let home = Zone { country: iso(account.country.as_str()).to_owned(), region: String::new() };
        let shipping = if delivery {
            self.shipping
        } else {
            vec![Shipping { country: home.country.clone(), fee: Money::zero(currency), free_from: None }]
        };
        let pay = Settings {
            sandbox: world != World::Live,
            sandbox_buyer: terms.sandbox_buyer_email.filter(|_| world != World::Live).map(Email),
            need_shipping_address: delivery,
            soft_descriptor: terms.soft_descriptor,
            seller_note: terms.seller_note,
            seller_authorization_note: terms.authorization_note,
            custom_information: terms.custom_information,
            platform_id: terms.platform_id,
            billing_agreement_type: terms.billing_agreement_type,
            subscription_amount: terms.subscription_amount,
            provider: terms.provider,
            ..Settings::new(terms.seller?, account.country, currency, terms.store_name.as_ref().unwrap_or(&name))
        };
        let shop = Shop {
            name,
            world,
            locales: self.locales,
            order_prefix: self.order_prefix?,
            rails: self.rails?,
            capture: terms.capture?,
            reauthorize: terms.reauthorize?,
            timing: terms.timing?,
            limits,
            rates: Rates { currency, shipping, tax: self.tax, total_max },
            undelivered: (!delivery).then_some(home),
            contact: self.contact?,
            voice_code_from: self.voice_code_from,
            payment_page: None,
            catalog,
        };
        Some(Parts { shop, pay, invocations: self.invocations, mail: self.mail })
    }
}

/// Amazon Pay's sellers are in `UK`, buyers' addresses in `GB`.
fn iso(country: &str) -> &str {
    if country == "UK" { "GB" } else { country }
}

fn read_locales(item: &Item, account: Option<Account>) -> Vec<Locale> {
    let mut locales = Vec::new();
    for (item, text) in item.texts().unwrap_or_default() {
        let Some(locale) = item.parse(Locale::parse, "write it as en-US") else { continue };
        if let Some(account) = account.filter(|account| !account.locales.contains(&text)) {
            let wrong =
                format!("\"{text}\" does not fit an Amazon Pay account in {} (region {})", account.country.as_str(), account.region);
            item.wrong(wrong, format!("use {}", account.locales.join(", ")));
        } else if !speech::languages().any(|language| language == text) {
            item.wrong(
                format!("there is no speech/{text}.ftl"),
                format!("add it, or use {}", speech::languages().collect::<Vec<_>>().join(", ")),
            );
        } else if locales.contains(&locale) {
            item.wrong(format!("\"{text}\" is listed twice"), "take one out");
        }
        locales.push(locale);
    }
    if locales.is_empty() && item.peek_list_is_empty() {
        item.wrong("has no languages", "write at least one, as [\"en-US\"]");
    }
    locales
}

fn read_rails(item: &Item) -> Option<Vec<Rail>> {
    let mut rails = Vec::new();
    for (item, text) in item.texts()? {
        match item.choice(&[("saved-wallet", Rail::SavedWallet), ("directive", Rail::Directive)]) {
            Some(rail) if rails.contains(&rail) => item.wrong(format!("\"{text}\" is listed twice"), "take one out"),
            rail => rails.extend(rail),
        }
    }
    if item.peek_list_is_empty() {
        item.wrong("has no rails", "write [\"saved-wallet\"]");
    }
    (!rails.is_empty()).then_some(rails)
}

fn read_shipping(root: &Section, currency: Option<Currency>, delivery: Option<bool>) -> Vec<Shipping> {
    let blocks = root.optional("shipping");
    match (delivery, &blocks) {
        (Some(true), None) => {
            root.wrong("shipping", "is missing", "add [[shipping]] for every country you deliver to, or set delivery = false");
        }
        (Some(false), Some(item)) => item.wrong("nothing is delivered", "take [[shipping]] out, or set delivery = true"),
        _ => {}
    }
    let mut all: Vec<Shipping> = Vec::new();
    for item in blocks.and_then(|item| item.list()).unwrap_or_default() {
        let Some(block) = item.section() else { continue };
        let country = read_country(&block);
        let fee = block.required("fee", "write what delivery costs, as \"5.99\"").and_then(|item| money(&item, currency, Least::Nothing));
        let free_from = block.optional("free_from").and_then(|item| money(&item, currency, Least::Something));
        block.finish();
        if let (Some(country), Some(fee)) = (country, fee) {
            if all.iter().any(|other| other.country == country) {
                item.wrong(format!("{country} has another block already"), "keep one of them");
            }
            all.push(Shipping { country, fee, free_from });
        }
    }
    all
}

fn read_country(block: &Section) -> Option<String> {
    let item = block.required("country", "write the two letters of its ISO code, as US or GB")?;
    let text = item.text()?;
    let remedy = if text == "UK" { "write GB" } else { "write two capitals, as US or GB" };
    if text == "UK" || text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        item.wrong(format!("\"{text}\" is no ISO country code"), remedy);
        return None;
    }
    Some(text.to_owned())
}

fn read_tax(root: &Section) -> Vec<Tax> {
    let mut all: Vec<Tax> = Vec::new();
    for item in root.optional("tax").and_then(|item| item.list()).unwrap_or_default() {
        let Some(block) = item.section() else { continue };
        let country = read_country(&block);
        let region = block.optional("region").map(|item| (item.line(50), item));
        if let Some((Some(text), item)) = &region
            && *text != text.to_uppercase()
        {
            item.wrong(format!("\"{text}\" is not in capitals"), format!("write \"{}\"", text.to_uppercase()));
        }
        let rate = block.required("percent", "write the rate, as \"6.5\"");
        let rate = rate.and_then(|item| item.parse(Rate::parse_percent, "write a percentage from 0 to 100 with at most three decimals"));
        block.finish();
        let region = region.and_then(|(text, _)| text).map(str::to_owned);
        if let (Some(country), Some(rate)) = (country, rate) {
            if all.iter().any(|other| other.country == country && other.region == region) {
                item.wrong("there is another rate for the same place", "keep one of them");
            }
            all.push(Tax { country, region, rate });
        }
    }
    all
}

fn read_limits(section: &Section, currency: Option<Currency>) -> Option<(Limits, Money)> {
    let quantity = section.required("quantity", "write the most of one product in an order").and_then(|item| item.whole(1..=999));
    let lines = section.required("lines", "write the most different products in an order").and_then(|item| item.whole(1..=20));
    let total = section.required("total", "write the most that an order may come to, as \"2000.00\"");
    let total = total.and_then(|item| money(&item, currency, Least::Something));
    section.finish();
    let limits = Limits { quantity_max: quantity?, lines_max: usize::try_from(lines?).ok()? };
    Some((limits, total?))
}

fn read_contact(section: &Section) -> Option<Contact> {
    let (email, phone) = (section.optional("email"), section.optional("phone"));
    let hours = section.optional("hours").map(|item| item.line(200).map(str::to_owned));
    section.finish();
    if email.is_none() && phone.is_none() {
        section.wrong("", "has neither email nor phone", "write at least one, so that buyers can reach a person");
        return None;
    }
    let email = email.map(|item| pay::email(&item));
    let phone = phone.map(|item| item.line(40).map(str::to_owned));
    // An absent value is an empty one; a wrong value is none.
    let or_empty = |read: Option<Option<String>>| read.unwrap_or(Some(String::new()));
    Some(Contact { email: or_empty(email)?, phone: or_empty(phone)?, hours: or_empty(hours)? })
}

/// 100 dollars, euros or pounds, and 10,000 yen: as many of the smallest unit. From there on Amazon has skills ask for a code.
const fn usual_threshold(currency: Currency) -> Money {
    Money::new(10_000, currency)
}

fn read_voice_code(section: &Section, currency: Option<Currency>) -> Option<Money> {
    let threshold = section.required("threshold", "write the sum from which a voice code is asked for, as \"100.00\"");
    section.finish();
    threshold.and_then(|item| money(&item, currency, Least::Something))
}
