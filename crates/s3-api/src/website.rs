//! Static websites: what a bucket answers to a browser on a website host.
//!
//! AWS: "Website endpoints", "Configuring an index document", "Configuring a custom error document",
//! "Configuring a webpage redirect". Everybody is anonymous here, whatever a request is signed with, and
//! every object that is answered with was read through the gate.

mod page;

use std::borrow::Cow;

use http::header::LOCATION;
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode, header};
use identity::SigningKeyCache;
use identity::uri::encode_path;
use model::website::{Pages, Protocol, RoutingRule, WebsiteConfiguration};
use model::{BucketName, ErrorCode, ObjectKey, Principal, S3Error, Timestamp};
use ops::bucket::website;
use ops::{Notes, Store};

pub(crate) use self::page::render;
use crate::answer::Answer;
use crate::authenticate::Accepted;
use crate::body::ResponseBody;
use crate::context::RequestContext;
use crate::error::RequestIds;
use crate::handlers::Context;
use crate::object::get;
use crate::origin::{KeyTransport, Origin};
use crate::query::Query;
use crate::resolve::{Resource, bucket_of_host, is_virtual_host, without_port};

/// Which hosts are websites.
#[derive(Clone, Debug, Default)]
pub struct WebsiteHosts {
    /// Hosts under which `bucket.host` is the website of the bucket.
    pub domains: Vec<String>,
    /// Whether other hosts that are called like a bucket are its website.
    pub custom: bool,
}

impl WebsiteHosts {
    /// The name that stands before a website domain.
    pub(crate) fn name<'h>(&self, host: Option<&'h str>) -> Option<&'h str> {
        bucket_of_host(host?, &self.domains)
    }

    /// The bucket whose website the host is.
    pub(crate) async fn bucket(
        &self,
        store: &Store,
        host: Option<&str>,
        base_domains: &[String],
    ) -> Result<Option<BucketName>, S3Error> {
        if let Some(name) = self.name(host) {
            let name = name.to_ascii_lowercase();
            let missing = || S3Error::new(ErrorCode::NoSuchBucket).field("BucketName", &*name);
            return BucketName::parse(&name).map(Some).ok_or_else(missing);
        }
        let Some(host) =
            host.filter(|host| self.custom && !is_virtual_host(Some(host), base_domains))
        else {
            return Ok(None);
        };
        let name = without_port(host).to_ascii_lowercase();
        if base_domains.contains(&name) {
            return Ok(None);
        }
        let Some(bucket) = BucketName::parse(&name) else { return Ok(None) };
        Ok(website::has_site(store, &bucket).await?.then_some(bucket))
    }
}

/// A request for a page.
pub(crate) struct Site<'a> {
    /// The store.
    pub(crate) store: &'a Store,
    /// Method, URI and headers.
    pub(crate) parts: &'a Parts,
    /// The host that was asked.
    pub(crate) host: &'a str,
    /// The bucket whose website it is.
    pub(crate) bucket: &'a BucketName,
    /// The path without its first slash, decoded.
    pub(crate) key: &'a str,
    /// When the request arrived.
    pub(crate) now: Timestamp,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// Whether a customer's key may come with it.
    pub(crate) key_transport: KeyTransport,
    /// The ids of the request.
    pub(crate) ids: &'a RequestIds,
    /// What operations note.
    pub(crate) notes: &'a Notes,
    /// Derived signing keys, which nobody needs here.
    pub(crate) keys: &'a SigningKeyCache,
}

impl Site<'_> {
    /// The answer of the website.
    pub(crate) async fn answer(&self) -> Result<Response<ResponseBody>, S3Error> {
        if !matches!(self.parts.method, Method::GET | Method::HEAD) {
            return Err(S3Error::new(ErrorCode::MethodNotAllowed)
                .field("Method", self.parts.method.as_str())
                .field("ResourceType", "OBJECT")
                .header("allow", "GET, HEAD"));
        }
        match website::site(self.store, self.bucket).await? {
            WebsiteConfiguration::RedirectAll { host, protocol } => {
                let scheme = protocol.map(Protocol::as_str);
                let location = self.location(scheme, Some(&host), self.key);
                Ok(redirect(StatusCode::MOVED_PERMANENTLY, &location).build())
            }
            WebsiteConfiguration::Pages(pages) => self.page(&pages).await.map(Answer::build),
        }
    }

    async fn page(&self, pages: &Pages) -> Result<Answer, S3Error> {
        if let Some(rule) = pages.rules.iter().find(|rule| rule.matches(self.key, None)) {
            return Ok(self.routed(rule));
        }
        let is_folder = self.key.is_empty() || self.key.ends_with('/');
        let key = if is_folder {
            Cow::Owned(format!("{}{}", self.key, pages.index_suffix))
        } else {
            Cow::Borrowed(self.key)
        };
        let error = match self.object(&key, &self.parts.headers, Reading::AsAsked).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if !is_folder && self.is_folder_with_index(&error, pages).await {
            // Absolute: a key may begin with a slash, and two of them begin a host.
            let location = self.location(None, None, &format!("{}/", self.key));
            return Ok(redirect(StatusCode::FOUND, &location));
        }
        let status = error.code().status();
        if let Some(rule) = pages.rules.iter().find(|rule| rule.matches(self.key, Some(status))) {
            return Ok(self.routed(rule));
        }
        match &pages.error_key {
            Some(key) if (400..500).contains(&status) => self.error_document(key, error).await,
            _ => Err(error),
        }
    }

    /// An object; a redirect where its metadata says so.
    async fn object(
        &self,
        key: &str,
        headers: &HeaderMap,
        reading: Reading,
    ) -> Result<Answer, S3Error> {
        let key = ObjectKey::parse(key).map_err(|_| ErrorCode::KeyTooLongError)?;
        let resource = Resource::Object(self.bucket.clone(), key);
        // Parameters mean nothing on a website host.
        let query = Query::default();
        let mut parts = self.parts.clone();
        parts.headers.clone_from(headers);
        let context = Context {
            store: self.store,
            parts: &parts,
            query: &query,
            resource: &resource,
            principal: &Principal::Anonymous,
            identity: None,
            request_id: &self.ids.request_id,
            now: self.now,
            conditions: RequestContext {
                region: self.store.region(),
                ..RequestContext::unsigned(&parts, &query, self.now, self.origin)
            },
            key_transport: self.key_transport,
            keys: self.keys,
            accepted: Accepted { regions: &[], services: &[], body_sha256: None, version_2: None },
            payload_sha256: None,
            notes: self.notes,
        };
        let answer = if reading == Reading::AsAsked && self.parts.method == Method::GET {
            get::get(&context).await?
        } else {
            get::head(&context).await?
        };
        Ok(match answer.header_text("x-amz-website-redirect-location") {
            Some(location) => redirect(StatusCode::MOVED_PERMANENTLY, location),
            None => answer,
        })
    }

    /// Whether a key that cannot be read is a folder whose index can.
    async fn is_folder_with_index(&self, error: &S3Error, pages: &Pages) -> bool {
        if !matches!(error.code(), ErrorCode::NoSuchKey | ErrorCode::AccessDenied) {
            return false;
        }
        let index = format!("{}/{}", self.key, pages.index_suffix);
        self.object(&index, &HeaderMap::new(), Reading::HeadOnly).await.is_ok()
    }

    /// The error document with the status of the error. Conditions and ranges were about another
    /// object.
    async fn error_document(&self, key: &ObjectKey, error: S3Error) -> Result<Answer, S3Error> {
        let mut headers = self.parts.headers.clone();
        for name in [
            header::RANGE,
            header::IF_RANGE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::IF_MODIFIED_SINCE,
            header::IF_UNMODIFIED_SINCE,
        ] {
            headers.remove(name);
        }
        let status = StatusCode::from_u16(error.code().status());
        match self.object(key.as_str(), &headers, Reading::AsAsked).await {
            Ok(answer) => {
                let answer = answer.status(status.unwrap_or(StatusCode::NOT_FOUND));
                Ok(page::tell(answer, &error))
            }
            Err(second) => {
                let is_head = self.parts.method == Method::HEAD;
                Ok(page::with_failed_document(&error, &second, self.ids, is_head))
            }
        }
    }

    fn routed(&self, rule: &RoutingRule) -> Answer {
        let status = rule.status.and_then(|status| StatusCode::from_u16(status).ok());
        let scheme = rule.protocol.map(Protocol::as_str);
        let location = self.location(scheme, rule.host.as_deref(), &rule.key(self.key));
        redirect(status.unwrap_or(StatusCode::MOVED_PERMANENTLY), &location)
    }

    /// A URL of a key, with the parameters of the request.
    fn location(&self, scheme: Option<&str>, host: Option<&str>, key: &str) -> String {
        let scheme = scheme.unwrap_or(self.origin.transport.scheme());
        let host = host.unwrap_or(self.host);
        let query = self.parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{scheme}://{host}/{}{query}", encode_path(key.as_bytes()))
    }
}

/// How an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// With the method of the request.
    AsAsked,
    /// Only whether it may be read.
    HeadOnly,
}

fn redirect(status: StatusCode, location: &str) -> Answer {
    Answer::new(status).header(LOCATION, location).length(0)
}
