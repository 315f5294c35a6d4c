//! Calls of the other APIs on the same endpoint: `POST /`, or `GET /?Action=…`.
//!
//! Signatures of these APIs are scoped to their own service and cover the hash of the body, which no
//! header declares. So the body is read first, up to its limit. A signature for S3 is none for
//! these APIs, nor the other way round (MinIO CVE-2023-28434 and its kin: one door, two keys).

use bytes::BytesMut;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use iam_api::{
    Answer as ApiAnswer, Call, Parameters, Service, analyzer, decisions, organizations, refusal,
    service::SERVICES,
};
use identity::SigningKeyCache;
use model::limits::QUERY_BODY_BYTES_MAX;
use model::{ErrorCode, S3Error, Timestamp};
use ops::iam::ApiCall;
use ops::identities::Signer;
use ops::object::BodySource as _;
use ops::sts::provider_keys::ProviderKeys;
use ops::{Notes, Store};
use sha2::{Digest as _, Sha256};

use crate::answer::Answer;
use crate::authenticate::{Accepted, Authenticated, authenticate};
use crate::body::{RequestBody, ResponseBody};
use crate::context::RequestContext;
use crate::headers::text;
use crate::origin::Origin;
use crate::query::Query;
use crate::resolve::Resource;

/// Where the global endpoint of IAM signs for. AWS: "IAM endpoints and quotas".
const GLOBAL_REGION: &str = "us-east-1";

/// Whether a request calls one of the other APIs.
pub(crate) fn is_call(parts: &Parts, resource: &Resource, query: &Query<'_>) -> bool {
    *resource == Resource::Service
        && (parts.method == Method::POST || (parts.method == Method::GET && query.has("Action")))
}

/// Whether a request is one of Access Analyzer, whose paths could as well be buckets: its signature says
/// so. One that says so is none for S3, whatever it asks for.
pub(crate) fn is_for_analyzer(parts: &Parts) -> bool {
    let Some(authorization) = text(&parts.headers, header::AUTHORIZATION) else { return false };
    let mut fields = authorization.split([' ', ',']);
    let scope = fields.find_map(|field| field.strip_prefix("Credential="));
    scope.is_some_and(|scope| scope.rsplit('/').nth(1) == Some(analyzer::SERVICE))
}

/// A call whose head has arrived.
pub(crate) struct IncomingCall<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) query: &'a Query<'a>,
    pub(crate) origin: Origin,
    pub(crate) now: Timestamp,
    pub(crate) request_id: &'a str,
    pub(crate) providers: &'a ProviderKeys,
}

/// What was answered to a call.
pub(crate) struct AnsweredCall {
    pub(crate) answer: ApiAnswer,
    pub(crate) response: Response<ResponseBody>,
    /// The access key of a signature that was verified.
    pub(crate) access_key_id: Option<String>,
}

/// The services whose calls are JSON, with the action in the header `x-amz-target`.
#[derive(Clone, Copy)]
enum JsonService {
    Organizations,
    Decisions,
}

impl JsonService {
    fn of(target: &str) -> Option<Self> {
        if organizations::is_target(target) {
            Some(Self::Organizations)
        } else {
            decisions::is_target(target).then_some(Self::Decisions)
        }
    }

    /// What signatures for it are scoped to.
    fn name(self) -> &'static str {
        match self {
            Self::Organizations => organizations::SERVICE,
            Self::Decisions => decisions::SERVICE,
        }
    }
}

impl IncomingCall<'_> {
    /// Reads and answers the call. Errors of the connection are errors of S3; all others are answers.
    pub(crate) async fn answer(
        &self,
        store: &Store,
        keys: &SigningKeyCache,
        body: &mut RequestBody,
        notes: &Notes,
    ) -> Result<AnsweredCall, S3Error> {
        let document = read(self.parts, body).await?;
        let target = text(&self.parts.headers, "x-amz-target");
        let service = target.and_then(|target| JsonService::of(target).zip(Some(target)));
        if let Some((service, target)) = service {
            let verified = self.verify(store, keys, &document, &[service.name()]).await;
            let answer = match &verified {
                Ok(caller) => {
                    note_signer(notes, caller);
                    self.run_json(store, caller, &document, (service, target), notes).await
                }
                Err(error) => self.refuse_json(error, service),
            };
            return Ok(self.answered(answer, verified.ok()));
        }
        let raw_query = self.parts.uri.query().unwrap_or_default();
        let parameters = Parameters::parse(raw_query, &document);
        let version = parameters.as_ref().ok().and_then(|known| known.get("Version"));
        let [first, ..] = &SERVICES;
        let presumed = version.and_then(Service::of_version).unwrap_or(first);
        let authenticated = self.authenticate(store, keys, &document, presumed).await;
        let answer = match &authenticated {
            Err(error) => {
                presumed.error(&refusal::of_signature(error, presumed.name), self.request_id)
            }
            Ok(caller) => {
                note_signer(notes, caller);
                let signed = caller.signed_for.as_ref();
                let service = signed.and_then(|signed| Service::named(&signed.service));
                let service = service.unwrap_or(presumed);
                match parameters {
                    Err(error) => service.error(&error, self.request_id),
                    Ok(parameters) => self.run(store, service, caller, &parameters, notes).await,
                }
            }
        };
        Ok(self.answered(answer, authenticated.ok()))
    }

    /// Reads and answers a request of Access Analyzer. Errors as [`IncomingCall::answer`].
    pub(crate) async fn answer_analyzer(
        &self,
        store: &Store,
        keys: &SigningKeyCache,
        body: &mut RequestBody,
        notes: &Notes,
    ) -> Result<AnsweredCall, S3Error> {
        let document = read(self.parts, body).await?;
        let verified = self.verify(store, keys, &document, &[analyzer::SERVICE]).await;
        let answer = match &verified {
            Err(error) => {
                let error = refusal::of_signature(error, analyzer::SERVICE);
                analyzer::refuse(&error.into(), self.request_id)
            }
            Ok(caller) => {
                note_signer(notes, caller);
                let conditions = self.conditions(caller);
                let call = self.api_call(store, caller, &conditions, notes);
                let request = analyzer::Request {
                    method: self.parts.method.as_str(),
                    raw_path: self.parts.uri.path(),
                    raw_query: self.parts.uri.query().unwrap_or_default(),
                    body: &document,
                };
                analyzer::answer(&call, &request, self.request_id).await
            }
        };
        let mut answered = self.answered(answer, verified.ok());
        if let Some(code) = answered.answer.error {
            let code = HeaderValue::from_static(code);
            answered.response.headers_mut().insert("x-amzn-errortype", code);
        }
        Ok(answered)
    }

    fn api_call<'c>(
        &self,
        store: &'c Store,
        caller: &'c Authenticated,
        conditions: &'c RequestContext<'c>,
        notes: &'c Notes,
    ) -> ApiCall<'c> {
        ApiCall {
            store,
            caller: caller.principal(),
            identity: caller.signer.as_ref().and_then(Signer::identity),
            session: caller.session(),
            context: conditions,
            now: self.now,
            notes,
        }
    }

    fn answered(&self, answer: ApiAnswer, caller: Option<Authenticated>) -> AnsweredCall {
        let signed_for = caller.and_then(|caller| caller.signed_for);
        AnsweredCall {
            response: respond(&answer, self.request_id),
            access_key_id: signed_for.map(|signed| signed.access_key_id),
            answer,
        }
    }

    /// Who calls. The presumed service is the one that messages name.
    async fn authenticate(
        &self,
        store: &Store,
        keys: &SigningKeyCache,
        body: &[u8],
        presumed: &Service,
    ) -> Result<Authenticated, S3Error> {
        let mut services = vec![presumed.name];
        services.extend(SERVICES.iter().map(|service| service.name));
        self.verify(store, keys, body, &services).await
    }

    /// Checks the signature, which must be for one of these services.
    async fn verify(
        &self,
        store: &Store,
        keys: &SigningKeyCache,
        body: &[u8],
        services: &[&str],
    ) -> Result<Authenticated, S3Error> {
        let regions = [GLOBAL_REGION, store.region()];
        let accepted = Accepted {
            regions: &regions,
            services,
            body_sha256: Some(Sha256::digest(body).into()),
            version_2: None,
        };
        authenticate(store, keys, self.parts, accepted, self.now).await
    }

    /// The answer to a call in JSON whose signature is wrong. It is good for no other service, and
    /// none of the others for it.
    fn refuse_json(&self, error: &S3Error, service: JsonService) -> ApiAnswer {
        let error = refusal::of_signature(error, service.name());
        match service {
            JsonService::Organizations => organizations::refuse_signature(error, self.request_id),
            JsonService::Decisions => decisions::refuse(&error, self.request_id),
        }
    }

    /// Answers a call in JSON.
    async fn run_json(
        &self,
        store: &Store,
        caller: &Authenticated,
        body: &[u8],
        (service, target): (JsonService, &str),
        notes: &Notes,
    ) -> ApiAnswer {
        let conditions = self.conditions(caller);
        let call = self.api_call(store, caller, &conditions, notes);
        match service {
            JsonService::Organizations => {
                organizations::answer(&call, target, body, self.request_id).await
            }
            JsonService::Decisions => decisions::answer(&call, target, body, self.request_id).await,
        }
    }

    fn conditions<'c>(&'c self, caller: &'c Authenticated) -> RequestContext<'c> {
        RequestContext {
            headers: &self.parts.headers,
            query: self.query,
            now: self.now,
            origin: self.origin,
            region: GLOBAL_REGION,
            signed_by: caller.signed_by,
            principal_tags: caller.tags(),
            session: caller.session(),
        }
    }

    async fn run(
        &self,
        store: &Store,
        service: &Service,
        caller: &Authenticated,
        parameters: &Parameters,
        notes: &Notes,
    ) -> ApiAnswer {
        let conditions = self.conditions(caller);
        let call = Call {
            store,
            caller: caller.principal(),
            access_key_id: caller.signed_for.as_ref().map(|signed| signed.access_key_id.as_str()),
            identity: caller.signer.as_ref().and_then(Signer::identity),
            session: caller.session(),
            providers: self.providers,
            context: &conditions,
            parameters,
            request_id: self.request_id,
            now: self.now,
            notes,
        };
        iam_api::answer(service, &call).await
    }
}

/// The decision log describes a caller that signed by what is known of the key.
fn note_signer(notes: &Notes, caller: &Authenticated) {
    if let Some(signer) = &caller.signer {
        notes.signed_by(signer);
    }
}

fn respond(answer: &ApiAnswer, request_id: &str) -> Response<ResponseBody> {
    let status = StatusCode::from_u16(answer.status);
    Answer::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header(header::CONTENT_TYPE, answer.content_type)
        .named("x-amzn-requestid", request_id)
        .body(ResponseBody::from(answer.body.clone()))
        .build()
}

/// Reads the whole body, which is a list of parameters.
async fn read(parts: &Parts, body: &mut RequestBody) -> Result<BytesMut, S3Error> {
    let announced = text(&parts.headers, "content-length").map(str::parse::<u64>).transpose();
    let length_bytes = announced.map_err(|_| S3Error::new(ErrorCode::BadRequest))?;
    let too_large = || S3Error::new(ErrorCode::MaxMessageLengthExceeded);
    if length_bytes.is_some_and(|length| length > QUERY_BODY_BYTES_MAX as u64) {
        return Err(too_large());
    }
    body.describe(None, length_bytes);
    let mut document = BytesMut::new();
    while let Some(chunk) = body.next().await? {
        if document.len() + chunk.len() > QUERY_BODY_BYTES_MAX {
            return Err(too_large());
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}
