//! The buyers of the local world and where they live.

use serde_json::{Value, json};

use crate::simulator::ids::letters;

/// A person with an Amazon account.
#[derive(Clone, Copy, Debug)]
pub struct Buyer {
    pub name: &'static str,
    pub about: &'static str,
    address: Option<Address>,
}

#[derive(Clone, Copy, Debug)]
struct Address {
    name: &'static str,
    lines: &'static [&'static str],
    city: &'static str,
    state_or_region: Option<&'static str>,
    postal_code: &'static str,
    country_code: &'static str,
    phone: &'static str,
}

/// Every buyer, the first being the one at the device when nothing else is asked for.
pub const BUYERS: [Buyer; 7] = [
    Buyer {
        name: "ada",
        about: "lives in Seattle, US",
        address: Some(Address {
            name: "Ada Example",
            lines: &["1 Example Street"],
            city: "Seattle",
            state_or_region: Some("WA"),
            postal_code: "98101",
            country_code: "US",
            phone: "555-0100",
        }),
    },
    Buyer { name: "ben", about: "has no address on the Amazon account", address: None },
    Buyer {
        name: "chloe",
        about: "lives in London, UK",
        address: Some(Address {
            name: "Chloe Example",
            lines: &["Flat 2", "10 Example Road"],
            city: "London",
            state_or_region: None,
            postal_code: "N1 9GU",
            country_code: "GB",
            phone: "020 7946 0000",
        }),
    },
    Buyer {
        name: "dieter",
        about: "lives in Munich, Germany",
        address: Some(Address {
            name: "Dieter Beispiel",
            lines: &["Beispielstraße 3"],
            city: "München",
            state_or_region: None,
            postal_code: "80331",
            country_code: "DE",
            phone: "089 000000",
        }),
    },
    Buyer {
        name: "emi",
        about: "lives in Tokyo, Japan",
        address: Some(Address {
            name: "見本 恵美",
            lines: &["見本町1-2-3"],
            city: "千代田区",
            state_or_region: Some("東京都"),
            postal_code: "100-0001",
            country_code: "JP",
            phone: "03-0000-0000",
        }),
    },
    Buyer {
        name: "finn",
        about: "lives in Vancouver, Canada: a country that few shops here ship to",
        address: Some(Address {
            name: "Finn Example",
            lines: &["4 Example Avenue"],
            city: "Vancouver",
            state_or_region: Some("BC"),
            postal_code: "V5K 0A1",
            country_code: "CA",
            phone: "604-555-0100",
        }),
    },
    Buyer {
        name: "grace",
        about: "has an address full of characters that speech must escape",
        address: Some(Address {
            name: "Grace & \"Sons\" <Example>",
            lines: &["c/o Smith & Jones", "Apt. 5 < 6", "5 O'Example Lane"],
            city: "Coeur d'Alene",
            state_or_region: Some("ID"),
            postal_code: "83814-0001",
            country_code: "US",
            phone: "555-0107",
        }),
    },
];

/// The id by which Amazon Pay tells merchants of a buyer, on every page and in every answer.
#[must_use]
pub fn buyer_id(name: &str) -> String {
    format!("amzn1.account.{}", letters(name, 28))
}

impl Buyer {
    /// The buyer of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        BUYERS.into_iter().find(|buyer| buyer.name == name)
    }

    /// The address as Amazon Pay returns it (`reference/alexa-amazon-pay.md` section 7): only the fields that are known.
    #[must_use]
    pub fn destination(&self) -> Option<Value> {
        let address = self.address?;
        let mut shown = json!({
            "name": address.name, "city": address.city, "postalCode": address.postal_code,
            "countryCode": address.country_code, "phone": address.phone,
        });
        for (at, line) in address.lines.iter().enumerate() {
            shown[format!("addressLine{}", at + 1)] = (*line).into();
        }
        if let Some(state) = address.state_or_region {
            shown["stateOrRegion"] = state.into();
        }
        Some(shown)
    }

    /// Where the buyer reads mail.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@sandbox.example", self.name)
    }

    /// The city that deliveries go to.
    #[must_use]
    pub fn city(&self) -> Option<&'static str> {
        self.address.map(|address| address.city)
    }
}
