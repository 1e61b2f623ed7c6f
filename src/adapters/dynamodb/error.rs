//! The service's errors in the application's terms.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::adapters::record::RecordError;
use crate::ports::StoreError;

/// Errors that pass: the same call may succeed in a moment.
const PASSING: [&str; 7] = [
    "InternalServerError",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
];

/// An SDK error, sorted by whether trying again can help. A code that is not known counts as final.
pub fn sort<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let passing = match &error {
        SdkError::ServiceError(service) => {
            service.err().code().is_some_and(|code| PASSING.contains(&code)) || service.raw().status().is_server_error()
        }
        SdkError::ConstructionFailure(_) => false,
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        // The SDK may add kinds; a turn must not fail for good because of one.
        _ => true,
    };
    let source = Box::new(error);
    if passing { StoreError::Unavailable { operation, source } } else { StoreError::Rejected { operation, source } }
}

/// An item that is there and cannot be read.
pub fn corrupt(key: String, error: RecordError) -> StoreError {
    StoreError::Corrupt { key, source: Box::new(error) }
}
