//! Inputs near those of a corpus, the same in every run.

/// The largest input that is made, in bytes.
pub const MAX_BYTES: usize = 8 * 1024;

/// Pieces that mean something to one parser or another.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b" ",
    b"%",
    b"%2f",
    b"%00",
    b"%25",
    b"..",
    b"/",
    b"//",
    b";",
    b"?",
    b"\\",
    b"\"",
    b"'",
    b",",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"=",
    b"#",
    b"<",
    b">",
    b"&",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"&amp;",
    b"&#0;",
    b"&#x41;",
    b"&x;",
    b"<!DOCTYPE a>",
    b"<?xml version=\"1.0\"?>",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\xed\xa0\x80",
    b"%ITCS_mac%",
    b"%ITCS_",
    b"%ITCS_Line1Id%",
    b"zzz0_daylight_cfg=ENABLE",
    b"zzz3_user_cfg=ENABLE",
    b"include ",
    b"http://",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"1e999",
    b"null",
    b"true",
];

/// A small generator of numbers that look random (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator that begins with this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// One of some things; `None` where there are none.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }
}

/// An entry of a corpus with one to four changes: bits flipped, bytes replaced, pieces cut out,
/// doubled or put in, the end cut off, or the end of another entry put there.
pub fn mutated(corpus: &[Vec<u8>], random: &mut SplitMix64) -> Vec<u8> {
    let mut input = random.one_of(corpus).cloned().unwrap_or_default();
    for _ in 0..=random.below(4) {
        change(&mut input, corpus, random);
    }
    input.truncate(MAX_BYTES);
    input
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut SplitMix64) {
    let at = random.below(input.len() + 1);
    match random.below(8) {
        0 | 1 => {
            let bit = random.below(8);
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        2 => {
            let new = random.next().to_le_bytes()[0];
            if let Some(byte) = input.get_mut(at) {
                *byte = new;
            }
        }
        3 => drop(input.drain(at..at + random.below((input.len() - at).min(64) + 1))),
        4 => {
            let doubled = input[at..at + random.below((input.len() - at).min(512) + 1)].to_vec();
            input.splice(at..at, doubled);
        }
        5 | 6 => {
            let piece = random.one_of(PIECES).copied().unwrap_or_default();
            input.splice(at..at, piece.iter().copied());
        }
        _ => {
            input.truncate(at);
            if random.below(2) == 0 {
                let other = random.one_of(corpus).map_or(&[][..], Vec::as_slice);
                input.extend_from_slice(&other[random.below(other.len() + 1)..]);
            }
        }
    }
}
