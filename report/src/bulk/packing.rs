//! The two packings of Parquet that fit bulk tables: numbers by their differences, and codes by their runs.
//!
//! Both follow the format's own text (<https://github.com/apache/parquet-format/blob/master/Encodings.md>). They stand here because a
//! trip has eleven cells: the general writer hashes every word and looks at every value one by one, which costs more than the
//! simulation of the trip.

/// Values of a block of differences, which share their least one.
const BLOCK: usize = 128;
/// Values that share a bit width.
const MINIBLOCK: usize = 32;
/// Codes that are packed together.
const GROUP: usize = 8;
/// A run is worth its own header when plain packing takes more bits than this.
const RUN_BITS: usize = 40;

/// A number that can be packed by its difference from another.
pub(super) trait Number: Copy + Ord + Into<i64> {
    /// The numbers of a block, the one before it first, as distances from that one; none when one does not fit. What is near takes
    /// half the room, and four of them take one instruction.
    fn near(block: &[Self]) -> Option<[i32; BLOCK + 1]>;
}

/// Distances up to this one, to either side, are near: then their differences fit into 32 bits.
const REACH: u32 = 1 << 30;

impl Number for i64 {
    fn near(block: &[i64]) -> Option<[i32; BLOCK + 1]> {
        let mut near = [0; BLOCK + 1];
        let mut beyond = 0;
        for (near, value) in near.iter_mut().zip(block) {
            let distance = value.wrapping_sub(block[0]);
            beyond |= (distance as u64).wrapping_add(REACH.into());
            *near = distance as i32;
        }
        (beyond < u64::from(2 * REACH)).then_some(near)
    }
}

impl Number for u32 {
    fn near(block: &[u32]) -> Option<[i32; BLOCK + 1]> {
        let mut near = [0; BLOCK + 1];
        let mut beyond = 0;
        for (near, value) in near.iter_mut().zip(block) {
            let distance = value.wrapping_sub(block[0]);
            // Numbers of 31 bits have distances that no sign is lost of.
            beyond |= distance.wrapping_add(REACH) | value;
            *near = distance as i32;
        }
        (beyond < 2 * REACH).then_some(near)
    }
}

/// Appends `values` as `DELTA_BINARY_PACKED`.
pub(super) fn pack_numbers<N: Number>(values: &[N], bytes: &mut Vec<u8>) {
    for number in [BLOCK, BLOCK / MINIBLOCK, values.len()] {
        push_varint(bytes, number as u64);
    }
    push_zigzag(bytes, values.first().map_or(0, |first| (*first).into()));
    for first in (0..values.len().saturating_sub(1)).step_by(BLOCK) {
        let block = &values[first..values.len().min(first + BLOCK + 1)];
        match N::near(block) {
            Some(near) => pack_near_block(&near, block.len() - 1, bytes),
            None => {
                let mut wide = [0; BLOCK + 1];
                for (wide, value) in wide.iter_mut().zip(block) {
                    *wide = (*value).into();
                }
                pack_block(&wide[..block.len()], bytes);
            }
        }
    }
}

/// Appends a block whose first `count` differences count.
fn pack_near_block(values: &[i32; BLOCK + 1], count: usize, bytes: &mut Vec<u8>) {
    let mut deltas = [0; BLOCK];
    for ((delta, before), value) in deltas.iter_mut().zip(values).zip(&values[1..]) {
        *delta = value - before;
    }
    let least = deltas[..count].iter().copied().min().unwrap_or(0);
    let mut above = [0; BLOCK];
    for (above, delta) in above[..count].iter_mut().zip(&deltas) {
        *above = delta.wrapping_sub(least) as u32;
    }
    let miniblocks = above.as_chunks::<MINIBLOCK>().0;
    let width =
        |miniblock: &[u32; MINIBLOCK]| u32::BITS - miniblock.iter().fold(0, |bits, above| bits | above).leading_zeros();
    push_zigzag(bytes, least.into());
    bytes.extend(miniblocks.iter().map(|miniblock| width(miniblock) as u8));
    // A miniblock beyond the last value has the width 0 and so no bytes.
    for miniblock in miniblocks {
        pack_miniblock(miniblock, width(miniblock), bytes);
    }
}

/// Appends the lowest `width` bits of each value, the first in the lowest bits.
///
/// Where the width is known when this is compiled, the loop over the values becomes a row of shifts without a branch; so the widths
/// that columns have are listed.
fn pack_miniblock(values: &[u32; MINIBLOCK], width: u32, bytes: &mut Vec<u8>) {
    macro_rules! known {
        ($($known:literal)*) => {
            match width {
                0 => {}
                $($known => bytes.extend_from_slice(packed::<$known>(values).as_flattened()),)*
                _ => pack_bits(&values.map(u64::from), width, bytes),
            }
        };
    }
    known!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20);
}

/// 32 values of `WIDTH` bits as that many words of 32 bits.
#[inline]
fn packed<const WIDTH: usize>(values: &[u32; MINIBLOCK]) -> [[u8; 4]; WIDTH] {
    let mut words = [[0; 4]; WIDTH];
    let (mut word, mut filled, mut next) = (0, 0, 0);
    for value in values {
        word |= u64::from(*value) << filled;
        filled += WIDTH;
        if filled >= 32 {
            words[next] = (word as u32).to_le_bytes();
            (word, filled, next) = (word >> 32, filled - 32, next + 1);
        }
    }
    words
}

/// Appends a block of any numbers, after the one before it.
fn pack_block(block: &[i64], bytes: &mut Vec<u8>) {
    let delta = |pair: &[i64]| pair[1].wrapping_sub(pair[0]);
    let least = block.windows(2).map(delta).min().unwrap_or(0);
    let mut above = [0; BLOCK];
    for (above, pair) in above.iter_mut().zip(block.windows(2)) {
        *above = delta(pair).wrapping_sub(least) as u64;
    }
    let miniblocks = above.as_chunks::<MINIBLOCK>().0;
    let width =
        |miniblock: &[u64; MINIBLOCK]| u64::BITS - miniblock.iter().fold(0, |bits, above| bits | above).leading_zeros();
    push_zigzag(bytes, least);
    bytes.extend(miniblocks.iter().map(|miniblock| width(miniblock) as u8));
    for miniblock in miniblocks {
        pack_bits(miniblock, width(miniblock), bytes);
    }
}

/// Appends the lowest `width` bits of each value, whatever their width.
fn pack_bits(values: &[u64; MINIBLOCK], width: u32, bytes: &mut Vec<u8>) {
    let (mut word, mut filled) = (0_u128, 0);
    for value in values {
        word |= u128::from(*value) << filled;
        filled += width;
        while filled >= 32 {
            bytes.extend_from_slice(&(word as u32).to_le_bytes());
            (word, filled) = (word >> 32, filled - 32);
        }
    }
}

/// Bits that a code up to `greatest` takes; at least one, since readers differ about none.
pub(super) fn width_of(greatest: u16) -> u32 {
    (u16::BITS - greatest.leading_zeros()).max(1)
}

/// Appends `codes`, of `width` bits each, in the hybrid of runs and packed groups that dictionary indices and levels have.
pub(super) fn pack_codes(codes: &[u16], width: u32, bytes: &mut Vec<u8>) {
    let least_run = RUN_BITS.div_ceil(width as usize).next_multiple_of(GROUP);
    let (mut packed, mut at) = (0, 0);
    while at + least_run <= codes.len() {
        let code = codes[at];
        if codes[at..at + least_run].iter().any(|other| *other != code) {
            at += GROUP;
            continue;
        }
        let end = at + codes[at..].iter().take_while(|other| **other == code).count();
        pack_groups(&codes[packed..at], width, bytes);
        push_varint(bytes, ((end - at) as u64) << 1);
        bytes.extend_from_slice(&code.to_le_bytes()[..width.div_ceil(8) as usize]);
        (packed, at) = (end, end);
    }
    pack_groups(&codes[packed..], width, bytes);
}

/// Appends whole groups of codes; only the last group of a page may be filled up, with zeros that nobody reads.
fn pack_groups(codes: &[u16], width: u32, bytes: &mut Vec<u8>) {
    if codes.is_empty() {
        return;
    }
    push_varint(bytes, (codes.len().div_ceil(GROUP) as u64) << 1 | 1);
    let (groups, rest) = codes.as_chunks::<GROUP>();
    for group in groups {
        pack_group(group, width, bytes);
    }
    if !rest.is_empty() {
        let mut group = [0; GROUP];
        group[..rest.len()].copy_from_slice(rest);
        pack_group(&group, width, bytes);
    }
}

fn pack_group(group: &[u16; GROUP], width: u32, bytes: &mut Vec<u8>) {
    // Half a group of codes fits into 64 bits, whatever their width.
    let half = |codes: &[u16]| codes.iter().rev().fold(0, |word, code| word << width | u64::from(*code));
    let (low, high) = group.split_at(GROUP / 2);
    let word = u128::from(half(low)) | u128::from(half(high)) << (GROUP as u32 / 2 * width);
    // A copy of fixed length and a cut are quicker than a copy of any length.
    let end = bytes.len() + width as usize;
    bytes.extend_from_slice(&word.to_le_bytes());
    bytes.truncate(end);
}

fn push_zigzag(bytes: &mut Vec<u8>, number: i64) {
    push_varint(bytes, (number << 1 ^ number >> 63) as u64);
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn varint(bytes: &mut &[u8]) -> u64 {
        let end = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let (number, rest) = bytes.split_at(end);
        *bytes = rest;
        number.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f))
    }

    fn zigzag(bytes: &mut &[u8]) -> i64 {
        let number = varint(bytes);
        (number >> 1) as i64 ^ -((number & 1) as i64)
    }

    fn bits(bytes: &[u8], width: u32, index: usize) -> u64 {
        let bit = |bit: usize| u64::from(bytes[bit / 8] >> (bit % 8) & 1);
        (0..width as usize).map(|place| bit(index * width as usize + place) << place).sum()
    }

    /// Reads as the format's text says, one bit after the other.
    fn unpack_numbers(mut bytes: &[u8]) -> Vec<i64> {
        let [block, miniblocks, count] = [(); 3].map(|()| varint(&mut bytes) as usize);
        let mut values = vec![zigzag(&mut bytes)];
        while values.len() < count {
            let least = zigzag(&mut bytes);
            let (widths, mut rest) = bytes.split_at(miniblocks);
            for width in widths {
                let (miniblock, after) = rest.split_at(usize::from(*width) * block / miniblocks / 8);
                for index in 0..(block / miniblocks).min(count - values.len()) {
                    let above = bits(miniblock, u32::from(*width), index) as i64;
                    values.push(values[values.len() - 1].wrapping_add(least).wrapping_add(above));
                }
                rest = after;
            }
            bytes = rest;
        }
        assert!(bytes.is_empty());
        values.truncate(count);
        values
    }

    fn unpack_codes(mut bytes: &[u8], width: u32, count: usize) -> Vec<u16> {
        let mut codes = Vec::new();
        while codes.len() < count {
            let header = varint(&mut bytes);
            let number = (header >> 1) as usize;
            let taken = if header & 1 == 1 {
                codes.extend((0..number * 8).map(|index| bits(bytes, width, index) as u16));
                number * width as usize
            } else {
                codes.extend(std::iter::repeat_n(bits(bytes, width, 0) as u16, number));
                width.div_ceil(8) as usize
            };
            bytes = &bytes[taken..];
        }
        assert!(bytes.is_empty());
        codes.truncate(count);
        codes
    }

    proptest! {
        #[test]
        fn numbers_read_back(values in prop_oneof![
            prop::collection::vec(any::<i64>(), 0..400),
            prop::collection::vec(0..86_400_i64, 0..400),
            prop::collection::vec(Just(7_i64), 0..400),
        ]) {
            let mut bytes = Vec::new();
            pack_numbers(&values, &mut bytes);
            prop_assert_eq!(unpack_numbers(&bytes), values);
        }

        #[test]
        fn small_numbers_are_packed_like_any_other(values in prop_oneof![
            prop::collection::vec(any::<u32>(), 0..400),
            prop::collection::vec(0..86_400_u32, 0..400),
            prop::collection::vec((1_u32 << 31) - 50..(1 << 31) + 50, 0..400),
        ]) {
            let (mut small, mut wide) = (Vec::new(), Vec::new());
            pack_numbers(&values, &mut small);
            pack_numbers(&values.iter().copied().map(i64::from).collect::<Vec<_>>(), &mut wide);
            prop_assert_eq!(small, wide);
        }

        #[test]
        fn codes_read_back(
            runs in prop::collection::vec((0..=u16::MAX, 1..60_usize), 0..30),
            greatest in prop_oneof![Just(1_u16), Just(6), Just(124), Just(u16::MAX)],
        ) {
            let codes = runs.iter().flat_map(|(code, run)| std::iter::repeat_n(code & greatest, *run));
            let codes: Vec<u16> = codes.collect();
            let (mut bytes, width) = (Vec::new(), width_of(greatest));
            pack_codes(&codes, width, &mut bytes);
            prop_assert_eq!(unpack_codes(&bytes, width, codes.len()), codes);
        }
    }

    #[test]
    fn what_does_not_change_takes_next_to_nothing() {
        let mut bytes = Vec::new();
        pack_numbers(&[5_i64; 100_000], &mut bytes);
        pack_codes(&[3; 100_000], 2, &mut bytes);
        // A block of 128 equal numbers: its least difference and four widths.
        assert!(bytes.len() < 100_000 / 128 * 5 + 20, "{}", bytes.len());
    }
}
