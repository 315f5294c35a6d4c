//! The time limits and counters; the protocol is tested with the binary.

use super::*;

const IDLE: Duration = Duration::from_secs(30);
const WRITE: Duration = Duration::from_mins(1);

fn streams() -> Arc<Streams> {
    Arc::new(Streams::with(Arc::new(Semaphore::new(1)), IDLE, WRITE))
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_is_idle() {
    let streams = streams();
    let began = Instant::now();
    assert_eq!(streams.verdict().await, Verdict::Idle);
    assert_eq!(began.elapsed(), IDLE);
    // The time begins anew.
    assert_eq!(streams.verdict().await, Verdict::Idle);
    assert_eq!(began.elapsed(), 2 * IDLE);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_idle_while_a_request_is_open() {
    let streams = streams();
    let began = Instant::now();
    let open = OpenStream::new(Arc::clone(&streams));
    let length = IDLE.mul_f32(2.5);
    assert!(tokio::time::timeout(length, streams.verdict()).await.is_err());
    drop(open);
    assert_eq!(streams.verdict().await, Verdict::Idle);
    assert_eq!(began.elapsed(), length + IDLE);
}

#[tokio::test(start_paused = true)]
async fn taking_back_is_forgiven_once_for_each_answer() {
    let streams = streams();
    let take_back = |count| (0..count).for_each(|_| drop(Asked::new(Arc::clone(&streams))));
    let let_be_answered = |count| {
        (0..count).for_each(|_| {
            let asked = Asked::new(Arc::clone(&streams));
            drop(StreamBody::new(ResponseBody::empty(), asked, None));
        });
    };
    take_back(HTTP2_ABANDONED_STREAMS_MAX);
    let_be_answered(10);
    take_back(10);
    assert_eq!(streams.verdict().await, Verdict::Idle);
    // An answer that nobody asked for.
    let asked = Asked::new(Arc::clone(&streams));
    drop(StreamBody::new(ResponseBody::from("error".to_owned()), asked, None));
    assert_eq!(streams.verdict().await, Verdict::Flood);
}

#[tokio::test(start_paused = true)]
async fn an_unread_answer_ends_and_long_work_does_not() {
    let began = Instant::now();
    watched(
        async {
            tokio::time::sleep(10 * WRITE).await;
            let body = StreamBody::new(ResponseBody::empty(), Asked::new(streams()), None);
            for _ in 0..10 {
                tokio::time::sleep(WRITE.mul_f32(0.9)).await;
                body.step();
            }
            std::future::pending::<()>().await;
        },
        WRITE,
    )
    .await;
    // The last step comes after 19 times the limit.
    assert!(began.elapsed() >= 20 * WRITE, "{:?}", began.elapsed());
    assert!(began.elapsed() <= 21 * WRITE, "{:?}", began.elapsed());
}

#[test]
fn the_authority_is_the_host() {
    let host = |uri: &str, host: Option<&str>| {
        let mut request = Request::get(uri).body(()).unwrap();
        if let Some(host) = host {
            request.headers_mut().insert(header::HOST, host.parse().unwrap());
        }
        name_host(&mut request);
        request.headers().get(header::HOST).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(host("https://a.example:9000/b", None).unwrap(), "a.example:9000");
    assert_eq!(host("https://a.example/b", Some("b.example")).unwrap(), "a.example");
    assert_eq!(host("/b", Some("b.example")).unwrap(), "b.example");
    assert_eq!(host("/b", None), None);
}
