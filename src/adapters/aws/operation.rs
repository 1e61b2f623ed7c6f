//! The operations of a service, as the SDK describes them: how an input becomes a request, and an answer an output or an error.
//!
//! The SDK's client asks a description for the two at every call, among much else. They are public, and here they are taken once. Should
//! a later version not have them there any more, every call says so, and no test that makes one passes.

use std::fmt;
use std::sync::LazyLock;

use aws_sdk_dynamodb::config::{ConfigBag, FrozenLayer};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer};

/// The SDK's description of an operation, if it has one.
pub type Description = LazyLock<Option<FrozenLayer>>;

/// One operation of the service.
pub trait Operation {
    type Input: fmt::Debug + Send + Sync + 'static;
    type Output: fmt::Debug + Send + Sync + 'static;
    type Error: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static;
    const DESCRIPTION: &'static Description;
}

/// How a call has failed.
pub type Failure<O> = Box<SdkError<<O as Operation>::Error, HttpResponse>>;

#[derive(Debug, thiserror::Error)]
#[error("this version of the SDK does not say how it reads and writes: take the version that Cargo.lock names")]
struct Undescribed;

/// Takes the descriptions of a service's operations from its SDK, whose modules have to be in scope.
macro_rules! operations {
    ($($module:ident::$name:ident($input:ident) -> Result<$output:ident, $error:ident>;)+) => {$(
        impl $crate::adapters::aws::operation::Operation for $module::$name {
            type Input = $module::$input;
            type Output = $module::$output;
            type Error = $module::$error;
            const DESCRIPTION: &'static $crate::adapters::aws::operation::Description = {
                use aws_sdk_dynamodb::config::RuntimePlugin as _;
                static DESCRIPTION: $crate::adapters::aws::operation::Description =
                    std::sync::LazyLock::new(|| $module::$name::new().config());
                &DESCRIPTION
            };
        }
    )+};
}

pub(in crate::adapters) use operations;

/// The request for an input: everything but where it goes, when, and by whose right.
pub(super) fn write<O: Operation>(input: O::Input) -> Result<HttpRequest, BoxError> {
    let serializer = O::DESCRIPTION.as_ref().and_then(|layer| layer.load::<SharedRequestSerializer>()).ok_or(Undescribed)?;
    serializer.serialize_input(Input::erase(input), &mut ConfigBag::base())
}

/// What an answer says, whose body has arrived.
pub(super) fn read<O: Operation>(response: HttpResponse) -> Result<O::Output, Failure<O>> {
    let Some(deserializer) = O::DESCRIPTION.as_ref().and_then(|layer| layer.load::<SharedResponseDeserializer>()) else {
        return Err(Box::new(SdkError::response_error(Undescribed, response)));
    };
    let error = match deserializer.deserialize_nonstreaming_with_config(&response, &ConfigBag::base()) {
        Ok(output) => return output.downcast().map_err(|_| Box::new(SdkError::response_error(Undescribed, response))),
        Err(error) => error,
    };
    let mut said = None;
    // The only way to have the service's error itself.
    let other = error.map_operation_error(|error| said = error.downcast::<O::Error>().ok());
    Err(Box::new(match said {
        Some(error) => SdkError::service_error(error, response),
        None => SdkError::response_error(other.to_string(), response),
    }))
}
