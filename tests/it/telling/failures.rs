//! What lies in the queues of failures, as SQS shows it, at the desk.

use serde_json::{Value, json};
use voicetill::cli::orders::{DeadLettersArgs, OrdersError, dead_letters};

use crate::stand_in::{Asked, Reply, StandIn};

/// What Lambda puts into the queue for a stream, from its documentation.
fn untold() -> Value {
    json!({
        "requestContext": {
            "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
            "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:voicetill-NotifyFunction-X",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 61,
        },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "version": "1.0",
        "timestamp": "2026-11-22T00:38:06.021Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001573689847184-864758bb",
            "startSequenceNumber": "800000000003126276362",
            "endSequenceNumber": "800000000003126276362",
            "approximateArrivalOfFirstRecord": "2026-11-22T00:38:04Z",
            "approximateArrivalOfLastRecord": "2026-11-22T00:38:04Z",
            "batchSize": 1,
            "streamArn": "arn:aws:dynamodb:us-east-2:123456789012:table/voicetill/stream/2026-11-14T00:04:06.388",
        },
    })
}

pub fn letter(id: &str, body: &str) -> Value {
    let sent = json!({ "SentTimestamp": "1795312800000" });
    json!({ "MessageId": id, "ReceiptHandle": format!("r-{id}"), "Body": body, "Attributes": sent })
}

fn sqs(asked: &Asked) -> Result<(), String> {
    if asked.header("x-amz-target").starts_with("AmazonSQS.") { Ok(()) } else { Err(asked.line.clone()) }
}

async fn desk(replies: Vec<Reply>, args: DeadLettersArgs) -> (Result<(), OrdersError>, String, Vec<Asked>) {
    let sqs = StandIn::judging(sqs, replies).await;
    let args = DeadLettersArgs { queue: vec![format!("{}/123456789012/untold", sqs.address)], ..args };
    let mut out = Vec::new();
    let done = dead_letters(&args, None, &mut out).await;
    (done, String::from_utf8(out).unwrap(), sqs.asked())
}

#[tokio::test]
async fn an_address_that_is_no_queue_is_refused() {
    let args = DeadLettersArgs { queue: vec!["https://example.com/queue".to_owned()], ..DeadLettersArgs::default() };
    let error = dead_letters(&args, None, &mut Vec::new()).await.unwrap_err();
    assert!(error.to_string().contains("is no queue"), "{error}");
}

#[tokio::test]
async fn an_empty_queue_is_good_news() {
    let (done, told, _) = desk(vec![Reply::Json(200, json!({}))], DeadLettersArgs::default()).await;
    assert!(done.is_ok() && told.contains("no dead letters"), "{done:?} {told}");
}

#[tokio::test]
async fn what_nobody_was_told_of_is_shown_and_stays_until_somebody_has_seen_to_it() {
    let letters = json!({ "Messages": [letter("one", &untold().to_string()), letter("two", "not even JSON")] });
    let replies = || vec![Reply::Json(200, letters.clone()), Reply::Json(200, json!({}))];
    let (done, told, asked) = desk(replies(), DeadLettersArgs::default()).await;
    assert!(matches!(done, Err(OrdersError::DeadLetters(2))), "{done:?}");
    for part in ["voicetill-NotifyFunction-X", "RetryAttemptsExhausted", "2026-11-22T00:38:04Z", "--seen-to"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(asked.iter().all(|asked| asked.header("x-amz-target") == "AmazonSQS.ReceiveMessage"), "{asked:?}");

    let (done, _, asked) = desk(replies(), DeadLettersArgs { seen_to: true, json: true, ..DeadLettersArgs::default() }).await;
    assert!(done.is_ok(), "{done:?}");
    let deleted = asked.iter().filter(|asked| asked.header("x-amz-target") == "AmazonSQS.DeleteMessage").count();
    assert_eq!(deleted, 2, "{asked:?}");
}
