//! What a message of Amazon Pay's says, in either of its two forms: JSON that names an object (`reference/amazon-pay-v2.md` section 12), and
//! the older one, JSON around XML (`reference/amazon-pay-mws.md` section 11). Who has sent it is [`sns`](crate::adapters::sns)'s business.

mod older;

use serde_json::Value;

use crate::adapters::amazon_pay::call::failure::Unread;
use crate::adapters::json;
use crate::domain::ids::AmazonId;
use crate::domain::notice::{Chargeback, Notice};

/// Why a message cannot be read. A type that is not known is no error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("the message is no JSON object")]
    NotJson,
    #[error("the message has no {0}")]
    Missing(&'static str),
    #[error("the XML in the message cannot be read")]
    Xml(#[source] Unread),
}

/// Reads a message.
///
/// # Errors
/// [`NoticeError`].
pub fn read(message: &str) -> Result<Notice, NoticeError> {
    let message: Value = serde_json::from_str(message).map_err(|_| NoticeError::NotJson)?;
    if !message.is_object() {
        return Err(NoticeError::NotJson);
    }
    if message.get("NotificationData").is_some() { older::read(&message) } else { newer(&message) }
}

fn newer(message: &Value) -> Result<Notice, NoticeError> {
    // An early variant began its names with small letters.
    let field = |name: &str, early: &str| json::text(&message[name]).or_else(|| json::text(&message[early]));
    let id = |name: &'static str, early: &str| field(name, early).and_then(|text| AmazonId::parse(text).ok());
    let kind = field("ObjectType", "objectType").ok_or(NoticeError::Missing("ObjectType"))?;
    let object = || id("ObjectId", "objectId").ok_or(NoticeError::Missing("ObjectId"));
    let consent = || id("ChargePermissionId", "chargePermissionId");
    Ok(match plain(kind).as_str() {
        "charge" => Notice::Charge { id: object()?, ours: None },
        "refund" => Notice::Refund { id: object()?, ours: None },
        "chargeback" => Notice::Chargeback(Chargeback { id: object()?, consent: consent(), ours: None, said: None }),
        "charge_permission" => Notice::Consent { id: object()? },
        _ => Notice::Other(json::printable(kind, 64)),
    })
}

/// Types are compared without case and blanks: real messages have both.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_lowercase()).collect()
}
