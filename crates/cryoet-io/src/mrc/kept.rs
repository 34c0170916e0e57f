use std::path::Path;

use super::{HEADER_BYTES, Header, header::Words};
use crate::volume::{Bytes, ReadVolumeError, unpacked};

/// What an MRC file says besides its voxels, voxel size and origin: text labels, cell angles, space group, the start
/// indices and the extended header, to be written into another file.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let (old, new) = (folder.path().join("old.mrc"), folder.path().join("new.mrc"));
/// let volume = Volume::new(Array3::zeros((2, 3, 4)));
/// cryoet_io::write_volume(&old, &volume)?;
/// let header = cryoet_io::read_mrc_header(&old)?;
/// assert!(header.labels()[0].starts_with("cryoet-io"));
/// cryoet_io::write_volume_like(&new, &volume, &header)?;
/// assert_eq!(cryoet_io::read_mrc_header(&new)?, header);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MrcHeader {
    pub(super) start: [i32; 3],
    pub(super) angles: [f32; 3],
    pub(super) space_group: i32,
    pub(super) extended_type: [u8; 4],
    pub(super) extended: Vec<u8>,
    pub(super) labels: Vec<[u8; 80]>,
}

impl MrcHeader {
    /// Puts what is kept into a little-endian header.
    pub(super) fn put(&self, header: &mut [u8; HEADER_BYTES]) {
        let mut put = |word: usize, bytes: [u8; 4]| header[4 * (word - 1)..4 * word].copy_from_slice(&bytes);
        for (word, index) in [(7, self.start[0]), (6, self.start[1]), (5, self.start[2])] {
            put(word, index.to_le_bytes());
        }
        for (word, degrees) in [14, 15, 16].into_iter().zip(self.angles) {
            put(word, degrees.to_le_bytes());
        }
        put(23, self.space_group.to_le_bytes());
        put(24, (self.extended.len() as u32).to_le_bytes());
        put(27, self.extended_type);
        if !self.labels.is_empty() {
            put(56, (self.labels.len() as u32).to_le_bytes());
            header[224..].fill(0);
            header[224..224 + 80 * self.labels.len()].copy_from_slice(self.labels.as_flattened());
        }
    }

    /// Index of the first voxel in the cell, z, y, x (`nzstart`, `nystart`, `nxstart`).
    pub fn start(&self) -> [i32; 3] {
        self.start
    }

    /// Cell angles alpha, beta, gamma, degrees.
    pub fn cell_angles(&self) -> [f32; 3] {
        self.angles
    }

    /// Space group: 0 for a stack of images, 1 for a volume.
    pub fn space_group(&self) -> i32 {
        self.space_group
    }

    /// What the extended header holds: `FEI1`, `SERI`, `CCP4` and others, padded with blanks or zeros.
    pub fn extended_type(&self) -> [u8; 4] {
        self.extended_type
    }

    /// The extended header, as it lies in the file.
    pub fn extended(&self) -> &[u8] {
        &self.extended
    }

    /// The text labels, ten at most, blanks at the end removed.
    pub fn labels(&self) -> Vec<String> {
        let text = |label: &[u8; 80]| String::from_utf8_lossy(label).trim_end_matches(['\0', ' ']).to_string();
        self.labels.iter().map(text).collect()
    }
}

/// Reads what an MRC file says besides its voxels.
///
/// # Errors
/// A file that cannot be read, or is no MRC file.
///
/// ```
/// # use cryoet_core::{Volume, ndarray::Array3};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("v.mrc");
/// # cryoet_io::write_volume(&path, &Volume::new(Array3::zeros((2, 3, 4))))?;
/// let header = cryoet_io::read_mrc_header(&path)?;
/// assert_eq!((header.start(), header.space_group(), header.extended().len()), ([0; 3], 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_mrc_header(path: impl AsRef<Path>) -> Result<MrcHeader, ReadVolumeError> {
    let path = path.as_ref();
    let bytes: Bytes = unpacked(path)?;
    let content = bytes.get();
    let header = Header::parse(path, content)?;
    let end = HEADER_BYTES + header.extended;
    let Some(extended) = content.get(HEADER_BYTES..end) else {
        let (expected, found) = (end as u128, content.len() as u64);
        return Err(ReadVolumeError::Truncated { path: path.to_path_buf(), part: "the extended header", expected, found });
    };
    let words = Words { bytes: content, big_endian: header.big_endian };
    let along = header.file_axis.map(|axis| words.int(5 + axis));
    let count = words.int(56).clamp(0, 10) as usize;
    let labels = content[224..HEADER_BYTES].as_chunks::<80>().0.iter().take(count).copied().collect();
    Ok(MrcHeader {
        start: along,
        angles: [14, 15, 16].map(|word| words.float(word)),
        space_group: words.int(23),
        extended_type: words.raw(27),
        extended: extended.to_vec(),
        labels,
    })
}
