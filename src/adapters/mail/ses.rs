//! Mail through Amazon SES. Its messages may repeat an address, so of a refusal only the code is kept.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Builder, Region};
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};

use super::{Carrier, Letter};
use crate::adapters::roots;
use crate::domain::order::Note;
use crate::ports::SendError;

/// SES answers within a second; a claim on a message lasts longer than this.
const SEND_MAX: Duration = Duration::from_secs(10);

/// What SES has answered, or why it has not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Trouble {
    #[error("SES answered {0}: see the SES console for the identity and the limits of this account")]
    Code(String),
    #[error("the request to SES could not be made")]
    NotMade,
    #[error("SES was not reached, or did not answer in time")]
    NoAnswer,
}

/// The account's SES.
#[derive(Clone, Debug)]
pub struct Ses(Client);

impl Ses {
    /// SES of a region. Nothing is sent yet.
    #[must_use]
    pub fn new(region: &str) -> Self {
        let settings = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .timeout_config(TimeoutConfig::builder().operation_timeout(SEND_MAX).build())
            // A mail that may have been sent is repeated by whoever has claimed it, and by nobody behind its back.
            .retry_config(RetryConfig::disabled())
            .http_client(roots::https());
        Self(Client::from_conf(settings.build()))
    }
}

impl Carrier for Ses {
    async fn carry(&self, letter: &Letter) -> Result<(), SendError> {
        let mime = letter.mime().map_err(|cause| SendError::NotNow(Box::new(cause)))?;
        let message = RawMessage::builder().data(Blob::new(mime)).build().map_err(|cause| SendError::NotNow(Box::new(cause)))?;
        let sent = self
            .0
            .send_email()
            .from_email_address(letter.from.as_str())
            .destination(Destination::builder().to_addresses(letter.to.as_str()).build())
            .content(EmailContent::builder().raw(message).build())
            .send()
            .await;
        sent.map(|_| ()).map_err(|cause| failed(&cause))
    }
}

fn failed(cause: &SdkError<SendEmailError>) -> SendError {
    match cause {
        SdkError::ServiceError(answered) => {
            let error = answered.err();
            let code = error.code().unwrap_or("without a code").to_owned();
            if matches!(error, SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_))
                && let Ok(note) = Note::parse(&code)
            {
                return SendError::Refused(note);
            }
            // The account's state, which may change: paused, over its limits, not verified.
            if answered.raw().status().is_server_error() {
                SendError::Unknown(Box::new(Trouble::Code(code)))
            } else {
                SendError::NotNow(Box::new(Trouble::Code(code)))
            }
        }
        SdkError::ConstructionFailure(_) => SendError::NotNow(Box::new(Trouble::NotMade)),
        // A connection may break before and after the mail has left.
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) | _ => {
            SendError::Unknown(Box::new(Trouble::NoAnswer))
        }
    }
}
