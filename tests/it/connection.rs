//! What becomes of the connection to DynamoDB: kept as long as it is good, replaced as soon as it is not.

use std::collections::VecDeque;
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use voicetill::adapters::aws::{ATTEMPT_MAX, Access, Line};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::ports::StoreError;
use voicetill::telemetry::chain;

use crate::store_tries::read;
use crate::tls::{NOTHING, request};

/// What a service does with a request. When nothing else is planned, it answers.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Answer,
    /// The answer, and the end of the connection.
    AnswerAndClose,
    AnswerInChunks,
    Close,
    Half,
    Trouble,
    /// Nothing, ever.
    Silence,
}

/// An HTTP server, and how many requests have come over each of its connections.
struct Service {
    endpoint: String,
    requests: Arc<Mutex<Vec<usize>>>,
}

impl Service {
    fn start(plans: &[Plan]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<usize>>>::default();
        let (plans, seen) = (Arc::new(Mutex::new(plans.iter().copied().collect::<VecDeque<_>>())), Arc::clone(&requests));
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (plans, seen) = (Arc::clone(&plans), Arc::clone(&seen));
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(0);
                    seen.len() - 1
                };
                thread::spawn(move || serve(&connection, &plans, || seen.lock().unwrap()[number] += 1));
            }
        });
        Self { endpoint, requests }
    }

    fn store(&self) -> DynamoStore {
        store(&self.endpoint)
    }

    fn requests(&self) -> Vec<usize> {
        self.requests.lock().unwrap().clone()
    }
}

fn store(endpoint: &str) -> DynamoStore {
    DynamoStore::new(Line::to(&Access::Local { endpoint: endpoint.to_owned() }), "voicetill".to_owned())
}

fn serve(mut connection: &TcpStream, plans: &Mutex<VecDeque<Plan>>, count: impl Fn()) -> io::Result<()> {
    let mut requests = BufReader::new(connection.try_clone()?);
    while request(&mut requests)?.is_some() {
        count();
        let plan = plans.lock().unwrap().pop_front().unwrap_or(Plan::Answer);
        match plan {
            Plan::Answer | Plan::AnswerAndClose => connection.write_all(NOTHING.as_bytes())?,
            Plan::AnswerInChunks => {
                connection.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")?;
            }
            Plan::Half => connection.write_all(&NOTHING.as_bytes()[..NOTHING.len() - 1])?,
            Plan::Trouble => connection.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}")?,
            Plan::Close | Plan::Silence => {}
        }
        if matches!(plan, Plan::AnswerAndClose | Plan::Close | Plan::Half) {
            connection.shutdown(Shutdown::Both)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn calls_share_a_connection_as_long_as_it_is_good() {
    let service = Service::start(&[Plan::Answer, Plan::AnswerInChunks]);
    let store = service.store();
    for _ in 0..5 {
        read(&store).await.unwrap();
    }
    assert_eq!(service.requests(), [5]);
}

#[tokio::test]
async fn calls_at_the_same_time_have_one_each() {
    let service = Service::start(&[]);
    let store = service.store();
    let (one, other) = tokio::join!(read(&store), read(&store));
    one.and(other).unwrap();
    assert_eq!(service.requests(), [1, 1]);
    read(&store).await.unwrap();
    assert_eq!(service.requests().iter().sum::<usize>(), 3);
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_try() {
    let service = Service::start(&[Plan::AnswerAndClose]);
    let store = service.store();
    read(&store).await.unwrap();
    // Until the end has arrived.
    tokio::time::sleep(Duration::from_millis(300)).await;
    read(&store).await.unwrap();
    assert_eq!(service.requests(), [1, 1]);
}

#[tokio::test]
async fn a_connection_that_breaks_costs_a_try_and_no_call() {
    for plan in [Plan::Close, Plan::Half, Plan::Trouble, Plan::Silence] {
        let service = Service::start(&[Plan::Answer, plan]);
        let store = service.store();
        read(&store).await.unwrap();
        let began = Instant::now();
        read(&store).await.unwrap();
        assert_eq!(service.requests(), [2, 1], "{plan:?}");
        assert!(began.elapsed() >= ATTEMPT_MAX || !matches!(plan, Plan::Silence));
    }
}

#[tokio::test]
async fn what_is_no_address_is_said_to_be_none() {
    // The last one is on this machine, where no certificates are read: nothing may go there unencrypted.
    for endpoint in ["", "dynamodb.us-east-1.amazonaws.com", "ftp://localhost", "https://", "https://127.0.0.1:9"] {
        let error = read(&store(endpoint)).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        assert!(chain(&error).contains(&format!("{endpoint} is no address of a service")), "{}", chain(&error));
    }
}
