//! Power cuts at every change of the disk.
//!
//! A script runs once. Then, for each prefix of what the disk saw, the disks that a power cut at
//! that moment may leave are opened and compared with what the script had been told by then.
//! `GRANTRY_CRASH_SCRIPTS` sets how many scripts are run.

use super::history::{History, Random, Script};
use super::*;
use crate::disk::{CrashReplay, Survivors};

const STEPS: usize = 14;
/// Scripts of the normal run; they make more than 20,000 disks.
const SCRIPTS: u64 = 20;
/// Of how many disks one is recovered again and again.
const RECOVERED_OF: usize = 20;

#[test]
fn what_was_acknowledged_survives() {
    let scripts =
        std::env::var("GRANTRY_CRASH_SCRIPTS").map_or(SCRIPTS, |text| text.parse().unwrap());
    let mut cuts = 0;
    let mut states = 0;
    let mut acknowledged = 0;
    for seed in 0..scripts {
        let disk = MemoryDisk::new();
        let mut history = History::default();
        let runtime = runtime();
        let opened = runtime.block_on(async {
            let store = open(&disk, SMALL).unwrap();
            let opened = disk.event_count();
            history.run(&disk, store, Script { seed, steps: STEPS, reopens: true }).await;
            opened
        });
        acknowledged += history.acknowledged();
        let mut replay = CrashReplay::new(&disk);
        let mut random = Random(seed);
        let mut events = 0;
        loop {
            // Opening makes 256 directories, one like the other.
            if events >= opened || events % 64 == 0 {
                let seeds = [(); 3].map(|()| random.below(usize::MAX) as u64);
                let choices = [Survivors::Nothing, Survivors::Everything];
                for survivors in choices.into_iter().chain(seeds.map(Survivors::Random)) {
                    cuts += 1;
                    let again = cuts % RECOVERED_OF == 0;
                    states +=
                        runtime.block_on(check_image(&history, &replay, survivors, events, again));
                }
            }
            if !replay.advance() {
                break;
            }
            events += 1;
        }
        // The last abandoned file may be removed while this goes on, hence no equality.
        assert!(events > opened && events <= disk.event_count());
    }
    assert!(states > 20_000 || scripts < SCRIPTS, "only {states} states");
    assert!(acknowledged as u64 > 5 * scripts, "only {acknowledged} blobs");
}

/// Opens the disk that a crash left, as a server does that starts again. Returns how many crashes
/// were tried.
async fn check_image(
    history: &History,
    replay: &CrashReplay,
    survivors: Survivors,
    events: usize,
    again: bool,
) -> usize {
    let image = replay.image(survivors);
    let store = open(&image, SMALL).unwrap();
    history.check(&store, events).await;
    let new = append(&store, b"new", b"after the crash").await.unwrap();
    history.check_new(&new, events);
    let new_file = write_file(&store, b"new", b"a file after the crash", 5).await.unwrap();
    if !again {
        return 1;
    }
    // Recovery is repeatable: after a second power cut, and after a restart in peace.
    let mut second = CrashReplay::new(&image);
    while second.advance() {}
    store.shutdown().await;
    for disk in [second.image(survivors), image] {
        let store = open(&disk, SMALL).unwrap();
        history.check(&store, events).await;
        assert_eq!(read(&store, &new).await.unwrap(), b"after the crash");
        assert_eq!(read(&store, &new_file).await.unwrap(), b"a file after the crash");
    }
    1 + check_recovery(history, replay, survivors, events).await
}

/// Recovers, has the power cut at every change that this makes, and recovers again: what is left
/// is the same each time.
async fn check_recovery(
    history: &History,
    replay: &CrashReplay,
    survivors: Survivors,
    events: usize,
) -> usize {
    let image = replay.image(survivors);
    let store = open(&image, SMALL).unwrap();
    let left = history.recover(&store, events).await;
    history.check(&store, events).await;
    assert_eq!(history.recover(&store, events).await, left, "a second recovery differs");
    let mut second = CrashReplay::new(&image);
    let mut states = 0;
    while second.advance() {
        states += 1;
        let seed = (events * 1000 + states) as u64;
        for survivors in [Survivors::Nothing, Survivors::Random(seed)] {
            let store = open(&second.image(survivors), SMALL).unwrap();
            assert_eq!(history.recover(&store, events).await, left, "after a cut in recovery");
            history.check(&store, events).await;
        }
    }
    2 * states
}
