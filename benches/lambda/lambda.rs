//! One instance of a function, started and driven as Lambda does it: its environment, and the Runtime API on loopback.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::Message;

/// Lambda waits ten seconds for start and answer; a profiler takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// What Lambda sets, with the memory of template.yaml.
const ENVIRONMENT: [(&str, &str); 12] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
    ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
    ("AWS_LAMBDA_FUNCTION_NAME", "voicetill-skill"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/voicetill/bench/skill"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
];
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const INVOCATION: [(&str, &str); 5] = [
    ("content-type", "application/json"),
    ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
    ("lambda-runtime-deadline-ms", "4102444800000"),
    ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:voicetill-skill"),
    ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0"),
];

/// What the function asks of the Runtime API, and when.
enum Heard {
    Polled(Instant),
    Answered { sent: Instant, at: Instant, failed: bool, body: Vec<u8> },
}

/// A running function.
pub struct Function {
    child: Child,
    events: Sender<Vec<u8>>,
    heard: Receiver<Heard>,
    log: PathBuf,
    logged: u64,
    /// From the start of the process to its first poll.
    pub start: Duration,
    pub start_cpu: Duration,
}

/// One invocation.
pub struct Turn {
    /// From the event to the whole answer.
    pub wall: Duration,
    /// Until the function polled again.
    pub cpu: Duration,
    pub body: Vec<u8>,
    /// The invocation was answered with an error.
    pub failed: bool,
    pub log: String,
}

impl Function {
    /// Starts the binary, by the command `under` if there is one, and waits until it asks for work.
    pub fn start(binary: &Path, folder: &Path, variables: &[(String, String)], under: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (events, queue) = mpsc::channel();
        let (tell, heard) = mpsc::channel();
        let api = Arc::new(Api { queue: Mutex::new(queue), sent: Mutex::new(Instant::now()), tell });
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let api = Arc::clone(&api);
                // It breaks when the function is killed.
                thread::spawn(move || api.converse(connection));
            }
        });
        let log = folder.join(format!("{}.log", address.port()));
        let out = File::create(&log).unwrap();
        let began = Instant::now();
        let mut words = under.iter().map(OsStr::new).chain([binary.as_os_str()]);
        let child = Command::new(words.next().unwrap())
            .args(words)
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .current_dir(folder)
            .env_clear()
            .envs(ENVIRONMENT)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
        let mut function = Self { child, events, heard, log, logged: 0, start: Duration::ZERO, start_cpu: Duration::ZERO };
        function.start = function.polled() - began;
        function.start_cpu = function.cpu();
        function
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One invocation, until the function has nothing more to do.
    pub fn turn(&mut self, event: &Value) -> Turn {
        let before = self.cpu();
        self.events.send(event.to_string().into_bytes()).unwrap();
        let Heard::Answered { sent, at, failed, body } = self.next() else { panic!("polled without an answer; {}", self.whole_log()) };
        self.polled();
        let log = self.whole_log();
        let new = log.get(usize::try_from(self.logged).unwrap()..).unwrap_or_default().to_owned();
        self.logged = log.len().try_into().unwrap();
        Turn { wall: at - sent, cpu: self.cpu().saturating_sub(before), body, failed, log: new }
    }

    /// Processor time of all its threads.
    pub fn cpu(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap_or_else(|_| panic!("it has ended; {}", self.whole_log()));
        let of = |task: PathBuf| -> Option<u64> { fs::read_to_string(task.join("schedstat")).ok()?.split(' ').next()?.parse().ok() };
        Duration::from_nanos(tasks.filter_map(|task| of(task.ok()?.path())).sum())
    }

    /// The most memory that it has used so far.
    pub fn peak_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Freezes the process as Lambda does between invocations, or thaws it.
    pub fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        assert!(Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap().success());
    }

    fn polled(&self) -> Instant {
        match self.next() {
            Heard::Polled(at) => at,
            Heard::Answered { .. } => panic!("answered twice; {}", self.whole_log()),
        }
    }

    fn next(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the function neither answers nor polls; {}", self.whole_log()))
    }

    fn whole_log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may be gone already. A profiler writes what it has seen when it is asked to end.
        let _ = Command::new("kill").arg(self.pid().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The Runtime API's side of the conversation.
struct Api {
    queue: Mutex<Receiver<Vec<u8>>>,
    sent: Mutex<Instant>,
    tell: Sender<Heard>,
}

impl Api {
    fn converse(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let mut requests = BufReader::new(connection.try_clone()?);
        while let Some(request) = Message::read(&mut requests)? {
            let now = Instant::now();
            if request.start.starts_with("GET /2018-06-01/runtime/invocation/next ") {
                self.tell(Heard::Polled(now))?;
                let event = self.queue.lock().unwrap().recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
                let invocation = Message::response("200 OK", &INVOCATION, event).to_bytes();
                *self.sent.lock().unwrap() = Instant::now();
                connection.write_all(&invocation)?;
            } else {
                let failed = !request.start.contains("/response ");
                self.tell(Heard::Answered { sent: *self.sent.lock().unwrap(), at: now, failed, body: request.body })?;
                Message::response("202 Accepted", &JSON, b"{}".to_vec()).send(&mut connection)?;
            }
        }
        Ok(())
    }

    fn tell(&self, heard: Heard) -> io::Result<()> {
        self.tell.send(heard).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
