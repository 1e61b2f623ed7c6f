//! Mail on a laptop: kept in memory for whoever plays the world, and written to a folder where one is named.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::{Carrier, Letter};
use crate::ports::SendError;

/// The mail that has gone out and was not looked at yet.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Where a file is written of each.
    pub folder: Option<PathBuf>,
    letters: Mutex<Vec<Letter>>,
}

impl Outbox {
    #[must_use]
    pub const fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, letters: Mutex::new(Vec::new()) }
    }

    /// What has gone out since this was last asked.
    pub fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.letters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Carrier for Outbox {
    async fn carry(&self, letter: &Letter) -> Result<(), SendError> {
        if let Some(folder) = &self.folder {
            write(folder, letter).map_err(|cause| SendError::NotNow(Box::new(cause)))?;
        }
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
        Ok(())
    }
}

/// Writes a mail as a file of its own, numbered, so that they sort as they were sent and none is written over.
fn write(folder: &PathBuf, letter: &Letter) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mime = letter.mime()?;
    for number in fs::read_dir(folder)?.count() + 1.. {
        let file = folder.join(format!("{number:04}-{}.eml", letter.channel.name()));
        match fs::File::options().write(true).create_new(true).open(&file) {
            Ok(mut open) => return io::Write::write_all(&mut open, &mime),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
