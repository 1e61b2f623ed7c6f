//! Signature Version 2 (section 2): all parameters, sorted, under the secret key.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::key::SecretKey;
use crate::adapters::amazon_pay::call::percent;

/// Parameters in the order in which they are signed: by the bytes of their names.
pub type Parameters = BTreeMap<String, String>;

/// The body to send: the parameters and the signature under them.
#[must_use]
pub fn signed(parameters: &Parameters, host: &str, path: &str, key: &SecretKey) -> String {
    let signature = STANDARD.encode(key.sign(&to_sign(parameters, host, path)));
    let mut all = parameters.clone();
    all.insert("Signature".to_owned(), signature);
    joined(&all)
}

fn to_sign(parameters: &Parameters, host: &str, path: &str) -> String {
    format!("POST\n{}\n{path}\n{}", host.to_ascii_lowercase(), joined(parameters))
}

fn joined(parameters: &Parameters) -> String {
    let pair = |(name, value): (&String, &String)| format!("{}={}", percent::value(name), percent::value(value));
    parameters.iter().map(pair).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::amazon_pay::api::testing::{cases, str};

    #[test]
    fn every_published_signature_is_ours() {
        let all = cases("mws/query-signatures.json");
        for case in &all {
            let parameters: Parameters = case["parameters"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect();
            let (host, path) = (str(case, "host"), str(case, "path"));
            let key = SecretKey::parse(str(case, "secret_key")).unwrap();
            assert_eq!(to_sign(&parameters, host, path), str(case, "string_to_sign"), "{}", case["id"]);
            assert_eq!(STANDARD.encode(key.sign(str(case, "string_to_sign"))), str(case, "signature"), "{}", case["id"]);
            let body = signed(&parameters, &host.to_ascii_uppercase(), path, &key);
            assert_eq!(body, str(case, "form_body_sorted_with_signature"), "{}", case["id"]);
        }
        assert_eq!(all.len(), 5);
    }
}
