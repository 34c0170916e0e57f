use std::{fmt, path::Path};

use cryoet_core::{Statistics, VoxelSize};

use crate::volume::{ComplexPart, Element, Packed, ReadVolumeError};

/// Bytes of the fixed header.
pub(crate) const HEADER_BYTES: usize = 1024;

/// The mode of two voxels a byte.
const FOUR_BITS: i32 = 101;

/// A stack of more volumes than this is a broken header.
const MOST_VOLUMES: i32 = 1 << 20;

/// A parsed MRC header, its axes put into z, y, x.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) big_endian: bool,
    pub(crate) element: Element,
    /// Two voxels of 4 bits lie in each byte (mode 101); the element is then what they are unpacked to.
    pub(crate) halves: bool,
    /// Extent z, y, x of one volume, after the axes were put in order.
    pub(crate) shape: [u64; 3],
    /// How many volumes the file stacks.
    pub(crate) volumes: u64,
    /// Which of the file's axes (0: columns, 1: rows, 2: sections) is z, y, x.
    pub(crate) file_axis: [usize; 3],
    pub(crate) voxel_size: Option<VoxelSize>,
    pub(crate) origin: [f64; 3],
    /// Of all voxels, where the header says them and they can be true.
    pub(crate) statistics: Option<Statistics>,
    /// Bytes of the extended header.
    pub(crate) extended: usize,
    pub(crate) warnings: Vec<String>,
}

/// The header's words in the file's byte order.
pub(super) struct Words<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) big_endian: bool,
}

impl Words<'_> {
    /// Words are counted from 1, as the specification counts them.
    pub(super) fn raw(&self, word: usize) -> [u8; 4] {
        let at = 4 * (word - 1);
        [self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]]
    }

    pub(super) fn int(&self, word: usize) -> i32 {
        if self.big_endian { i32::from_be_bytes(self.raw(word)) } else { i32::from_le_bytes(self.raw(word)) }
    }

    pub(super) fn float(&self, word: usize) -> f32 {
        if self.big_endian { f32::from_be_bytes(self.raw(word)) } else { f32::from_le_bytes(self.raw(word)) }
    }

    /// Whether mode and extent could be meant in this byte order.
    fn plausible(&self) -> bool {
        (0..=127).contains(&self.int(4)) && (1..=3).all(|word| (0..1 << 24).contains(&self.int(word)))
    }
}

impl Header {
    /// Bytes of a file of this header; never overflows.
    pub(crate) fn file_bytes(&self) -> u128 {
        self.volume_bytes().saturating_mul(self.volumes.into()).saturating_add((HEADER_BYTES + self.extended) as u128)
    }

    /// Bytes of one volume in the file; never overflows.
    pub(crate) fn volume_bytes(&self) -> u128 {
        let mut extent = self.shape;
        if self.halves
            && let Some(columns) = self.file_axis.iter().position(|&axis| axis == 0)
        {
            // A row of odd length leaves half a byte.
            extent[columns] = extent[columns].div_ceil(2);
        }
        Packed::block_bytes(self.element, extent)
    }

    /// Parses the first 1024 bytes of a file.
    pub(crate) fn parse(path: &Path, content: &[u8]) -> Result<Self, ReadVolumeError> {
        let Some(bytes) = content.get(..HEADER_BYTES) else {
            let (expected, found) = (HEADER_BYTES as u128, content.len() as u64);
            return Err(ReadVolumeError::Truncated { path: path.to_path_buf(), part: "the MRC header", expected, found });
        };
        let field = |field: &str, found: &dyn fmt::Display, expected: &str| ReadVolumeError::Header {
            path: path.to_path_buf(),
            field: field.into(),
            found: found.to_string(),
            expected: expected.into(),
        };
        let mut warnings = Vec::new();
        let words = Words { bytes, big_endian: big_endian(bytes, &mut warnings) };
        if &bytes[208..211] != b"MAP" {
            warnings.push(format!("bytes 208..212 are {:?}, not \"MAP \"", String::from_utf8_lossy(&bytes[208..212])));
        }

        let mut extent = [words.int(1), words.int(2), words.int(3)];
        for (axis, n) in ["nx (byte 0)", "ny (byte 4)", "nz (byte 8)"].into_iter().zip(extent) {
            if n < 0 {
                return Err(field(axis, &n, "0 or more voxels"));
            }
        }
        let element = element(&words, &mut warnings).ok_or_else(|| {
            let expected = "0 (int8), 1 (int16), 2 (float32), 3 or 4 (complex), 6 (uint16), 12 (float16) or 101 (4 bits)";
            field("mode (byte 12)", &words.int(4), expected)
        })?;
        let extended = words.int(24);
        if extended < 0 {
            return Err(field("nsymbt, the length of the extended header (byte 92)", &extended, "0 or more bytes"));
        }

        let file_axis = file_axes(&words, &mut warnings).ok_or_else(|| {
            field("mapc, mapr, maps (byte 64)", &format!("{:?}", [words.int(17), words.int(18), words.int(19)]), "1, 2, 3 in any order")
        })?;
        let ispg = words.int(23);
        let sections = words.int(10);
        // A stack of volumes: nz sections in all, mz in each.
        let mut volumes = 1;
        if ispg >= 401 && sections > 0 && extent[2] > sections {
            let complex = matches!(element, Element::Complex16(_) | Element::Complex32(_));
            if extent[2] % sections != 0 || file_axis[0] != 2 || complex || extent[2] / sections >= MOST_VOLUMES {
                let found = format!("{ispg} with nz = {}, mz = {sections}, maps = {}", extent[2], words.int(19));
                return Err(field("ispg (byte 88)", &found, "a stack of whole volumes of real numbers, its sections along z"));
            }
            volumes = (extent[2] / sections) as u64;
            extent[2] = sections;
        }
        Ok(Self {
            big_endian: words.big_endian,
            element,
            halves: words.int(4) == FOUR_BITS,
            shape: file_axis.map(|axis| extent[axis] as u64),
            volumes,
            file_axis,
            voxel_size: voxel_size(&words, &mut warnings),
            origin: origin(&words, &mut warnings),
            // Those of a stack are of all its volumes.
            statistics: if volumes == 1 { statistics(&words, element) } else { None },
            extended: extended as usize,
            warnings,
        })
    }
}

fn big_endian(bytes: &[u8], warnings: &mut Vec<String>) -> bool {
    let stamp = [bytes[212], bytes[213]];
    let [little, big] = [false, true].map(|big_endian| Words { bytes, big_endian });
    let stamped = match stamp {
        [0x44, 0x44 | 0x41] => Some(false),
        [0x11, 0x11] => Some(true),
        _ => None,
    };
    let chosen = match stamped {
        Some(big_endian) if big_endian && !big.plausible() && little.plausible() => false,
        Some(big_endian) if !big_endian && !little.plausible() && big.plausible() => true,
        Some(big_endian) => return big_endian,
        None => !little.plausible() && big.plausible(),
    };
    let order = if chosen { "big" } else { "little" };
    warnings.push(format!("machine stamp (byte 212) {stamp:02x?} does not tell the byte order: read as {order}-endian by mode and extent"));
    chosen
}

fn element(words: &Words, warnings: &mut Vec<String>) -> Option<Element> {
    Some(match words.int(4) {
        0 => {
            // Before 4.2.23, IMOD wrote unsigned bytes as mode 0; since then bit 0 of its flags says that they are signed.
            const IMOD_STAMP: i32 = 1_146_047_817;
            if words.int(39) == IMOD_STAMP && words.int(40) & 1 == 0 {
                warnings.push("mode 0 under IMOD's stamp without the flag for signed bytes: read as uint8".into());
                Element::U8
            } else {
                Element::I8
            }
        }
        1 => Element::I16,
        2 => Element::F32,
        3 => Element::Complex16(ComplexPart::Magnitude),
        4 => Element::Complex32(ComplexPart::Magnitude),
        6 => Element::U16,
        12 => Element::F16,
        FOUR_BITS => Element::U8,
        _ => return None,
    })
}

/// Which of the file's axes is z, y, x.
fn file_axes(words: &Words, warnings: &mut Vec<String>) -> Option<[usize; 3]> {
    let map = [words.int(17), words.int(18), words.int(19)];
    if map == [0; 3] {
        warnings.push("mapc, mapr, maps (byte 64) are 0: read as 1, 2, 3".into());
        return Some([2, 1, 0]);
    }
    let place = |axis: i32| map.iter().position(|&m| m == axis);
    Some([place(3)?, place(2)?, place(1)?])
}

fn voxel_size(words: &Words, warnings: &mut Vec<String>) -> Option<VoxelSize> {
    // Cell and intervals are given along x, y, z whatever the order of the file's axes.
    let one = |interval: usize, cell: usize| f64::from(words.float(cell)) / f64::from(words.int(interval));
    let size = VoxelSize::new(shortest(one(10, 13)), shortest(one(9, 12)), shortest(one(8, 11)));
    if size.is_err() {
        let (m, cell) = ([8, 9, 10].map(|word| words.int(word)), [11, 12, 13].map(|word| words.float(word)));
        warnings.push(format!("no voxel size: cell {cell:?} Angstrom over intervals {m:?} (bytes 40 and 28)"));
    }
    size.ok()
}

/// The number that stands nearest to what was meant: cells are kept in 32 bits, and a voxel size of 13.48 Angstrom
/// times 200 voxels comes back as 13.479998779296876. Rounding to seven digits, all that 32 bits hold, mends it.
fn shortest(angstrom: f64) -> f64 {
    if angstrom.is_finite() && angstrom > 0.0 { format!("{angstrom:.6e}").parse().unwrap_or(angstrom) } else { angstrom }
}

fn origin(words: &Words, warnings: &mut Vec<String>) -> [f64; 3] {
    let origin = [52, 51, 50].map(|word| f64::from(words.float(word)));
    if origin.iter().all(|o| o.is_finite()) {
        return origin;
    }
    warnings.push(format!("origin {origin:?} (z, y, x; byte 196) is not finite: read as 0"));
    [0.0; 3]
}

/// `dmin`, `dmax`, `dmean` and `rms`, unless they cannot be those of such numbers: then the header was written before the voxels, or the
/// voxels were changed after it.
fn statistics(words: &Words, element: Element) -> Option<Statistics> {
    let (least, most) = match element {
        Element::I8 => (f32::from(i8::MIN), f32::from(i8::MAX)),
        Element::U8 => (0.0, f32::from(u8::MAX)),
        Element::I16 => (f32::from(i16::MIN), f32::from(i16::MAX)),
        Element::U16 => (0.0, f32::from(u16::MAX)),
        Element::F16 => (-65504.0, 65504.0),
        Element::F32 => (f32::MIN, f32::MAX),
        _ => return None,
    };
    let [min, max] = [words.float(20), words.float(21)];
    let [mean, std] = [words.float(22), words.float(55)].map(f64::from);
    let (below, above) = (mean - f64::from(min), f64::from(max) - mean);
    let in_order = below >= 0.0 && above >= 0.0 && min >= least && max <= most;
    // No numbers of this mean between these limits deviate more (Bhatia and Davis, 2000); a hundredth is for the rounding of others.
    let possible = std * std <= 1.01 * below * above && (std > 0.0) == (max > min);
    // All zeros are what a header holds that nobody filled in.
    let said = [min, max] != [0.0; 2] && mean.is_finite() && std.is_finite();
    (in_order && possible && said).then_some(Statistics { min, max, mean, std })
}
