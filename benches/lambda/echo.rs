//! An empty function: the Lambda runtime with the skill's features, and an answer that is always the same. What the skill costs is told as
//! multiples of this.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: LambdaEvent<Value>| {
        Ok::<_, Error>(json!({
            "version": "1.0",
            "response": {
                "shouldEndSession": false,
                "outputSpeech": { "type": "SSML", "ssml": "<speak>Welcome. What would you like?</speak>" },
            },
        }))
    }))
    .await
}
