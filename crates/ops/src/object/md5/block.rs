//! The compression of MD5 (RFC 1321, section 3.4), of one body or of eight at once.
//!
//! Each step of MD5 needs the one before, so that one body keeps a processor waiting most of the
//! time: 0.6 GB/s. Eight bodies in the lanes of vector registers take little longer than one:
//! 4 GB/s together with AVX2 or AVX-512.

#![expect(clippy::inline_always, reason = "a call would leave the vector registers")]

use fearless_simd::{Level, Simd, SimdBase as _, dispatch, u32x8};

/// Bodies that are compressed at once.
pub(super) const LANES: usize = 8;
/// Bytes of a block.
pub(super) const BLOCK_BYTES: usize = 64;
/// What is compressed before the first block.
pub(super) const INITIAL_STATE: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// The four words A, B, C, D.
pub(super) type State = [u32; 4];
/// A block.
pub(super) type Block = [u8; BLOCK_BYTES];

/// A word of one body, or of each of eight.
trait Word: Copy {
    fn plus(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn complement(self) -> Self;
    fn rotated<const BITS: u32>(self) -> Self;
}

macro_rules! word {
    ($self:ident, $other:ident, $plus:expr, $rotated:expr) => {
        #[inline(always)]
        fn plus($self, $other: Self) -> Self {
            $plus
        }
        #[inline(always)]
        fn and(self, other: Self) -> Self {
            self & other
        }
        #[inline(always)]
        fn or(self, other: Self) -> Self {
            self | other
        }
        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            self ^ other
        }
        #[inline(always)]
        fn complement(self) -> Self {
            !self
        }
        #[inline(always)]
        fn rotated<const BITS: u32>($self) -> Self {
            $rotated
        }
    };
}

impl Word for u32 {
    word!(self, other, self.wrapping_add(other), self.rotate_left(BITS));
}

impl<S: Simd> Word for u32x8<S> {
    word!(self, other, self + other, (self << BITS) | (self >> (32 - BITS)));
}

/// Four steps of one round, which differ in the rotation and in the order of the words.
macro_rules! steps {
    ($mix:ident, $word:ident, $splat:ident, [$s0:literal $s1:literal $s2:literal $s3:literal],
     $($k0:literal $m0:literal, $k1:literal $m1:literal, $k2:literal $m2:literal,
       $k3:literal $m3:literal;)+, $a:ident $b:ident $c:ident $d:ident) => {$(
        $a = $b.plus($a.plus($mix($b, $c, $d)).plus($splat($k0).plus($word($m0))).rotated::<$s0>());
        $d = $a.plus($d.plus($mix($a, $b, $c)).plus($splat($k1).plus($word($m1))).rotated::<$s1>());
        $c = $d.plus($c.plus($mix($d, $a, $b)).plus($splat($k2).plus($word($m2))).rotated::<$s2>());
        $b = $c.plus($b.plus($mix($c, $d, $a)).plus($splat($k3).plus($word($m3))).rotated::<$s3>());
    )+};
}

#[inline(always)]
fn f<W: Word>(x: W, y: W, z: W) -> W {
    z.xor(x.and(y.xor(z)))
}

#[inline(always)]
fn g<W: Word>(x: W, y: W, z: W) -> W {
    x.and(z).or(y.and(z.complement()))
}

#[inline(always)]
fn h<W: Word>(x: W, y: W, z: W) -> W {
    x.xor(y).xor(z)
}

#[inline(always)]
fn i<W: Word>(x: W, y: W, z: W) -> W {
    y.xor(x.or(z.complement()))
}

/// The 64 steps. `word` gives the words of the block, `splat` a constant as a word.
#[inline(always)]
fn compress<W: Word>(state: [W; 4], word: impl Fn(usize) -> W, splat: impl Fn(u32) -> W) -> [W; 4] {
    let [mut a, mut b, mut c, mut d] = state;
    steps! { f, word, splat, [7 12 17 22],
        0xd76a_a478 0, 0xe8c7_b756 1, 0x2420_70db 2, 0xc1bd_ceee 3;
        0xf57c_0faf 4, 0x4787_c62a 5, 0xa830_4613 6, 0xfd46_9501 7;
        0x6980_98d8 8, 0x8b44_f7af 9, 0xffff_5bb1 10, 0x895c_d7be 11;
        0x6b90_1122 12, 0xfd98_7193 13, 0xa679_438e 14, 0x49b4_0821 15;, a b c d
    }
    steps! { g, word, splat, [5 9 14 20],
        0xf61e_2562 1, 0xc040_b340 6, 0x265e_5a51 11, 0xe9b6_c7aa 0;
        0xd62f_105d 5, 0x0244_1453 10, 0xd8a1_e681 15, 0xe7d3_fbc8 4;
        0x21e1_cde6 9, 0xc337_07d6 14, 0xf4d5_0d87 3, 0x455a_14ed 8;
        0xa9e3_e905 13, 0xfcef_a3f8 2, 0x676f_02d9 7, 0x8d2a_4c8a 12;, a b c d
    }
    steps! { h, word, splat, [4 11 16 23],
        0xfffa_3942 5, 0x8771_f681 8, 0x6d9d_6122 11, 0xfde5_380c 14;
        0xa4be_ea44 1, 0x4bde_cfa9 4, 0xf6bb_4b60 7, 0xbebf_bc70 10;
        0x289b_7ec6 13, 0xeaa1_27fa 0, 0xd4ef_3085 3, 0x0488_1d05 6;
        0xd9d4_d039 9, 0xe6db_99e5 12, 0x1fa2_7cf8 15, 0xc4ac_5665 2;, a b c d
    }
    steps! { i, word, splat, [6 10 15 21],
        0xf429_2244 0, 0x432a_ff97 7, 0xab94_23a7 14, 0xfc93_a039 5;
        0x655b_59c3 12, 0x8f0c_cc92 3, 0xffef_f47d 10, 0x8584_5dd1 1;
        0x6fa8_7e4f 8, 0xfe2c_e6e0 15, 0xa301_4314 6, 0x4e08_11a1 13;
        0xf753_7e82 4, 0xbd3a_f235 11, 0x2ad7_d2bb 2, 0xeb86_d391 9;, a b c d
    }
    let [a0, b0, c0, d0] = state;
    [a0.plus(a), b0.plus(b), c0.plus(c), d0.plus(d)]
}

/// Compresses blocks of one body.
pub(super) fn compress_one(state: State, blocks: &[Block]) -> State {
    blocks.iter().fold(state, |state, block| {
        let (words, _) = block.as_chunks();
        let word = |index: usize| words.get(index).map_or(0, |bytes| u32::from_le_bytes(*bytes));
        compress(state, word, |constant| constant)
    })
}

/// Compresses blocks of eight bodies, as many of each as the shortest has.
pub(super) fn compress_eight(
    level: Level,
    states: &mut [State; LANES],
    blocks: &[&[Block]; LANES],
) {
    dispatch!(level, simd => compress_lanes(simd, states, blocks));
}

#[inline(always)]
fn compress_lanes<S: Simd>(simd: S, states: &mut [State; LANES], blocks: &[&[Block]; LANES]) {
    let word_of_all = |word: usize| {
        let lanes = states.each_ref().map(|state| state.get(word).copied().unwrap_or(0));
        u32x8::load_array(simd, lanes)
    };
    let mut state = [word_of_all(0), word_of_all(1), word_of_all(2), word_of_all(3)];
    let [b0, b1, b2, b3, b4, b5, b6, b7] = *blocks;
    let all = b0.iter().zip(b1).zip(b2).zip(b3).zip(b4).zip(b5).zip(b6).zip(b7);
    for (((((((b0, b1), b2), b3), b4), b5), b6), b7) in all {
        let rows = transposed([b0, b1, b2, b3, b4, b5, b6, b7]);
        let word = |index: usize| {
            rows.get(index).map_or(u32x8::splat(simd, 0), |row| u32x8::load_array_ref(simd, row))
        };
        state = compress(state, word, |constant| u32x8::splat(simd, constant));
    }
    let mut words = [[0; LANES]; 4];
    for (to, from) in words.iter_mut().zip(state) {
        from.store_array(to);
    }
    let [a, b, c, d] = words;
    for (state, (((a, b), c), d)) in states.iter_mut().zip(a.into_iter().zip(b).zip(c).zip(d)) {
        *state = [a, b, c, d];
    }
}

/// The words of eight blocks: all first ones, all second ones …
#[inline(always)]
fn transposed(blocks: [&Block; LANES]) -> [[u32; LANES]; 16] {
    let mut rows = [[0; LANES]; 16];
    for (lane, block) in blocks.into_iter().enumerate() {
        for (row, word) in rows.iter_mut().zip(block.as_chunks().0) {
            if let Some(place) = row.get_mut(lane) {
                *place = u32::from_le_bytes(*word);
            }
        }
    }
    rows
}
