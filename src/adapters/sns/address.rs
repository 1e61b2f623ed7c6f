//! Addresses of SNS. An envelope names them, and anybody can post an envelope, so they are looked at before anything is fetched.

use reqwest::Url;

use crate::adapters::json::printable;
use crate::domain::ids::TopicArn;

/// Why an address is not one of SNS's, or not the one that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("it is no address")]
    NotAUrl,
    #[error("it is not https")]
    NotHttps,
    #[error("it has a user or a password before the host")]
    Credentials,
    #[error("it has a port")]
    Port,
    #[error("the host \"{0}\" is not sns.REGION.amazonaws.com")]
    Host(String),
    #[error("it names no .pem file")]
    NotPem,
    #[error("it has a query or a fragment")]
    Query,
    #[error("it is spelt in another way than browsers would")]
    Spelling,
    #[error("it does not confirm a subscription")]
    OtherAction,
    #[error("it is about another topic than the message")]
    OtherTopic,
    #[error("it has another token than the message")]
    OtherToken,
}

/// Where a signing certificate can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CertificateUrl(String);

impl CertificateUrl {
    /// Takes an address that is SNS's.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = at_sns(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Query);
        }
        // Byte for byte: SNS's file names have small letters.
        if !url.path().as_bytes().ends_with(b".pem") {
            return Err(AddressError::NotPem);
        }
        spelt(&url, text).map(Self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What confirms a subscription when it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeUrl(String);

impl SubscribeUrl {
    /// Takes an address at which SNS confirms the subscription to this topic, and does nothing else.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str, topic: &TopicArn, token: Option<&str>) -> Result<Self, AddressError> {
        let url = at_sns(text)?;
        let said = |name: &str| {
            let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
            values.next().filter(|_| values.next().is_none())
        };
        if said("Action").as_deref() != Some("ConfirmSubscription") || url.path() != "/" || url.fragment().is_some() {
            return Err(AddressError::OtherAction);
        }
        if said("TopicArn").as_deref() != Some(topic.as_str()) || region(&url) != Some(topic.region()) {
            return Err(AddressError::OtherTopic);
        }
        if token.is_some_and(|token| said("Token").as_deref() != Some(token)) {
            return Err(AddressError::OtherToken);
        }
        spelt(&url, text).map(Self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn at_sns(text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|_| AddressError::NotAUrl)?;
    if url.scheme() != "https" {
        return Err(AddressError::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Credentials);
    }
    if url.port().is_some() {
        return Err(AddressError::Port);
    }
    if region(&url).is_none() {
        return Err(AddressError::Host(printable(url.host_str().unwrap_or_default(), 64)));
    }
    Ok(url)
}

/// `eu-west-1` of `sns.eu-west-1.amazonaws.com`; three letters at least, as Amazon's own SDKs have it.
fn region(url: &Url) -> Option<&str> {
    let host = url.host_str()?.strip_prefix("sns.")?;
    let region = host.strip_suffix(".amazonaws.com.cn").or_else(|| host.strip_suffix(".amazonaws.com"))?;
    let label = region.len() >= 3 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    label.then_some(region)
}

/// Two programs may read an odd spelling in two ways; SNS has none.
fn spelt(url: &Url, text: &str) -> Result<String, AddressError> {
    if url.as_str() == text { Ok(text.to_owned()) } else { Err(AddressError::Spelling) }
}
