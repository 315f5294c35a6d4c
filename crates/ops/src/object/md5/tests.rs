//! Against the vectors of RFC 1321 and another implementation.

use md5::{Digest as _, Md5};
use tokio::task::JoinSet;

use super::*;

/// A small generator: the same bodies on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// A body in pieces of any length.
    fn body(&mut self, length: usize) -> Vec<Bytes> {
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(self.below(256)).unwrap()).collect();
        let mut left = Bytes::from(bytes);
        let longest = 1 + self.below(length.max(1) + 100);
        let mut pieces = Vec::new();
        while !left.is_empty() {
            let length = self.below(longest + 1).min(left.len());
            pieces.push(left.split_to(length));
        }
        pieces
    }
}

fn expected(body: &[Bytes]) -> Md5Digest {
    let mut md5 = Md5::new();
    for piece in body {
        md5.update(piece);
    }
    md5.finalize().into()
}

/// RFC 1321, section A.5.
#[tokio::test]
async fn the_test_suite_of_rfc_1321() {
    let lanes = Md5Lanes::start().unwrap();
    for (text, digest) in [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f",
        ),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a",
        ),
    ] {
        let body = vec![Bytes::copy_from_slice(text.as_bytes())];
        assert_eq!(hex::encode(lanes.digest(body).await.unwrap()), digest, "{text}");
    }
}

/// Bodies of all lengths around the borders of blocks, alone and in company.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_come_and_go_while_others_are_at_work() {
    let lanes = std::sync::Arc::new(Md5Lanes::start().unwrap());
    let mut random = Random(1);
    for company in [1, 2, 7, 8, 30] {
        let mut tasks = JoinSet::new();
        for short in 0..300 {
            let length = if short % 3 == 0 { random.below(60_000) } else { short };
            let body = random.body(length);
            let lanes = std::sync::Arc::clone(&lanes);
            tasks.spawn(async move {
                let expected = expected(&body);
                assert_eq!(lanes.digest(body).await.unwrap(), expected, "{length} bytes");
            });
            if tasks.len() >= company {
                tasks.join_next().await.unwrap().unwrap();
            }
        }
        tasks.join_all().await;
    }
}

/// Each lane by itself, on every kind of instructions that this machine has.
#[test]
fn lanes_do_not_touch_each_other() {
    let mut random = Random(2);
    let bodies: [Vec<u8>; LANES] = std::array::from_fn(|_| {
        (0..BLOCK_BYTES * 9).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
    });
    let blocks: [&[Block]; LANES] = std::array::from_fn(|lane| {
        // The lanes have more than the shortest, which counts.
        let (blocks, _) = bodies[lane].as_chunks();
        if lane == 3 { &blocks[..7] } else { blocks }
    });
    for level in [Level::new(), Level::baseline()] {
        let mut states: [State; LANES] =
            std::array::from_fn(|lane| [u32::try_from(lane).unwrap(), 1, 2, u32::MAX]);
        let alone = states;
        compress_eight(level, &mut states, &blocks);
        for lane in 0..LANES {
            assert_eq!(states[lane], compress_one(alone[lane], &blocks[lane][..7]), "{level:?}");
        }
    }
}

/// Nobody waits for these; the lanes are free for others at once.
#[tokio::test]
async fn an_abandoned_body_is_dropped() {
    let lanes = Md5Lanes::start().unwrap();
    for _ in 0..20 {
        let waiting = lanes.digest(vec![Bytes::from(vec![0; 1_000_000])]);
        drop(tokio::time::timeout(std::time::Duration::ZERO, waiting).await);
    }
    let body = vec![Bytes::from_static(b"abc")];
    assert_eq!(lanes.digest(body.clone()).await.unwrap(), expected(&body));
}
