use std::io::Write;
use std::path::Path;

use clap::Parser;
use serde_json::{Value, json};

use super::*;
use crate::simulator::amazon_pay::books::Books;
use crate::simulator::world::testing::{LittleShop, MODEL};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    dialog: DialogArgs,
}

struct LittleStage;

impl Stage for LittleStage {
    type Skill = LittleShop;

    fn model(&self, locale: &str) -> Result<Model, Cause> {
        if locale == "en-US" { Ok(Model::parse(MODEL)?) } else { Err("no model".into()) }
    }

    fn books(&self, _: &Scene) -> Result<Books, Cause> {
        Ok(Books::in_memory())
    }

    async fn skill(&self, _: &Scene, _: &Bank) -> Result<LittleShop, Cause> {
        Ok(LittleShop::new())
    }
}

struct Played {
    result: Result<Verdict, DialogError>,
    out: String,
    err: String,
}

async fn played(args: &[&str], typed: &str) -> Played {
    let args = Cli::try_parse_from([&["dialog"], args].concat()).unwrap().dialog;
    let (mut out, mut err) = (anstream::StripStream::new(Vec::new()), Vec::new());
    let mut lines = typed.as_bytes();
    let mut console = Console { input: Input::Lines(&mut lines), out: &mut out, err: &mut err };
    let result = run(&args, &LittleStage, &mut console).await;
    Played { result, out: String::from_utf8(out.into_inner()).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn piped_input_is_a_conversation() {
    let typed = "open petal and stem\n\nbuy two roses\n.outcome declined-soft\nyes\n.nonsense\n.help\n.quit\nnot said any more\n";
    let Played { result, out, .. } = played(&[], typed).await;
    assert_eq!(result.unwrap(), Verdict::AsExpected);
    for expected in [
        "User  > open petal and stem\n",
        "Alexa > Welcome to Petal and Stem.\n",
        "Pay   > Setup, simulated: billing agreement",
        "Pay   > Charge, simulated: USD 19.99 declined: InvalidPaymentMethod, soft",
        "Card  > ┌────────────────┐\n      > │ Petal and Stem │\n",
        "Fault > there is no command .nonsense",
        ".record FILE",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    assert!(!out.contains("any more") && !out.contains('\u{1b}'));
}

#[tokio::test]
async fn a_recorded_conversation_replays_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("buy.json");
    let typed =
        format!("open petal and stem\n.buyer chloe\nopen petal and stem\nbuy roses\nyes\n.money\n.record {} --append-quit\n", text(&file));
    assert!(played(&[], &typed).await.out.contains("appended \".quit\""));
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(recorded["userInput"], json!(["open petal and stem", "open petal and stem", "buy roses", "yes", ".quit"]));
    assert_eq!(recorded["world"], json!({"1": [".buyer chloe"], "4": [".money"]}));
    assert_eq!((&recorded["type"], &recorded["locale"]), (&json!("text"), &json!("en-US")));

    let replay = ["--replay", text(&file)];
    let first = played(&replay, "").await;
    assert!(first.err.contains("nothing to compare with"), "{}", first.err);
    assert!(first.out.contains("simulated: USD 19.99 captured"));
    assert!(played(&[&replay[..], &["--bless"]].concat(), "").await.err.contains("written"));
    let again = played(&replay, "").await;
    assert_eq!(again.out, first.out);
    assert_eq!(again.result.unwrap(), Verdict::AsExpected);
    assert!(again.err.contains("as expected"));

    let expected = file.with_extension("txt");
    let changed = std::fs::read_to_string(&expected).unwrap().replace("Shall I charge it?", "Shall I?");
    std::fs::write(&expected, changed).unwrap();
    let differs = played(&[&replay[..], &[text(&file)]].concat(), "").await;
    assert_eq!(differs.result.unwrap().exit_code(), 1);
    assert!(
        differs.err.contains("  - Alexa > Red roses, 19.99 dollars. Shall I?\n  + Alexa > Red roses, 19.99 dollars. Shall I charge it?"),
        "{}",
        differs.err
    );
    assert_eq!(in_folder(folder.path()).unwrap(), [file]);
}

#[tokio::test]
async fn wrong_replay_files_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.json");
    for (json, reason) in [
        ("{", "a replay file has"),
        (r#"{"skillId":"","locale":"en-US","type":"text","userInput":[]}"#, "must not be empty"),
        (r#"{"skillId":"s","locale":"en-US","type":"audio","userInput":[]}"#, "cannot be replayed"),
        (r#"{"skillId":"s","locale":"en-US","type":"text","userInput":[" "]}"#, "empty text"),
        (r#"{"skillId":"s","locale":"en-US","type":"text","userInput":[".silence"]}"#, "under world"),
        (r#"{"skillId":"s","locale":"en-US","type":"text","userInput":[],"world":{"1":[]}}"#, "0 to 0"),
        (r#"{"skillId":"s","locale":"en-US","type":"text","userInput":[],"world":{"0":[".nonsense"]}}"#, "no command .nonsense"),
        (r#"{"skillId":"s","locale":"xx-XX","type":"text","userInput":[]}"#, "no usable interaction model for xx-XX"),
    ] {
        std::fs::write(&file, json).unwrap();
        let error = played(&["--replay", text(&file)], "").await.result.expect_err(json);
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert!(matches!(played(&["--replay", "/nowhere.json"], "").await.result, Err(DialogError::Read { .. })));
}

#[tokio::test]
async fn what_passes_between_alexa_and_the_skill_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("io.json");
    played(&["--save-skill-io", text(&file)], "open petal and stem\nbuy roses\n").await.result.unwrap();
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let turns = kept["invocations"].as_array().unwrap();
    assert_eq!(turns.len(), 2);
    assert_eq!(turns[0]["request"], json!({"utterance": "open petal and stem", "newSession": true}));
    let body = &turns[1]["response"]["body"]["result"];
    assert_eq!(body["skillExecutionInfo"]["invocations"].as_array().unwrap().len(), 2);
    assert_eq!(body["alexaExecutionInfo"]["alexaResponses"][0]["content"]["caption"], "Red roses, 19.99 dollars. Shall I charge it?");
}

/// Answers one request after the other with fixed bodies.
fn serve(bodies: Vec<(&'static str, &'static str)>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (status, body) in bodies {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = vec![0; 65_536];
            let mut got = Vec::new();
            while !got.windows(4).any(|window| window == b"\r\n\r\n") || !got.ends_with(b"}") {
                let count = std::io::Read::read(&mut stream, &mut buffer).unwrap();
                got.extend_from_slice(&buffer[..count]);
            }
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    format!("http://{address}/")
}

#[tokio::test]
async fn a_skill_behind_an_address_is_talked_to_and_its_failures_are_told() {
    let good = r#"{"version":"1.0","response":{"outputSpeech":{"type":"PlainText","text":"From afar."},"shouldEndSession":true}}"#;
    let empty = r#"{"version":"1.0","response":{}}"#;
    let url = serve(vec![
        ("200 OK", good),
        ("500 Oops", "broken"),
        ("200 OK", empty),
        ("200 OK", "hello"),
        ("200 OK", empty),
        ("200 OK", r#"{"errorType":"X","errorMessage":"it panicked"}"#),
        ("200 OK", empty),
    ]);
    let Played { result, out, .. } = played(&["--endpoint", &url], &"open petal and stem\n".repeat(4)).await;
    result.unwrap();
    for expected in ["Alexa > From afar.", "answers with status 500: broken", "does not answer with JSON", "it panicked"] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    let nobody = played(&["--endpoint", "http://127.0.0.1:1/"], "open petal and stem\n").await;
    assert!(nobody.out.contains("nothing answers at http://127.0.0.1:1/"), "{}", nobody.out);
    assert!(matches!(played(&["--endpoint", "not a url"], "").await.result, Err(DialogError::Endpoint { .. })));
}
