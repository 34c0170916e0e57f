use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle};
use rayon::prelude::*;

use crate::solid::Solid;
use crate::{Overlap, TargetError, TargetParams, Targets};

/// Planes painted by one task: thin enough to balance, thick enough that few objects are visited twice.
const SLAB: usize = 8;

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

/// Paints objects into an empty volume, slab by slab in parallel; the answer does not depend on the number of threads.
pub(crate) fn paint<S: Solid>(
    shape: [usize; 3],
    mut objects: Vec<Object<S>>,
    particles: usize,
    overlap: Overlap,
) -> Result<Targets, TargetError> {
    let too_large = || TargetError::TooLarge { shape };
    let voxels =
        shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis)).filter(|&n| n <= isize::MAX as usize).ok_or_else(too_large)?;
    order(&mut objects, overlap);
    let touched: Vec<AtomicBool> = (0..particles).map(|_| AtomicBool::new(false)).collect();
    let mut labels = vec![0u8; voxels];
    let plane = shape[1] * shape[2];
    if voxels > 0 {
        let slabs = by_slab(&objects, shape[0]);
        labels.par_chunks_mut(SLAB * plane).zip(slabs).enumerate().for_each(|(index, (slab, members))| {
            let first = index * SLAB;
            let planes = first..(first + SLAB).min(shape[0]);
            let mut canvas = Canvas { labels: slab, first, shape, nearest: Vec::new() };
            if overlap == Overlap::Nearest {
                canvas.nearest = vec![f64::INFINITY; canvas.labels.len()];
            }
            for member in members {
                let object = &objects[member];
                if canvas.draw(object, planes.clone()) {
                    touched[object.particle].store(true, Ordering::Relaxed);
                }
            }
        });
    }
    let skipped = (0..particles).filter(|&i| !touched[i].load(Ordering::Relaxed)).collect();
    let labels = Array3::from_shape_vec(shape, labels).map_err(|_| too_large())?;
    Ok(Targets { labels, skipped })
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

/// For each slab the objects that reach into it, in painting order.
fn by_slab<S: Solid>(objects: &[Object<S>], planes: usize) -> Vec<Vec<usize>> {
    let mut slabs = vec![Vec::new(); planes.div_ceil(SLAB)];
    for (index, object) in objects.iter().enumerate() {
        let span = object.solid.span(0, planes);
        if !span.is_empty() {
            for slab in &mut slabs[span.start / SLAB..=(span.end - 1) / SLAB] {
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
