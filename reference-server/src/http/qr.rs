//! A QR code as a picture (ISO/IEC 18004), error correction level M: a seventh of it may be dirty or torn.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder, QRCode};

/// Light modules around the code, which readers need to find it (ISO/IEC 18004 asks for four).
const QUIET_MODULES: usize = 4;
/// Pixels of a module in the PNG: what still reads from a cheap screen at arm's length.
const MODULE_PIXELS: usize = 8;

/// A code drawn in modules.
pub(super) struct Drawn(QRCode);

impl Drawn {
    /// `None` for a text too long for any QR code.
    pub(super) fn new(text: &str) -> Option<Self> {
        QRBuilder::new(text).ecl(ECL::M).build().ok().map(Drawn)
    }

    /// Modules along each side, the quiet zone included.
    fn side(&self) -> usize {
        self.0.size + 2 * QUIET_MODULES
    }

    /// Whether the module in this row and column is dark.
    fn is_dark(&self, row: usize, column: usize) -> bool {
        let inside = QUIET_MODULES..QUIET_MODULES + self.0.size;
        inside.contains(&row) && inside.contains(&column) && self.0[row - QUIET_MODULES][column - QUIET_MODULES].value()
    }

    /// One path of horizontal runs, one unit a module.
    pub(super) fn svg(&self) -> String {
        let side = self.side();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\""
        );
        for row in 0..side {
            let mut column = 0;
            while column < side {
                let run = (column..side).take_while(|&column| self.is_dark(row, column)).count();
                if run > 0 {
                    // A string takes all that is written.
                    let _ = write!(svg, "M{column} {row}h{run}v1h-{run}z");
                }
                column += run.max(1);
            }
        }
        svg + "\"/></svg>\n"
    }

    /// One bit a pixel.
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        let pixels = self.side() * MODULE_PIXELS;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, pixels as u32, pixels as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header().ok()?;
        // A module is as wide as a byte has bits: a row of modules is a row of bytes.
        let row = |row| (0..self.side()).map(move |column| if self.is_dark(row, column) { 0x00 } else { 0xff });
        let data: Vec<u8> =
            (0..self.side()).flat_map(|module| (0..MODULE_PIXELS).flat_map(move |_| row(module))).collect();
        writer.write_image_data(&data).ok()?;
        writer.finish().ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads modules back with a decoder that is not ours.
    fn read(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
        let pixels = side * MODULE_PIXELS;
        let mut image = rqrr::PreparedImage::prepare_from_bitmap(pixels, pixels, |x, y| {
            is_dark(y / MODULE_PIXELS, x / MODULE_PIXELS)
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        let (about, text) = grids[0].decode().unwrap();
        assert_eq!(about.ecc_level, 0, "level M");
        text
    }

    #[test]
    fn a_picture_reads_back() {
        // The codes of `lookup` and `signed`, the longest text that is plausible, and one outside the alphanumeric set.
        let signed = format!("LG1:{}", "6BF+70790T9WJWG.FKY*4GO0.O1CV2".repeat(8));
        for text in ["2YGVMY0955096E5TRVQR9J1TC48D", &signed, &"A1".repeat(400), "blind: ü"] {
            let drawn = Drawn::new(text).unwrap();
            assert_eq!(read(drawn.side(), |row, column| drawn.is_dark(row, column)), text);
        }
        assert!(Drawn::new(&"A".repeat(10_000)).is_none());
    }

    #[test]
    fn svg_and_png_hold_the_same_modules() {
        let drawn = Drawn::new("2YGVMY0955096E5TRVQR9J1TC48D").unwrap();
        let side = drawn.side();
        let mut painted = vec![vec![false; side]; side];
        let svg = drawn.svg();
        let path = svg.split_once("d=\"").unwrap().1.split_once('"').unwrap().0;
        for run in path.split('M').skip(1) {
            let numbers: Vec<usize> =
                run.split(['h', ' ', 'v']).take(3).map(|number| number.parse().unwrap()).collect();
            painted[numbers[1]][numbers[0]..numbers[0] + numbers[2]].fill(true);
        }
        let bytes = drawn.png().unwrap();
        let mut reader = png::Decoder::new(bytes.as_slice()).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size()];
        let about = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(about.width as usize, side * MODULE_PIXELS);
        for row in 0..side {
            for column in 0..side {
                let dark = drawn.is_dark(row, column);
                assert_eq!(painted[row][column], dark);
                let pixel = pixels[row * MODULE_PIXELS * about.line_size + column];
                assert_eq!(pixel, if dark { 0x00 } else { 0xff });
            }
        }
        assert!(bytes.len() < 4_000, "{} bytes", bytes.len());
    }
}
