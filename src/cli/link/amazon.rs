//! Which Amazon Pay the pages are for: the merchant's own account, another program, or one that is played in this process.

use std::path::Path;
use std::pin::Pin;

use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::rand_core::OsRng;
use tokio::net::TcpListener;

use super::{LinkArgs, LinkError};
use crate::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::adapters::system;
use crate::domain::shop::World;
use crate::sandbox::{PublicKey, Sandbox, Settings};
use crate::simulator::amazon_pay::BUYERS;
use crate::simulator::amazon_pay::books::{self, Books};

/// The id of a key that lives as long as this process.
const KEY_ID: &str = "SANDBOX-PLAYED";

/// Amazon Pay, and who calls it.
pub struct Amazon {
    pub signer: Signer,
    /// Where it is, if not at Amazon's.
    pub endpoint: Option<String>,
    /// Answers as long as it is polled; of one that is elsewhere, never.
    pub serve: Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>,
}

impl Amazon {
    /// The one that the arguments name. A simulated shop that names none gets one of its own, on the books that `voicetill dialog` keeps.
    pub async fn of(args: &LinkArgs, world: World, dir: &Path) -> Result<Self, LinkError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let key_file = args.key_file.as_deref().filter(|file| !file.as_os_str().is_empty());
        match (world, given(&args.pay_endpoint), key_file.zip(given(&args.key_id))) {
            (World::Simulated, None, None) => Self::played(args, dir).await,
            (World::Simulated, None, Some(_)) => Err(LinkError::NoSandbox),
            (_, _, None) => Err(LinkError::NoKey),
            (_, endpoint, Some((file, id))) => {
                let text = std::fs::read_to_string(file).map_err(|source| LinkError::Unreadable { path: file.to_owned(), source })?;
                let key = PrivateKey::from_pem(&text).map_err(|source| LinkError::Key { path: file.to_owned(), source })?;
                let signer = Signer::new(PublicKeyId::parse(&id)?, key);
                Ok(Self { signer, endpoint, serve: Box::pin(std::future::pending()) })
            }
        }
    }

    async fn played(args: &LinkArgs, dir: &Path) -> Result<Self, LinkError> {
        let made = |error: String| LinkError::Played(error.into());
        let key = RsaPrivateKey::new(&mut OsRng, 2_048).map_err(|error| made(error.to_string()))?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| made(error.to_string()))?;
        let public = PublicKey::from_pem(&pem).map_err(|error| LinkError::Played(Box::new(error)))?;
        let private = PrivateKey::from_pem(&pem).map_err(|error| LinkError::Played(Box::new(error)))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| LinkError::Played(Box::new(error)))?;
        let address = listener.local_addr().map_err(|error| LinkError::Played(Box::new(error)))?;
        let settings = Settings {
            books: Books::at(dir.join(books::FILE)),
            key: public,
            key_id: None,
            mws: None,
            client_id: args.store_id.clone(),
            buyer: BUYERS[0],
            wall: system::now,
            strict: true,
            throttled: false,
        };
        let serve = Box::pin(Sandbox::new(settings, address).serve(listener));
        Ok(Self { signer: Signer::new(PublicKeyId::parse(KEY_ID)?, private), endpoint: Some(format!("http://{address}")), serve })
    }
}
