//! Opening, closing and copying the database.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, set_permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::SqliteStore;
use super::connection::{Readers, open_reader, open_writer, snapshot};
use super::object_cache::ObjectCache;
use super::schema::upgrade;
use super::writer::Writer;
use crate::error::MetaError;

/// Name of the database in its directory.
const FILE_NAME: &str = "metadata.sqlite3";

/// The database holds sealed secrets and the names of everything: for its owner only.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

impl SqliteStore {
    /// Opens the store in `directory`, creating both or bringing an older schema up to date.
    ///
    /// Takes the same time however much is stored. Errors: [`MetaError::Io`],
    /// [`MetaError::NewerSchema`], [`MetaError::Database`].
    pub fn open(directory: &Path) -> Result<Self, MetaError> {
        let path = directory.join(FILE_NAME);
        prepare_file(directory, &path)
            .map_err(|error| MetaError::Io(format!("{}: {error}", path.display())))?;
        let connection = open_writer(&path)?;
        upgrade(&connection)?;
        let readers = Readers::new(path.clone());
        let objects = Arc::new(ObjectCache::new());
        let writer = Writer::start(connection, Arc::clone(&objects))?;
        Ok(Self { path, readers, writer, objects })
    }

    /// Ends the store: what was asked for is done and durable, the log is written back into the
    /// database, and later calls get [`MetaError::Closed`].
    pub async fn shutdown(&self) -> Result<(), MetaError> {
        // The writer's connection is to be the last: it alone can clear the log away.
        self.readers.close();
        self.objects.close();
        self.writer.stop().await
    }

    /// Copies the database of a directory into a new file, whether or not a store in another process
    /// is at work there. Waits for the disk on the calling thread. Errors: as of
    /// [`backup_to`](Self::backup_to).
    pub fn copy_database_of(directory: &Path, target: &Path) -> Result<(), MetaError> {
        copy_database(&directory.join(FILE_NAME), target)
    }

    /// Whether a database lies in this directory.
    pub fn exists_in(directory: &Path) -> bool {
        directory.join(FILE_NAME).is_file()
    }

    /// The name of the database in its directory, for copies that are to be opened.
    pub fn file_name() -> &'static str {
        FILE_NAME
    }

    /// Copies the database as it is at this moment into a new file, while the store goes on
    /// working. Errors: [`MetaError::Io`] if the file exists or cannot be written.
    pub async fn backup_to(&self, target: &Path) -> Result<(), MetaError> {
        let (source, target) = (self.path.clone(), target.to_owned());
        let copy = tokio::task::spawn_blocking(move || copy_database(&source, &target));
        copy.await.unwrap_or_else(|error| Err(MetaError::Io(error.to_string())))
    }
}

/// SQLite gives its other files the mode of the database.
fn prepare_file(directory: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
    OpenOptions::new().create(true).append(true).mode(FILE_MODE).open(path)?;
    set_permissions(path, Permissions::from_mode(FILE_MODE))?;
    // The name of a new file is durable only with its directory.
    File::open(directory)?.sync_all()
}

fn copy_database(source: &Path, target: &Path) -> Result<(), MetaError> {
    let in_target = |error: io::Error| MetaError::Io(format!("{}: {error}", target.display()));
    let file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(FILE_MODE)
        .open(target)
        .map_err(in_target)?;
    let from = open_reader(source)?;
    let mut to = Connection::open(target)?;
    // One read transaction around one step: the copy is of one moment, and no write restarts it.
    snapshot(&from, |from| {
        from.query_row("SELECT count(*) FROM schema_version", [], |_| Ok(()))?;
        let backup = Backup::new(from, &mut to)?;
        match backup.step(-1)? {
            StepResult::Done => Ok(()),
            step => Err(MetaError::Database(format!("backup ended with {step:?}"))),
        }
    })?;
    drop(to);
    file.sync_all().map_err(in_target)
}
