//! The bytes around a body. `FORMAT.md` has the same in tables.

use model::limits::{BLOB_HINT_BYTES_MAX, PUT_SIZE_BYTES_MAX};
use model::{BlobPlace, BlobRef};

use crate::checksum::crc32c_of_two;

/// Length of a header in bytes.
pub(crate) const HEADER_BYTES: usize = 48;
/// Body bytes under one checksum.
pub(crate) const BLOCK_BYTES: usize = 64 * 1024;
/// Records of a segment start at multiples of this many bytes.
pub(crate) const ALIGNMENT_BYTES: u64 = 8;
/// Bytes of one checksum in the table, and of the table's own.
pub(crate) const CHECKSUM_BYTES: usize = 4;
/// What is read of a record in one go to learn what it is: the header and all usual hints.
pub(crate) const PREFIX_BYTES: usize = 512;
/// The magic number of a released record: all that a release changes.
pub(crate) const MAGIC_RELEASED: [u8; 8] = *b"GRTYGONE";

const MAGIC_SEGMENT_START: [u8; 8] = *b"GRTYSEGM";
const MAGIC_LIVE: [u8; 8] = *b"GRTYBLOB";
const MAGIC_UNFINISHED: [u8; 8] = *b"GRTYOPEN";
const MAGIC_SEALED: [u8; 8] = *b"GRTYSEAL";
const FORMAT_VERSION: u16 = 1;
const FLAGS_SEGMENT: u16 = 0;
const FLAGS_FILE: u16 = 1;
/// Where the header's checksum lies in it; it covers everything from the version up to here.
const CHECKSUM_OFFSET: usize = 44;

/// What a header begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A segment file.
    SegmentStart,
    /// A blob.
    Live,
    /// A large blob that is still being written, or never was finished.
    Unfinished,
    /// A blob that nobody wants any more.
    Released,
    /// The end of a segment; `body_bytes` counts its records.
    Sealed,
}

impl Kind {
    fn magic(self) -> [u8; 8] {
        match self {
            Self::SegmentStart => MAGIC_SEGMENT_START,
            Self::Live => MAGIC_LIVE,
            Self::Unfinished => MAGIC_UNFINISHED,
            Self::Released => MAGIC_RELEASED,
            Self::Sealed => MAGIC_SEALED,
        }
    }

    fn from_magic(magic: [u8; 8]) -> Option<Self> {
        [Self::SegmentStart, Self::Live, Self::Unfinished, Self::Released, Self::Sealed]
            .into_iter()
            .find(|kind| kind.magic() == magic)
    }
}

/// A header, without its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// What it begins.
    pub(crate) kind: Kind,
    /// Where it lies; a header that turns up elsewhere is damage, or part of somebody's body.
    pub(crate) place: BlobPlace,
    /// Length of the hint.
    pub(crate) hint_bytes: usize,
    /// Length of the body; 0 while unfinished.
    pub(crate) body_bytes: u64,
}

/// What lies at the start of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded<'a> {
    /// A header whose checksum is right.
    Header {
        /// The header.
        header: Header,
        /// Its hint.
        hint: &'a [u8],
        /// Its checksum, which the table's checksum continues.
        checksum: u32,
    },
    /// Zeros: nothing was written here.
    Empty,
    /// Too few bytes to tell.
    Short {
        /// As many are needed, counted from the start of the header.
        needed_bytes: usize,
    },
    /// Something else.
    Damaged {
        /// What is wrong.
        reason: &'static str,
    },
}

impl Header {
    /// The header's bytes, and its checksum.
    pub(crate) fn encode(&self, hint: &[u8]) -> (Vec<u8>, u32) {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&self.kind.magic());
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        let (flags, place) = encode_place(&self.place);
        bytes.extend_from_slice(&flags.to_le_bytes());
        let hint_bytes = u32::try_from(self.hint_bytes).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&hint_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.body_bytes.to_le_bytes());
        bytes.extend_from_slice(&place);
        bytes.extend_from_slice(&0_u32.to_le_bytes());
        let covered = bytes.get(MAGIC_RELEASED.len()..).unwrap_or_default();
        let checksum = crc32c_of_two(covered, hint);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        (bytes, checksum)
    }

    /// Where the body starts, counted from the header.
    pub(crate) fn body_offset_bytes(&self) -> u64 {
        align((HEADER_BYTES + self.hint_bytes) as u64)
    }

    /// Where the table starts, counted from the header.
    pub(crate) fn table_offset_bytes(&self) -> u64 {
        self.body_offset_bytes().saturating_add(self.body_bytes)
    }

    /// Length of the whole record with its padding.
    pub(crate) fn record_bytes(&self) -> u64 {
        match self.kind {
            Kind::SegmentStart | Kind::Sealed => HEADER_BYTES as u64,
            Kind::Live | Kind::Unfinished | Kind::Released => {
                let tail = table_bytes(self.body_bytes).saturating_add(CHECKSUM_BYTES as u64);
                align(self.table_offset_bytes().saturating_add(tail))
            }
        }
    }

    /// The reference to the blob that this header begins.
    pub(crate) fn blob(&self) -> BlobRef {
        BlobRef { place: self.place, length_bytes: self.body_bytes }
    }

    /// Is this the header of the blob with that reference?
    pub(crate) fn belongs_to(&self, blob: &BlobRef) -> bool {
        self.blob() == *blob
    }
}

/// Reads the header at the start of `bytes`.
pub(crate) fn decode(bytes: &[u8]) -> Decoded<'_> {
    let Some((fixed, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Decoded::Short { needed_bytes: HEADER_BYTES };
    };
    if fixed.iter().all(|byte| *byte == 0) {
        return Decoded::Empty;
    }
    let Some((header, checksum)) = parse(fixed) else {
        return Decoded::Damaged { reason: "this is no header" };
    };
    let Some(hint) = rest.get(..header.hint_bytes) else {
        return Decoded::Short { needed_bytes: HEADER_BYTES + header.hint_bytes };
    };
    let covered = fixed.get(MAGIC_RELEASED.len()..CHECKSUM_OFFSET).unwrap_or_default();
    if crc32c_of_two(covered, hint) == checksum {
        Decoded::Header { header, hint, checksum }
    } else {
        Decoded::Damaged { reason: "the header's checksum differs" }
    }
}

/// The fields of a header, if all have values that we write.
fn parse(fixed: &[u8; HEADER_BYTES]) -> Option<(Header, u32)> {
    let mut rest: &[u8] = fixed;
    let kind = Kind::from_magic(take(&mut rest)?)?;
    let version = u16::from_le_bytes(take(&mut rest)?);
    let flags = u16::from_le_bytes(take(&mut rest)?);
    let hint_bytes = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
    let body_bytes = u64::from_le_bytes(take(&mut rest)?);
    let place = decode_place(flags, take(&mut rest)?)?;
    let reserved: [u8; 4] = take(&mut rest)?;
    let checksum = u32::from_le_bytes(take(&mut rest)?);
    let possible = version == FORMAT_VERSION
        && hint_bytes <= BLOB_HINT_BYTES_MAX
        && body_bytes <= PUT_SIZE_BYTES_MAX
        && reserved == [0; 4];
    possible.then_some((Header { kind, place, hint_bytes, body_bytes }, checksum))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

fn encode_place(place: &BlobPlace) -> (u16, [u8; 16]) {
    match place {
        BlobPlace::Segment { segment, offset_bytes } => {
            let both = u128::from(*segment) | (u128::from(*offset_bytes) << 64);
            (FLAGS_SEGMENT, both.to_le_bytes())
        }
        BlobPlace::File { id } => (FLAGS_FILE, id.to_le_bytes()),
    }
}

fn decode_place(flags: u16, bytes: [u8; 16]) -> Option<BlobPlace> {
    let number = u128::from_le_bytes(bytes);
    match flags {
        FLAGS_SEGMENT => Some(BlobPlace::Segment {
            segment: u32::try_from(number & u128::from(u64::MAX)).ok()?,
            offset_bytes: u64::try_from(number >> 64).ok()?,
        }),
        FLAGS_FILE => Some(BlobPlace::File { id: number }),
        _ => None,
    }
}

/// Length of the table for a body, without the table's own checksum.
pub(crate) fn table_bytes(body_bytes: u64) -> u64 {
    body_bytes.div_ceil(BLOCK_BYTES as u64).saturating_mul(CHECKSUM_BYTES as u64)
}

/// The next multiple of [`ALIGNMENT_BYTES`].
pub(crate) fn align(bytes: u64) -> u64 {
    bytes.div_ceil(ALIGNMENT_BYTES).saturating_mul(ALIGNMENT_BYTES)
}

/// A length as the machine counts memory. Lengths on disk are checked against limits before
/// memory is taken for them, so that the saturation never shows.
pub(crate) fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
