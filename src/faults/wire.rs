//! The way between the shop and its store, on which everything can go wrong that a network and a busy service have to offer.

use std::future;
use std::time::Duration;

use tokio::time::sleep;

use super::chance::{Fault, Shared};

/// How a call came back without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("too many calls")]
    Throttled,
    #[error("another write is under way")]
    Conflict,
    #[error("the service failed")]
    Failed,
    #[error("the connection broke")]
    Gone,
}

/// What a call waits for, beyond the patience of any client.
const FOREVER: Duration = Duration::from_hours(1);

/// Carries out `work` at the service. A call that has left takes effect even when the caller is gone by then.
pub async fn carry<T: Send + 'static>(chance: &Shared, write: bool, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Broken> {
    let (fault, there, back, late) = {
        let mut chance = chance.draw();
        let fault = chance.with_store(write);
        (fault, chance.millis(0..=6), chance.millis(0..=6), chance.millis(1_300..=9_000))
    };
    let there = if fault == Some(Fault::StoreLate) { late } else { there };
    match fault {
        Some(Fault::StoreThrottled) => return broken(there + back, Broken::Throttled).await,
        Some(Fault::StoreConflict) => return broken(there + back, Broken::Conflict).await,
        Some(Fault::StoreFailsBefore) => return broken(there + back, Broken::Failed).await,
        Some(Fault::StoreGoneBefore) => return broken(there, Broken::Gone).await,
        Some(Fault::StoreHangsBefore) => return broken(FOREVER, Broken::Gone).await,
        _ => {}
    }
    let done = tokio::spawn(async move {
        sleep(there).await;
        work()
    });
    let done = match done.await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    match fault {
        Some(Fault::StoreFailsAfter) => broken(back, Broken::Failed).await,
        Some(Fault::StoreGoneAfter) => broken(back, Broken::Gone).await,
        Some(Fault::StoreHangsAfter) => future::pending().await,
        _ => {
            sleep(back).await;
            Ok(done)
        }
    }
}

async fn broken<T>(after: Duration, how: Broken) -> Result<T, Broken> {
    sleep(after).await;
    Err(how)
}
