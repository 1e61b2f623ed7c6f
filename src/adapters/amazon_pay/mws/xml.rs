//! Reading answers in XML (section 5): by the elements' names, whatever their order and whatever else there is.

use roxmltree::{Document, Error, Node, ParsingOptions};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::call::failure::Unread;
use crate::adapters::json::printable;
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;

/// Ten times what the longest sample has.
const NODES_MAX: u32 = 2_000;

/// Reads a whole document. Entities that it would bring itself are refused, so none can grow.
///
/// # Errors
/// [`Unread`].
pub fn parse(body: &[u8]) -> Result<Document<'_>, Unread> {
    let text = std::str::from_utf8(body).map_err(|_| Unread::NotXml)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        // The parser has a word for every mistake that XML allows; these two are no mistakes.
        if matches!(error, Error::DtdDetected) {
            Unread::Entities
        } else if matches!(error, Error::NodesLimitReached) {
            Unread::TooMany
        } else {
            Unread::NotXml
        }
    })
}

/// An element, by whose children an answer is read.
#[derive(Clone, Copy, Debug)]
pub struct Element<'d>(Node<'d, 'd>);

impl<'d> Element<'d> {
    #[must_use]
    pub fn root(document: &'d Document<'d>) -> Self {
        Self(document.root_element())
    }

    /// Without its namespace, which says nothing more.
    #[must_use]
    pub fn name(self) -> &'d str {
        self.0.tag_name().name()
    }

    /// All children of this name.
    pub fn children(self, name: &str) -> impl Iterator<Item = Self> {
        self.0.children().filter(move |node| node.is_element() && node.tag_name().name() == name).map(Self)
    }

    #[must_use]
    pub fn child(self, name: &str) -> Option<Self> {
        self.children(name).next()
    }

    /// The text in this element, if it says anything.
    #[must_use]
    pub fn own_text(self) -> Option<&'d str> {
        self.0.text().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text in the child of this name.
    #[must_use]
    pub fn text(self, name: &str) -> Option<&'d str> {
        self.child(name)?.own_text()
    }

    #[must_use]
    pub fn owned(self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The text in the child of this name, for a log.
    #[must_use]
    pub fn shown(self, name: &str) -> Option<String> {
        self.text(name).map(|text| printable(text, 64))
    }

    #[must_use]
    pub fn id(self, name: &str) -> Option<ObjectId> {
        ObjectId::parse(self.text(name)?).ok()
    }

    #[must_use]
    pub fn flag(self, name: &str) -> Option<bool> {
        self.text(name)?.to_ascii_lowercase().parse().ok()
    }

    #[must_use]
    pub fn money(self, name: &str) -> Option<Money> {
        let price = self.child(name)?;
        let currency: Currency = price.text("CurrencyCode")?.parse().ok()?;
        Money::parse(price.text("Amount")?, currency).ok()
    }

    /// A moment as `2015-11-02T17:39:58.272Z`.
    #[must_use]
    pub fn moment(self, name: &str) -> Option<Time> {
        let date = OffsetDateTime::parse(self.text(name)?, &Rfc3339).ok()?;
        Some(Time::from_unix(date.unix_timestamp()))
    }

    /// The ids in a list, which calls them `member` in answers and `Id` in notifications.
    #[must_use]
    pub fn ids(self, list: &str) -> Vec<ObjectId> {
        let list = self.child(list);
        let ids = list.into_iter().flat_map(|list| list.children("member").chain(list.children("Id")));
        ids.filter_map(|id| ObjectId::parse(id.own_text()?).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_name_in_any_order_and_namespace() {
        let text = "\u{feff}<?xml version='1.0'?><a xmlns='urn:x' xmlns:y='urn:y'>stray<!-- so --><y:m><Amount> 1.5 </Amount>\
                    <new/><CurrencyCode>USD</CurrencyCode></y:m><t>2012-11-05T20:21:19Z</t><e> </e><n><![CDATA[A & B]]></n><n>C</n></a>";
        let document = parse(text.as_bytes()).unwrap();
        let root = Element::root(&document);
        assert_eq!((root.name(), root.money("m")), ("a", Some(Money::new(150, Currency::Usd))));
        assert_eq!((root.moment("t"), root.text("e"), root.text("gone")), (Some(Time::from_unix(1_352_146_879)), None, None));
        assert_eq!((root.text("n"), root.children("n").count()), (Some("A & B"), 2));
    }

    #[test]
    fn what_is_no_whole_document_is_refused_by_its_kind() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>";
        let many = format!("<a>{}</a>", "<b/>".repeat(5_000));
        let deep = format!("{}{}", "<a>".repeat(60_000), "</a>".repeat(60_000));
        for (text, why) in [
            ("", Unread::NotXml),
            ("welcome", Unread::NotXml),
            ("{\"a\":1}", Unread::NotXml),
            ("<a><b></a>", Unread::NotXml),
            ("<a>", Unread::NotXml),
            ("<a/><b/>", Unread::NotXml),
            ("<a>&c;</a>", Unread::NotXml),
            ("<a>\0</a>", Unread::NotXml),
            (bomb, Unread::Entities),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", Unread::Entities),
            (&many, Unread::TooMany),
            (&deep, Unread::TooMany),
        ] {
            assert_eq!(parse(text.as_bytes()).map(|_| ()), Err(why), "{text:.40}");
        }
        assert_eq!(parse(b"<a>\xff</a>").map(|_| ()), Err(Unread::NotXml));
    }
}
