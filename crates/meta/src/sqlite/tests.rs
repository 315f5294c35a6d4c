//! The contract, and what is particular to SQLite: files, schema, damage, crashes.

mod damage;
mod encryption_key;
mod event;
mod files;
mod full;
mod iam;
mod load;
mod scan;
mod steps;

use std::path::Path;

use tempfile::TempDir;

use super::SqliteStore;
use crate::contract;

/// A new store; the directory lives as long as the handle.
pub(crate) fn new_store() -> (TempDir, SqliteStore) {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    (directory, store)
}

pub(crate) fn open(directory: &Path) -> SqliteStore {
    SqliteStore::open(directory).unwrap()
}

/// One test per function of the contract.
macro_rules! contract_tests {
    ($($module:ident: $($name:ident),+;)+) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let (_directory, store) = new_store();
            contract::$module::$name(store).await;
        }
    )+)+};
}

contract_tests! {
    account: accounts_are_found_by_each_name, each_name_of_an_account_is_unique,
        public_access_of_an_account, access_keys;
    bucket: a_name_is_taken_once, a_deleted_bucket_never_returns, only_an_empty_bucket_is_deleted,
        each_setting_is_stored, a_change_may_expect_a_revision, settings_are_limited,
        a_bucket_may_begin_with_settings,
        buckets_are_listed_in_pages, buckets_are_found_by_a_setting, an_account_has_a_limited_number_of_buckets;
    object: what_is_put_is_read, replaced_and_deleted_blobs_are_garbage,
        preconditions_hold_at_the_commit, only_one_of_many_creates,
        a_change_reaches_only_the_version_it_was_meant_for, usage_is_counted,
        references_follow_the_object, deletions_together_are_each_on_their_own,
        a_bucket_goes_with_its_last_object;
    versioning: enabled_keeps_every_version, suspended_replaces_the_null_version,
        a_delete_marker_is_no_object, a_version_that_moved_is_not_deleted, a_moved_blob_is_followed;
    object_lock: a_locked_version_stays, a_default_retention_begins_at_the_commit,
        object_lock_never_goes_again, a_retention_changes_by_its_rules,
        a_locked_version_is_kept_where_others_go;
    upload: an_upload_becomes_its_object, a_repeated_completion_is_recognised,
        a_replaced_part_is_a_conflict, a_refused_completion_leaves_the_upload,
        an_aborted_upload_is_garbage, parts_are_listed_in_pages, uploads_are_listed_in_pages;
    version_listing: a_version_that_went_between_two_pages, a_marker_anywhere;
    listing: pages_together_are_the_definition, entries_carry_what_listings_show;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_operations_agree_with_the_model() {
    let (directory, store) = new_store();
    let path = directory.path().to_owned();
    contract::model::agrees(store, |store| {
        let path = path.clone();
        async move {
            store.shutdown().await.unwrap();
            drop(store);
            open(&path)
        }
    })
    .await;
}
