//! Mail in the simulated world, as somebody at a terminal sees it: the real tool, on a store of its own.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn voicetill(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voicetill"));
    let command = command.env_clear().current_dir(folder).args(["--store", ".", "--mail-dir", "mail"]).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn eml(folder: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder.join("mail")).unwrap().map(|entry| entry.unwrap().path());
    let named =
        |path: std::path::PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap());
    let mut all: Vec<_> = files.map(named).collect();
    all.sort();
    all
}

#[test]
fn a_conversation_names_the_mail_and_writes_it_to_a_folder_and_the_desk_tells_the_rest() {
    let folder = TempDir::new().unwrap();
    let said = voicetill(folder.path(), &["dialog"], "open petal and stem\nI'd like two bouquets of roses\nyes\nyes\n");
    let shown = text(&said.stdout);
    for line in ["Mail  > to the buyer: Your order at Petal and Stem is confirmed", "Mail  > to the orders department: New order, paid: "] {
        assert_eq!(shown.matches(line).count(), 1, "{line}: {shown} {}", text(&said.stderr));
    }
    let mail = eml(folder.path());
    assert_eq!(mail.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["0001-buyer.eml", "0002-office.eml"]);
    assert!(mail[0].1.contains("To: <ada@sandbox.example>") && mail[0].1.contains("multipart/alternative"), "{}", mail[0].1);

    let orders = voicetill(folder.path(), &["orders", "list", "--json"], "");
    let orders: Value = serde_json::from_slice(&orders.stdout).unwrap();
    let id = orders[0]["order"].as_str().unwrap_or_else(|| panic!("{orders}"));
    let refunded = voicetill(folder.path(), &["orders", "refund", id, "--all", "--yes"], "");
    assert!(refunded.status.success(), "{}", text(&refunded.stderr));
    assert!(text(&refunded.stderr).contains("Mail to the buyer: Petal and Stem has refunded $"), "{}", text(&refunded.stderr));
    // What was told is not told again.
    let shown = voicetill(folder.path(), &["orders", "show", id], "");
    assert!(text(&shown.stdout).contains("orders department, by mail") && !text(&shown.stderr).contains("Mail"), "{}", text(&shown.stdout));
    assert_eq!(eml(folder.path()).len(), 4);
}

#[test]
fn every_mail_can_be_looked_at_beforehand() {
    let folder = TempDir::new().unwrap();
    let shown = |arguments: &[&str]| {
        let preview = voicetill(folder.path(), &[&["mail", "preview"], arguments].concat(), "");
        (preview.status.code(), text(&preview.stdout), text(&preview.stderr))
    };
    let (code, list, _) = shown(&[]);
    assert_eq!((code, list.lines().count()), (Some(0), 38), "{list}");
    for name in list.lines().map(|line| line.split_whitespace().next().unwrap()) {
        let (code, mail, _) = shown(&[name]);
        assert!(code == Some(0) && mail.starts_with("To: ") && mail.contains("\nSubject: "), "{name}: {mail}");
    }
    let (_, html, _) = shown(&["buyer-confirmed", "--html", "--locale", "en-US"]);
    assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
    let (_, all, _) = shown(&["--json"]);
    assert_eq!(serde_json::from_str::<Value>(&all).unwrap().as_array().unwrap().len(), 38);
    assert!(shown(&["no-such"]).2.contains("there is no mail no-such"));
    assert!(shown(&["--locale", "de-DE"]).2.contains("does not speak de-DE"));
}
