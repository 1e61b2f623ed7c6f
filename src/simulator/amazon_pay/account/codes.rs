//! The refusals of API v2 (`reference/amazon-pay-v2.md` section 8).

/// Every documented reason code with its status; `CheckoutSessionCanceled` is 400 in one of the two sources.
pub const REASON_CODES: [(&str, u16); 44] = [
    ("InvalidHeaderValue", 400),
    ("InvalidRequest", 400),
    ("InvalidParameterValue", 400),
    ("InvalidRequestFormat", 400),
    ("MissingHeader", 400),
    ("MissingHeaderValue", 400),
    ("MissingParameterValue", 400),
    ("UnrecognizedField", 400),
    ("InvalidSandboxSimulationSpecified", 400),
    ("DuplicateIdempotencyKey", 400),
    ("InvalidParameterCombination", 400),
    ("CurrencyMismatch", 400),
    ("InvalidAPIVersion", 400),
    ("TransactionAmountExceeded", 400),
    ("PeriodicAmountExceeded", 400),
    ("UnauthorizedAccess", 401),
    ("InvalidAuthentication", 403),
    ("InvalidAccountStatus", 403),
    ("InvalidRequestSignature", 403),
    ("InvalidAuthorizationToken", 403),
    ("ResourceNotFound", 404),
    ("UnsupportedOperation", 405),
    ("RequestNotSupported", 405),
    ("RequestTimeout", 408),
    ("AmountMismatch", 409),
    ("InvalidCheckoutSessionStatus", 422),
    ("InvalidChargePermissionStatus", 422),
    ("InvalidChargeStatus", 422),
    ("ChargePermissionNotModifiable", 422),
    ("SoftDeclined", 422),
    ("HardDeclined", 422),
    ("AmazonRejected", 422),
    ("PaymentMethodNotAllowed", 422),
    ("MFANotCompleted", 422),
    ("TransactionTimedOut", 422),
    ("TransactionCountExceeded", 422),
    ("CheckoutSessionCanceled", 422),
    ("TLSVersionNotSupported", 426),
    ("TooManyRequests", 429),
    ("RequestThrottled", 429),
    ("InternalServerError", 500),
    ("ProcessingFailure", 500),
    ("ServiceUnavailable", 503),
    // Delivery trackers only (5.8).
    ("InvalidInputFormat", 400),
];

/// A refusal by Amazon Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    /// A refusal with a documented code.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = REASON_CODES.iter().find(|(known, _)| *known == code).map_or(400, |(_, status)| *status);
        Self { status, code, message: message.into() }
    }

    /// The refusal of that name, as a tester asks for it.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        let (code, _) = REASON_CODES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(code))?;
        Some(Self::new(code, "asked for by the tester"))
    }
}
