//! The calls that the tools need, and what their answers mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use percent_encoding::percent_decode_str;

use super::call::{Body, Call};
use super::client::S3Client;
use super::document::{Element, escape};
use crate::http::Exchange;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A key, perhaps one version of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// The version.
    pub version_id: Option<String>,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Its size.
    pub size_bytes: u64,
    /// When it was written, as the server writes times.
    pub last_modified: String,
    /// Its entity tag, with quotes.
    pub etag: String,
    /// Its storage class; empty if the server names none.
    pub storage_class: String,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListingPage {
    /// The objects.
    pub objects: Vec<ListedObject>,
    /// The prefixes that a delimiter rolled up.
    pub common_prefixes: Vec<String>,
    /// Where the next page begins; none behind the last.
    pub next: Option<String>,
}

/// A version or delete marker in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedVersion {
    /// Its key.
    pub key: String,
    /// Its id.
    pub version_id: String,
    /// Whether it is what a request without version sees.
    pub is_latest: bool,
    /// Whether it is a delete marker.
    pub is_delete_marker: bool,
    /// When it was written, as the server writes times.
    pub last_modified: String,
    /// Its size; 0 for a delete marker.
    pub size_bytes: u64,
    /// Whose it is, if the store says so.
    pub owner: Option<String>,
}

/// A page of a listing of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// Versions and delete markers.
    pub versions: Vec<ListedVersion>,
    /// Key and version where the next page begins.
    pub next: Option<(String, String)>,
}

/// A part of a multipart upload that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedPart {
    /// Its number.
    pub number: u16,
    /// Its entity tag, with quotes.
    pub etag: String,
}

/// The four switches of Block Public Access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PublicAccessFlags {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs do not count.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy counts only for the account and services.
    pub restrict_public_buckets: bool,
}

impl PublicAccessFlags {
    /// Reads `PublicAccessBlockConfiguration`.
    pub fn parse(document: &Element) -> Self {
        let is_on = |name| document.text_of(name).is_some_and(|text| text == "true");
        Self {
            block_public_acls: is_on("BlockPublicAcls"),
            ignore_public_acls: is_on("IgnorePublicAcls"),
            block_public_policy: is_on("BlockPublicPolicy"),
            restrict_public_buckets: is_on("RestrictPublicBuckets"),
        }
    }

    /// The document.
    pub fn to_xml(self) -> String {
        format!(
            "<PublicAccessBlockConfiguration xmlns=\"{NAMESPACE}\">\
             <BlockPublicAcls>{}</BlockPublicAcls><IgnorePublicAcls>{}</IgnorePublicAcls>\
             <BlockPublicPolicy>{}</BlockPublicPolicy>\
             <RestrictPublicBuckets>{}</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
            self.block_public_acls,
            self.ignore_public_acls,
            self.block_public_policy,
            self.restrict_public_buckets
        )
    }
}

impl S3Client {
    /// HeadBucket.
    pub async fn head_bucket(&self) -> Exchange {
        self.send(Call::bucket("HEAD")).await
    }

    /// A setting of the bucket: `acl`, `policy`, `policyStatus`, `ownershipControls`,
    /// `publicAccessBlock`, `cors`, `lifecycle`, `versioning`, `object-lock`, `encryption`,
    /// `requestPayment`, `location`, `uploads`.
    pub async fn get_bucket_setting(&self, name: &str) -> Exchange {
        self.send(Call::bucket("GET").flag(name)).await
    }

    /// Writes a setting of the bucket. The body has the MD5 that older stores want.
    pub async fn put_bucket_setting(&self, name: &str, document: impl Into<Bytes>) -> Exchange {
        let document = document.into();
        let call = Call::bucket("PUT").flag(name).header("content-md5", md5_base64(&document));
        self.send(call.body(Body::Plain(document))).await
    }

    /// Removes a setting of the bucket.
    pub async fn delete_bucket_setting(&self, name: &str) -> Exchange {
        self.send(Call::bucket("DELETE").flag(name)).await
    }

    /// PutBucketOwnershipControls.
    pub async fn put_ownership(&self, ownership: &str) -> Exchange {
        let document = format!(
            "<OwnershipControls xmlns=\"{NAMESPACE}\"><Rule><ObjectOwnership>{}\
             </ObjectOwnership></Rule></OwnershipControls>",
            escape(ownership)
        );
        self.put_bucket_setting("ownershipControls", document).await
    }

    /// PutObject with these headers.
    pub async fn put_object(
        &self,
        key: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> Exchange {
        let call = Call::object("PUT", key).headers(headers.iter().copied());
        self.send(call.body(Body::Plain(body.into()))).await
    }

    /// GetObject.
    pub async fn get_object(&self, key: &str) -> Exchange {
        self.send(Call::object("GET", key)).await
    }

    /// HeadObject.
    pub async fn head_object(&self, key: &str, version_id: Option<&str>) -> Exchange {
        self.send(Call::object("HEAD", key).version(version_id)).await
    }

    /// DeleteObject.
    pub async fn delete_object(&self, key: &str, version_id: Option<&str>) -> Exchange {
        self.send(Call::object("DELETE", key).version(version_id)).await
    }

    /// DeleteObjects; `headers` has the checksum, which must be there.
    pub async fn delete_objects(
        &self,
        objects: &[ObjectVersion],
        checksum: fn(&[u8]) -> (&'static str, String),
    ) -> Exchange {
        let mut document = format!("<Delete xmlns=\"{NAMESPACE}\">");
        for object in objects {
            document.extend(["<Object><Key>", &escape(&object.key), "</Key>"]);
            if let Some(version) = &object.version_id {
                document.extend(["<VersionId>", &escape(version), "</VersionId>"]);
            }
            document.push_str("</Object>");
        }
        document.push_str("</Delete>");
        let (name, value) = checksum(document.as_bytes());
        let call = Call::bucket("POST").flag("delete").header(name, value);
        self.send(call.body(Body::Plain(document.into()))).await
    }

    /// PutObjectAcl with a canned ACL.
    pub async fn put_object_acl(&self, key: &str, canned_acl: &str) -> Exchange {
        let call = Call::object("PUT", key).flag("acl").header("x-amz-acl", canned_acl);
        self.send(call.body(Body::Plain(Bytes::new()))).await
    }

    /// GetObjectAcl.
    pub async fn get_object_acl(&self, key: &str) -> Exchange {
        self.send(Call::object("GET", key).flag("acl")).await
    }

    /// ListObjectsV2: one page.
    pub async fn list_objects(
        &self,
        prefix: &str,
        after: Option<&str>,
        max_keys: u16,
    ) -> (Exchange, Option<ListingPage>) {
        let mut call = Call::bucket("GET")
            .parameter("list-type", "2")
            .parameter("prefix", prefix)
            .parameter("max-keys", max_keys.to_string());
        if let Some(token) = after {
            call = call.parameter("continuation-token", token);
        }
        let exchange = self.send(call).await;
        let document = exchange.document().filter(|_| exchange.is_success());
        (exchange, document.filter(|d| d.name == "ListBucketResult").as_ref().map(listing_page))
    }

    /// ListObjectVersions: one page.
    pub async fn list_versions(
        &self,
        prefix: &str,
        after: Option<(&str, &str)>,
    ) -> (Exchange, Option<VersionPage>) {
        // Keys may hold characters that no XML can.
        let mut call = Call::bucket("GET")
            .flag("versions")
            .parameter("encoding-type", "url")
            .parameter("prefix", prefix);
        if let Some((key, version)) = after {
            call = call.parameter("key-marker", key).parameter("version-id-marker", version);
        }
        let exchange = self.send(call).await;
        let document = exchange.document().filter(|_| exchange.is_success());
        (exchange, document.as_ref().map(version_page))
    }

    /// CreateMultipartUpload; the id of the upload if it began.
    pub async fn create_upload(
        &self,
        key: &str,
        headers: &[(&str, &str)],
    ) -> (Exchange, Option<String>) {
        let call = Call::object("POST", key).flag("uploads").headers(headers.iter().copied());
        let exchange = self.send(call.body(Body::Plain(Bytes::new()))).await;
        let id = exchange
            .document()
            .and_then(|document| document.text_of("UploadId").map(ToOwned::to_owned));
        (exchange, id)
    }

    /// UploadPart.
    pub async fn upload_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u16,
        body: Body,
        headers: &[(&str, &str)],
    ) -> Exchange {
        let call = Call::object("PUT", key)
            .parameter("partNumber", number.to_string())
            .parameter("uploadId", upload_id)
            .headers(headers.iter().copied());
        self.send(call.body(body)).await
    }

    /// CompleteMultipartUpload.
    pub async fn complete_upload(
        &self,
        key: &str,
        upload_id: &str,
        parts: &[UploadedPart],
    ) -> Exchange {
        let mut document = format!("<CompleteMultipartUpload xmlns=\"{NAMESPACE}\">");
        for part in parts {
            let (number, etag) = (part.number.to_string(), escape(&part.etag));
            document.extend(["<Part><PartNumber>", &number, "</PartNumber><ETag>", &etag]);
            document.push_str("</ETag></Part>");
        }
        document.push_str("</CompleteMultipartUpload>");
        let call = Call::object("POST", key).parameter("uploadId", upload_id);
        self.send(call.body(Body::Plain(document.into()))).await
    }

    /// AbortMultipartUpload.
    pub async fn abort_upload(&self, key: &str, upload_id: &str) -> Exchange {
        self.send(Call::object("DELETE", key).parameter("uploadId", upload_id)).await
    }
}

/// The value of `Content-MD5`.
pub fn md5_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Md5::digest(bytes))
}

/// As `encoding-type=url` writes keys: like a form.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn listing_page(document: &Element) -> ListingPage {
    let object = |element: &Element| {
        let text = |name| element.text_of(name).unwrap_or_default().to_owned();
        ListedObject {
            key: element.child("Key").map(|key| key.text.clone()).unwrap_or_default(),
            size_bytes: text("Size").parse().unwrap_or_default(),
            last_modified: text("LastModified"),
            etag: text("ETag"),
            storage_class: text("StorageClass"),
        }
    };
    let prefix = |element: &Element| element.child("Prefix").map(|prefix| prefix.text.clone());
    let is_truncated = document.text_of("IsTruncated") == Some("true");
    ListingPage {
        objects: document.children_named("Contents").map(object).collect(),
        common_prefixes: document.children_named("CommonPrefixes").filter_map(prefix).collect(),
        next: document
            .text_of("NextContinuationToken")
            .filter(|_| is_truncated)
            .map(ToOwned::to_owned),
    }
}

fn version_page(document: &Element) -> VersionPage {
    let is_encoded = document.text_of("EncodingType") == Some("url");
    let key = |element: &Element| {
        if is_encoded { decoded(&element.text) } else { element.text.clone() }
    };
    let version = |element: &Element| {
        let text = |name| element.text_of(name).unwrap_or_default().to_owned();
        let owner = element.child("Owner").and_then(|owner| owner.text_of("ID"));
        ListedVersion {
            owner: owner.filter(|id| !id.is_empty()).map(ToOwned::to_owned),
            key: element.child("Key").map(key).unwrap_or_default(),
            version_id: text("VersionId"),
            is_latest: text("IsLatest") == "true",
            is_delete_marker: element.name == "DeleteMarker",
            last_modified: text("LastModified"),
            size_bytes: text("Size").parse().unwrap_or_default(),
        }
    };
    let is_one = |element: &&Element| matches!(&*element.name, "Version" | "DeleteMarker");
    let next = document.child("NextKeyMarker").map(|marker| {
        let version = document.text_of("NextVersionIdMarker").unwrap_or_default();
        (key(marker), version.to_owned())
    });
    let is_truncated = document.text_of("IsTruncated") == Some("true");
    VersionPage {
        versions: document.children.iter().filter(is_one).map(version).collect(),
        next: next.filter(|_| is_truncated),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::parse;
    use super::*;

    #[test]
    fn listings_are_read() {
        let page = b"<ListBucketResult><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>t</NextContinuationToken>\
            <Contents><Key>a b </Key><Size>3</Size><ETag>&quot;e&quot;</ETag></Contents>\
            <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>";
        let page = listing_page(&parse(page).unwrap());
        assert_eq!(page.objects[0].key, "a b ");
        assert_eq!((page.objects[0].size_bytes, &*page.objects[0].etag), (3, "\"e\""));
        assert_eq!(page.common_prefixes, ["p/"]);
        assert_eq!(page.next.as_deref(), Some("t"));
        let versions = b"<ListVersionsResult><IsTruncated>false</IsTruncated>\
            <NextKeyMarker>x</NextKeyMarker>\
            <DeleteMarker><Key>k</Key><VersionId>2</VersionId><IsLatest>true</IsLatest>\
            </DeleteMarker><Version><Key>k</Key><VersionId>1</VersionId><IsLatest>false</IsLatest>\
            <Size>9</Size></Version></ListVersionsResult>";
        let page = version_page(&parse(versions).unwrap());
        assert!(page.versions[0].is_delete_marker && page.versions[0].is_latest);
        assert_eq!((&*page.versions[1].version_id, page.versions[1].size_bytes), ("1", 9));
        assert_eq!(page.next, None);
        let encoded = b"<ListVersionsResult><EncodingType>url</EncodingType>\
            <IsTruncated>true</IsTruncated><NextKeyMarker>a%2Bb+c%01</NextKeyMarker>\
            <NextVersionIdMarker>1</NextVersionIdMarker><Version><Key>%C3%A9/%2520</Key>\
            <Owner><ID>o</ID></Owner></Version></ListVersionsResult>";
        let page = version_page(&parse(encoded).unwrap());
        assert_eq!(page.versions[0].key, "\u{e9}/%20");
        assert_eq!(page.versions[0].owner.as_deref(), Some("o"));
        assert_eq!(page.next, Some(("a+b c\u{1}".to_owned(), "1".to_owned())));
    }

    #[test]
    fn flags_are_read_as_they_are_written() {
        let flags = PublicAccessFlags { block_public_acls: true, ..PublicAccessFlags::default() };
        assert_eq!(PublicAccessFlags::parse(&parse(flags.to_xml().as_bytes()).unwrap()), flags);
    }
}
