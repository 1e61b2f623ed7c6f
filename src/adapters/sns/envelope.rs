//! The envelope as it is posted. What is missing or of another kind is refused by its name; what is not known is passed over.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::adapters::json::printable;
use crate::domain::ids::TopicArn;

/// SNS sends 256 KB at most, and Amazon Pay's notifications have a few.
pub const BODY_MAX: usize = 256 * 1024;

/// What an envelope brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Notification,
    /// The question whether this address wants the topic's messages.
    SubscriptionConfirmation,
    /// The subscription has ended; confirming would begin it anew.
    UnsubscribeConfirmation,
}

impl Kind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Notification, Self::SubscriptionConfirmation, Self::UnsubscribeConfirmation].into_iter().find(|kind| kind.name() == text)
    }
}

/// How an envelope says that it was signed. What says one is never checked as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureVersion {
    /// SHA-1.
    One,
    /// SHA-256.
    Two,
}

/// An envelope that nobody has vouched for yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub kind: Kind,
    id: String,
    pub topic: TopicArn,
    pub message: String,
    /// Where the certificate is said to be; see [`CertificateUrl`](super::CertificateUrl).
    pub certificate: String,
    /// What confirms a subscription, in the two kinds that are about one.
    pub confirmation: Option<Confirmation>,
    subject: Option<String>,
    timestamp: String,
    version: SignatureVersion,
    signature: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    pub token: String,
    pub subscribe_url: String,
}

/// Why a body is no envelope. Sending it again does not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("the body has {0} bytes, and SNS sends {BODY_MAX} at most")]
    TooLong(usize),
    #[error("the body is no text in UTF-8")]
    NotText,
    #[error("the body is no JSON object")]
    NotJson,
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} is no text")]
    NotAText(&'static str),
    #[error("SNS has no messages of the type \"{0}\"")]
    UnknownKind(String),
    #[error("signatures of version \"{0}\" are not known; there are 1 and 2")]
    UnknownVersion(String),
    #[error("the signature is not in base 64")]
    NotBase64,
    #[error("TopicArn names no topic")]
    NotATopic,
    #[error("the header {0} says something else than the body")]
    HeaderDiffers(&'static str),
}

impl Envelope {
    /// Reads a body. Headers say once more what is in it; those that are there must say the same.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn parse<'h>(body: &[u8], header: impl Fn(&str) -> Option<&'h str>) -> Result<Self, EnvelopeError> {
        if body.len() > BODY_MAX {
            return Err(EnvelopeError::TooLong(body.len()));
        }
        let text = std::str::from_utf8(body).map_err(|_| EnvelopeError::NotText)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let fields: Map<String, Value> = serde_json::from_str(text).map_err(|_| EnvelopeError::NotJson)?;
        let fields = Fields(&fields);

        let kind = fields.needed("Type")?;
        let kind = Kind::parse(kind).ok_or_else(|| EnvelopeError::UnknownKind(printable(kind, 32)))?;
        let id = fields.needed("MessageId")?;
        let topic = fields.needed("TopicArn")?;
        for (name, said) in [("x-amz-sns-message-type", kind.name()), ("x-amz-sns-message-id", id), ("x-amz-sns-topic-arn", topic)] {
            if header(name).is_some_and(|header| header != said) {
                return Err(EnvelopeError::HeaderDiffers(name));
            }
        }
        let version = match fields.needed("SignatureVersion")? {
            "1" => SignatureVersion::One,
            "2" => SignatureVersion::Two,
            other => return Err(EnvelopeError::UnknownVersion(printable(other, 16))),
        };
        let signature = BASE64_STANDARD.decode(fields.needed("Signature")?).map_err(|_| EnvelopeError::NotBase64)?;
        let confirmation = match kind {
            Kind::Notification => None,
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => {
                Some(Confirmation { token: fields.needed("Token")?.to_owned(), subscribe_url: fields.needed("SubscribeURL")?.to_owned() })
            }
        };
        Ok(Self {
            kind,
            id: id.to_owned(),
            topic: TopicArn::parse(topic).map_err(|_| EnvelopeError::NotATopic)?,
            message: fields.needed("Message")?.to_owned(),
            certificate: fields.either("SigningCertURL", "SigningCertUrl")?.to_owned(),
            confirmation,
            subject: fields.text("Subject")?.map(str::to_owned),
            timestamp: fields.needed("Timestamp")?.to_owned(),
            version,
            signature,
        })
    }

    /// The id for a log.
    #[must_use]
    pub fn shown_id(&self) -> String {
        printable(&self.id, 64)
    }

    #[must_use]
    pub const fn version(&self) -> SignatureVersion {
        self.version
    }

    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The text that the signature is of: name and value, line by line, in the order of the names.
    #[must_use]
    pub fn string_to_sign(&self) -> String {
        let kind = self.kind.name();
        let mut lines = vec![("Message", self.message.as_str()), ("MessageId", &self.id)];
        match &self.confirmation {
            None => lines.extend(self.subject.as_deref().map(|subject| ("Subject", subject))),
            Some(confirmation) => lines.push(("SubscribeURL", &confirmation.subscribe_url)),
        }
        lines.push(("Timestamp", &self.timestamp));
        lines.extend(self.confirmation.as_ref().map(|confirmation| ("Token", confirmation.token.as_str())));
        lines.extend([("TopicArn", self.topic.as_str()), ("Type", kind)]);
        lines.iter().flat_map(|(name, value)| [*name, "\n", *value, "\n"]).collect()
    }
}

/// The fields of an object, without any change to what is in them, because that is signed.
struct Fields<'b>(&'b Map<String, Value>);

impl<'b> Fields<'b> {
    fn text(&self, name: &'static str) -> Result<Option<&'b str>, EnvelopeError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(EnvelopeError::NotAText(name)),
        }
    }

    fn needed(&self, name: &'static str) -> Result<&'b str, EnvelopeError> {
        self.text(name)?.ok_or(EnvelopeError::Missing(name))
    }

    /// Two spellings are about.
    fn either(&self, name: &'static str, other: &'static str) -> Result<&'b str, EnvelopeError> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None => self.text(other)?.ok_or(EnvelopeError::Missing(name)),
        }
    }
}
