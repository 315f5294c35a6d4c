//! MD5 of many bodies at once, for entity tags.
//!
//! One thread computes the MD5 of all bodies that wait for it, eight at a time. A body that comes
//! while others are at work joins them after a short stretch, so that nobody waits for company; one
//! that is alone is computed as ever. Only bodies that are in memory as a whole come here.

mod block;

use bytes::{Buf as _, Bytes};
use fearless_simd::Level;
use model::S3Error;
use tokio::sync::{mpsc, oneshot};

use self::block::{BLOCK_BYTES, Block, INITIAL_STATE, LANES, State, compress_eight, compress_one};

/// Bodies that wait for a lane; more senders wait themselves.
const QUEUE_BODIES_MAX: usize = 1024;
/// Blocks that are compressed before newcomers are looked for: about 30 µs.
const STRETCH_BLOCKS: usize = 256;
/// The byte behind a body.
const PADDING: u8 = 0x80;
/// Where the length stands in the last block.
const LENGTH_OFFSET: usize = 56;

/// An MD5 digest.
pub(crate) type Md5Digest = [u8; 16];

/// The way to the thread.
pub(crate) struct Md5Lanes {
    jobs: mpsc::Sender<Job>,
}

struct Job {
    body: Vec<Bytes>,
    answer: oneshot::Sender<Md5Digest>,
}

impl Md5Lanes {
    /// Starts the thread, which ends with this value.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE_BODIES_MAX);
        std::thread::Builder::new().name("md5".to_owned()).spawn(move || run(queue))?;
        Ok(Self { jobs })
    }

    /// The MD5 of a body that is given in pieces.
    pub(crate) async fn digest(&self, body: Vec<Bytes>) -> Result<Md5Digest, S3Error> {
        let (answer, answered) = oneshot::channel();
        let job = Job { body, answer };
        self.jobs.send(job).await.map_err(S3Error::internal)?;
        answered.await.map_err(S3Error::internal)
    }
}

fn run(mut queue: mpsc::Receiver<Job>) {
    let level = Level::new();
    let mut lanes: Vec<Lane> = Vec::with_capacity(LANES);
    loop {
        if lanes.is_empty() {
            let Some(job) = queue.blocking_recv() else { return };
            lanes.push(Lane::new(job));
        }
        while lanes.len() < LANES
            && let Ok(job) = queue.try_recv()
        {
            lanes.push(Lane::new(job));
        }
        let (going_on, ended) = lanes.into_iter().partition(Lane::has_run);
        lanes = going_on;
        for lane in ended {
            lane.answer();
        }
        advance(level, &mut lanes);
    }
}

/// Compresses what all lanes have at hand, and prepares what comes next.
fn advance(level: Level, lanes: &mut [Lane]) {
    let Some(count) = lanes.iter().map(|lane| lane.run().len()).min() else { return };
    let count = count.min(STRETCH_BLOCKS);
    if let [lane] = lanes {
        lane.state = compress_one(lane.state, lane.run().get(..count).unwrap_or_default());
    } else {
        let mut blocks: [&[Block]; LANES] = [&[]; LANES];
        let mut states = [INITIAL_STATE; LANES];
        // A lane without a body does what its neighbour does, for nobody.
        let all = lanes.iter().cycle();
        for (lane, (blocks, state)) in all.zip(blocks.iter_mut().zip(&mut states)) {
            *blocks = lane.run().get(..count).unwrap_or_default();
            *state = lane.state;
        }
        compress_eight(level, &mut states, &blocks);
        for (lane, state) in lanes.iter_mut().zip(states) {
            lane.state = state;
        }
    }
    for lane in lanes {
        lane.piece.advance(count * BLOCK_BYTES);
        lane.prepare();
    }
}

/// A body under way.
struct Lane {
    state: State,
    /// The piece at hand, and those behind it.
    piece: Bytes,
    pieces: std::vec::IntoIter<Bytes>,
    /// The beginning of a block that goes on in the next piece.
    partial: Block,
    partial_bytes: usize,
    length_bytes: u64,
    answer: oneshot::Sender<Md5Digest>,
}

impl Lane {
    fn new(job: Job) -> Self {
        let length_bytes = job.body.iter().map(|piece| piece.len() as u64).sum();
        let mut lane = Self {
            state: INITIAL_STATE,
            piece: Bytes::new(),
            pieces: job.body.into_iter(),
            partial: [0; BLOCK_BYTES],
            partial_bytes: 0,
            length_bytes,
            answer: job.answer,
        };
        lane.prepare();
        lane
    }

    /// The whole blocks at hand.
    fn run(&self) -> &[Block] {
        self.piece.as_chunks().0
    }

    /// Are there whole blocks, and does somebody wait for the digest?
    fn has_run(&self) -> bool {
        !self.run().is_empty() && !self.answer.is_closed()
    }

    /// Goes on to the next whole block, past those that two pieces share. At the end of the body
    /// what is left is in `partial`.
    fn prepare(&mut self) {
        while self.partial_bytes > 0 || self.piece.len() < BLOCK_BYTES {
            let room = self.partial.get_mut(self.partial_bytes..).unwrap_or_default();
            let taken = room.len().min(self.piece.len());
            self.piece.copy_to_slice(room.get_mut(..taken).unwrap_or_default());
            self.partial_bytes += taken;
            if self.partial_bytes == BLOCK_BYTES {
                self.state = compress_one(self.state, &[self.partial]);
                self.partial_bytes = 0;
            } else {
                let Some(next) = self.pieces.next() else { return };
                self.piece = next;
            }
        }
    }

    /// Compresses what is left, with padding and length (RFC 1321, sections 3.1 and 3.2).
    fn answer(self) {
        let mut last = [[0; BLOCK_BYTES]; 2];
        let bytes = last.as_flattened_mut();
        let left = self.partial.get(..self.partial_bytes).unwrap_or_default();
        for (to, from) in bytes.iter_mut().zip(left.iter().chain(&[PADDING])) {
            *to = *from;
        }
        let blocks = if self.partial_bytes < LENGTH_OFFSET { 1 } else { 2 };
        let length_bits = self.length_bytes.wrapping_mul(8).to_le_bytes();
        let place = bytes.iter_mut().skip((blocks - 1) * BLOCK_BYTES + LENGTH_OFFSET);
        for (to, from) in place.zip(length_bits) {
            *to = from;
        }
        let state = compress_one(self.state, last.get(..blocks).unwrap_or_default());
        let mut digest = [0; 16];
        for (to, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
            *to = word.to_le_bytes();
        }
        // Nobody may be waiting any more.
        let _ = self.answer.send(digest);
    }
}

#[cfg(test)]
mod tests;
