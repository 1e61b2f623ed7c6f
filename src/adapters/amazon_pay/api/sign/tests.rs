//! Against what Amazon's own SDKs test themselves with. Signatures are random, so they are verified and never compared.

use serde_json::Value;

use super::super::testing::{PKCS1, PKCS8, cases, json, str, text, verifies};
use super::*;

/// The public half of the test key.
fn public() -> Vec<u8> {
    use ring::signature::KeyPair;
    use rustls::pki_types::{PrivatePkcs1KeyDer, pem::PemObject};
    let der = PrivatePkcs1KeyDer::from_pem_slice(PKCS1.as_bytes()).unwrap();
    ring::signature::RsaKeyPair::from_der(der.secret_pkcs1_der()).unwrap().public_key().as_ref().to_vec()
}

/// Whether the test key has signed this string.
pub fn signed_by_us(message: &str, signature: &str) -> bool {
    let signature = STANDARD.decode(signature).unwrap();
    let key = ring::signature::UnparsedPublicKey::new(&ring::signature::RSA_PSS_2048_8192_SHA256, public());
    key.verify(message.as_bytes(), &signature).is_ok()
}

fn signer(pem: &str) -> Signer {
    Signer::new(PublicKeyId::parse("SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B").unwrap(), PrivateKey::from_pem(pem).unwrap())
}

fn pairs<'v>(value: &'v Value) -> Vec<(&'v str, &'v str)> {
    let pair = |(name, value): (&'v String, &'v Value)| -> Vec<(&str, &str)> {
        let values = value.as_array().map_or_else(|| vec![value], |many| many.iter().collect());
        values.into_iter().map(|value| (name.as_str(), value.as_str().unwrap())).collect()
    };
    value.as_object().into_iter().flatten().flat_map(pair).collect()
}

/// Every vector of a file: the canonical request, and the string to sign.
fn agrees(file: &str, with: impl Fn(&Value, &Signable<'_>)) -> usize {
    let all = cases(file);
    for case in &all {
        let (query, headers) = (pairs(&case["query"]), pairs(&case["signed_headers"]));
        // Of one example only the hash of the body was published.
        let Some(body) = case["payload"].as_str() else { continue };
        let request =
            Signable { method: str(case, "method"), path: str(case, "path"), query: &query, headers: &headers, body: body.as_bytes() };
        assert_eq!(canonical(&request).0, str(case, "canonical_request"), "{}", case["id"]);
        with(case, &request);
    }
    all.len()
}

#[test]
fn canonical_requests_and_strings_to_sign_are_those_of_amazons_sdks() {
    let seen = agrees("signing/string-to-sign.json", |case, request| {
        assert_eq!(to_sign(&canonical(request).0), str(&case["string_to_sign"], ALGORITHM), "{}", case["id"]);
    });
    assert!(seen >= 17, "{seen}");
}

#[test]
fn an_authorization_header_has_the_published_form_and_verifies() {
    let seen = agrees("signing/signed-requests.json", |case, request| {
        let vector = case["signatures"].as_array().unwrap().iter().find(|one| str(one, "algorithm") == ALGORITHM).unwrap();
        let (form, _) = str(vector, "example_authorization_header").split_once("Signature=").unwrap();
        let form = form.replace(str(case, "public_key_id"), "SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B");
        let message = str(vector, "string_to_sign");
        for pem in [PKCS1, PKCS8] {
            let header = signer(pem).authorization(request).unwrap();
            let (ours, signature) = header.split_once("Signature=").unwrap();
            assert_eq!(ours, form);
            assert!(signed_by_us(message, signature));
            assert!(!signed_by_us(&message.replace("V2", "V3"), signature));
        }
        let theirs = STANDARD.decode(str(vector, "example_signature")).unwrap();
        assert!(verifies(&text("signing/unit-test-public-key.pem"), &to_sign(&canonical(request).0), &theirs));
    });
    assert!(seen >= 4, "{seen}");
}

#[test]
fn a_signature_of_the_older_salt_length_is_not_ours() {
    let key = text("signing/unit-test-public-key.pem");
    let mut seen = 0;
    for case in cases("signing/pss-verify.json").iter().filter(|case| str(case, "algorithm") == ALGORITHM) {
        let signature = STANDARD.decode(str(case, "signature")).unwrap();
        assert_eq!(verifies(&key, str(case, "string_to_sign"), &signature), case["valid"].as_bool().unwrap(), "{}", case["id"]);
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn a_button_payload_is_signed_as_it_stands() {
    let vector = json("signing/button-signature.json");
    let payload = str(&vector, "payload");
    let message = format!("{ALGORITHM}\n{}", str(&vector, "payload_sha256"));
    assert!(signed_by_us(&message, &signer(PKCS8).button(payload).unwrap()));
    assert!(!signed_by_us(&message, &signer(PKCS8).button(&payload.replace('/', "\\/")).unwrap()));
}

#[test]
fn paths_are_encoded_as_the_sdks_do() {
    for case in cases("signing/path-encoding.json") {
        assert_eq!(canonical_path(str(&case, "in")), str(&case, "out"));
    }
}

#[test]
fn a_header_without_a_value_is_not_signed() {
    let headers = [("accept", " application/json "), ("user-agent", " ")];
    let request = Signable { method: "GET", path: "/", query: &[], headers: &headers, body: b"" };
    let (text, names) = canonical(&request);
    assert_eq!(names, "accept");
    assert!(text.contains("\naccept:application/json\n\naccept\n"), "{text}");
}

#[test]
fn a_signer_shows_its_id_and_nothing_else() {
    let shown = format!("{:?}", signer(PKCS8));
    assert_eq!(shown, "Signer { id: PublicKeyId(\"SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B\"), key: [redacted] }");
}
