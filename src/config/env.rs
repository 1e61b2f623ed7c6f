//! The process environment: read here and nowhere else.

/// The variables that change a configuration. Empty ones count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// `VOICETILL_WORLD`: stands above `world` in shop.toml.
    pub world: Option<String>,
    /// `VOICETILL_TABLE`: the `DynamoDB` table.
    pub table: Option<String>,
    /// `VOICETILL_SKILL_ID`: the only skill whose requests are served.
    pub skill_id: Option<String>,
    /// `VOICETILL_LOG`: off, error, warn, info, debug or trace.
    pub log: Option<String>,
    /// `VOICETILL_PAY_KEY_ID`: the public key's id from Seller Central, for functions that ask Amazon Pay.
    pub pay_key_id: Option<String>,
    /// `VOICETILL_PAY_KEY_SECRET`: the secret in Secrets Manager that holds the private key.
    pub pay_key_secret: Option<String>,
    /// `VOICETILL_ALEXA_CLIENT_ID`: the skill's id at Login with Amazon, for notifications on devices.
    pub alexa_client_id: Option<String>,
    /// `VOICETILL_ALEXA_CLIENT_SECRET`: the secret in Secrets Manager that holds what belongs to it.
    pub alexa_client_secret: Option<String>,
    /// `AWS_REGION`, or else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, or else `AWS_ENDPOINT_URL`: another place for the table than the region's own.
    pub endpoint: Option<String>,
}

impl Env {
    /// What this process was started with.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_process() -> Self {
        let read = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty());
        Self {
            world: read("VOICETILL_WORLD"),
            table: read("VOICETILL_TABLE"),
            skill_id: read("VOICETILL_SKILL_ID"),
            log: read("VOICETILL_LOG"),
            pay_key_id: read("VOICETILL_PAY_KEY_ID"),
            pay_key_secret: read("VOICETILL_PAY_KEY_SECRET"),
            alexa_client_id: read("VOICETILL_ALEXA_CLIENT_ID"),
            alexa_client_secret: read("VOICETILL_ALEXA_CLIENT_SECRET"),
            region: read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION")),
            endpoint: read("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| read("AWS_ENDPOINT_URL")),
        }
    }
}
