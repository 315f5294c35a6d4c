//! The walk through the rows, each with what it refers to.

use blob::BlobError;
use meta::{
    BlobHint, BucketId, MetaError, ObjectVersion, PartRecord, RowPage, ScannedRow, ScannedTable,
    StoredRow, UploadId,
};
use model::BlobRef;

use super::body::Owner;
use super::{CheckError, Checker, Finding, FindingKind};

impl Checker<'_> {
    pub(super) async fn check_rows(&mut self) -> Result<(), CheckError> {
        for table in ScannedTable::ALL {
            let mut after = None;
            while let Some(page) = self.page(table, after.as_ref())? {
                for row in page.rows {
                    self.check_row(table, row).await?;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The next page; `None` if the rest of the table cannot be read.
    fn page(
        &mut self,
        table: ScannedTable,
        after: Option<&meta::RowCursor>,
    ) -> Result<Option<RowPage>, CheckError> {
        match self.store.rows(table, after) {
            Ok(page) => Ok(Some(page)),
            Err(error @ MetaError::Corrupt { .. }) => {
                let name = table.name();
                self.damaged_database(format!("the rest of table `{name}` is unreadable: {error}"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn check_row(&mut self, table: ScannedTable, row: ScannedRow) -> Result<(), CheckError> {
        self.summary.progress.rows += 1;
        self.progress();
        let name = format!("{}/{}", table.name(), row.name);
        match row.content {
            Err(error @ MetaError::Corrupt { .. }) => {
                self.damaged_row(table, name, row.object, &error);
                Ok(())
            }
            Err(error) => Err(error.into()),
            Ok(
                StoredRow::Account(_)
                | StoredRow::CompletedUpload
                | StoredRow::IamDetail
                | StoredRow::Event
                | StoredRow::EncryptionKey(_),
            ) => Ok(()),
            Ok(StoredRow::AccessKey(key)) => {
                let exists = self.store.account_exists(key.account).await?;
                self.must_exist(exists, name, "the account of this access key does not exist");
                Ok(())
            }
            Ok(StoredRow::IamEntity(entity)) => {
                let exists = self.store.account_exists(entity.account).await?;
                self.must_exist(exists, name, "the account of this entity does not exist");
                Ok(())
            }
            Ok(StoredRow::Bucket(bucket)) => {
                let exists = self.store.account_exists(bucket.owner).await?;
                self.must_exist(exists, name, "the account that owns this bucket does not exist");
                Ok(())
            }
            Ok(StoredRow::BucketUsage(id)) => {
                let exists = self.bucket_exists(id)?;
                self.must_exist(exists, name, "the bucket of these counts does not exist");
                Ok(())
            }
            Ok(StoredRow::Upload(upload)) => {
                let exists = self.bucket_exists(upload.bucket)?;
                self.must_exist(exists, name, "the bucket of this upload does not exist");
                Ok(())
            }
            Ok(StoredRow::Object { bucket, version }) => {
                self.check_version(bucket, version, name).await
            }
            Ok(StoredRow::Part { upload, part }) => self.check_part(upload, part, name).await,
            Ok(StoredRow::Garbage(blob)) => self.check_garbage(blob, name).await,
        }
    }

    fn damaged_row(
        &mut self,
        table: ScannedTable,
        name: String,
        object: Option<(BucketId, String)>,
        error: &MetaError,
    ) {
        match table {
            ScannedTable::Object
            | ScannedTable::ObjectVersion
            | ScannedTable::Upload
            | ScannedTable::UploadPart => self.references_uncertain = true,
            // The walk through the counts reports it, and can mend it.
            ScannedTable::BucketUsage => return,
            _ => {}
        }
        let (bucket, key) = match object {
            Some((bucket, key)) => (Some(self.bucket_name(bucket)), Some(key)),
            None => (None, None),
        };
        let finding = Finding::new(FindingKind::DamagedRow, error.to_string());
        self.report(Finding { bucket, key, row: Some(name), ..finding });
    }

    fn must_exist(&mut self, exists: bool, row: String, meaning: &str) {
        if !exists {
            let finding = Finding::new(FindingKind::DanglingRow, meaning);
            self.report(Finding { row: Some(row), ..finding });
        }
    }

    /// A damaged bucket exists.
    fn bucket_exists(&self, id: BucketId) -> Result<bool, CheckError> {
        match self.store.bucket(id) {
            Err(MetaError::Corrupt { .. }) => Ok(true),
            found => Ok(found?.is_some()),
        }
    }

    async fn check_version(
        &mut self,
        bucket: BucketId,
        version: ObjectVersion,
        row: String,
    ) -> Result<(), CheckError> {
        let exists = self.bucket_exists(bucket)?;
        self.must_exist(exists, row, "the bucket of this object does not exist");
        match version {
            ObjectVersion::DeleteMarker(_) => Ok(()),
            ObjectVersion::Object(record) => {
                let owner = Owner {
                    bucket,
                    bucket_name: self.bucket_name(bucket),
                    key: record.key.clone(),
                    version: record.version.named().map(ToString::to_string),
                    upload: None,
                    encryption: record.encryption.clone(),
                };
                self.check_object(&owner, &record).await
            }
        }
    }

    async fn check_part(
        &mut self,
        id: UploadId,
        part: PartRecord,
        row: String,
    ) -> Result<(), CheckError> {
        let upload = match self.store.upload(&id) {
            // Reported as a row; what its parts are for is not known.
            Err(MetaError::Corrupt { .. }) => return Ok(()),
            found => found?,
        };
        let Some(upload) = upload else {
            self.must_exist(false, row, "the upload of this part does not exist");
            return Ok(());
        };
        let owner = Owner {
            bucket: upload.bucket,
            bucket_name: self.bucket_name(upload.bucket),
            key: upload.key,
            version: None,
            upload: Some(id),
            encryption: upload.encryption,
        };
        self.check_one_part(&owner, &part.part, None).await.map(drop)
    }

    async fn check_garbage(&mut self, blob: BlobRef, row: String) -> Result<(), CheckError> {
        let (kind, meaning) = match self.store.inspect(&blob) {
            Ok(hint) => {
                let Some(hint) = BlobHint::decode(&hint) else { return Ok(()) };
                match self.store.count_references(&hint, &blob) {
                    Ok(0) | Err(MetaError::Corrupt { .. }) => return Ok(()),
                    Err(error) => return Err(error.into()),
                    Ok(_) => (
                        FindingKind::LiveGarbage,
                        "a record refers to this blob, but it is noted to be removed",
                    ),
                }
            }
            Err(BlobError::NotFound { .. }) => {
                (FindingKind::StaleGarbage, "this blob is noted to be removed, but is gone already")
            }
            Err(error) => {
                let meaning = format!("this blob cannot be removed: {error}");
                let finding = Finding::new(FindingKind::DamagedBody, meaning);
                self.report(Finding { blob: Some(blob), row: Some(row), ..finding });
                return Ok(());
            }
        };
        let finding = Finding::new(kind, meaning);
        let finding = Finding { blob: Some(blob), row: Some(row), ..finding };
        self.report_mendable(finding, async |checker| {
            let forgotten = checker.store.forget_garbage(blob).await;
            forgotten.map(|()| "the note is removed").map_err(|error| error.to_string())
        })
        .await;
        Ok(())
    }
}
