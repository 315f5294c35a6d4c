//! Random sequences of operations through HTTP on the real binary, compared with plain maps, while the
//! server is stopped, killed at rest, and killed at work.
//!
//! What was answered must be there afterwards. Of what was under way when the server was killed, each
//! client finds out whether it happened: all of it or nothing.

mod audit;
mod operation;
mod random;
mod state;
mod wire;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

use rustix::process::Signal;

use self::random::Random;
use self::wire::Connection;
use self::worker::Worker;
use super::client::Key;
use super::harness::{Place, Server, eventually};

/// Clients, each with a bucket and a connection of its own.
const WORKERS: usize = 32;
/// Operations of all clients together; more if this variable says so.
const OPERATIONS: usize = 102_400;
const OPERATIONS_VARIABLE: &str = "GRANTRY_SERVER_MODEL_OPERATIONS";
/// Another sequence.
const SEED_VARIABLE: &str = "GRANTRY_SERVER_MODEL_SEED";
/// Operations between two starts of the server.
const OPERATIONS_OF_A_START: usize = 6_400;
/// One in so many versions is read after a start, beside whole listings; all after the last.
const VERSIONS_PER_READ: usize = 16;

fn variable(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// How a server ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Stop,
    KillAtRest,
    KillAtWork,
}

#[test]
fn random_operations_agree_with_the_model_through_restarts_and_kills() {
    let seed = u64::try_from(variable(SEED_VARIABLE, 1)).unwrap();
    let operations = variable(OPERATIONS_VARIABLE, OPERATIONS).max(OPERATIONS);
    println!("{SEED_VARIABLE}={seed} {OPERATIONS_VARIABLE}={operations}");
    let place = Place::new();
    let mut random = Random(seed);
    let mut server = place.serve_quietly();
    let key = Key::of_first_start(&server);
    let mut workers: Vec<_> = (0..WORKERS)
        .map(|number| {
            let share = operations / WORKERS;
            Worker::new(number as u64, seed, number % 2 == 1, share)
        })
        .collect();
    for worker in &workers {
        worker.create(&server, &key);
    }
    while workers.iter().any(|worker| worker.remaining > 0) {
        let end = *random.pick(&[End::Stop, End::KillAtRest, End::KillAtWork, End::KillAtWork]);
        run(&mut server, &key, &mut workers, end, &mut random);
        drop(server);
        server = place.serve_quietly();
    }
    // The last start: every version of every key.
    std::thread::scope(|scope| {
        let (server, key) = (&server, &key);
        for worker in &mut workers {
            scope.spawn(|| worker.resume(&mut Connection::open(server, key), 1).unwrap());
        }
    });
    server.stop();
    let report = place.succeed(&["check"]);
    assert!(report.starts_with("no inconsistency"), "{report}");
}

/// One life of the server.
fn run(server: &mut Server, key: &Key, workers: &mut [Worker], end: End, random: &mut Random) {
    let (done, is_killed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let kill_after = 1 + random.below(OPERATIONS_OF_A_START / 2);
    let share = OPERATIONS_OF_A_START / WORKERS;
    std::thread::scope(|scope| {
        let server = &*server;
        let threads: Vec<_> = workers
            .iter_mut()
            .map(|worker| {
                let (done, is_killed) = (&done, &is_killed);
                scope.spawn(move || worker.work(server, key, (share, done), is_killed))
            })
            .collect();
        if matches!(end, End::KillAtWork) {
            eventually("clients work", || {
                let is_over = threads.iter().all(ScopedJoinHandle::is_finished);
                is_over || done.load(Ordering::SeqCst) >= kill_after
            });
            is_killed.store(true, Ordering::SeqCst);
            server.signal(Signal::KILL);
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
    match end {
        End::Stop => server.stop(),
        End::KillAtRest => server.signal(Signal::KILL),
        End::KillAtWork => {}
    }
    if !matches!(end, End::Stop) {
        server.wait();
    }
}
