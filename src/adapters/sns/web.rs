//! SNS over HTTPS, trusted by Amazon's own roots and no others.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Certificate, Client};

use super::{Fetch, FetchError};
use crate::adapters::amazon_pay::call::origin::{AddressError, Origin};
use crate::adapters::roots;

/// SNS gives its listeners fifteen seconds for everything.
const FETCH_MAX: Duration = Duration::from_secs(4);

/// Ten times what a signing certificate has.
const BODY_MAX: usize = 64 * 1024;

/// The network.
#[derive(Debug, Default)]
pub struct Web {
    client: OnceLock<Client>,
    /// Where everything is fetched instead.
    instead: Option<Origin>,
}

impl Web {
    /// A program on this machine that plays SNS.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn instead_at(address: &str) -> Result<Self, AddressError> {
        Ok(Self { instead: Some(Origin::parse(address)?), ..Self::default() })
    }

    fn client(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(FETCH_MAX);
        let builder = match &self.instead {
            // On this machine, which is never behind a proxy.
            Some(_) => builder.no_proxy(),
            None => builder.https_only(true).tls_certs_only(Certificate::from_pem_bundle(roots::AMAZON.as_bytes())?),
        };
        let client = builder.build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl Fetch for Web {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        // A subscription's address holds its token, which nobody else should read in a log.
        let broken = |error: reqwest::Error| FetchError::NotReached(error.without_url());
        let path = url.strip_prefix("https://").and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
        let url = self.instead.as_ref().map_or_else(|| url.to_owned(), |origin| origin.url(path));
        let mut response = self.client().map_err(FetchError::NoClient)?.get(url).send().await.map_err(broken)?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > BODY_MAX {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_can_be_made_of_amazons_roots() {
        let web = Web::default();
        assert!(web.client().is_ok() && web.client().is_ok());
    }
}
