//! Account linking over HTTP: a browser, Alexa's server, and the local Amazon Pay; only the browser's script is played.

mod browser;
mod cart;
mod cart_later;
mod flow;
mod function;
mod payment;
mod refusals;
mod spoken;
mod words;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenUrl,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use voicetill::adapters::amazon_pay::api::client::Client;
use voicetill::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use voicetill::adapters::amazon_pay::api::place::{Environment, Place, Region};
use voicetill::adapters::amazon_pay::api::sign::Signer;
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::dynamodb::local::Local;
use voicetill::adapters::link::buttons::Buttons;
use voicetill::adapters::link::consents::AmazonConsents;
use voicetill::adapters::link::key::{CodeKey, LinkKey};
use voicetill::adapters::link::oauth;
use voicetill::adapters::link::token::{self, Linked};
use voicetill::adapters::link::words::Words;
use voicetill::domain::ids::{Locale, SellerId};
use voicetill::domain::money::Currency;
use voicetill::domain::order::Rail;
use voicetill::domain::shop::{Shop, World};
use voicetill::domain::time::Time;
use voicetill::domain::wallet::SavedWallet;
use voicetill::entry::link::{Link, Settings, router};
use voicetill::ports::Wallets;
use voicetill::sandbox::{self, PublicKey, Sandbox};
use voicetill::simulator::amazon_pay::Buyer;
use voicetill::simulator::amazon_pay::books::Books;

use crate::alexa::config;
use crate::stand_in::{KEY_ID, NOW, PRIVATE_KEY};
use browser::{Browser, Page};

const CLIENT: &str = "alexa-skill";
const SECRET: &str = "a secret with : and % and 32 more";
const BACK: &str = "https://layla.amazon.com/api/skill/link/M1EXAMPLE";
const LINK_SECRET: &str = "0123456789abcdef0123456789abcdef";

thread_local! {
    /// Each test has a thread of its own, and so a clock of its own.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

fn now() -> Time {
    Time::from_unix(NOW + AHEAD.get())
}

/// A shop with account linking, its Amazon Pay and its table.
struct Town {
    _engine: Local,
    store: DynamoStore,
    amazon: String,
    origin: String,
    http: reqwest::Client,
    servers: [JoinHandle<()>; 2],
}

impl Drop for Town {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

type Sending = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>>>>;

type Alexa = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What Alexa keeps while the buyer's browser is on its way.
struct Asked {
    url: String,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
}

impl Town {
    async fn start() -> Self {
        Self::dated_by(|| Time::from_unix(NOW)).await
    }

    /// A town whose Amazon Pay goes by this clock, and so do the calls to it.
    async fn dated_by(wall: fn() -> Time) -> Self {
        Self::with(wall, |_| ()).await
    }

    /// A town with another shop.
    async fn selling(changed: fn(&mut Shop)) -> Self {
        Self::with(|| Time::from_unix(NOW), changed).await
    }

    async fn with(wall: fn() -> Time, changed: fn(&mut Shop)) -> Self {
        AHEAD.set(0);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (engine, store, _) = crate::meter::store().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let amazon = format!("http://{address}");
        let sandbox = Sandbox::new(sandbox(wall), address);
        let pay = tokio::spawn(async move { sandbox.serve(listener).await.unwrap() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = settings(&origin, &amazon);
        changed(&mut settings.shop);
        let link = Link { store: store.clone(), consents: consents(&amazon, wall), settings };
        let pages = tokio::spawn(async move { axum::serve(listener, router(link)).await.unwrap() });
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { _engine: engine, store, amazon, origin, http, servers: [pay, pages] }
    }

    fn browser(&self) -> Browser<'_> {
        Browser::new(&self.http, &self.origin)
    }

    /// An OAuth client that is none of ours.
    fn alexa(&self) -> Alexa {
        BasicClient::new(ClientId::new(CLIENT.to_owned()))
            .set_client_secret(ClientSecret::new(SECRET.to_owned()))
            .set_auth_uri(AuthUrl::new(format!("{}/authorize", self.origin)).unwrap())
            .set_token_uri(TokenUrl::new(format!("{}/token", self.origin)).unwrap())
            .set_redirect_uri(RedirectUrl::new(BACK.to_owned()).unwrap())
    }

    /// Alexa sends the buyer's browser off.
    fn ask(&self) -> Asked {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = self.alexa().authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
        Asked { url: url.into(), state, verifier }
    }

    /// The buyer presses a button and decides on Amazon's page; the answer is the address that Amazon sends the browser to.
    async fn at_amazon(&self, page: &Page, button: &str, decides: &[(&str, &str)]) -> String {
        let mut fields = page.button(button);
        let path = fields.remove("path").unwrap();
        let fields: Vec<(String, String)> = fields.into_iter().collect();
        let amazon = Browser::new(&self.http, &self.amazon);
        let pressed = amazon.post(&format!("{}{path}", self.amazon), &fields).await;
        let (address, mut form) = if pressed.status == 303 {
            (format!("{}{}", self.amazon, pressed.location()), Vec::new())
        } else {
            assert_eq!(pressed.status, 200, "{}", pressed.body);
            (format!("{}/sign-in/done", self.amazon), fields)
        };
        if form.is_empty() {
            let consent = amazon.get(&address).await;
            assert_eq!(consent.status, 200, "{}", consent.body);
        }
        form.extend(decides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let sent = amazon.post(&address, &form).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        sent.location().to_owned()
    }

    /// From Alexa's request to the address in Alexa that brings the code.
    async fn agree(&self, browser: &Browser<'_>, asked: &Asked) -> String {
        let page = browser.get(&asked.url).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let way = self.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "ada"), ("card", "1111")]).await;
        let back = browser.get(&way).await;
        assert_eq!(back.status, 302, "{}", back.body);
        back.location().to_owned()
    }

    /// A code, as Alexa finds it in its address.
    async fn code(&self, asked: &Asked) -> String {
        let brought = query(&self.agree(&self.browser(), asked).await);
        assert_eq!(brought["state"], *asked.state.secret());
        brought["code"].clone()
    }

    /// The library's HTTP client.
    fn send(&self) -> impl Fn(HttpRequest) -> Sending + use<> {
        let http = self.http.clone();
        move |request| {
            let http = http.clone();
            Box::pin(async move {
                let (parts, body) = request.into_parts();
                let sent = http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body).send().await?;
                let mut response = HttpResponse::new(Vec::new());
                *response.status_mut() = sent.status();
                *response.headers_mut() = sent.headers().clone();
                *response.body_mut() = sent.bytes().await?.to_vec();
                Ok(response)
            })
        }
    }

    /// A raw token request with the right client in its body.
    async fn token(&self, fields: &[(&str, &str)]) -> (u16, serde_json::Value) {
        let client = [("client_id", CLIENT), ("client_secret", SECRET)];
        let mut body = encoded(&client);
        if !fields.is_empty() {
            body = format!("{body}&{}", encoded(fields));
        }
        let request = self.http.post(format!("{}/token", self.origin)).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn redeem(&self, code: &str, verifier: &str) -> (u16, serde_json::Value) {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", verifier)];
        self.token(&fields).await
    }

    async fn refresh(&self, token: &str) -> (u16, serde_json::Value) {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Links ada and gives the tokens.
    async fn linked(&self) -> serde_json::Value {
        let asked = self.ask();
        let code = self.code(&asked).await;
        let (status, tokens) = self.redeem(&code, asked.verifier.secret()).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    async fn wallet(&self, tokens: &serde_json::Value) -> SavedWallet {
        let linked = read(tokens["access_token"].as_str().unwrap());
        self.store.wallet(&linked.buyer).await.unwrap().unwrap()
    }

    async fn control(&self, what: &str, body: &serde_json::Value) {
        let answer = self.http.post(format!("{}/_voicetill/{what}", self.amazon)).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
    }
}

fn sandbox(wall: fn() -> Time) -> sandbox::Settings {
    sandbox::Settings {
        books: Books::in_memory(),
        key: PublicKey::from_pem(PRIVATE_KEY).unwrap(),
        key_id: None,
        mws: None,
        client_id: "amzn1.application-oa2-client.0".to_owned(),
        buyer: Buyer::named("ada").unwrap(),
        wall,
        strict: true,
        throttled: false,
    }
}

fn signer() -> Signer {
    Signer::new(PublicKeyId::parse(KEY_ID).unwrap(), PrivateKey::from_pem(PRIVATE_KEY).unwrap())
}

fn consents(amazon: &str, wall: fn() -> Time) -> AmazonConsents {
    let place = Place::amazon(Region::NorthAmerica, Environment::Sandbox, signer().id()).unwrap().instead_at(amazon).unwrap();
    AmazonConsents::new(Client::new(signer(), place).with_clock(wall))
}

fn settings(origin: &str, amazon: &str) -> Settings {
    Settings {
        origin: Some(origin.to_owned()),
        shop: Shop { world: World::Sandbox, rails: vec![Rail::SavedWallet], ..config().shop },
        client: oauth::Client::new(CLIENT, SECRET, oauth::Client::alexa_redirects("M1EXAMPLE")).unwrap(),
        key: link_key(),
        codes: CodeKey::new(LINK_SECRET).unwrap(),
        words: Words::new(&[Locale::parse("en-US").unwrap()], "Petal and Stem", World::Sandbox).unwrap(),
        buttons: Buttons {
            signer: signer(),
            store_id: "amzn1.application-oa2-client.0".to_owned(),
            merchant: SellerId::parse("A2EXAMPLE").unwrap(),
            ledger: Currency::Usd,
            environment: Environment::Sandbox,
            script: format!("{amazon}/checkout.js"),
        },
        now,
    }
}

fn link_key() -> LinkKey {
    LinkKey::new(LINK_SECRET, None).unwrap()
}

fn read(access_token: &str) -> Linked {
    token::read(&link_key(), access_token, now()).unwrap()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://x/", fields).unwrap();
    url.query().unwrap_or_default().to_owned()
}

/// The parameters of an address.
fn query(address: &str) -> BTreeMap<String, String> {
    reqwest::Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

/// The two ways in which the library can say who it is.
const BOTH: [AuthType; 2] = [AuthType::BasicAuth, AuthType::RequestBody];

fn brought(code: &str) -> AuthorizationCode {
    AuthorizationCode::new(code.to_owned())
}
