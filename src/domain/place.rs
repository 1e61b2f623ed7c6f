//! Where an order goes.

/// A delivery address as the buyer keeps it at Amazon. Personal data: stored with the order it belongs to, never logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    pub name: Option<String>,
    pub company: Option<String>,
    pub lines: Vec<String>,
    pub city: Option<String>,
    pub district: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address([redacted])")
    }
}

impl Address {
    /// What decides shipping and tax.
    #[must_use]
    pub fn zone(&self) -> Zone {
        let capitals = |text: &Option<String>| text.as_deref().map(str::trim).unwrap_or_default().to_uppercase();
        Zone { country: capitals(&self.country), region: capitals(&self.region) }
    }

    /// Name, first line and city: what a buyer needs to hear to know the place.
    #[must_use]
    pub fn spoken(&self) -> String {
        [self.name.as_deref(), self.lines.first().map(String::as_str), self.city.as_deref()]
            .into_iter()
            .flatten()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Country (ISO 3166) and region in capitals; empty where Amazon sent none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone {
    pub country: String,
    pub region: String,
}
