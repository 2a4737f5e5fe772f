//! The process that makes a small picture of a picture.
//!
//! Decoders of pictures read what strangers send, so they run alone: a process of their own with bounds on memory,
//! processor time and files, which is given the bytes and gives back a JPEG. If it fails, there is no small picture.

use std::io::{self, Cursor, Read as _, Write as _};

use image::{
    DynamicImage, ImageDecoder as _, ImageReader, Limits, RgbImage, codecs::jpeg::JpegEncoder,
};
use rlimit::Resource;

/// The longest side of a small picture.
pub const SIDE: u32 = 320;
/// The most bytes that are read.
pub const MAX_INPUT: u64 = 32 * 1024 * 1024;

/// The most pixels of a picture: 50 million, as many as any camera at hand takes.
const MAX_PIXELS: u64 = 50_000_000;
/// The most pixels of one side.
const MAX_SIDE: u32 = 20_000;
/// What the decoders may take for themselves.
const MAX_ALLOCATION: u64 = 256 * 1024 * 1024;
/// What the process may take at all: data, and addresses with the program itself.
const MAX_DATA: u64 = 512 * 1024 * 1024;
const MAX_ADDRESSES: u64 = 2 * 1024 * 1024 * 1024;
/// Seconds of processor time.
const MAX_SECONDS: u64 = 10;
const QUALITY: u8 = 80;

/// Why there is no small picture. The texts say nothing of the picture.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The process cannot bound itself, read or write.
    #[error("the picture cannot be read or written")]
    Io(#[from] io::Error),
    /// It is no picture that can be decoded.
    #[error("this is no picture that can be decoded")]
    Image(#[from] image::ImageError),
    /// It has too many bytes or pixels.
    #[error("the picture is too large")]
    TooLarge,
}

/// Reads a picture from the standard input and writes its width and height, each as four bytes, and the JPEG to the
/// standard output. The process is bounded from then on.
///
/// # Errors
/// See [`Failure`].
pub fn make() -> Result<(), Failure> {
    limit()?;
    let mut input = Vec::new();
    io::stdin().take(MAX_INPUT + 1).read_to_end(&mut input)?;
    if input.len() as u64 > MAX_INPUT {
        return Err(Failure::TooLarge);
    }
    let small = shrink(&input)?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&small)?;
    let mut output = io::stdout().lock();
    output.write_all(&small.width().to_be_bytes())?;
    output.write_all(&small.height().to_be_bytes())?;
    output.write_all(&jpeg)?;
    Ok(output.flush()?)
}

/// Gives up all that a decoder does not need.
fn limit() -> io::Result<()> {
    for (resource, most) in [
        (Resource::CPU, MAX_SECONDS),
        (Resource::AS, MAX_ADDRESSES),
        (Resource::DATA, MAX_DATA),
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, 3),
    ] {
        resource.set(most, most)?;
    }
    Ok(())
}

fn shrink(input: &[u8]) -> Result<RgbImage, Failure> {
    let mut reader = ImageReader::new(Cursor::new(input)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOCATION);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // The header is enough to know: nothing of the pixels was read.
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Failure::TooLarge);
    }
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if width > SIDE || height > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    picture.apply_orientation(orientation);
    Ok(on_white(&picture))
}

/// What is transparent is shown as it would be on paper.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let rgba = picture.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [red, green, blue, alpha] = rgba.get_pixel(x, y).0;
        let over = |part: u8| {
            let (part, alpha) = (u16::from(part), u16::from(alpha));
            u8::try_from((part * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        image::Rgb([over(red), over(green), over(blue)])
    })
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbaImage};

    use super::*;

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_keeps_its_shape_and_loses_its_transparency() {
        let wide = png(&RgbaImage::from_pixel(1000, 500, image::Rgba([0, 0, 0, 0])));
        let small = shrink(&wide).unwrap();
        assert_eq!(small.dimensions(), (SIDE, SIDE / 2));
        assert_eq!(small.get_pixel(0, 0).0, [255, 255, 255]);
        let tiny = shrink(&png(&RgbaImage::new(3, 2))).unwrap();
        assert_eq!(tiny.dimensions(), (3, 2));
    }

    #[test]
    fn a_picture_of_too_many_pixels_is_refused_by_its_header() {
        // A header that promises 30,000 × 30,000 pixels, and nothing after it.
        let mut bytes =
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x06\0\0\0".to_vec();
        bytes.extend_from_slice(&[0; 4]);
        assert!(shrink(&bytes).is_err());
        assert!(shrink(b"no picture").is_err());
    }
}
