//! Files that are short as they are and unpack to far more than anybody wants to read.

use flate2::{Compress, Compression, Crc, FlushCompress};

const MIB: usize = 1024 * 1024;

/// What stands in an archive: deflated bytes, their checksum, and their length when unpacked.
type Packed = (Vec<u8>, Crc, usize);

/// So many zero bytes, deflated, with their CRC-32. Whole mebibytes are compressed once and said again and again.
fn zeros(length: usize) -> (Vec<u8>, Crc) {
    let block = vec![0; MIB];
    let mut of_block = Crc::new();
    of_block.update(&block);
    let said = deflated(&block, FlushCompress::Full);
    let (mut bytes, mut crc) = (Vec::new(), Crc::new());
    for _ in 0..length / MIB {
        bytes.extend_from_slice(&said);
        crc.combine(&of_block);
    }
    let rest = &block[..length % MIB];
    crc.update(rest);
    bytes.extend(deflated(rest, FlushCompress::Finish));
    (bytes, crc)
}

fn deflated(bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 * 1024);
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(bytes, &mut out, flush).unwrap();
    assert_eq!(deflate.total_in(), bytes.len() as u64);
    out
}

/// A document of Word whose text unpacks to so many mebibytes.
pub fn docx(mebibytes: usize) -> Vec<u8> {
    let types = b"<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let relations = b"<?xml version=\"1.0\"?><Relationships/>";
    let stored = |bytes: &[u8]| {
        let mut crc = Crc::new();
        crc.update(bytes);
        (deflated(bytes, FlushCompress::Finish), crc, bytes.len())
    };
    let (bomb, crc) = zeros(mebibytes * MIB);
    zip(&[
        ("[Content_Types].xml", stored(types)),
        ("_rels/.rels", stored(relations)),
        ("word/styles.xml", stored(b"<w:styles/>")),
        ("word/document.xml", (bomb, crc, mebibytes * MIB)),
    ])
}

/// An archive of entries with names.
fn zip(entries: &[(&str, Packed)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, (bytes, crc, length)) in entries {
        let at = archive.len() as u32;
        let mut facts = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0x58];
        facts.extend(crc.sum().to_le_bytes());
        facts.extend((bytes.len() as u32).to_le_bytes());
        facts.extend((*length as u32).to_le_bytes());
        facts.extend((name.len() as u16).to_le_bytes());
        facts.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(name.bytes());
        archive.extend(bytes);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&facts);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (begins, count) = (archive.len() as u32, entries.len() as u16);
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(begins.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

/// A square picture whose every pixel is there, in a file that is a thousand times shorter.
pub fn png(side: u32) -> Vec<u8> {
    let mut header = Vec::from(side.to_be_bytes());
    header.extend(side.to_be_bytes());
    // Eight bits of grey.
    header.extend([8, 0, 0, 0, 0]);
    let length = side as usize * (side as usize + 1);
    let mut data = vec![0x78, 0xda];
    data.extend(zeros(length).0);
    // Adler-32 of zeros: the first sum stays one, the second counts.
    data.extend((((length % 65_521) as u32) << 16 | 1).to_be_bytes());
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, bytes) in [(b"IHDR", &header), (b"IDAT", &data), (b"IEND", &Vec::new())] {
        picture.extend((bytes.len() as u32).to_be_bytes());
        let chunk = [&kind[..], bytes].concat();
        let mut crc = Crc::new();
        crc.update(&chunk);
        picture.extend(chunk);
        picture.extend(crc.sum().to_be_bytes());
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_what_they_look_like() {
        let picture = image::load_from_memory(&png(1500)).unwrap();
        assert_eq!((picture.width(), picture.height()), (1500, 1500));
        assert!(docx(100).len() < MIB);
    }
}
