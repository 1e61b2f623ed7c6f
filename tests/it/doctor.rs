//! What the doctor finds, and that every finding that is not fine says what to do.

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use serde_json::Value;
use tempfile::TempDir;
use voicetill::adapters::aws::Access;
use voicetill::adapters::dynamodb::connect;
use voicetill::adapters::dynamodb::local::Local;
use voicetill::adapters::dynamodb::table::{self, TableError};
use voicetill::cli::doctor::{DoctorArgs, run};
use voicetill::config::{Config, EMBEDDED_CATALOG, EMBEDDED_SHOP, Env};
use voicetill::domain::time::Time;

use crate::stand_in::{KEY_ID, NOW, PRIVATE_KEY, Reply, StandIn};

const STORE_ID: &str = "amzn1.application-oa2-client.8b5e45312b5248b69eea";

fn now() -> Time {
    Time::from_unix(NOW)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn args() -> DoctorArgs {
    DoctorArgs { json: true, dir: root(), ..DoctorArgs::default() }
}

/// The example shop in another world, with the retired rail accepted.
fn shop_in(world: &str) -> Result<Config, voicetill::config::ConfigError> {
    let shop = EMBEDDED_SHOP.replace("directive_rail = false", "directive_rail = true");
    Config::load(&shop, EMBEDDED_CATALOG, &Env { world: Some(world.to_owned()), ..Env::default() })
}

/// The findings, each as `health name: found -> remedy`, and whether nothing has failed.
async fn findings(args: &DoctorArgs, world: &str, env: &Env, now: fn() -> Time) -> (Vec<String>, bool) {
    report(args, shop_in(world), env, now).await
}

async fn report(
    args: &DoctorArgs,
    config: Result<Config, voicetill::config::ConfigError>,
    env: &Env,
    now: fn() -> Time,
) -> (Vec<String>, bool) {
    let mut out = Vec::new();
    let sound = run(args, config, env, now, &mut out).await.unwrap();
    let report: Value = serde_json::from_slice(&out).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(report["failed"] == 0, sound);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |check: &Value| {
        assert_eq!(check["health"] == "ok", check["remedy"].is_null(), "{check}");
        format!("{} {}: {} -> {}", text(&check["health"]), text(&check["check"]), text(&check["found"]), text(&check["remedy"]))
    };
    (checks.iter().map(line).collect(), sound)
}

#[track_caller]
fn has(findings: &[String], begins: &str, remedy: &str) {
    let found = findings.iter().any(|line| line.starts_with(begins) && line.split_once(" -> ").unwrap().1.contains(remedy));
    assert!(found, "{begins} -> {remedy} is not in {findings:#?}");
}

#[tokio::test]
async fn the_example_shop_is_well() {
    let (findings, sound) = findings(&args(), "simulated", &Env::default(), now).await;
    assert!(sound && findings.iter().all(|line| line.starts_with("ok ")), "{findings:#?}");
    for name in ["configuration", "rail", "interaction models", "skill package", "clock", "table", "mail", "key file"] {
        has(&findings, &format!("ok {name}: "), "");
    }
    let mut told = Vec::new();
    let plain = DoctorArgs { json: false, ..args() };
    assert!(run(&plain, shop_in("sandbox"), &Env::default(), now, &mut told).await.unwrap());
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("warning  rail: directive: Amazon switched it off"), "{told}");
    assert!(told.contains("\n         → sell to nobody on this rail"), "{told}");
    assert!(told.ends_with("11 checks: 5 ok, 6 with a warning, 0 failed\n"), "{told}");
}

#[tokio::test]
async fn a_shop_that_is_to_meet_buyers_is_warned() {
    for world in ["sandbox", "live"] {
        let (findings, sound) = findings(&args(), world, &Env::default(), now).await;
        assert!(sound, "{findings:#?}");
        has(&findings, "warning rail: directive: Amazon switched it off", "simulated");
        has(&findings, "warning skill package: skill.json does not name the function yet", "sam deploy");
        has(&findings, "warning table: not looked at", "AWS_REGION");
        has(&findings, "warning key file: none", "Seller Central");
    }
}

#[tokio::test]
async fn what_saved_wallets_need_is_looked_for_where_it_is_deployed_from() {
    let dir = TempDir::new().unwrap();
    let args = DoctorArgs { dir: dir.path().to_owned(), ..args() };
    let told = async |world: &str, overrides: &[&str]| {
        let stage = if world == "live" { "production" } else { world };
        let text = format!("[{stage}.deploy.parameters]\nparameter_overrides = {overrides:?}\n");
        fs::write(dir.path().join("samconfig.toml"), text).unwrap();
        findings(&args, world, &Env::default(), now).await.0
    };
    let all = ["PayKeyId=A", "PayKeySecretArn=arn:1", "PayStoreId=amzn1.1", "LinkSecretArn=arn:2", "LinkVendorId=M1"];
    let whole = told("sandbox", &all).await;
    has(&whole, "ok saved wallets: samconfig.toml names", "");
    has(&whole, "warning payment page: LinkOrigin is not set", "LinkOrigin");
    let lacking = told("live", &["PayKeyId=A", "PayStoreId=amzn1.1", "LinkSecretArn=REPLACE-WITH-X", "LinkVendorId="]).await;
    has(
        &lacking,
        "warning saved wallets: samconfig.toml does not say PayKeySecretArn, LinkSecretArn, LinkVendorId for production",
        "README",
    );
    has(&told("sandbox", &["LinkOrigin=https://pay.example"]).await, "ok payment page: https://pay.example", "");
    has(&told("sandbox", &["LinkOrigin=http://pay.example"]).await, "failed payment page: http://pay.example is not https", "https://");
    has(&told("simulated", &[]).await, "ok saved wallets: simulated", "");
    fs::remove_file(dir.path().join("samconfig.toml")).unwrap();
    has(&findings(&args, "live", &Env::default(), now).await.0, "warning saved wallets:", "--dir");
}

#[tokio::test]
async fn every_problem_of_the_configuration_is_a_finding_and_nothing_is_called() {
    let stand_in = StandIn::start([Reply::refuse(404, "ResourceNotFound")]).await;
    let (dir, credentials) = credentials(&stand_in);
    let shop = EMBEDDED_SHOP.replace("\"USD\"", "\"usd\"").replace("quantity = 20", "quantity = 0");
    let (findings, sound) = report(&credentials, Config::load(&shop, EMBEDDED_CATALOG, &Env::default()), &Env::default(), now).await;
    assert!(!sound);
    has(&findings, "failed configuration: shop.toml:38: amazon_pay.ledger_currency: \"usd\" does not fit", "write USD, GBP, EUR or JPY");
    has(&findings, "failed configuration: shop.toml:", "whole number from 1 to 999");
    has(&findings, "failed Amazon Pay: not called", "put the lines above right first");
    assert!(stand_in.asked().is_empty());
    drop(dir);
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copied(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

#[tokio::test]
async fn a_package_that_is_not_the_shops_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("skill-package");
    copied(&root().join("skill-package"), &package);
    let change = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(package.join(file)).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(package.join(file), text.replace(from, to)).unwrap();
    };
    change("interactionModels/custom/en-US.json", "\"petal and stem\"", "\"stem and petal\"");
    change("skill.json", "payments:autopay_consent", "alexa::profile:email:read");
    fs::remove_file(package.join("assets/images/en-US_smallIcon.png")).unwrap();
    let here = DoctorArgs { dir: dir.path().to_owned(), ..args() };
    let (told, sound) = findings(&here, "simulated", &Env::default(), now).await;
    assert!(!sound);
    has(&told, "failed interaction models: ", "voicetill model");
    has(&told, "failed skill package: skill.json does not ask for payments:autopay_consent", "permissions");
    has(&told, "failed skill package: assets/images/en-US_smallIcon.png is named", "put the icon there");
    change("skill.json", "\"en-US\": {\n          \"name\"", "\"en-GB\": {\n          \"name\"");
    let (told, _) = findings(&here, "simulated", &Env::default(), now).await;
    has(&told, "failed skill package: the shop speaks en-US", "publishingInformation.locales.en-US");
    fs::remove_dir_all(&package).unwrap();
    let (told, _) = findings(&here, "simulated", &Env::default(), now).await;
    has(&told, "failed skill package: ", "--dir");
    has(&told, "failed interaction models: ", "--dir");
}

#[tokio::test]
async fn a_table_is_ours_or_said_not_to_be() {
    let local = Local::in_memory().await.unwrap();
    let client = connect(&Access::Local { endpoint: local.endpoint().to_owned() });
    assert!(matches!(table::check(&client, "orders").await, Err(TableError::Missing)));
    table::ensure(&client, "orders").await.unwrap();
    table::check(&client, "orders").await.unwrap();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap();
    let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build().unwrap();
    let other = client.create_table().table_name("other").key_schema(key).attribute_definitions(attribute);
    other.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
    assert!(matches!(table::check(&client, "other").await, Err(TableError::Foreign(_))));

    // Nobody listens there; and without credentials it does not come to that.
    let env = Env { region: Some("us-east-1".to_owned()), endpoint: Some("http://127.0.0.1:9".to_owned()), ..Env::default() };
    let (told, sound) = findings(&args(), "simulated", &env, now).await;
    assert!(!sound);
    has(&told, "failed table: voicetill in http://127.0.0.1:9 cannot be looked at", "");
    let (told, _) = findings(&args(), "simulated", &Env { region: None, ..env }, now).await;
    has(&told, "failed table: an endpoint for it is set, but no region", "AWS_REGION");
}

#[tokio::test]
async fn a_clock_that_cannot_be_right_is_told() {
    let (told, sound) = findings(&args(), "simulated", &Env::default(), || Time::from_unix(86_400)).await;
    assert!(!sound);
    has(&told, "failed clock: this machine has 1970-01-02T00:00:00Z", "set the clock");
}

/// Credentials that are as they should be, in a folder of their own.
fn credentials(stand_in: &StandIn) -> (TempDir, DoctorArgs) {
    let dir = tempfile::tempdir().unwrap();
    let key_file = dir.path().join("key.pem");
    write_key(&key_file, PRIVATE_KEY);
    let args = DoctorArgs {
        online: true,
        key_file: Some(key_file),
        key_id: Some(KEY_ID.to_owned()),
        pay_endpoint: Some(stand_in.address.clone()),
        ..args()
    };
    (dir, args)
}

fn write_key(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test]
async fn credentials_are_judged_without_a_call() {
    let stand_in = StandIn::start([Reply::Hang]).await;
    let (dir, good) = credentials(&stand_in);
    let good = DoctorArgs { online: false, store_id: Some(STORE_ID.to_owned()), ..good };
    let (told, sound) = findings(&good, "sandbox", &Env::default(), now).await;
    assert!(sound, "{told:#?}");
    has(&told, "ok key file: ", "");
    has(&told, &format!("ok key id: {KEY_ID} is made for sandbox"), "");
    has(&told, "ok store id: ", "");

    let with = |change: &dyn Fn(&mut DoctorArgs)| {
        let mut args = good.clone();
        change(&mut args);
        args
    };
    let public = root().join("tests/fixtures/amazon-pay/signing/unit-test-public-key.pem");
    for (args, world, begins, remedy) in [
        (with(&|args| args.key_id = None), "sandbox", "failed key id: there is a key and no id of it", "VOICETILL_PAY_KEY_ID"),
        (with(&|args| args.key_id = Some("a b".to_owned())), "sandbox", "failed key id: \"a b\" is no key id", "Seller Central"),
        (with(&|_| ()), "live", "failed key id: the key id SANDBOX-", "take the key made for live"),
        (
            with(&|args| args.key_id = Some("LIVE-AFTEST".to_owned())),
            "simulated",
            "failed key id: the key id LIVE-AFTEST is for live",
            "take the key made for sandbox",
        ),
        (with(&|args| args.key_file = None), "sandbox", "failed key file: there is a key id and no key", "VOICETILL_PAY_KEY_FILE"),
        (with(&|args| args.key_file = Some(dir.path().join("no.pem"))), "sandbox", "failed key file: ", "VOICETILL_PAY_KEY_FILE"),
        (with(&|args| args.key_file = Some(public.clone())), "sandbox", "failed key file: ", "BEGIN PRIVATE KEY"),
        (with(&|args| args.store_id = Some("A1SELLER".to_owned())), "sandbox", "failed store id: \"A1SELLER\"", "begins with amzn1."),
        (with(&|args| args.pay_endpoint = Some("http://pay.example".to_owned())), "sandbox", "failed key id: \"http://pay", "https://HOST"),
    ] {
        let (told, sound) = findings(&args, world, &Env::default(), now).await;
        assert!(!sound, "{begins}");
        has(&told, begins, remedy);
    }
    let (told, sound) = findings(&with(&|args| args.store_id = None), "sandbox", &Env::default(), now).await;
    assert!(sound);
    has(&told, "warning store id: none", "VOICETILL_PAY_STORE_ID");
    assert!(stand_in.asked().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_others_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let stand_in = StandIn::start([Reply::Hang]).await;
    let (dir, args) = credentials(&stand_in);
    fs::set_permissions(dir.path().join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let (told, _) = findings(&DoctorArgs { online: false, ..args }, "sandbox", &Env::default(), now).await;
    has(&told, "warning key file: ", "chmod 600");
}

#[tokio::test]
async fn an_account_that_works_is_said_to_work() {
    let stand_in =
        StandIn::start([Reply::refuse(404, "ResourceNotFound"), Reply::Json(201, serde_json::json!({ "checkoutSessionId": "1" }))]).await;
    let (_dir, args) = credentials(&stand_in);
    let args = DoctorArgs { store_id: Some(STORE_ID.to_owned()), ..args };
    let (told, sound) = findings(&args, "sandbox", &Env::default(), now).await;
    assert!(sound, "{told:#?}");
    has(&told, "ok Amazon Pay: 127.0.0.1:", "");
    has(&told, "ok clocks: Amazon's is 0 seconds", "");
    has(&told, "ok store at Amazon: a sandbox checkout can be begun for it (request R-201)", "");
    let asked = stand_in.asked();
    let lines: Vec<_> = asked.iter().map(|one| one.line.as_str()).collect();
    assert_eq!(lines, ["GET /v2/chargePermissions/S01-0000000-0000000", "POST /v2/checkoutSessions"]);
    assert!(asked[1].body.contains(STORE_ID));
}

#[tokio::test]
async fn every_way_to_fail_is_explained() {
    for (reply, begins, remedy) in [
        (Reply::refuse(403, "InvalidAuthentication"), "failed Amazon Pay: the key id SANDBOX-", "country_of_establishment"),
        (Reply::refuse(401, "UnauthorizedAccess"), "failed Amazon Pay: the key id SANDBOX-", "not deleted"),
        (Reply::refuse(403, "InvalidRequestSignature"), "failed Amazon Pay: the signature is not accepted", "do not belong together"),
        (Reply::refuse(403, "InvalidAccountStatus"), "failed Amazon Pay: the seller account is not active", "registration"),
        (Reply::refuse(400, "InvalidHeaderValue"), "failed Amazon Pay: a header is not accepted: about", "the region"),
        (Reply::refuse(426, "TLSVersionNotSupported"), "failed Amazon Pay: the TLS version", "proxy"),
        (Reply::refuse(429, "TooManyRequests"), "warning Amazon Pay: too many calls", "in a minute"),
        (Reply::refuse(503, "ServiceUnavailable"), "warning Amazon Pay: Amazon Pay has trouble of its own", "later"),
        (Reply::refuse(400, "InvalidAPIVersion"), "failed Amazon Pay: an answer that was not expected", "support"),
        (Reply::Text(407, "<html>log in first</html>".to_owned()), "failed Amazon Pay: something that is not Amazon Pay", "proxy"),
        (Reply::Text(200, "<html>welcome</html>".to_owned()), "failed Amazon Pay: 127.0.0.1:", "proxy"),
        (Reply::HangUp, "failed Amazon Pay: the connection to 127.0.0.1:", "network"),
    ] {
        let stand_in = StandIn::start([reply.clone()]).await;
        let (_dir, args) = credentials(&stand_in);
        let args = DoctorArgs { store_id: Some(STORE_ID.to_owned()), ..args };
        let (told, sound) = findings(&args, "sandbox", &Env::default(), now).await;
        assert_eq!(sound, begins.starts_with("warning"), "{reply:?}");
        has(&told, begins, remedy);
        assert!(stand_in.asked().iter().all(|asked| asked.line.starts_with("GET ")), "the store is not asked about after {reply:?}");
    }
}

#[tokio::test]
async fn a_wrong_clock_is_told_apart_from_a_wrong_key() {
    let slow = || Time::from_unix(NOW - 3_600);
    for code in ["InvalidRequestSignature", "InvalidHeaderValue"] {
        let stand_in = StandIn::start([Reply::refuse(403, code)]).await;
        let (_dir, args) = credentials(&stand_in);
        let (told, _) = findings(&args, "sandbox", &Env::default(), slow).await;
        has(&told, "failed Amazon Pay: the request's date is not accepted", "set this machine's clock");
        has(&told, "failed clocks: Amazon's is 3600 seconds ahead of this machine's", "NTP");
    }
    // A date that Amazon lets pass is still worth a word.
    let stand_in = StandIn::start([Reply::refuse(404, "ResourceNotFound")]).await;
    let (_dir, args) = credentials(&stand_in);
    let (told, sound) = findings(&args, "sandbox", &Env::default(), || Time::from_unix(NOW + 301)).await;
    assert!(!sound);
    has(&told, "ok Amazon Pay: ", "");
    has(&told, "failed clocks: Amazon's is 301 seconds behind this machine's", "NTP");
}

#[tokio::test]
async fn a_wrong_key_store_or_network_is_told() {
    let stand_in = StandIn::start([Reply::refuse(404, "ResourceNotFound"), Reply::refuse(400, "InvalidParameterValue")]).await;
    let (dir, args) = credentials(&stand_in);
    let wrong_id = DoctorArgs { key_id: Some("SANDBOX-AFOTHER".to_owned()), ..args.clone() };
    let (told, _) = findings(&wrong_id, "sandbox", &Env::default(), now).await;
    has(&told, "failed Amazon Pay: the signature is not accepted", "do not belong together");

    let with_store = DoctorArgs { store_id: Some(STORE_ID.to_owned()), ..args.clone() };
    let (told, sound) = findings(&with_store, "sandbox", &Env::default(), now).await;
    assert!(!sound);
    has(&told, "failed store at Amazon: ", "copy the store id");

    drop(stand_in);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let (told, _) = findings(&args, "sandbox", &Env::default(), now).await;
    has(&told, "failed Amazon Pay: 127.0.0.1:", "network");
    drop(dir);

    let none = DoctorArgs { key_file: None, key_id: None, ..args };
    let (told, _) = findings(&none, "simulated", &Env::default(), now).await;
    has(&told, "failed key file: there is no key to call Amazon Pay with", "Seller Central");
}
