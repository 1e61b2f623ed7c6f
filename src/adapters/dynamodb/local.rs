//! A DynamoDB-compatible engine inside this process, on one file: the laptop's store.
//!
//! One process owns the file and serves it on a loopback port; others find the port beside the file and use that.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The file that holds the place in the store's stream up to which everybody has been told.
pub const PLACE: &str = "told";

/// Why the local store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("cannot use the local store in {dir}: choose another place with --store, or remove what is in the way", dir = dir.display())]
    Files {
        dir: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot open {file}: it may be damaged, or of a newer version; --fresh starts a new one", file = file.display())]
    Engine {
        file: PathBuf,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot listen on port {port} of this machine: choose another one with --port")]
    Port {
        port: u16,
        #[source]
        source: io::Error,
    },
    #[error("another program uses the local store in {dir} but does not say where it listens: stop it and try again", dir = dir.display())]
    NoEndpoint { dir: PathBuf },
    #[error("another program uses the local store in {dir}: stop it before starting anew", dir = dir.display())]
    InUse { dir: PathBuf },
}

/// A running local store, ours or another process's.
#[derive(Debug)]
pub struct Local {
    endpoint: String,
    /// Present in the process that owns the file; the lock goes with it.
    owner: Option<Owner>,
}

#[derive(Debug)]
struct Owner {
    server: JoinHandle<()>,
    /// Held, not read; a store in memory has none.
    _lock: Option<File>,
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Some(owner) = &self.owner {
            owner.server.abort();
        }
    }
}

impl Local {
    /// Opens the store in a folder, or joins the process that has it open. `fresh` starts with an empty one;
    /// port 0 takes a free one.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn open(dir: &Path, fresh: bool, port: u16) -> Result<Self, LocalError> {
        let files = |source| LocalError::Files { dir: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(files)?;
        let lock = File::options().create(true).truncate(false).write(true).open(dir.join("lock")).map_err(files)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if fresh => return Err(LocalError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::WouldBlock) => return Self::join(dir),
            Err(TryLockError::Error(source)) => return Err(files(source)),
        }
        let file = dir.join("store.db");
        if fresh {
            for name in ["store.db", "store.db-wal", "store.db-shm", PLACE] {
                match std::fs::remove_file(dir.join(name)) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(files(source)),
                    _ => {}
                }
            }
        }
        let engine = |source: Box<dyn std::error::Error + Send + Sync>| LocalError::Engine { file: file.clone(), source };
        let database = dynoxide::Database::new(&file.to_string_lossy()).map_err(|cause| engine(Box::new(cause)))?;
        let local = Self::serve(database, Some(lock), port).await.map_err(|source| LocalError::Port { port, source })?;
        std::fs::write(dir.join("endpoint"), &local.endpoint).map_err(files)?;
        Ok(local)
    }

    /// A store that is gone with the process.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn in_memory() -> Result<Self, LocalError> {
        let dir = PathBuf::from("memory");
        let database = dynoxide::Database::memory().map_err(|cause| LocalError::Engine { file: dir.clone(), source: Box::new(cause) })?;
        Self::serve(database, None, 0).await.map_err(|source| LocalError::Files { dir, source })
    }

    /// Where the store listens.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether this process serves the store, rather than another one.
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        self.owner.is_some()
    }

    async fn serve(database: dynoxide::Database, lock: Option<File>, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        Ok(Self { endpoint, owner: Some(Owner { server, _lock: lock }) })
    }

    fn join(dir: &Path) -> Result<Self, LocalError> {
        let endpoint = std::fs::read_to_string(dir.join("endpoint")).unwrap_or_default();
        if endpoint.is_empty() {
            return Err(LocalError::NoEndpoint { dir: dir.to_owned() });
        }
        Ok(Self { endpoint, owner: None })
    }
}
