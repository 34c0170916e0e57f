//! Volumes from format to format, block by block: what is held does not grow with the volume where both formats allow it.

use cryoet::io::{
    MrcHeader, ReadVolumeError, VolumeFormat, VolumeInfo, WriteVolumeError, inspect_named_volume, inspect_volume, open_ids, open_labels,
    open_named_volume, open_volume, read_mrc_header,
};
use cryoet::ndarray::Array3;
use cryoet::{Binned, Progress, Region, SourceError, VolumeSource};

use super::{Convert, Kind};
use crate::bar::Bar;
use crate::failure::Failure;
use crate::needed_option::one_of_several;
use crate::options::check_volume_output;
use crate::output;
use crate::sinks::{FileSink, Header, id_sink, label_sink, score_sink};

/// Blocks have at most so many voxels, or one plane, or one row of chunks, where that is more: 16 MB of grey values.
const VOXELS: usize = 1 << 22;

/// The side of blocks of formats in chunks, of the planes and rows that it divides: a multiple of the usual chunks'.
const CHUNK: usize = 64;

/// Up to here every integer has a 32-bit float.
const EXACT: u32 = 1 << 24;

impl Convert {
    pub(super) fn volume(&self) -> Result<String, Failure> {
        check_volume_output(&self.output)?;
        let info = match &self.volume {
            Some(name) => inspect_named_volume(&self.input, name)?,
            None => inspect_volume(&self.input).map_err(one_of_several)?,
        };
        if self.bin != 1 && matches!(self.kind, Kind::Labels | Kind::Ids) {
            return Err(Failure::usage("the mean of labels or ids means nothing: --bin is for grey values"));
        }
        let integers = info.dtype.starts_with("int") || info.dtype.starts_with("uint");
        match self.kind {
            Kind::Labels => self.labels(&info),
            Kind::Ids => self.ids(&info),
            Kind::Auto if integers && self.volume.is_none() => {
                // Integers that are never negative are labels, or ids where they are larger.
                match largest(open_ids(&self.input)?.as_ref(), &self.blocks(&info)) {
                    Ok(_) if self.bin != 1 => Err(Failure::usage(format!(
                        "{}: integers of 0 or more are taken for labels or ids, whose mean means nothing: if they are grey values, --bin \
                         needs --kind grey",
                        self.input.display()
                    ))),
                    Ok((most, _)) if most <= u32::from(u8::MAX) => self.labels(&info),
                    Ok(_) => self.ids(&info),
                    Err(SourceError::Read { source, .. }) if is_no_integer(source.as_ref()) => self.grey(&info),
                    Err(error) => Err(error.into()),
                }
            }
            Kind::Auto | Kind::Grey => self.grey(&info),
        }
    }

    fn labels(&self, info: &VolumeInfo) -> Result<String, Failure> {
        let labels = open_labels(&self.input)?;
        let blocks = self.blocks(info);
        let (most, _) = largest(labels.as_ref(), &blocks)?;
        let sink = label_sink(&self.output, &self.header(info, labels.as_ref())?, most.try_into().unwrap_or(u8::MAX))?;
        copy(labels.as_ref(), sink, &blocks, |_| ())?;
        Ok("labels".into())
    }

    fn ids(&self, info: &VolumeInfo) -> Result<String, Failure> {
        let ids = open_ids(&self.input)?;
        let blocks = self.blocks(info);
        let (most, beyond) = largest(ids.as_ref(), &blocks)?;
        let floats = matches!(VolumeFormat::of_extension(&self.output), Some(VolumeFormat::Mrc | VolumeFormat::Em));
        if let Some((voxel, value)) = beyond.filter(|_| floats) {
            return Err(WriteVolumeError::Voxel { path: self.output.clone(), voxel, value, limit: EXACT }.into());
        }
        let sink = id_sink(&self.output, &self.header(info, ids.as_ref())?, most)?;
        copy(ids.as_ref(), sink, &blocks, |_| ())?;
        Ok("ids".into())
    }

    fn grey(&self, info: &VolumeInfo) -> Result<String, Failure> {
        let volume = match &self.volume {
            Some(name) => open_named_volume(&self.input, name)?,
            None => open_volume(&self.input)?,
        };
        let binned;
        let source: &dyn VolumeSource<f32> = if self.bin == 1 {
            volume.as_ref()
        } else {
            binned = Binned::new(volume.as_ref(), self.bin)?;
            &binned
        };
        let header = self.header(info, source)?;
        let blocks = blocks(header.shape, self.bin, self.has_chunks(info));
        let sink = score_sink(&self.output, &header)?;
        let wide = ["int32", "uint32", "int64", "uint64"].contains(&info.dtype.as_str());
        let mut rounded = false;
        copy(source, sink, &blocks, |block: &Array3<f32>| {
            rounded |= wide && block.iter().any(|voxel| voxel.abs() >= EXACT as f32);
        })?;
        if info.dtype == "float64" {
            output::warn(format!("{}: float64 is rounded to 32 bits", self.input.display()));
        } else if rounded {
            output::warn(format!("{}: {} beyond {EXACT} is rounded to 32-bit floats", self.input.display(), info.dtype));
        }
        Ok("grey values".into())
    }

    fn has_chunks(&self, info: &VolumeInfo) -> bool {
        let chunked = |format: VolumeFormat| matches!(format, VolumeFormat::OmeZarr | VolumeFormat::Hdf5);
        chunked(info.format) || VolumeFormat::of_extension(&self.output).is_some_and(chunked)
    }

    /// The blocks in which a volume is copied as it is.
    fn blocks(&self, info: &VolumeInfo) -> Vec<Region> {
        blocks(info.shape, 1, self.has_chunks(info))
    }

    /// What the output says besides voxels; what it cannot hold of the input's header is said.
    fn header<T>(&self, info: &VolumeInfo, source: &dyn VolumeSource<T>) -> Result<Header, Failure> {
        let said = self.voxel_size()?;
        let mut header = Header::of(source);
        header.voxel_size = said.or(header.voxel_size);
        let kept = if info.format == VolumeFormat::Mrc { Some(read_mrc_header(&self.input)?) } else { None };
        let format = VolumeFormat::of_extension(&self.output);
        // Start indices and extended header are of the file's own voxels.
        if format == Some(VolumeFormat::Mrc) && self.volume.is_none() && said.is_none() && self.bin == 1 {
            header.mrc = kept;
            return Ok(header);
        }
        let mut lost = kept.map_or_else(Vec::new, |kept| lost_of_mrc(&kept));
        let bare = !matches!(format, Some(VolumeFormat::Mrc | VolumeFormat::OmeZarr));
        if bare && header.voxel_size.is_some() {
            lost.push("voxel size".into());
        }
        if bare && header.origin != [0.0; 3] {
            lost.push("origin".into());
        }
        if !lost.is_empty() {
            output::warn(format!("{} will not hold: {}", self.output.display(), lost.join(", ")));
        }
        Ok(header)
    }
}

/// What of an MRC header only another MRC file can hold.
fn lost_of_mrc(header: &MrcHeader) -> Vec<String> {
    let mut lost = Vec::new();
    if !header.extended().is_empty() {
        lost.push(format!("extended header of {} bytes", header.extended().len()));
    }
    let labels = header.labels().iter().filter(|label| !label.starts_with("cryoet-io")).count();
    if labels > 0 {
        lost.push(format!("{labels} text {}", if labels == 1 { "label" } else { "labels" }));
    }
    if header.start() != [0; 3] {
        lost.push("start indices".into());
    }
    lost
}

/// Whether a volume was not read because a voxel is no integer of 0 or more.
fn is_no_integer(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(ReadVolumeError::Voxel { .. }))
}

/// Blocks that cover a volume, of planes one after the other, or where there are chunks of whole chunks. A voxel is made of `bin`^3.
fn blocks(shape: [usize; 3], bin: usize, chunked: bool) -> Vec<Region> {
    let [nz, ny, nx] = shape.map(|n| n.max(1));
    let most = (VOXELS / bin.saturating_pow(3)).max(1);
    let row = |rows: usize, step: usize| (most / rows.saturating_mul(nx) / step * step).max(step);
    let (depth, height) = if chunked { (CHUNK, row(CHUNK, CHUNK)) } else { (row(ny, 1), ny) };
    let mut blocks = Vec::new();
    for z in (0..nz).step_by(depth) {
        for y in (0..ny).step_by(height) {
            let size = [depth.min(shape[0] - z.min(shape[0])), height.min(shape[1] - y.min(shape[1])), shape[2]];
            blocks.push(Region::new([z, y, 0], size));
        }
    }
    blocks
}

/// A voxel z, y, x and its value.
type Placed = ([usize; 3], u32);

/// The largest of all voxels, and the first that no 32-bit float holds.
fn largest<T: Copy + Into<u32>>(source: &dyn VolumeSource<T>, blocks: &[Region]) -> Result<(u32, Option<Placed>), SourceError> {
    let (mut most, mut beyond) = (0, None);
    for block in blocks {
        let voxels = source.read_region(*block)?;
        let here = voxels.iter().map(|&voxel| voxel.into()).max().unwrap_or(0);
        if here > EXACT && beyond.is_none() {
            let found = voxels.indexed_iter().map(|((z, y, x), &voxel)| ([z, y, x], voxel.into())).find(|(_, value)| *value > EXACT);
            beyond = found.map(|(at, value)| (std::array::from_fn(|axis| block.start[axis] + at[axis]), value));
        }
        most = most.max(here);
    }
    Ok((most, beyond))
}

/// Copies block by block; `look` sees each on its way.
fn copy<T>(
    source: &dyn VolumeSource<T>,
    mut sink: FileSink<T>,
    blocks: &[Region],
    mut look: impl FnMut(&Array3<T>),
) -> Result<(), Failure> {
    let bar = Bar::new("converting");
    for (done, block) in blocks.iter().enumerate() {
        bar.report(done as u64, blocks.len() as u64)?;
        let voxels = source.read_region(*block)?;
        look(&voxels);
        sink.write(block.start, voxels.view())?;
    }
    sink.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_voxel_once() {
        for (shape, bin) in [([5, 7, 9], 1), ([300, 1024, 1024], 1), ([130, 700, 5000], 1), ([2, 40_000, 40_000], 1), ([100, 90, 80], 6)] {
            for chunked in [false, true] {
                let blocks = blocks(shape, bin, chunked);
                assert_eq!(blocks.iter().map(Region::voxels).sum::<usize>(), shape.iter().product::<usize>(), "{shape:?} {chunked}");
                let aligned = blocks.iter().all(|block| block.start[0] % CHUNK == 0 && block.start[1] % CHUNK == 0);
                assert!(!chunked || aligned, "{shape:?}");
                assert!(blocks.iter().all(|block| block.check_inside(shape).is_ok()), "{shape:?} {chunked}");
                let most = if chunked { CHUNK * CHUNK * shape[2] } else { shape[1] * shape[2] };
                assert!(blocks.iter().all(|block| block.voxels() <= most.max(VOXELS / bin.pow(3))), "{shape:?} {chunked}");
            }
        }
        assert!(blocks([0, 3, 4], 1, false).iter().all(|block| block.voxels() == 0));
    }
}
