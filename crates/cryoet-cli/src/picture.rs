//! Pictures of tomograms: central sections with labels and particles over them.

mod canvas;
mod contrast;
mod font;
mod palette;
mod raster;
mod section;

use cryoet::ndarray::Array2;
use cryoet::{ClassLabel, ClassTable, Particle, VolumeSource};

use crate::failure::Failure;
pub(crate) use canvas::write_text;
pub(crate) use raster::Raster;

use canvas::Canvas;
use section::{Plane, Section};

/// Pixels between the sections and around the legend.
const GAP: u32 = 8;

/// What lies over the grey values, and how it is shown.
pub(crate) struct Overlay<'a> {
    /// Class labels of the tomogram's shape.
    pub(crate) labels: Option<&'a dyn VolumeSource<u8>>,
    /// Particles, drawn as balls cut by the section.
    pub(crate) particles: &'a [Particle],
    /// Names, colours and radii in Angstrom.
    pub(crate) classes: &'a ClassTable,
    /// The radius in voxels of classes whose table entry has none.
    pub(crate) radius: f64,
    /// The voxel size that turns radii to voxels, in Angstrom.
    pub(crate) voxel_size: Option<f64>,
}

/// How the grey values are shown.
pub(crate) struct Grey {
    /// The centre of the xy section.
    pub(crate) z: usize,
    /// The centre of the xz section.
    pub(crate) y: usize,
    /// How many voxels a section is thick; its mean is shown.
    pub(crate) thickness: usize,
    /// The percentiles that become black and white.
    pub(crate) percentiles: [f64; 2],
    /// Pixels per voxel.
    pub(crate) zoom: u32,
}

/// The xy section above the xz section, with a legend of the classes shown below.
pub(crate) fn sections(tomogram: &dyn VolumeSource<f32>, grey: &Grey, overlay: &Overlay) -> Result<Raster, Failure> {
    let shape = tomogram.shape();
    let planes = [Plane::Xy { z: grey.z }, Plane::Xz { y: grey.y }];
    let mut shown = Vec::new();
    let mut drawn = Vec::new();
    for plane in planes {
        let section = Section::new(plane, shape, grey.thickness);
        let values: Array2<f32> = section.mean_of(tomogram)?;
        let [black, white] = contrast::percentiles(&values, grey.percentiles);
        let mut canvas = Canvas::grey(&values, [black, white], grey.zoom);
        if let Some(labels) = overlay.labels {
            for ((row, column), &label) in section.centre_of(labels)?.indexed_iter() {
                let label = ClassLabel::new(label);
                if !label.is_background() && label != ClassLabel::IGNORE {
                    note(&mut shown, label);
                    canvas.tint([row, column], palette::colour(label, overlay.classes));
                }
            }
        }
        for particle in overlay.particles {
            let radius = radius_of(particle.class, overlay);
            if let Some((centre, cut)) = section.cut(particle.position, radius) {
                note(&mut shown, particle.class);
                canvas.circle(centre, cut, palette::colour(particle.class, overlay.classes));
            }
        }
        drawn.push(canvas.into_image());
    }
    shown.sort();
    let legend: Vec<_> = shown.into_iter().map(|label| (overlay.classes.name(label), palette::colour(label, overlay.classes))).collect();
    Ok(canvas::stack(&drawn, &legend, GAP))
}

fn note(shown: &mut Vec<ClassLabel>, label: ClassLabel) {
    if !shown.contains(&label) {
        shown.push(label);
    }
}

fn radius_of(label: ClassLabel, overlay: &Overlay) -> f64 {
    let angstrom = overlay.classes.get(label).and_then(|class| class.radius);
    angstrom.zip(overlay.voxel_size).map_or(overlay.radius, |(radius, size)| radius / size)
}
