//! The walk through the blobs: does a record refer to each, and only one?

use blob::{BlobError, FileState, StoredFile};
use meta::{BlobHint, MetaError};
use model::{BlobPlace, BlobRef};

use super::{CheckError, Checker, Finding, FindingKind};

impl Checker<'_> {
    pub(super) async fn check_segments(&mut self) -> Result<(), CheckError> {
        for segment in self.store.segments()? {
            let segment = segment.segment;
            self.check_segment(segment).await?;
        }
        Ok(())
    }

    async fn check_segment(&mut self, segment: u32) -> Result<(), CheckError> {
        let start = self.store.check_segment_start(segment);
        self.segment_part_is_whole(start)?;
        for record in self.store.segment(segment)? {
            if let Some((blob, hint)) = self.segment_part_is_whole(record)? {
                self.check_blob(blob, &hint).await?;
            }
        }
        Ok(())
    }

    /// Reports damage; other errors end the check.
    fn segment_part_is_whole<T>(
        &mut self,
        part: Result<T, BlobError>,
    ) -> Result<Option<T>, CheckError> {
        match part {
            Ok(part) => Ok(Some(part)),
            Err(BlobError::Corrupt { place, reason }) => {
                let BlobPlace::Segment { segment, offset_bytes } = place else {
                    return Ok(None);
                };
                let meaning = format!(
                    "at offset {offset_bytes} of segment {segment}, {reason}: damage, or the end of \
                     a write that a crash cut off. Bodies that records refer to are checked one by \
                     one all the same; blobs behind this place that nothing refers to are not found"
                );
                let blob = Some(BlobRef { place, length_bytes: 0 });
                self.report(Finding { blob, ..Finding::new(FindingKind::DamagedSegment, meaning) });
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn check_files(&mut self) -> Result<(), CheckError> {
        for file in self.store.files() {
            let file = file?;
            match file.state {
                FileState::Finished => self.check_blob(file.blob, &file.hint).await?,
                FileState::Unfinished => self.report_unfinished(&file).await,
                FileState::Damaged => {
                    let meaning = "the header of this large body is damaged";
                    let finding = Finding::new(FindingKind::DamagedFile, meaning);
                    self.report(Finding { blob: Some(file.blob), ..finding });
                }
            }
        }
        Ok(())
    }

    async fn report_unfinished(&mut self, file: &StoredFile) {
        let meaning =
            "the writing of this large body did not come to its end; nothing refers to it";
        let finding = Finding::new(FindingKind::Unfinished, meaning);
        let finding = Finding { blob: Some(file.blob), ..finding };
        let finding = self.with_owner(finding, BlobHint::decode(&file.hint));
        self.report_removable(finding, file.blob).await;
    }

    async fn check_blob(&mut self, blob: BlobRef, hint: &[u8]) -> Result<(), CheckError> {
        self.summary.progress.blobs += 1;
        self.progress();
        let garbage = self.store.is_garbage(&blob)?;
        let Some(hint) = BlobHint::decode(hint) else {
            if !garbage {
                let meaning = "this blob does not say whose it is";
                let finding = Finding::new(FindingKind::Unexplained, meaning);
                self.report(Finding { blob: Some(blob), ..finding });
            }
            return Ok(());
        };
        let references = match self.store.count_references(&hint, &blob) {
            // The damaged row was reported; whether it refers to the blob nobody knows.
            Err(MetaError::Corrupt { .. }) => return Ok(()),
            references => references?,
        };
        match references {
            0 if !garbage => {
                let meaning = "nothing refers to this blob; it only takes space";
                let finding = Finding::new(FindingKind::Orphan, meaning);
                let finding = Finding { blob: Some(blob), ..finding };
                let finding = self.with_owner(finding, Some(hint));
                self.report_removable(finding, blob).await;
            }
            0 | 1 => {}
            several => {
                let meaning = format!(
                    "{several} records refer to this blob; removing one of them would take the \
                     body of the others"
                );
                let finding = Finding::new(FindingKind::SharedBody, meaning);
                let finding = Finding { blob: Some(blob), ..finding };
                let finding = self.with_owner(finding, Some(hint));
                self.report(finding);
            }
        }
        Ok(())
    }

    async fn report_removable(&mut self, finding: Finding, blob: BlobRef) {
        self.report_mendable(finding, async |checker| {
            let removed = checker.store.remove(blob).await;
            removed.map(|()| "removed").map_err(|error| error.to_string())
        })
        .await;
    }

    fn with_owner(&mut self, finding: Finding, hint: Option<BlobHint>) -> Finding {
        match hint {
            Some(BlobHint::Object { bucket, key }) => Finding {
                bucket: Some(self.bucket_name(bucket)),
                key: Some(key.to_string()),
                ..finding
            },
            Some(BlobHint::Part { bucket, key, upload, number }) => Finding {
                bucket: Some(self.bucket_name(bucket)),
                key: Some(key.to_string()),
                upload: Some(upload.to_string()),
                part: Some(number),
                ..finding
            },
            None => finding,
        }
    }
}
