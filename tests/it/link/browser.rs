//! A browser without script: it keeps cookies for one host, and a test can press the buttons that the script would have drawn.

use std::cell::RefCell;
use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde_json::Value;

pub struct Browser<'t> {
    http: &'t reqwest::Client,
    /// Whose cookies it keeps.
    origin: &'t str,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

/// A page as it came.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl<'t> Browser<'t> {
    pub fn new(http: &'t reqwest::Client, origin: &'t str) -> Self {
        Self { http, origin, cookies: RefCell::default() }
    }

    /// A page of ours by its path, or any by its address.
    pub async fn get(&self, address: &str) -> Page {
        let address = if address.starts_with('/') { format!("{}{address}", self.origin) } else { address.to_owned() };
        assert!(address.starts_with(self.origin), "the browser is sent to {address}");
        self.sent(self.http.get(address)).await
    }

    pub async fn post<N: AsRef<str>, V: AsRef<str>>(&self, address: &str, fields: &[(N, V)]) -> Page {
        let address = if address.starts_with('/') { format!("{}{address}", self.origin) } else { address.to_owned() };
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        let request = self.http.post(address).header("content-type", "application/x-www-form-urlencoded");
        self.sent(request.body(super::encoded(&fields))).await
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> Page {
        let cookies = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let answer = request.header("cookie", cookies).header("accept-language", "en-US,en;q=0.9").send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.borrow_mut();
            if set.contains("Max-Age=0") {
                cookies.remove(name)
            } else {
                cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Page { status, headers, body: answer.text().await.unwrap() }
    }
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }

    /// What the script sends when a button is pressed, and the path that it sends it to.
    pub fn button(&self, place: &str) -> BTreeMap<String, String> {
        let settings: Value = serde_json::from_str(&self.attribute(&format!("id=\"{place}\" data-button=\""))).unwrap();
        assert_eq!(settings["merchantId"], "A2EXAMPLE");
        let (config, path) = match settings.get("signInConfig") {
            Some(config) => (config, "/sign-in"),
            None => (&settings["createCheckoutSessionConfig"], "/wallet"),
        };
        let mut fields: BTreeMap<String, String> =
            config.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        fields.insert("ledgerCurrency".to_owned(), settings["ledgerCurrency"].as_str().unwrap().to_owned());
        fields.insert("path".to_owned(), path.to_owned());
        fields
    }

    /// What stands behind this, up to the next quotation mark, as a browser reads it.
    pub fn attribute(&self, before: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.body));
        let raw = rest.split('"').next().unwrap();
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
            .iter()
            .fold(raw.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
    }
}
