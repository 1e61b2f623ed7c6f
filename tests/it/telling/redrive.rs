//! Dead letters sent again: read from the stream of a real table, and told of by the function itself.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use voicetill::adapters::dynamodb::tail::Tail;
use voicetill::cli::orders::{DeadLettersArgs, OrdersError, dead_letters};
use voicetill::ports::SendError;

use super::failures::letter;
use super::stream::{bought, clock, hour};
use super::{Function, function};
use crate::shop::Shop;

/// All of AWS that this takes, on one address: the queue, the table's stream, and the function.
struct Aws {
    letters: Mutex<Vec<Value>>,
    /// Receipts of those that were put back.
    put_back: Mutex<Vec<Value>>,
    engine: String,
    function: Function,
    invoked: Mutex<Vec<String>>,
    http: reqwest::Client,
}

impl Aws {
    async fn serve(shop: &Shop, function: Function, letters: Vec<Value>) -> (String, Arc<Self>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let engine = shop.endpoint().to_owned();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (put_back, invoked) = (Mutex::default(), Mutex::default());
        let aws = Arc::new(Self { letters: Mutex::new(letters), put_back, engine, function, invoked, http });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&aws));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (address, aws, server)
    }

    fn left(&self) -> Vec<String> {
        self.letters.lock().unwrap().iter().map(|letter| letter["MessageId"].as_str().unwrap().to_owned()).collect()
    }
}

async fn answer(State(aws): State<Arc<Aws>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    assert!(headers["authorization"].to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=local/"), "{headers:?}");
    if let Some(rest) = uri.path().strip_prefix("/2015-03-31/functions/") {
        aws.invoked.lock().unwrap().push(rest.trim_end_matches("/invocations").to_owned());
        let report = aws.function.tell(&asked, clock, hour()).await.unwrap();
        return axum::Json(report.response()).into_response();
    }
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    match target.as_str() {
        "AmazonSQS.ReceiveMessage" => axum::Json(json!({ "Messages": *aws.letters.lock().unwrap() })).into_response(),
        "AmazonSQS.DeleteMessage" => {
            aws.letters.lock().unwrap().retain(|letter| letter["ReceiptHandle"] != asked["ReceiptHandle"]);
            StatusCode::OK.into_response()
        }
        "AmazonSQS.ChangeMessageVisibility" => {
            assert_eq!(asked["VisibilityTimeout"], 0);
            aws.put_back.lock().unwrap().push(asked["ReceiptHandle"].clone());
            StatusCode::OK.into_response()
        }
        target if target.starts_with("DynamoDBStreams_20120810.") => {
            let answer = stream(&aws.http, &aws.engine, target, &asked).await;
            (StatusCode::from_u16(answer.0).unwrap(), axum::Json(answer.1)).into_response()
        }
        other => panic!("{other}"),
    }
}

async fn stream(http: &reqwest::Client, engine: &str, target: &str, body: &Value) -> (u16, Value) {
    let signed = "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0";
    let asked = http.post(engine).header("authorization", signed).header("x-amz-date", "20260101T000000Z").header("x-amz-target", target);
    let answer = asked.header("content-type", "application/x-amz-json-1.0").body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// What Lambda puts into the queue for the first and the last of these changes of a shop.
async fn untold(shop: &Shop, from: usize, to: usize) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |operation: &str, body: Value| {
        stream(&http, shop.endpoint(), &format!("DynamoDBStreams_20120810.{operation}"), &body).await.1
    };
    let arn = ask("ListStreams", json!({ "TableName": "voicetill" })).await["Streams"][0]["StreamArn"].clone();
    let shard = ask("DescribeStream", json!({ "StreamArn": arn })).await["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let all = Tail::new(shop.endpoint(), "voicetill").unwrap().after(None).await.unwrap();
    let number = |at: usize| all["Records"][at]["dynamodb"]["SequenceNumber"].clone();
    json!({
        "requestContext": {
            "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:voicetill-NotifyFunction-X",
            "condition": "RetryAttemptsExhausted",
        },
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": number(from),
            "endSequenceNumber": number(to),
            "approximateArrivalOfFirstRecord": "2026-11-22T00:38:04Z",
            "approximateArrivalOfLastRecord": "2026-11-22T00:38:04Z",
            "batchSize": to - from + 1,
            "streamArn": arn,
        },
    })
}

async fn changes(shop: &Shop) -> usize {
    Tail::new(shop.endpoint(), "voicetill").unwrap().after(None).await.unwrap()["Records"].as_array().unwrap().len()
}

async fn send_again(address: &str) -> (Result<(), OrdersError>, String) {
    let queue = vec![format!("{address}/123456789012/untold")];
    let mut out = Vec::new();
    let args = DeadLettersArgs { queue, send_again: true, json: true, ..DeadLettersArgs::default() };
    let done = dead_letters(&args, None, &mut out).await;
    (done, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_letter_is_told_of_by_the_function_once_and_thrown_away_only_then() {
    let (shop, _bank, _id) = bought().await;
    let all = untold(&shop, 0, changes(&shop).await - 1).await;
    let function = function(&shop.skill.store, "run");
    function.mail.carrier.failing.lock().unwrap().push_back(SendError::NotNow("the post office is closed".into()));
    let (address, aws, server) = Aws::serve(&shop, function, vec![letter("one", &all.to_string())]).await;

    let (done, told) = send_again(&address).await;
    assert!(matches!(done, Err(OrdersError::DeadLetters(1))), "{done:?}");
    assert!(told.contains("1 of the changes still could not be told of") && told.contains("\"sent\": false"), "{told}");
    assert_eq!((aws.left(), aws.put_back.lock().unwrap().len()), (vec!["one".to_owned()], 1));
    let first = aws.function.mail.carrier.take();

    let (done, told) = send_again(&address).await;
    assert!(done.is_ok() && told.contains("\"sent\": true"), "{done:?} {told}");
    let second = aws.function.mail.carrier.take();
    assert_eq!((first.len(), second.len(), aws.left().len()), (1, 1, 0), "each mail once: {first:?} {second:?}");
    assert_eq!(*aws.invoked.lock().unwrap(), ["voicetill-NotifyFunction-X"; 2]);

    // Somebody sends the same once more.
    aws.letters.lock().unwrap().push(letter("again", &all.to_string()));
    assert!(send_again(&address).await.0.is_ok());
    assert_eq!(aws.function.mail.carrier.take(), []);
    server.abort();
}

#[tokio::test]
async fn only_the_changes_that_a_letter_names_are_sent() {
    let (shop, _bank, _id) = bought().await;
    // The cart, before anybody is owed anything.
    let first = untold(&shop, 0, 0).await;
    let (address, aws, server) = Aws::serve(&shop, function(&shop.skill.store, "run"), vec![letter("one", &first.to_string())]).await;
    assert!(send_again(&address).await.0.is_ok());
    assert_eq!((aws.function.mail.carrier.take().len(), aws.left().len()), (0, 0));
    server.abort();
}

#[tokio::test]
async fn what_the_stream_has_forgotten_and_what_is_no_change_stays_with_the_reason() {
    let (shop, _bank, _id) = bought().await;
    let mut gone = untold(&shop, 0, 0).await;
    gone["DDBStreamBatchInfo"]["streamArn"] = "arn:aws:dynamodb:us-east-1:000000000000:table/another/stream/2020-01-01T00:00:00.000".into();
    let round = json!({ "requestContext": { "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:voicetill-Reconcile" } });
    let letters = vec![letter("gone", &gone.to_string()), letter("round", &round.to_string())];
    let (address, aws, server) = Aws::serve(&shop, function(&shop.skill.store, "run"), letters).await;
    let (done, told) = send_again(&address).await;
    assert!(matches!(done, Err(OrdersError::DeadLetters(2))), "{done:?}");
    assert!(told.contains("does not have these changes any more") && told.contains("rounds come again by themselves"), "{told}");
    assert_eq!((aws.left().len(), aws.put_back.lock().unwrap().len(), aws.invoked.lock().unwrap().len()), (2, 2, 0));
    server.abort();
}
