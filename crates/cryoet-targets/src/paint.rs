use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{ClassLabel, Particle, Progress, Region, VolumeSink, VolumeSource};
use rayon::prelude::*;

use crate::solid::Solid;
use crate::{Overlap, TargetError, TargetParams, Targets};

/// Planes painted by one task: thin enough to balance, thick enough that few objects are visited twice.
const SLAB: usize = 8;

/// Planes held in memory at a time when a volume is written to a sink; a multiple of the slab.
const BATCH: usize = 64;

/// A solid with its label and its particle's place in the list.
pub(crate) struct Object<S> {
    pub(crate) solid: S,
    pub(crate) label: u8,
    pub(crate) particle: usize,
    pub(crate) uncertain: bool,
}

impl<S> Object<S> {
    /// A particle's solid under its label, or under the ignore label where the particle is uncertain.
    pub(crate) fn new(solid: S, index: usize, particle: &Particle, params: &TargetParams) -> Self {
        let uncertain = params.is_uncertain(particle);
        let label = if uncertain { ClassLabel::IGNORE } else { particle.class }.get();
        Self { solid, label, particle: index, uncertain }
    }
}

/// Objects in painting order, and which particles have been seen to cover a voxel.
pub(crate) struct Scene<S> {
    objects: Vec<Object<S>>,
    touched: Vec<AtomicBool>,
    overlap: Overlap,
}

impl<S: Solid> Scene<S> {
    /// A scene of objects in the order of their particles, `particles` in number.
    pub(crate) fn new(mut objects: Vec<Object<S>>, particles: usize, overlap: Overlap) -> Self {
        order(&mut objects, overlap);
        Self { objects, touched: (0..particles).map(|_| AtomicBool::new(false)).collect(), overlap }
    }

    /// The same scene with every object painted as background.
    pub(crate) fn erasing(mut self) -> Self {
        for object in &mut self.objects {
            object.label = ClassLabel::BACKGROUND.get();
        }
        self
    }

    /// The particles, by rising index, that have covered no voxel so far.
    pub(crate) fn skipped(&self) -> Vec<usize> {
        (0..self.touched.len()).filter(|&i| !self.touched[i].load(Ordering::Relaxed)).collect()
    }

    /// Paints the planes of a volume of the shape over what `labels` holds of them, slab by slab in parallel; the answer does not
    /// depend on the number of threads.
    pub(crate) fn paint(&self, labels: &mut [u8], planes: Range<usize>, shape: [usize; 3]) {
        let plane = shape[1] * shape[2];
        if plane == 0 || planes.is_empty() {
            return;
        }
        let slabs = by_slab(&self.objects, planes.clone(), shape[0]);
        labels.par_chunks_mut(SLAB * plane).zip(slabs).enumerate().for_each(|(index, (slab, members))| {
            let first = planes.start + index * SLAB;
            let planes = first..(first + SLAB).min(planes.end);
            let mut canvas = Canvas { labels: slab, first, shape, nearest: Vec::new() };
            if self.overlap == Overlap::Nearest {
                canvas.nearest = vec![f64::INFINITY; canvas.labels.len()];
            }
            for member in members {
                let object = &self.objects[member];
                if canvas.draw(object, planes.clone()) {
                    self.touched[object.particle].store(true, Ordering::Relaxed);
                }
            }
        });
    }

    /// Paints a new volume.
    pub(crate) fn targets(&self, shape: [usize; 3]) -> Result<Targets, TargetError> {
        let too_large = || TargetError::TooLarge { shape };
        let voxels = shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis));
        let voxels = voxels.filter(|&n| n <= isize::MAX as usize).ok_or_else(too_large)?;
        let mut labels = vec![0u8; voxels];
        self.paint(&mut labels, 0..shape[0], shape);
        let labels = Array3::from_shape_vec(shape, labels).map_err(|_| too_large())?;
        Ok(Targets { labels, skipped: self.skipped() })
    }

    /// Paints over a volume, whatever the order of its axes in memory.
    pub(crate) fn draw(&self, labels: &mut Array3<u8>) -> Vec<usize> {
        let (z, y, x) = labels.dim();
        if let Some(slice) = labels.as_slice_mut() {
            self.paint(slice, 0..z, [z, y, x]);
        } else {
            let mut standard: Vec<u8> = labels.iter().copied().collect();
            self.paint(&mut standard, 0..z, [z, y, x]);
            labels.iter_mut().zip(standard).for_each(|(label, painted)| *label = painted);
        }
        self.skipped()
    }

    /// Paints a volume into a sink, some planes at a time, over what a source holds of it, or over background.
    pub(crate) fn write(
        &self,
        base: Option<&dyn VolumeSource<u8>>,
        sink: &mut dyn VolumeSink<u8>,
        progress: &dyn Progress,
    ) -> Result<Vec<usize>, TargetError> {
        let shape = sink.shape();
        if let Some(base) = base.map(VolumeSource::shape).filter(|base| *base != shape) {
            return Err(TargetError::BaseShape { base, sink: shape });
        }
        let plane = shape[1].checked_mul(shape[2]).filter(|n| n.checked_mul(BATCH).is_some()).ok_or(TargetError::TooLarge { shape })?;
        for first in (0..shape[0]).step_by(BATCH) {
            let planes = first..(first + BATCH).min(shape[0]);
            let start = [first, 0, 0];
            let size = [planes.len(), shape[1], shape[2]];
            let mut labels: Vec<u8> = match base {
                Some(base) => base.read_region(Region::new(start, size))?.iter().copied().collect(),
                None => vec![0; plane * planes.len()],
            };
            self.paint(&mut labels, planes.clone(), shape);
            let view = ArrayView3::from_shape(size, &labels).map_err(|_| TargetError::TooLarge { shape })?;
            sink.write_region(start, view)?;
            progress.report(planes.end as u64, shape[0] as u64)?;
        }
        Ok(self.skipped())
    }
}

/// Sorts so that painting over gives the wanted overlap; uncertain objects always come first, beneath all others.
fn order<S: Solid>(objects: &mut [Object<S>], overlap: Overlap) {
    match overlap {
        Overlap::Last | Overlap::Nearest => {}
        Overlap::First => objects.reverse(),
        Overlap::Largest => objects.sort_by(|a, b| a.solid.size().total_cmp(&b.solid.size())),
    }
    objects.sort_by_key(|object| !object.uncertain);
}

/// For each slab of the planes the objects that reach into it, in painting order.
fn by_slab<S: Solid>(objects: &[Object<S>], planes: Range<usize>, depth: usize) -> Vec<Vec<usize>> {
    let mut slabs = vec![Vec::new(); planes.len().div_ceil(SLAB)];
    for (index, object) in objects.iter().enumerate() {
        let span = object.solid.span(0, depth);
        let (start, end) = (span.start.max(planes.start), span.end.min(planes.end));
        if start < end {
            for slab in &mut slabs[(start - planes.start) / SLAB..=(end - 1 - planes.start) / SLAB] {
                slab.push(index);
            }
        }
    }
    slabs
}

/// Some planes of the volume, being painted.
struct Canvas<'a> {
    labels: &'a mut [u8],
    first: usize,
    shape: [usize; 3],
    /// Squared distance of each voxel to the centre of the certain object that owns it; empty unless that decides.
    nearest: Vec<f64>,
}

impl Canvas<'_> {
    /// Paints what of an object lies in the planes; whether it covers a voxel there.
    fn draw<S: Solid>(&mut self, object: &Object<S>, planes: Range<usize>) -> bool {
        let [_, ny, nx] = self.shape;
        let solid = &object.solid;
        let (zs, ys, xs) = (solid.span(0, planes.end), solid.span(1, ny), solid.span(2, nx));
        let mut covers = false;
        for z in zs.start.max(planes.start)..zs.end {
            for y in ys.clone() {
                let offset = ((z - self.first) * ny + y) * nx;
                solid.row(z, y, xs.clone(), &mut |run| {
                    covers |= !run.is_empty();
                    if self.nearest.is_empty() || object.uncertain {
                        self.labels[offset + run.start..offset + run.end].fill(object.label);
                    } else {
                        self.claim_nearer(object, [z, y], offset, run);
                    }
                });
            }
        }
        covers
    }

    fn claim_nearer<S: Solid>(&mut self, object: &Object<S>, [z, y]: [usize; 2], offset: usize, run: Range<usize>) {
        let [cz, cy, cx] = object.solid.centre();
        let beside = (z as f64 - cz).powi(2) + (y as f64 - cy).powi(2);
        for x in run {
            let distance = beside + (x as f64 - cx).powi(2);
            if distance <= self.nearest[offset + x] {
                self.nearest[offset + x] = distance;
                self.labels[offset + x] = object.label;
            }
        }
    }
}
