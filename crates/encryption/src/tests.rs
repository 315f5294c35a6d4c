use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// Bytes of a sealed chunk.
const SEALED: usize = 65_536;
/// Bytes of a chunk that is sealed once.
const CHUNK_BYTES: usize = Layers::One.chunk_bytes();

fn wrapping(seed: u8) -> WrappingKey {
    WrappingKey::new(&[seed; 32])
}

fn plain(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

fn seal(key: BodyKey, body: &[u8], step: usize) -> Vec<u8> {
    let mut sealer = Sealer::new(key);
    let mut sealed = Vec::new();
    for piece in body.chunks(step.max(1)) {
        sealer.push(piece, &mut sealed).unwrap();
    }
    sealed.extend(sealer.finish().unwrap());
    sealed.concat()
}

fn open(
    key: BodyKey,
    length: usize,
    sealed: &[u8],
    range: Range<u64>,
    step: usize,
) -> Result<Vec<u8>, Damaged> {
    let mut opener = Opener::new(key, length as u64, &range);
    let wanted = opener.sealed_range();
    let end = usize::try_from(wanted.end).unwrap().min(sealed.len());
    let start = usize::try_from(wanted.start).unwrap().min(end);
    let mut opened = Vec::new();
    // As a reader of blocks yields them: each piece is some blocks, but for the last.
    for piece in sealed[start..end].chunks(step.max(1) * SEALED) {
        let mut piece = piece.to_vec();
        let open = opener.open(&mut piece)?;
        opened.extend_from_slice(&piece[open]);
    }
    opener.finish()?;
    Ok(opened)
}

#[test]
fn keys_open_for_their_owner_with_their_key_only() {
    let data_key = DataKey::random().unwrap();
    let wrapped = wrapping(1).wrap(&data_key, b"owner").unwrap();
    let body = plain(100);
    let sealed = seal(data_key.body_key(1, None, Layers::One), &body, 100);
    let again = wrapping(1).unwrap(&wrapped, b"owner").unwrap();
    let opened = open(again.body_key(1, None, Layers::One), 100, &sealed, 0..100, 1);
    assert_eq!(opened, Ok(body));
    assert_eq!(wrapping(1).unwrap(&wrapped, b"other").unwrap_err(), WrongKey);
    assert_eq!(wrapping(2).unwrap(&wrapped, b"owner").unwrap_err(), WrongKey);
    for bit in 0..wrapped.0.len() * 8 {
        let mut changed = wrapped.clone();
        changed.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(wrapping(1).unwrap(&changed, b"owner").unwrap_err(), WrongKey, "{bit}");
    }
    let twice = wrapping(1).wrap(&data_key, b"owner").unwrap();
    assert_ne!(twice, wrapped);
}

#[test]
fn bodies_of_other_parts_salts_and_objects_do_not_open() {
    let key = DataKey::random().unwrap();
    let salt = fresh_salt().unwrap();
    let sealed = seal(key.body_key(1, Some(&salt), Layers::One), &plain(10), 10);
    let reads = |key: BodyKey| open(key, 10, &sealed, 0..10, 1).is_ok();
    assert!(reads(key.body_key(1, Some(&salt), Layers::One)));
    assert!(!reads(key.body_key(2, Some(&salt), Layers::One)));
    assert!(!reads(key.body_key(1, None, Layers::One)));
    assert!(!reads(key.body_key(1, Some(&fresh_salt().unwrap()), Layers::One)));
    assert!(!reads(DataKey::random().unwrap().body_key(1, Some(&salt), Layers::One)));
}

const BOTH: [Layers; 2] = [Layers::One, Layers::Two];

/// Each layer alone keeps a body shut: with the key of the other one only, nothing opens.
#[test]
fn two_layers_are_two() {
    let key = DataKey::random().unwrap();
    let body = plain(100);
    let once = seal(key.body_key(1, None, Layers::One), &body, 100);
    let twice = seal(key.body_key(1, None, Layers::Two), &body, 100);
    assert_eq!(twice.len(), once.len() + 16);
    assert!(!twice.windows(16).any(|window| once.windows(16).any(|other| other == window)));
    for (layers, sealed) in [(Layers::One, &twice), (Layers::Two, &once)] {
        for end in [sealed.len(), sealed.len() - 16] {
            let opened = open(key.body_key(1, None, layers), 100, &sealed[..end], 0..100, 1);
            assert_eq!(opened, Err(Damaged), "{layers:?} {end}");
        }
    }
    let opened = open(key.body_key(1, None, Layers::Two), 100, &twice, 0..100, 1);
    assert_eq!(opened, Ok(body));
}

#[test]
fn lengths() {
    for layers in BOTH {
        let chunk = layers.chunk_bytes();
        for length in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk] {
            check_length(length, layers);
        }
    }
}

fn check_length(length: usize, layers: Layers) {
    let key = DataKey::random().unwrap();
    let body = plain(length);
    let sealed = seal(key.body_key(1, None, layers), &body, 10_000);
    assert_eq!(sealed.len() as u64, layers.sealed_length(length as u64), "{length}");
    let whole = open(key.body_key(1, None, layers), length, &sealed, 0..length as u64, 2);
    assert_eq!(whole, Ok(body), "{length}");
    // No run of the text is left.
    let text = plain(64);
    assert!(length < 64 || !sealed.windows(64).any(|window| window == text));
}

#[test]
fn every_flipped_bit_is_found() {
    for layers in BOTH {
        check_flips(layers);
    }
}

fn check_flips(layers: Layers) {
    let key = DataKey::random().unwrap();
    let sealed = seal(key.body_key(1, None, layers), &plain(40), 40);
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let opened = open(key.body_key(1, None, layers), 40, &changed, 0..40, 1);
        assert_eq!(opened, Err(Damaged), "{bit}");
    }
}

#[test]
fn chunks_that_are_moved_left_out_or_cut_off_are_found() {
    for layers in BOTH {
        check_moves(layers);
    }
}

fn check_moves(layers: Layers) {
    let key = DataKey::random().unwrap();
    let chunk_bytes = layers.chunk_bytes();
    let length = 3 * chunk_bytes;
    let sealed = seal(key.body_key(1, None, layers), &plain(length), length);
    let chunk = |number: usize| &sealed[number * 65_536..(number + 1) * 65_536];
    let reads = |sealed: &[u8], length: usize| {
        open(key.body_key(1, None, layers), length, sealed, 0..length as u64, 2)
    };
    assert!(reads(&sealed, length).is_ok());
    assert_eq!(reads(&[chunk(1), chunk(0), chunk(2)].concat(), length), Err(Damaged));
    assert_eq!(reads(&[chunk(0), chunk(0), chunk(2)].concat(), length), Err(Damaged));
    // Two of three chunks are no body of two, whatever the record says of its length.
    assert_eq!(reads(&[chunk(0), chunk(1)].concat(), 2 * chunk_bytes), Err(Damaged));
    assert_eq!(reads(&[chunk(0), chunk(1)].concat(), length), Err(Damaged));
    assert_eq!(reads(&[chunk(0), chunk(2)].concat(), 2 * chunk_bytes), Err(Damaged));
    assert_eq!(reads(&sealed[..sealed.len() - 1], length), Err(Damaged));
    assert_eq!(reads(&sealed, length - 1), Err(Damaged));
}

#[test]
fn pieces_end_where_chunks_do() {
    let key = DataKey::random().unwrap();
    let length = CHUNK_BYTES + 100;
    let sealed = seal(key.body_key(1, None, Layers::One), &plain(length), length);
    let fails = |cuts: &[usize]| {
        let mut opener =
            Opener::new(key.body_key(1, None, Layers::One), length as u64, &(0..length as u64));
        let mut start = 0;
        let mut opened = cuts.iter().map(|end| {
            let mut piece = sealed[start..*end].to_vec();
            start = *end;
            opener.open(&mut piece)
        });
        opened.any(|opened| opened.is_err())
    };
    assert!(!fails(&[SEALED, sealed.len()]) && !fails(&[SEALED, SEALED, sealed.len()]));
    for cut in [1, 15, 16, SEALED - 1, SEALED + 1, sealed.len() - 1] {
        assert!(fails(&[cut, sealed.len()]), "{cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_range_is_a_slice_of_the_whole(
        length in 1_usize..200_000,
        from in 0_usize..200_000,
        size in 0_usize..200_000,
        steps in (1_usize..200_000, 1_usize..4),
        twice in any::<bool>(),
    ) {
        let layers = if twice { Layers::Two } else { Layers::One };
        let key = DataKey::random().unwrap();
        let body = plain(length);
        let sealed = seal(key.body_key(7, None, layers), &body, steps.0);
        let start = from.min(length);
        let end = (start + size).min(length);
        let range = start as u64..end as u64;
        let opened = open(key.body_key(7, None, layers), length, &sealed, range, steps.1);
        prop_assert_eq!(opened, Ok(body[start..end].to_vec()));
    }
}
