//! Finding a piece of a pattern that has `?` in it, in time that a hostile policy cannot blow up.
//!
//! Trying every place takes text times piece steps: half a second for what fits into a policy and a
//! header. Here all places are tried at once, a bit for each position of the piece (Shift-And, Baeza-
//! Yates and Gonnet, "A new approach to text searching", 1992), 64 of them in a step. The bits count
//! bytes; a `?`, which is one character, waits while the bytes of its character go by.

use super::pattern::Atom;

/// What each byte does to the positions of the piece, in rows of `words` words.
struct Masks {
    words: usize,
    /// A row for each byte: the positions that take it as their first byte.
    takes: Vec<u64>,
    /// A row: the positions that wait while a character goes on, which are those of `?`.
    waits: Vec<u64>,
    /// The last position.
    last: usize,
}

const BITS: usize = u64::BITS as usize;

impl Masks {
    /// `None` for a piece without positions, or with a variable, which has no value here.
    fn new(segment: &[Atom]) -> Option<Self> {
        let positions: usize = segment.iter().map(Atom::positions).sum();
        let last = positions.checked_sub(1)?;
        let words = last / BITS + 1;
        let takes = vec![0; words * 256];
        let mut masks = Self { words, takes, waits: vec![0; words], last };
        let mut position = 0;
        for atom in segment {
            match atom {
                Atom::Text(text) => {
                    for byte in text.bytes() {
                        masks.add(byte, position)?;
                        position += 1;
                    }
                }
                Atom::AnyCharacter => {
                    for byte in (0..=u8::MAX).filter(|&byte| !continues(byte)) {
                        masks.add(byte, position)?;
                    }
                    *masks.waits.get_mut(position / BITS)? |= bit(position);
                    position += 1;
                }
                Atom::Variable(_) => return None,
            }
        }
        Some(masks)
    }

    fn add(&mut self, byte: u8, position: usize) -> Option<()> {
        let word = usize::from(byte) * self.words + position / BITS;
        *self.takes.get_mut(word)? |= bit(position);
        Some(())
    }

    fn row(&self, byte: u8) -> &[u64] {
        let start = usize::from(byte) * self.words;
        self.takes.get(start..start + self.words).unwrap_or_default()
    }
}

fn bit(position: usize) -> u64 {
    1 << (position % BITS)
}

/// Whether a byte of UTF-8 goes on with a character.
fn continues(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// What follows the leftmost place in `text` at which the segment matches.
pub(super) fn skip_past<'t>(segment: &[Atom], text: &'t str) -> Option<&'t str> {
    if segment.is_empty() {
        return Some(text);
    }
    if segment.iter().map(Atom::positions).sum::<usize>() <= BITS {
        return skip_past_short(segment, text);
    }
    let masks = Masks::new(segment)?;
    // The word before the first one holds, in its highest bit, whether the piece may begin here.
    let mut reached = vec![0_u64; masks.words + 1];
    let mut next = reached.clone();
    let nothing = vec![0_u64; masks.words];
    let (last_word, last_bit) = (masks.last / BITS + 1, bit(masks.last));
    for (at, byte) in text.bytes().enumerate() {
        let going_on = continues(byte);
        *reached.first_mut()? = u64::from(!going_on) << (BITS - 1);
        let waits = if going_on { &masks.waits } else { &nothing };
        step(&reached, masks.row(byte), waits, next.get_mut(1..)?);
        std::mem::swap(&mut reached, &mut next);
        if reached.get(last_word)? & last_bit != 0 {
            return text.get(end_of_character(text, at)..);
        }
    }
    None
}

/// The same for a piece that fits into one word, which needs nothing from the heap.
fn skip_past_short<'t>(segment: &[Atom], text: &'t str) -> Option<&'t str> {
    let mut takes = [0_u64; 256];
    let mut waits = 0;
    let mut position = 1_u64;
    let mut last = 0;
    for atom in segment {
        match atom {
            Atom::Text(text) => {
                for byte in text.bytes() {
                    *takes.get_mut(usize::from(byte))? |= position;
                    last = position;
                    position <<= 1;
                }
            }
            Atom::AnyCharacter => {
                let bytes = (0_u8..=u8::MAX).zip(&mut takes).filter(|(byte, _)| !continues(*byte));
                bytes.for_each(|(_, takes)| *takes |= position);
                waits |= position;
                last = position;
                position <<= 1;
            }
            Atom::Variable(_) => return None,
        }
    }
    let mut reached = 0_u64;
    for (at, byte) in text.bytes().enumerate() {
        let going_on = continues(byte);
        let stays = if going_on { reached & waits } else { 0 };
        let takes = takes.get(usize::from(byte)).copied().unwrap_or_default();
        reached = (((reached << 1) | u64::from(!going_on)) & takes) | stays;
        if reached & last != 0 {
            return text.get(end_of_character(text, at)..);
        }
    }
    None
}

/// Where the character ends that has the byte at `at`; a `?` at the end takes all of it.
fn end_of_character(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at + 1..).unwrap_or_default();
    at + 1 + rest.iter().take_while(|&&byte| continues(byte)).count()
}

/// Takes one byte: each position is reached from the one before it, or stays reached. Without
/// branches and without words that depend on each other, so that the compiler takes several at once.
fn step(reached: &[u64], takes: &[u64], waits: &[u64], next: &mut [u64]) {
    let before = reached.iter();
    let here = reached.iter().skip(1);
    let words = before.zip(here).zip(takes.iter().zip(waits));
    for (next, ((before, here), (takes, waits))) in next.iter_mut().zip(words) {
        *next = (((here << 1) | (before >> (BITS - 1))) & takes) | (here & waits);
    }
}
