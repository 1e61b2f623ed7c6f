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
    /// `VOICETILL_PAY_STORE_ID`: the store id from Integration Central, for Amazon's buttons.
    pub pay_store_id: Option<String>,
    /// `VOICETILL_PAY_ENDPOINT`: what stands in for Amazon Pay, such as `voicetill sandbox`.
    pub pay_endpoint: Option<String>,
    /// `VOICETILL_LINK_SECRET`: the secret in Secrets Manager that holds the secrets of account linking.
    pub link_secret: Option<String>,
    /// `VOICETILL_LINK_CLIENT_ID`: the client id of the skill's account linking.
    pub link_client_id: Option<String>,
    /// `VOICETILL_LINK_VENDOR`: the vendor id, which ends the addresses that Alexa is sent back to.
    pub link_vendor: Option<String>,
    /// `VOICETILL_LINK_ORIGIN`: where browsers find account linking.
    pub link_origin: Option<String>,
    /// `VOICETILL_ALEXA_CLIENT_ID`: the skill's id at Login with Amazon, for notifications on devices.
    pub alexa_client_id: Option<String>,
    /// `VOICETILL_ALEXA_CLIENT_SECRET`: the secret in Secrets Manager that holds what belongs to it.
    pub alexa_client_secret: Option<String>,
    /// `AWS_REGION`, or else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, or else `AWS_ENDPOINT_URL`: another place for the table than the region's own.
    pub endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`, or else `AWS_ENDPOINT_URL`: another place for the secrets.
    pub secrets_endpoint: Option<String>,
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
            pay_store_id: read("VOICETILL_PAY_STORE_ID"),
            pay_endpoint: read("VOICETILL_PAY_ENDPOINT"),
            link_secret: read("VOICETILL_LINK_SECRET"),
            link_client_id: read("VOICETILL_LINK_CLIENT_ID"),
            link_vendor: read("VOICETILL_LINK_VENDOR"),
            link_origin: read("VOICETILL_LINK_ORIGIN"),
            alexa_client_id: read("VOICETILL_ALEXA_CLIENT_ID"),
            alexa_client_secret: read("VOICETILL_ALEXA_CLIENT_SECRET"),
            region: read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION")),
            endpoint: read("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| read("AWS_ENDPOINT_URL")),
            secrets_endpoint: read("AWS_ENDPOINT_URL_SECRETS_MANAGER").or_else(|| read("AWS_ENDPOINT_URL")),
        }
    }
}
