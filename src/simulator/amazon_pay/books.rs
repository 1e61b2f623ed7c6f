//! What the local Amazon Pay remembers, in one file, so that several programs on this machine see the same money.
//!
//! It owns the file and the lock beside it, and decides nothing about payments.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::AmazonPay;

/// The file's name in the folder of the local store.
pub const FILE: &str = "amazon-pay.json";

/// What this version of the program writes. Another number means shapes that it does not know.
const VERSION: u32 = 1;

/// Why the books cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    #[error("the local Amazon Pay's books {} cannot be used: choose another place with --store, or remove what is in the way", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the local Amazon Pay's books {} cannot be read: `voicetill dialog --fresh` begins new ones", path.display())]
    Damaged {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("the local Amazon Pay's books {} are of version {found}, and this program knows {VERSION}: use the newer program, or begin anew with `voicetill dialog --fresh`", path.display())]
    Version { path: PathBuf, found: u32 },
}

/// The books of one local Amazon Pay.
#[derive(Debug)]
pub struct Books(Kept);

#[derive(Debug)]
enum Kept {
    /// Gone with the process.
    InMemory(Mutex<AmazonPay>),
    At(PathBuf),
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<A> {
    version: u32,
    amazon_pay: A,
}

impl Books {
    /// Books that begin empty and are gone with this value.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Kept::InMemory(Mutex::default()))
    }

    /// Books in this file. It and its folder are made when something is first written.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(Kept::At(path.into()))
    }

    /// Lets `work` see and change the books. Nobody else sees them meanwhile, in this process or another, and a crash leaves them as they
    /// were before or as they are after, never between.
    ///
    /// # Errors
    /// [`BooksError`]; after an error from writing, what `work` did is not kept.
    pub fn with<T>(&self, work: impl FnOnce(&mut AmazonPay) -> T) -> Result<T, BooksError> {
        match &self.0 {
            Kept::InMemory(pay) => Ok(work(&mut pay.lock().unwrap_or_else(PoisonError::into_inner))),
            Kept::At(path) => {
                let _lock = locked(path)?;
                let before = read(path)?;
                let mut after = before.clone();
                let done = work(&mut after);
                if after != before {
                    write(path, &after)?;
                }
                Ok(done)
            }
        }
    }

    /// Begins new books.
    ///
    /// # Errors
    /// [`BooksError::File`].
    pub fn clear(&self) -> Result<(), BooksError> {
        match &self.0 {
            Kept::InMemory(pay) => *pay.lock().unwrap_or_else(PoisonError::into_inner) = AmazonPay::default(),
            Kept::At(path) => {
                let _lock = locked(path)?;
                match fs::remove_file(path) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(file(path)(source)),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> BooksError + Copy {
    move |source| BooksError::File { path: path.to_owned(), source }
}

/// Waits until nobody else has the books open. The lock is a file of its own, because writing replaces the other one.
fn locked(path: &Path) -> Result<File, BooksError> {
    let open = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(path.with_extension("lock"))?;
        lock.lock().map(|()| lock)
    };
    open().map_err(file(path))
}

fn read(path: &Path) -> Result<AmazonPay, BooksError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(AmazonPay::default()),
        Err(source) => return Err(file(path)(source)),
    };
    let damaged = |source| BooksError::Damaged { path: path.to_owned(), source };
    let Head { version } = serde_json::from_slice(&text).map_err(damaged)?;
    if version != VERSION {
        return Err(BooksError::Version { path: path.to_owned(), found: version });
    }
    serde_json::from_slice::<Page<AmazonPay>>(&text).map(|page| page.amazon_pay).map_err(damaged)
}

fn write(path: &Path, pay: &AmazonPay) -> Result<(), BooksError> {
    let write = || {
        let text = serde_json::to_vec_pretty(&Page { version: VERSION, amazon_pay: pay })?;
        let new = path.with_extension("new");
        fs::write(&new, text)?;
        File::open(&new)?.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(file(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::amazon_pay::tests::{NOW, agreed, charge};
    use crate::simulator::amazon_pay::{Effect, Outcome, Step, tests};

    #[test]
    fn what_one_program_did_another_one_finds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join(FILE);
        let agreement = Books::at(&path).with(agreed).unwrap();
        for (reference, outcome) in [("r1", "paid"), ("r2", "pending-declined"), ("r3", "expired-unused"), ("r4", "declined-soft")] {
            let effect = Outcome::named(outcome).unwrap().effect;
            let request = charge(&agreement, reference);
            Books::at(&path).with(|pay| pay.carry_out(Step::Charge, &request, tests::ada(), NOW, effect)).unwrap();
        }
        let refunded = Books::at(&path).with(|pay| pay.refund("r1", 1, pay.lies("r1", NOW).unwrap().amount, NOW)).unwrap();
        assert!(refunded);
        let found = Books::at(&path).with(|pay| pay.clone()).unwrap();
        let mut known = AmazonPay::default();
        agreed(&mut known);
        for (reference, outcome) in [("r1", "paid"), ("r2", "pending-declined"), ("r3", "expired-unused"), ("r4", "declined-soft")] {
            known.carry_out(Step::Charge, &charge(&agreement, reference), tests::ada(), NOW, Outcome::named(outcome).unwrap().effect);
        }
        assert!(known.refund("r1", 1, known.lies("r1", NOW).unwrap().amount, NOW));
        assert_eq!(found, known);
        Books::at(&path).clear().unwrap();
        assert_eq!(Books::at(&path).with(|pay| pay.clone()).unwrap(), AmazonPay::default());
    }

    #[test]
    fn nobody_loses_what_another_wrote_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let agreement = Books::at(&path).with(agreed).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (path, agreement) = (&path, &agreement);
                scope.spawn(move || {
                    for number in 0..5 {
                        let request = charge(agreement, &format!("w{writer}n{number}"));
                        Books::at(path).with(|pay| pay.carry_out(Step::Charge, &request, tests::ada(), NOW, Effect::Ordinary)).unwrap();
                    }
                });
            }
        });
        assert_eq!(Books::at(&path).with(|pay| pay.references().len()).unwrap(), 20);
    }

    #[test]
    fn books_that_cannot_be_read_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for (text, told) in
            [("{", "cannot be read"), (r#"{"version":2,"amazonPay":[]}"#, "are of version 2"), (r#"{"version":1}"#, "cannot be read")]
        {
            fs::write(&path, text).unwrap();
            let refused = Books::at(&path).with(|pay| *pay = AmazonPay::default()).unwrap_err().to_string();
            assert!(refused.contains(told) && refused.contains("--fresh"), "{refused}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
