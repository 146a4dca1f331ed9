//! Opus of silence, in Ogg.

/// A packet of 20 ms.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
const PACKET_SAMPLES: u32 = 960;
/// One second a page.
const PAGE_PACKETS: u32 = 50;

const FIRST: u8 = 2;
const LAST: u8 = 4;

/// Lasts as long as so many samples at 24 kHz.
pub(super) fn bytes(samples: u32) -> Vec<u8> {
    // Version 1, one channel, nothing to skip, 24 kHz before.
    let head = [&b"OpusHead\x01\x01\x00\x00"[..], &24_000_u32.to_le_bytes(), &[0, 0, 0]].concat();
    let tags = [&b"OpusTags"[..], &9_u32.to_le_bytes(), b"simulated", &0_u32.to_le_bytes()].concat();
    let mut file = page(FIRST, 0, 0, &[&head]);
    file.extend(page(0, 0, 1, &[&tags]));
    let packets = (samples * 2).div_ceil(PACKET_SAMPLES);
    for (number, begin) in (2..).zip((0..packets).step_by(PAGE_PACKETS as usize)) {
        let end = (begin + PAGE_PACKETS).min(packets);
        let content = vec![&SILENCE[..]; (end - begin) as usize];
        let flags = if end == packets { LAST } else { 0 };
        file.extend(page(flags, end * PACKET_SAMPLES, number, &content));
    }
    file
}

/// A page of packets below 255 bytes each. The position is that of its last sample.
fn page(flags: u8, position: u32, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let lengths = packets.iter().map(|packet| u8::try_from(packet.len()).unwrap_or(u8::MAX));
    let mut page = [&b"OggS\0"[..], &[flags], &u64::from(position).to_le_bytes(), b"four"].concat();
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(u8::try_from(packets.len()).unwrap_or(u8::MAX));
    page.extend(lengths);
    page.extend(packets.concat());
    let checksum = checksum(&page).to_le_bytes();
    page[22..26].copy_from_slice(&checksum);
    page
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |rest, byte| {
        (0..8).fold(rest ^ u32::from(*byte) << 24, |rest: u32, _| {
            let divisor = if rest >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            rest << 1 ^ divisor
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pages_checksum_is_that_of_the_catalogue() {
        // The catalogue's CRC-32/MPEG-2 begins with ones; this one begins with zeros.
        assert_eq!(checksum(b"\0\0\0\x01"), 0x04c1_1db7);
    }
}
