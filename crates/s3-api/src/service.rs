//! One request, from its head to its response.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version, header};
use hyper::body::Incoming;
use identity::{PayloadDeclaration, SignatureVersion2, SigningKeyCache};
use model::{AddressRange, BucketName, ErrorCode, ObjectKey, Operation, S3Error, Timestamp};
use ops::bucket::create::BucketRegion;
use ops::identities::Signer;
use ops::sts::provider_keys::ProviderKeys;
use ops::{Notes, Store, decisions};
use tracing::Instrument as _;

use crate::access_log::{self, Answered, Logged};
use crate::api::{self, AnsweredCall, IncomingCall};
use crate::authenticate::{Accepted, Authenticated, authenticate};
use crate::body::{RequestBody, ResponseBody};
use crate::bucket::cors;
use crate::context::RequestContext;
use crate::decision_log;
use crate::endpoints;
use crate::error::{RequestIds, render};
use crate::forwarded;
use crate::handlers::{Context, dispatch};
use crate::head::{awaits_continue, check_head, content_length, host};
use crate::headers::{lifecycle, text};
use crate::metrics::Metrics;
use crate::origin::{CustomerKeysOverHttp, Origin};
use crate::provider_client::ProviderClient;
use crate::query::Query;
use crate::resolve::{Resource, is_virtual_host, key_of_path, resolve};
use crate::router::route;
use crate::s3_control;
use crate::website::{self, Site, WebsiteHosts};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const HOST_ID: HeaderName = HeaderName::from_static("x-amz-id-2");

/// What the service needs to know of its place.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Hosts under which `bucket.host` is a bucket.
    pub base_domains: Vec<String>,
    /// Hosts that are websites.
    pub websites: WebsiteHosts,
    /// Proxies whose word about their clients counts.
    pub trusted_proxies: Vec<AddressRange>,
    /// Whether Signature Version 2 is accepted.
    pub signature_version_2: bool,
    /// Whether access log records have the field of the source region (U-20).
    pub log_source_region: bool,
    /// Over which connections without TLS customers may send their keys.
    pub customer_keys_over_http: CustomerKeysOverHttp,
    /// Whether the console is served.
    pub console: bool,
    /// How long a client may let us wait for the next bytes of a body.
    pub body_timeout: Duration,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// Answers requests.
pub struct Service {
    store: Arc<Store>,
    settings: ServiceSettings,
    metrics: Arc<Metrics>,
    keys: SigningKeyCache,
    providers: ProviderKeys,
}

impl Service {
    /// A service over an open store.
    pub fn new(
        store: Arc<Store>,
        settings: ServiceSettings,
        metrics: Arc<Metrics>,
        documents: ProviderClient,
    ) -> Self {
        let providers = ProviderKeys::new(Box::new(documents));
        Self { store, settings, metrics, keys: SigningKeyCache::default(), providers }
    }

    /// Answers one request that arrived from `peer`. Never fails: errors are responses.
    pub async fn handle(&self, request: Request<Incoming>, peer: Origin) -> Response<ResponseBody> {
        let (mut parts, incoming) = request.into_parts();
        if endpoints::is_reserved(parts.uri.path())
            && !is_virtual_host(host(&parts), &self.settings.base_domains)
            && self.settings.websites.name(host(&parts)).is_none()
        {
            let has_console = self.settings.console;
            return endpoints::answer(&parts, &self.store, &self.metrics, has_console).await;
        }
        let started = Instant::now();
        let ids = request_ids();
        let mut seen = Seen {
            arrived: (self.settings.clock)(),
            notes: decisions::notes(&self.store),
            ..Seen::default()
        };
        let span = tracing::debug_span!("request", id = ids.request_id);
        let mut body =
            RequestBody::new(incoming, awaits_continue(&parts), self.settings.body_timeout);
        let outcome =
            self.outcome(&mut parts, &mut body, peer, &ids, &mut seen).instrument(span).await;
        let (mut response, error) = rendered(outcome, &seen, &ids, &parts);
        let status = response.status().as_u16();
        let proxies = &self.settings.trusted_proxies;
        let answered = (status, error.as_ref());
        decision_log::record(&self.store, &parts, (peer, proxies), &seen, answered, &ids).await;
        let error_code = error.map(|error| error.code());
        identify(&mut response, &ids);
        self.share(&parts, &seen, &mut response).await;
        add_notes(&seen.notes, error_code, response.headers_mut());
        if !body.discard().await && parts.version <= Version::HTTP_11 {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let bytes_out = http_body::Body::size_hint(response.body()).exact().unwrap_or(0);
        self.metrics.observe(
            seen.call.or(seen.operation.map(Operation::name)),
            response.status().as_u16(),
            error_code.map(ErrorCode::as_str).or(seen.call_error),
            started.elapsed(),
            body.received_bytes(),
            bytes_out,
        );
        if let Some(logged) = seen.logged.take() {
            let answered = Answered {
                parts: &parts,
                started,
                operation: seen.operation,
                is_website: seen.is_website,
                received_bytes: body.received_bytes(),
                notes: &seen.notes,
                ids: &ids,
                error_code,
                has_source_region: self.settings.log_source_region,
            };
            access_log::watch(&self.store, logged, &answered, &mut response);
        }
        response
    }

    /// Lets a page of another origin read the answer, where the rules of the bucket do.
    async fn share(&self, parts: &Parts, seen: &Seen, response: &mut Response<ResponseBody>) {
        let Some(origin) = text(&parts.headers, header::ORIGIN) else { return };
        let Some(bucket) = seen.bucket.as_ref().filter(|_| parts.method != Method::OPTIONS) else {
            return;
        };
        let asks = (origin, parts.method.as_str());
        let now = (self.settings.clock)();
        cors::share(&self.store, now, bucket, asks, response.headers_mut()).await;
    }

    /// Which signatures a request may carry.
    fn accepted<'a>(
        &self,
        parts: &Parts,
        resource: &'a Resource,
        regions: &'a [&'a str],
    ) -> Accepted<'a> {
        let version_2 = self.settings.signature_version_2.then(|| {
            let names_bucket = is_virtual_host(host(parts), &self.settings.base_domains);
            let bucket = resource.bucket().filter(|_| names_bucket);
            SignatureVersion2 { host_bucket: bucket.map(BucketName::as_str) }
        });
        Accepted { regions, services: &["s3"], body_sha256: None, version_2 }
    }

    /// A page of a website, or what an operation answers.
    async fn outcome(
        &self,
        parts: &mut Parts,
        body: &mut RequestBody,
        peer: Origin,
        ids: &RequestIds,
        seen: &mut Seen,
    ) -> Result<Response<ResponseBody>, S3Error> {
        check_head(parts)?;
        let websites = &self.settings.websites;
        let site = websites.bucket(&self.store, host(parts), &self.settings.base_domains).await;
        seen.is_website = websites.name(host(parts)).is_some() || matches!(site, Ok(Some(_)));
        if let Some(bucket) = site? {
            return self.answer_site(bucket, parts, peer, ids, seen).await;
        }
        if api::is_for_analyzer(parts) {
            return self.answer_analyzer(parts, body, peer, &ids.request_id, seen).await;
        }
        self.answer(parts, body, peer, &ids.request_id, seen).await
    }

    async fn answer_analyzer(
        &self,
        parts: &Parts,
        body: &mut RequestBody,
        peer: Origin,
        request_id: &str,
        seen: &mut Seen,
    ) -> Result<Response<ResponseBody>, S3Error> {
        let query = Query::parse(parts.uri.query().unwrap_or_default())
            .ok_or_else(|| S3Error::new(ErrorCode::InvalidURI))?;
        let origin = forwarded::origin(&parts.headers, peer, &self.settings.trusted_proxies);
        let (now, providers) = (seen.arrived, &self.providers);
        let call = IncomingCall { parts, query: &query, origin, now, request_id, providers };
        let answered = call.answer_analyzer(&self.store, &self.keys, body, &seen.notes).await?;
        Ok(called(answered, seen))
    }

    async fn answer(
        &self,
        parts: &mut Parts,
        body: &mut RequestBody,
        peer: Origin,
        request_id: &str,
        seen: &mut Seen,
    ) -> Result<Response<ResponseBody>, S3Error> {
        let now = seen.arrived;
        let uri = parts.uri.clone();
        let query = Query::parse(uri.query().unwrap_or_default())
            .ok_or_else(|| S3Error::new(ErrorCode::InvalidURI))?;
        let resource = match s3_control::resolve(parts)? {
            Some(account) => account,
            None => resolve(host(parts), parts.uri.path(), &self.settings.base_domains)?,
        };
        if api::is_call(parts, &resource, &query) {
            let origin = forwarded::origin(&parts.headers, peer, &self.settings.trusted_proxies);
            let providers = &self.providers;
            let call = IncomingCall { parts, query: &query, origin, now, request_id, providers };
            let answered = call.answer(&self.store, &self.keys, body, &seen.notes).await?;
            return Ok(called(answered, seen));
        }
        seen.bucket = resource.bucket().cloned();
        seen.key = resource.key().cloned();
        let of_bucket = match resource.bucket() {
            Some(bucket) => ops::bucket::create::region_of(&self.store, bucket).await?,
            None => None,
        };
        let origin = forwarded::origin(&parts.headers, peer, &self.settings.trusted_proxies);
        seen.logged = begin_log(of_bucket.as_ref(), &resource, now, origin);
        let region = self.store.region();
        let regions = [of_bucket.as_ref().map_or(region, BucketRegion::as_str), region];
        let accepted = self.accepted(parts, &resource, &regions);
        let mut caller = authenticate(&self.store, &self.keys, parts, accepted, now).await?;
        seen.see_caller(&mut caller);
        if caller.is_presigned {
            adopt_parameters(&mut parts.headers, &query);
        }
        let parts = &*parts;
        let operation = route(parts.method.as_str(), resource.target(), &query, &parts.headers)?;
        seen.operation = Some(operation);

        let (decoder, length_bytes) = match caller.chunked.take() {
            Some((decoder, length)) => (Some(decoder), Some(length)),
            None => (None, content_length(parts)?),
        };
        body.describe(decoder, length_bytes);
        let context = Context {
            store: &self.store,
            parts,
            query: &query,
            resource: &resource,
            principal: caller.principal(),
            identity: caller.signer.as_ref().and_then(Signer::identity),
            request_id,
            now,
            conditions: RequestContext {
                headers: &parts.headers,
                query: &query,
                now,
                origin,
                region,
                signed_by: caller.signed_by,
                principal_tags: caller.tags(),
                session: caller.session(),
            },
            key_transport: self.settings.customer_keys_over_http.judge(origin),
            keys: &self.keys,
            accepted,
            payload_sha256: match caller.payload {
                PayloadDeclaration::Hash(hash) => Some(hash),
                _ => None,
            },
            notes: &seen.notes,
        };
        dispatch(operation, &context, body).await
    }

    /// A page of a website. Its requests are anonymous, whatever they are signed with.
    async fn answer_site(
        &self,
        bucket: BucketName,
        parts: &Parts,
        peer: Origin,
        ids: &RequestIds,
        seen: &mut Seen,
    ) -> Result<Response<ResponseBody>, S3Error> {
        seen.bucket = Some(bucket.clone());
        let path = key_of_path(parts.uri.path())?;
        seen.key = ObjectKey::parse(&path).ok();
        seen.operation = match parts.method {
            Method::GET => Some(Operation::GetObject),
            Method::HEAD => Some(Operation::HeadObject),
            _ => None,
        };
        let origin = forwarded::origin(&parts.headers, peer, &self.settings.trusted_proxies);
        let of_bucket = ops::bucket::create::region_of(&self.store, &bucket).await?;
        let resource = match seen.key.clone() {
            Some(key) => Resource::Object(bucket.clone(), key),
            None => Resource::Bucket(bucket.clone()),
        };
        seen.logged = begin_log(of_bucket.as_ref(), &resource, seen.arrived, origin);
        let site = Site {
            store: &self.store,
            parts,
            host: host(parts).unwrap_or_default(),
            bucket: &bucket,
            key: &path,
            now: seen.arrived,
            origin,
            key_transport: self.settings.customer_keys_over_http.judge(origin),
            ids,
            notes: &seen.notes,
            keys: &self.keys,
        };
        site.answer().await
    }
}

/// The response to a call, which is no operation of S3.
fn called(answered: AnsweredCall, seen: &mut Seen) -> Response<ResponseBody> {
    seen.access_key_id = answered.access_key_id;
    (seen.call, seen.call_error) = (answered.answer.action, answered.answer.error);
    answered.response
}

/// The answer, or the one to an error.
fn rendered(
    outcome: Result<Response<ResponseBody>, S3Error>,
    seen: &Seen,
    ids: &RequestIds,
    parts: &Parts,
) -> (Response<ResponseBody>, Option<S3Error>) {
    match outcome {
        Ok(response) => {
            let (status, path) = (response.status().as_u16(), parts.uri.path());
            tracing::debug!(request_id = ids.request_id, method = %parts.method, path, status);
            (response, None)
        }
        Err(error) => {
            log(&error, ids, parts);
            let render = if seen.is_website { website::render } else { render };
            (render(&error, ids, parts.method == Method::HEAD), Some(error))
        }
    }
}

/// What the access log of the bucket wants to know, if the bucket has one.
fn begin_log(
    bucket: Option<&BucketRegion>,
    resource: &Resource,
    received: Timestamp,
    origin: Origin,
) -> Option<Logged> {
    let bucket = bucket.and_then(BucketRegion::logged)?;
    let key = resource.key().cloned();
    Some(Logged { bucket, key, received, origin, signed_by: None, requester: None })
}

/// What is known of a request whose answer may be an error.
#[derive(Default)]
pub(crate) struct Seen {
    /// When it arrived.
    pub(crate) arrived: Timestamp,
    /// Whether it is for a page of a website.
    pub(crate) is_website: bool,
    /// The bucket in the URI.
    pub(crate) bucket: Option<BucketName>,
    /// The key in the URI.
    pub(crate) key: Option<ObjectKey>,
    /// The access key of a signature that was verified.
    pub(crate) access_key_id: Option<String>,
    /// What it asks for.
    pub(crate) operation: Option<Operation>,
    /// What operations noted.
    pub(crate) notes: Notes,
    logged: Option<Logged>,
    /// The name of an action that is no operation of S3.
    call: Option<&'static str>,
    /// The code of an error that is no error of S3.
    pub(crate) call_error: Option<&'static str>,
}

impl Seen {
    fn see_caller(&mut self, caller: &mut Authenticated) {
        if let Some(signer) = &caller.signer {
            self.notes.signed_by(signer);
        }
        self.access_key_id = caller.signed_for.take().map(|signed| signed.access_key_id);
        if let Some(logged) = &mut self.logged {
            logged.signed_by = caller.signed_by;
            logged.requester = access_log::requester(caller.principal());
        }
    }
}

/// The headers that say what an operation noted.
fn add_notes(notes: &Notes, error: Option<ErrorCode>, headers: &mut HeaderMap) {
    if notes.requester_charged() {
        headers.insert("x-amz-request-charged", HeaderValue::from_static("requester"));
    }
    if error.is_none() {
        lifecycle::add(notes, headers);
    }
}

fn request_ids() -> RequestIds {
    // Without random numbers there are no signatures and no blobs either; an empty id is the
    // least of it.
    let request_id = identity::generate::request_id().unwrap_or_default();
    RequestIds { host_id: ops::events::host_id(&request_id), request_id }
}

fn identify(response: &mut Response<ResponseBody>, ids: &RequestIds) {
    let headers = response.headers_mut();
    for (name, text) in [(REQUEST_ID, &ids.request_id), (HOST_ID, &ids.host_id)] {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::SERVER, HeaderValue::from_static("Grantry"));
}

fn log(error: &S3Error, ids: &RequestIds, parts: &Parts) {
    let code = error.code();
    let (request_id, method, path) = (&ids.request_id, &parts.method, parts.uri.path());
    if code.status() >= 500 && code != ErrorCode::NotImplemented {
        let cause = error.cause();
        tracing::error!(request_id, %method, path, code = code.as_str(), cause, "request failed");
    } else {
        tracing::debug!(request_id, %method, path, code = code.as_str(), "request refused");
    }
}

/// Signers of presigned URLs may move `x-amz-*` headers into the query, where S3 honours them. They
/// are signed there, and a header of the same name with another value was refused already. Checksums
/// count as headers only (FAITHFULNESS.md): the SDK for JavaScript puts the one of an empty body into
/// every URL for an upload.
fn adopt_parameters(headers: &mut HeaderMap, query: &Query<'_>) {
    for (name, value) in query.iter() {
        let name = name.to_ascii_lowercase();
        // The parameters of the signature itself are no headers.
        let stays = SIGNATURE_PARAMETERS.contains(&name.as_str())
            || name.starts_with("x-amz-checksum-")
            || name == "x-amz-sdk-checksum-algorithm";
        if stays || !name.starts_with("x-amz-") {
            continue;
        }
        let header = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = header {
            headers.entry(name).or_insert(value);
        }
    }
}

const SIGNATURE_PARAMETERS: [&str; 7] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_presigned_urls_stand_for_headers() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-meta-a", HeaderValue::from_static("sent"));
        let query = "X-Amz-Signature=s&X-Amz-Acl=public-read&x-amz-meta-a=x&prefix=p";
        adopt_parameters(&mut headers, &Query::parse(query).unwrap());
        assert_eq!(headers["x-amz-acl"], "public-read");
        assert_eq!(headers["x-amz-meta-a"], "sent");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn checksums_in_presigned_urls_are_ignored() {
        let mut headers = HeaderMap::new();
        let query = "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32\
                     &X-Amz-Checksum-Mode=ENABLED";
        adopt_parameters(&mut headers, &Query::parse(query).unwrap());
        assert!(headers.is_empty(), "{headers:?}");
    }
}
