//! The counts of the buckets.

use meta::{CountedUsage, ScannedTable, StoredRow};

use super::{CheckError, Checker, Finding, FindingKind};

impl Checker<'_> {
    pub(super) async fn check_usage(&mut self) -> Result<(), CheckError> {
        let mut after = None;
        loop {
            // Damaged pages were reported by the walk through the rows.
            let Ok(page) = self.store.rows(ScannedTable::Bucket, after.as_ref()) else {
                return Ok(());
            };
            for row in page.rows {
                let Ok(StoredRow::Bucket(bucket)) = row.content else { continue };
                let usage = match self.store.count_usage(bucket.id) {
                    Ok(usage) if usage.agrees() => continue,
                    // Reported already, like damaged pages.
                    Err(meta::MetaError::Corrupt { .. }) => continue,
                    usage => usage?,
                };
                let finding = Finding {
                    bucket: Some(bucket.name.to_string()),
                    ..Finding::new(FindingKind::WrongUsage, meaning(&usage))
                };
                self.report_mendable(finding, async |checker| {
                    let recounted = checker.store.recount_usage(bucket.id).await;
                    recounted.map(|()| "counted anew").map_err(|error| error.to_string())
                })
                .await;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

fn meaning(usage: &CountedUsage) -> String {
    let counted = format!("{} versions, {} bytes", usage.counted.objects, usage.counted.bytes);
    match &usage.kept {
        Err(error) => format!("the counts are damaged ({error}); the bucket holds {counted}"),
        Ok(None) => format!("the bucket has no counts; it holds {counted}"),
        Ok(Some(kept)) if *kept == usage.counted => {
            "a version has a number that was not given out yet".to_owned()
        }
        Ok(Some(kept)) => format!(
            "the counts say {} versions, {} bytes; the bucket holds {counted}",
            kept.objects, kept.bytes
        ),
    }
}
