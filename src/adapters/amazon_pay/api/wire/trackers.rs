//! Telling Amazon how a parcel goes, so that the buyer's devices can (5.8).

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::ObjectId;
use super::answers::Read;
use super::requests::Body;
use crate::adapters::amazon_pay::call::unfit::{Problem, Problems, TEXT_MAX, Unfit};
use crate::adapters::json;

/// Amazon's codes, one in a line, sorted: those of `amazon-pay-delivery-tracker-supported-carriers.csv` in
/// amzn/amazon-payments-magento-2-plugin (Apache-2.0). Another shop's list lacks some of them, so Amazon may still refuse one.
const CARRIERS: &str = include_str!("carriers.txt");

/// A carrier that Amazon knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarrierCode(&'static str);

/// A text that is the code of no carrier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is none of Amazon Pay's carrier codes; the nearest is {nearest}")]
pub struct UnknownCarrier {
    given: String,
    nearest: &'static str,
}

impl CarrierCode {
    /// Finds a code, in any case of letters.
    ///
    /// # Errors
    /// [`UnknownCarrier`], with the code that was most likely meant.
    pub fn parse(text: &str) -> Result<Self, UnknownCarrier> {
        let capitals = text.trim().to_ascii_uppercase();
        CARRIERS.lines().find(|code| *code == capitals).map(Self).ok_or_else(|| {
            let nearest = CARRIERS.lines().min_by_key(|code| strsim::damerau_levenshtein(code, &capitals));
            UnknownCarrier { given: json::printable(text, 40), nearest: nearest.unwrap_or_default() }
        })
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Serialize for CarrierCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// What was paid for what is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Shipped {
    ChargePermissionId(ObjectId),
    /// Of orders from the directive rail and the older API.
    AmazonOrderReferenceId(ObjectId),
}

/// A parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDetail {
    /// Amazon takes each number once.
    pub tracking_number: String,
    pub carrier_code: CarrierCode,
}

/// POST `deliveryTrackers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateDeliveryTracker {
    #[serde(flatten)]
    pub shipped: Shipped,
    pub delivery_details: Vec<DeliveryDetail>,
}

impl Body for CreateDeliveryTracker {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.require("deliveryDetails", !self.delivery_details.is_empty(), Problem::Missing);
        for detail in &self.delivery_details {
            problems.text("trackingNumber", Some(&detail.tracking_number), TEXT_MAX);
        }
        problems.into_list()
    }
}

/// What Amazon has taken down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryTracker {
    pub shipped: Shipped,
    pub tracking_numbers: Vec<String>,
}

impl Read for DeliveryTracker {
    fn read(body: &Value) -> Option<Self> {
        let permission = ObjectId::read(&body["chargePermissionId"]).map(Shipped::ChargePermissionId);
        let shipped = permission.or_else(|| ObjectId::read(&body["amazonOrderReferenceId"]).map(Shipped::AmazonOrderReferenceId));
        let details = body["deliveryDetails"].as_array().into_iter().flatten();
        let numbers = details.filter_map(|detail| json::text(&detail["trackingNumber"]));
        Some(Self { shipped: shipped?, tracking_numbers: numbers.map(str::to_owned).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_list_is_known_and_a_misspelt_one_is_put_right() {
        assert_eq!(CARRIERS.lines().count(), 508);
        assert!(CARRIERS.lines().is_sorted());
        assert!(CARRIERS.lines().all(|code| CarrierCode::parse(code).is_ok_and(|parsed| parsed.as_str() == code)));
        assert_eq!(CarrierCode::parse(" ups ").unwrap().as_str(), "UPS");
        for wrong in ["UPX", "United Parcel Service", "", "UPS\nDHL"] {
            assert!(CarrierCode::parse(wrong).is_err(), "{wrong}");
        }
        let told = CarrierCode::parse("ZTO-EXPRES").unwrap_err().to_string();
        assert_eq!(told, "\"ZTO-EXPRES\" is none of Amazon Pay's carrier codes; the nearest is ZTO_EXPRESS");
    }

    #[test]
    fn a_parcel_is_told_of_as_the_reference_has_it() {
        let detail = DeliveryDetail { tracking_number: "1Z999AA10123456784".to_owned(), carrier_code: CarrierCode::parse("UPS").unwrap() };
        let id = ObjectId::parse("P01-1234567-1234567").unwrap();
        let tracker = CreateDeliveryTracker { shipped: Shipped::AmazonOrderReferenceId(id), delivery_details: vec![detail] };
        let sent = serde_json::to_value(&tracker).unwrap();
        let expected = serde_json::json!({
            "amazonOrderReferenceId": "P01-1234567-1234567",
            "deliveryDetails": [{ "trackingNumber": "1Z999AA10123456784", "carrierCode": "UPS" }],
        });
        assert_eq!(sent, expected);
        assert_eq!(tracker.check(), []);
        let read = DeliveryTracker::read(&sent).unwrap();
        assert_eq!((read.shipped, read.tracking_numbers), (tracker.shipped.clone(), vec!["1Z999AA10123456784".to_owned()]));
        assert_eq!(DeliveryTracker::read(&serde_json::json!({ "deliveryDetails": [] })), None);
        let empty = CreateDeliveryTracker { delivery_details: Vec::new(), ..tracker };
        assert_eq!(empty.check().iter().map(ToString::to_string).collect::<Vec<_>>(), ["deliveryDetails is missing"]);
    }
}
