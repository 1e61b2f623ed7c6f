//! Programs of this package as processes of their own.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::stand_in::KEY_ID;

/// A running program, which does not outlive this value.
pub struct Process(Child);

/// How a program has ended, by itself.
#[derive(Debug)]
#[allow(dead_code, reason = "told when a test fails")]
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process {
    /// SIGKILL, on systems that have it: no handler runs, nothing is flushed. Back when it is dead.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }
}

/// A program that knows nothing of whoever runs the tests.
pub fn program(file: &str, folder: &Path) -> Command {
    let mut command = Command::new(file);
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    let aws = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1"), ("HOME", "/nonexistent")];
    command.envs(aws);
    command
}

/// What a program writes, read as it comes, so that it never waits for its reader.
pub struct Written([JoinHandle<String>; 2]);

impl Written {
    pub fn all(self) -> [String; 2] {
        self.0.map(|reader| reader.join().unwrap())
    }
}

fn reader(pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // A program that is killed leaves what it had written.
        let _ = BufReader::new(pipe).read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// `voicetill`, which will come to its end.
pub fn voicetill<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> (Process, Written) {
    let mut command = program(env!("CARGO_BIN_EXE_voicetill"), folder);
    let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let written = Written([reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap())]);
    (Process(child), written)
}

/// `voicetill sandbox` on the books of this folder, and where it listens.
pub fn sandbox(folder: &Path) -> (SocketAddr, Process) {
    let mut command = program(env!("CARGO_BIN_EXE_voicetill"), folder);
    command.args(["sandbox", "--port", "0", "--json", "--no-throttling", "--key-id", KEY_ID, "--key", "pay.pem", "--store", "."]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let address = first_line(child.stdout.take().unwrap())["address"].as_str().unwrap().to_owned();
    (address.strip_prefix("http://").unwrap().parse().unwrap(), Process(child))
}

fn first_line(pipe: ChildStdout) -> Value {
    let mut line = String::new();
    BufReader::new(pipe).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// The skill's function, which asks for its turns at this address.
pub fn skill(folder: &Path, runtime: SocketAddr, store: SocketAddr) -> Process {
    let mut command = program(env!("CARGO_BIN_EXE_skill"), folder);
    command.envs([
        ("AWS_LAMBDA_RUNTIME_API", runtime.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "skill".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "test".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "test".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{store}")),
        ("VOICETILL_SKILL_ID", crate::alexa::SKILL.to_owned()),
    ]);
    Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}
