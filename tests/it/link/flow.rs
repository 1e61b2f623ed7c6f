//! What goes well: linking, with a client library that is none of ours, and everything that keeps a buyer linked.

use oauth2::{RefreshToken, TokenResponse};
use serde_json::json;
use voicetill::domain::link::Family;
use voicetill::domain::shop::World;
use voicetill::domain::wallet::{SavedWallet, WalletState};
use voicetill::ports::Store;

use super::{AHEAD, BACK, BOTH, Browser, Town, brought, query, read};

#[tokio::test]
async fn a_client_library_links_a_buyer_and_stays_linked_whichever_way_it_authenticates() {
    let town = Town::start().await;
    for auth in BOTH {
        let alexa = town.alexa().set_auth_type(auth);
        let asked = town.ask();
        let code = town.code(&asked).await;
        let send = town.send();
        let tokens = alexa.exchange_code(brought(&code)).set_pkce_verifier(asked.verifier).request_async(&send).await.unwrap();
        assert_eq!(tokens.expires_in().unwrap().as_secs(), 3_600);
        let linked = read(tokens.access_token().secret());
        let wallet = town.store.opening(&linked.buyer).await.unwrap().wallet.unwrap();
        assert_eq!((wallet.world, wallet.state, wallet.generation), (World::Sandbox, WalletState::Chargeable, linked.generation));
        assert!(wallet.permission.as_str().starts_with("C01-"), "{}", wallet.permission);
        assert_eq!(wallet.address.unwrap().city.as_deref(), Some("Seattle"));
        assert_eq!(wallet.email.unwrap().as_str(), "ada@sandbox.example");
        let mut refresh = tokens.refresh_token().unwrap().clone();
        for _ in 0..3 {
            AHEAD.set(AHEAD.get() + 3_500);
            let next = alexa.exchange_refresh_token(&refresh).request_async(&send).await.unwrap();
            assert_eq!(read(next.access_token().secret()), linked);
            let replaced: RefreshToken = next.refresh_token().unwrap().clone();
            assert_ne!(replaced.secret(), refresh.secret());
            refresh = replaced;
        }
    }
}

#[tokio::test]
async fn the_same_person_is_the_same_buyer_on_every_device_and_keeps_code_and_wishes() {
    let town = Town::start().await;
    let first = town.linked().await;
    let wallet = town.wallet(&first).await;
    let linked = read(first["access_token"].as_str().unwrap());
    let wished = SavedWallet { always_ask: true, generation: 4, version: voicetill::domain::ids::WriteId::of_bits(7), ..wallet.clone() };
    voicetill::ports::Wallets::save_wallet(&town.store, &linked.buyer, &wished, Some(&wallet.version)).await.unwrap();
    let second = town.linked().await;
    let again = read(second["access_token"].as_str().unwrap());
    assert_eq!((again.buyer, again.generation), (linked.buyer, 4));
    let wallet_now = town.wallet(&second).await;
    assert!(wallet_now.always_ask && wallet_now.permission != wallet.permission);
}

#[tokio::test]
async fn who_has_a_wallet_here_only_signs_in() {
    let town = Town::start().await;
    let first = town.linked().await;
    let (browser, asked) = (town.browser(), town.ask());
    let page = browser.get(&asked.url).await;
    let way = town.at_amazon(&page, "sign-in", &[("answer", "agree"), ("buyer", "ada")]).await;
    let back = browser.get(&way).await;
    let brought = query(back.location());
    assert!(back.location().starts_with(BACK), "{}", back.location());
    let (status, tokens) = town.redeem(&brought["code"], asked.verifier.secret()).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(town.wallet(&tokens).await, town.wallet(&first).await, "nothing new is set up");
}

#[tokio::test]
async fn who_has_none_and_signs_in_is_asked_to_set_one_up() {
    let town = Town::start().await;
    let (browser, asked) = (town.browser(), town.ask());
    let page = browser.get(&asked.url).await;
    let way = town.at_amazon(&page, "sign-in", &[("answer", "agree"), ("buyer", "chloe")]).await;
    let page = browser.get(&way).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("There is no payment method") && !page.body.contains("id=\"sign-in\""), "{}", page.body);
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "chloe")]).await;
    let back = browser.get(&way).await;
    let (status, tokens) = town.redeem(&query(back.location())["code"], asked.verifier.secret()).await;
    assert_eq!(status, 200, "{tokens}");
}

#[tokio::test]
async fn whoever_turns_back_at_amazon_can_try_again_or_go_back_to_alexa() {
    let town = Town::start().await;
    let (browser, asked) = (town.browser(), town.ask());
    let page = browser.get(&asked.url).await;
    let way = town.at_amazon(&page, "set-up", &[("answer", "cancel")]).await;
    assert!(way.contains("/cancelled/"), "{way}");
    let page = browser.get(&way).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Nothing was set up"), "{}", page.body);
    // A card that is declined ends the session at Amazon.
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("card", "3434")]).await;
    let page = browser.get(&way).await;
    assert!(page.body.contains("Nothing was set up"), "{}", page.body);
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("card", "1111")]).await;
    assert!(browser.get(&way).await.location().contains("code="));

    let (browser, asked) = (town.browser(), town.ask());
    let page = browser.get(&asked.url).await;
    let back = browser.get(&page.attribute("<a href=\"")).await;
    let told = query(back.location());
    assert!(back.location().starts_with(BACK) && told["error"] == "access_denied" && told["state"] == *asked.state.secret());
    assert!(browser.cookies.borrow().is_empty());
}

#[tokio::test]
async fn a_return_that_is_loaded_twice_or_whose_call_broke_comes_to_the_same_wallet() {
    let town = Town::start().await;
    let (browser, asked) = (town.browser(), town.ask());
    let page = browser.get(&asked.url).await;
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree")]).await;
    let kept = browser.cookies.borrow().clone();
    town.control("next", &json!({ "operation": "Complete Checkout Session", "broken": "after" })).await;
    let first = query(browser.get(&way).await.location());
    browser.cookies.replace(kept);
    let second = query(browser.get(&way).await.location());
    assert_ne!(first["code"], second["code"]);
    let (status, tokens) = town.redeem(&second["code"], asked.verifier.secret()).await;
    assert_eq!(status, 200, "{tokens}");
    let state: serde_json::Value = town.http.get(format!("{}/_voicetill/state", town.amazon)).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["account"]["permissions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refresh_whose_answer_got_lost_is_answered_again() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let first = tokens["refresh_token"].as_str().unwrap();
    let (_, lost) = town.refresh(first).await;
    AHEAD.set(Family::GRACE);
    let (status, again) = town.refresh(first).await;
    assert_eq!(status, 200);
    assert_eq!(again["refresh_token"], lost["refresh_token"]);
    assert_eq!(town.refresh(lost["refresh_token"].as_str().unwrap()).await.0, 200);
}

#[tokio::test]
async fn every_page_is_guarded_and_says_nothing_of_the_buyer_in_its_address() {
    let town = Town::start().await;
    let (browser, asked) = (town.browser(), town.ask());
    for address in [asked.url.as_str(), "/payment", "/style.css", "/button.js", "/nothing"] {
        let page = browser.get(address).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; base-uri 'none'; frame-ancestors 'none'"), "{policy}");
        let scripts = policy.split("; ").find(|part| part.starts_with("script-src")).unwrap();
        assert_eq!(scripts, format!("script-src 'self' {}", town.amazon));
        assert_eq!(
            (&page.headers["x-content-type-options"], &page.headers["referrer-policy"]),
            (&"nosniff".parse().unwrap(), &"strict-origin".parse().unwrap())
        );
        if page.body.contains("<html") {
            assert!(page.body.contains("sandbox: no money moves"), "{}", page.body);
        }
        for inline in ["<script>", " onclick", "<style", "javascript:"] {
            assert!(!page.body.contains(inline), "{address}: {inline}");
        }
    }
    assert_eq!(browser.get("/nothing").await.status, 404);
    let browser = Browser::new(&town.http, &town.origin);
    let brought = town.agree(&browser, &asked).await;
    assert_eq!(query(&brought).keys().collect::<Vec<_>>(), ["code", "state"]);
}
