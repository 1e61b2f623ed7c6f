//! What a turn may need and most do not: fetched when it is first needed, once for the whole process.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::domain::order::Order;
use crate::domain::payment::Attempt;
use crate::ports::{Answered, Charges, PaymentsError, Unready};

/// A buyer waits meanwhile, and the turn has more to do.
const FETCH_MAX: Duration = Duration::from_secs(2);

type Fault = Box<dyn std::error::Error + Send + Sync>;
type Fetching<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;

/// A value that is there, or is fetched when it is first needed. What could not be fetched is fetched again when it is needed again.
pub enum Late<T> {
    Here(T),
    Fetched(Fetched<T>),
}

/// A value and the way to it.
pub struct Fetched<T> {
    what: &'static str,
    cell: OnceCell<T>,
    fetch: Box<dyn Fn() -> Fetching<T> + Send + Sync>,
}

impl<T> Late<T> {
    /// A value that `fetch` gets; `what` it is, in words for the log.
    pub fn fetched<F, E>(what: &'static str, fetch: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<Fault>,
    {
        let fetch = move || -> Fetching<T> {
            let fetching = fetch();
            Box::pin(async move { fetching.await.map_err(Into::into) })
        };
        Self::Fetched(Fetched { what, cell: OnceCell::new(), fetch: Box::new(fetch) })
    }

    /// The value.
    ///
    /// # Errors
    /// [`Unready`] when it could not be fetched in time.
    pub async fn get(&self) -> Result<&T, Unready> {
        match self {
            Self::Here(value) => Ok(value),
            Self::Fetched(Fetched { what, cell, fetch }) => {
                let fetched = cell.get_or_try_init(|| async { timeout(FETCH_MAX, fetch()).await.unwrap_or_else(|late| Err(late.into())) });
                fetched.await.map_err(|source| Unready { what, source })
            }
        }
    }
}

impl<T> fmt::Debug for Late<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Here(_) => "Here",
            Self::Fetched(_) => "Fetched",
        })
    }
}

/// The account that charges, opened by the first charge.
impl<C: Charges + Send> Charges for Late<C> {
    async fn ready(&self) -> Result<(), Unready> {
        self.get().await?.ready().await
    }

    async fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> Result<Answered, PaymentsError> {
        match self.get().await {
            Ok(charges) => charges.charge(order, attempt, within).await,
            Err(unready) => Err(PaymentsError::NotDone { request: None, source: Box::new(unready) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_value_is_fetched_once_and_again_only_after_a_failure() {
        let asked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&asked);
        let late = Late::fetched("the number", move || {
            let turn = counted.fetch_add(1, Ordering::Relaxed);
            std::future::ready(if turn == 0 { Err("not yet") } else { Ok(turn) })
        });
        assert_eq!(asked.load(Ordering::Relaxed), 0, "nothing is fetched before it is needed");
        assert_eq!(late.get().await.unwrap_err().to_string(), "the number could not be had");
        assert_eq!((late.get().await.ok(), late.get().await.ok()), (Some(&1), Some(&1)));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let late = Late::<u8>::fetched("the number", std::future::pending::<Result<u8, Fault>>);
        assert!(late.get().await.is_err());
    }
}
