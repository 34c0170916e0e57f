use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Orientation, box_centre};
use thiserror::Error;

use crate::catalogue::ENTRIES;
use crate::map_shape::MapShape;
use crate::{Rod, ShapeMeasure, Stamp, Structure, StructureError};

/// Potential of dense protein less that of vitreous ice, in volt: 7.86 - 4.53.
const PROTEIN_OVER_ICE: f64 = 3.33;

/// Mass of a cubic Angstrom of dense protein (1.35 g / cm^3), in kDa.
const PROTEIN_DENSITY: f64 = 0.813e-3;

/// Volume of a kDa of dense protein in cubic Angstrom (0.73 cm^3 / g).
const VOLUME_PER_KDA: f64 = 1212.0;

/// How far a map's centre of mass may lie from its reference point: as many voxels, or that share of the radius of a ball of its volume if that
/// is further. A particle's position then lies inside the particle, and so inside the tomogram.
const OFF_CENTRE: [f64; 2] = [2.0, 1.0 / 3.0];

/// Cells along the longest side where a complex' volume is measured.
const CELLS: usize = 64;

/// Why something is no complex.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ComplexError {
    /// The name is none of the built-in ones.
    #[error(
        "no built-in complex is named {name:?}: the names are 1s3x, 3qm1, 3gl1, 3h84, 2cg9, 3d2f, 1u6g, 3cf3, 1bxn, 1qvr, 4cr2 and 4d8q"
    )]
    UnknownName {
        /// The name asked for.
        name: String,
    },
    /// A mass that is not positive and finite.
    #[error("complex {name:?} weighs {mass_kda} kDa: expected a positive number")]
    Mass {
        /// The complex's name.
        name: String,
        /// The mass given.
        mass_kda: f64,
    },
    /// There is no rod, or one has a radius or coordinate out of range.
    #[error("complex {name:?} has a shape without volume, or a rod that is not finite")]
    Shape {
        /// The complex's name.
        name: String,
    },
    /// A map with a value that is not finite.
    #[error("the map of {name:?} is {value} at voxel {index:?} (z, y, x): expected finite values")]
    NonFinite {
        /// The complex's name.
        name: String,
        /// The voxel, z, y, x.
        index: [usize; 3],
        /// The value there.
        value: f32,
    },
    /// A map that turns about a place beside what it shows.
    #[error(
        "the map of {name:?} has its centre of mass at voxel {centre:.1?} (z, y, x) and turns about voxel floor(N / 2), {reference:?}: expected \
         them at most {most:.1} voxels apart"
    )]
    OffCentre {
        /// The complex's name.
        name: String,
        /// The centre of mass, z, y, x in voxels.
        centre: [f64; 3],
        /// The reference point, z, y, x in voxels.
        reference: [usize; 3],
        /// How far apart they may be, in voxels.
        most: f64,
    },
    /// A map whose positive part is smaller than the volume asked for.
    #[error("the map of {name:?} has no surface around {volume} cubic Angstrom: expected values that are positive in at least that volume")]
    Map {
        /// The complex's name.
        name: String,
        /// The volume that its surface should enclose, cubic Angstrom.
        volume: f64,
    },
    /// A voxel size that is not positive.
    #[error("the map of {name:?} has voxels of {angstrom} Angstrom: expected a positive number")]
    VoxelSize {
        /// The complex's name.
        name: String,
        /// The voxel size given.
        angstrom: f64,
    },
    /// A map that a description names without holding it.
    #[error("complex {name:?} was made from a map: give the map again")]
    MapMissing {
        /// The complex's name.
        name: String,
    },
    /// A structure that cannot be drawn.
    #[error(transparent)]
    Structure(#[from] StructureError),
}

/// What a complex looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form {
    Rods(Vec<Rod>),
    Map(MapShape),
}

/// A macromolecular complex: a name, a mass, and a shape: rods filled evenly with that mass, or a density map.
///
/// The twelve of SHREC'20 are built in: not the molecules themselves, but shapes of the same mass, volume and surface, each handed
/// and without symmetry, so that an orientation can be told.
///
/// ```
/// use cryoet_sim::Complex;
/// let complex = Complex::builtin("4d8q")?;
/// let mask = complex.mask(10.0);
/// let voxels = mask.iter().filter(|&&v| v == 1).count() as f64;
/// assert!((voxels / 2152.0 - 1.0).abs() < 0.05); // cubic nanometre, Table 1
/// # Ok::<(), cryoet_sim::ComplexError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::complex_description::ComplexDescription"))]
#[cfg_attr(feature = "serde", serde(into = "crate::complex_description::ComplexDescription"))]
pub struct Complex {
    name: String,
    mass_kda: f64,
    form: Form,
    volume: f64,
}

impl Complex {
    /// A complex from its name, its mass in kDa and the rods of its shape; the rods' coordinates count from its reference point,
    /// best its centre of mass. [`calibrate`](crate::calibrate) brings rods to a given volume and surface.
    ///
    /// # Errors
    /// A mass that is not positive, no rods, or rods that are not finite.
    pub fn new(name: impl Into<String>, mass_kda: f64, rods: Vec<Rod>) -> Result<Self, ComplexError> {
        let name = name.into();
        if !(mass_kda.is_finite() && mass_kda > 0.0) {
            return Err(ComplexError::Mass { name, mass_kda });
        }
        if rods.is_empty() || rods.iter().any(|rod| !rod.is_finite()) {
            return Err(ComplexError::Shape { name });
        }
        let volume = ShapeMeasure::of_rods(&rods, CELLS).volume;
        if !(volume.is_finite() && volume > 0.0) {
            return Err(ComplexError::Shape { name });
        }
        Ok(Self { name, mass_kda, form: Form::Rods(rods), volume })
    }

    /// A complex from its name, its mass in kDa, and a density map `[z, y, x]` of any scale, with its voxel size in Angstrom.
    ///
    /// The map is scaled so that a kDa weighs as much as in the built-in complexes; its surface, which truth volumes show, is the
    /// level that encloses `volume` cubic Angstrom. What lies below 2 % of the peak counts as empty. The reference point is voxel
    /// `floor(N / 2)` of the map, which must be near its centre of mass: positions of particles are of that point.
    ///
    /// # Errors
    /// A mass or voxel size that is not positive; a map that is not finite, too small for the volume, or whose centre of mass lies more than 2
    /// voxels and more than a third of the radius of a ball of its volume from the reference point.
    ///
    /// ```
    /// use cryoet_core::ndarray::Array3;
    /// use cryoet_sim::Complex;
    /// let map = Array3::from_shape_fn((32, 32, 32), |(z, y, x)| {
    ///     let r2 = (z as f32 - 16.0).powi(2) + (y as f32 - 16.0).powi(2) + (x as f32 - 16.0).powi(2);
    ///     (-r2 / 40.0).exp()
    /// });
    /// let complex = Complex::from_map("blob", 500.0, map.view(), 5.0, 600e3)?;
    /// let voxels = complex.mask(5.0).iter().filter(|&&v| v == 1).count() as f64;
    /// assert!((voxels * 125.0 / 600e3 - 1.0).abs() < 0.02);
    /// # Ok::<(), cryoet_sim::ComplexError>(())
    /// ```
    pub fn from_map(
        name: impl Into<String>,
        mass_kda: f64,
        map: ArrayView3<'_, f32>,
        voxel_size: f64,
        volume: f64,
    ) -> Result<Self, ComplexError> {
        let name = name.into();
        if !(mass_kda.is_finite() && mass_kda > 0.0) {
            return Err(ComplexError::Mass { name, mass_kda });
        }
        if !(voxel_size.is_finite() && voxel_size > 0.0) {
            return Err(ComplexError::VoxelSize { name, angstrom: voxel_size });
        }
        if let Some(((z, y, x), &value)) = map.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(ComplexError::NonFinite { name, index: [z, y, x], value });
        }
        let Some(shape) = MapShape::new(map, voxel_size, volume) else {
            return Err(ComplexError::Map { name, volume });
        };
        let (centre, reference) = (shape.centre_of_mass(), <[usize; 3]>::from(map.dim()).map(box_centre));
        let distance = (0..3).map(|axis| (centre[axis] - reference[axis] as f64).powi(2)).sum::<f64>().sqrt();
        let most = OFF_CENTRE[0].max(OFF_CENTRE[1] * radius_of(volume) / voxel_size);
        if distance > most {
            return Err(ComplexError::OffCentre { name, centre, reference, most });
        }
        let factor = PROTEIN_OVER_ICE * mass_kda / (PROTEIN_DENSITY * shape.integral());
        Ok(Self { name, mass_kda, form: Form::Map(shape.scaled(factor as f32)), volume })
    }

    /// The same complex with a density map for its shape: name, mass and volume stay. See [`from_map`](Self::from_map).
    ///
    /// # Errors
    /// As for [`from_map`](Self::from_map).
    pub fn with_map(&self, map: ArrayView3<'_, f32>, voxel_size: f64) -> Result<Self, ComplexError> {
        Self::from_map(self.name.clone(), self.mass_kda, map, voxel_size, self.volume)
    }

    /// A complex from the atoms of a structure: its electrostatic potential over ice as it is, drawn on voxels of `voxel_size`
    /// Angstrom (half the tomogram's, say); its surface encloses dense protein's 1.21 nm^3 a kDa.
    ///
    /// # Errors
    /// A structure that cannot be drawn on such voxels, or without positive potential.
    ///
    /// ```
    /// use cryoet_sim::{Complex, Structure};
    /// let carbon = |serial, x, y, z| {
    ///     format!("ATOM  {serial:5}  CA  ALA A{serial:4}    {x:8.3}{y:8.3}{z:8.3}  1.00  0.00           C\n")
    /// };
    /// let text: String = (0..64).map(|i| carbon(i, f64::from(i % 4 * 3), f64::from(i / 4 % 4 * 3), f64::from(i / 16 * 3))).collect();
    /// let complex = Complex::from_structure("lattice", &Structure::from_pdb(&text)?, 3.0)?;
    /// assert!(complex.mass_kda() > 1.0 && complex.reach() > 5.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_structure(name: impl Into<String>, structure: &Structure, voxel_size: f64) -> Result<Self, ComplexError> {
        let (name, mass_kda) = (name.into(), structure.mass_kda());
        let volume = VOLUME_PER_KDA * mass_kda;
        let Some(shape) = MapShape::new(structure.potential(voxel_size)?.view(), voxel_size, volume) else {
            return Err(ComplexError::Map { name, volume });
        };
        Ok(Self { name, mass_kda, form: Form::Map(shape), volume })
    }

    /// One of the twelve complexes of SHREC'20, by its PDB code in lower case.
    ///
    /// # Errors
    /// Any other name.
    pub fn builtin(name: &str) -> Result<Self, ComplexError> {
        let entry = ENTRIES.iter().find(|entry| entry.name == name).ok_or_else(|| ComplexError::UnknownName { name: name.into() })?;
        Ok(Self { name: name.into(), mass_kda: entry.mass, form: Form::Rods(entry.rods()), volume: entry.volume * 1e3 })
    }

    /// The names of the built-in complexes, lightest first.
    ///
    /// ```
    /// assert_eq!(cryoet_sim::Complex::builtin_names().len(), 12);
    /// ```
    pub fn builtin_names() -> [&'static str; 12] {
        ENTRIES.each_ref().map(|entry| entry.name)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The mass in kDa.
    pub fn mass_kda(&self) -> f64 {
        self.mass_kda
    }

    /// The rods of the shape; none where it is a map.
    pub fn rods(&self) -> &[Rod] {
        match &self.form {
            Form::Rods(rods) => rods,
            Form::Map(_) => &[],
        }
    }

    /// The density map of the shape, in volt over ice, and its voxel size in Angstrom; none where it is rods.
    pub fn map(&self) -> Option<(ArrayView3<'_, f32>, f64)> {
        match &self.form {
            Form::Rods(_) => None,
            Form::Map(shape) => Some((shape.values(), shape.voxel_size())),
        }
    }

    /// The volume in cubic Angstrom.
    pub fn volume(&self) -> f64 {
        self.volume
    }

    /// The radius in Angstrom of a ball of the same volume.
    pub fn radius(&self) -> f64 {
        radius_of(self.volume)
    }

    /// The largest distance in Angstrom of a point of the shape from the reference point.
    pub fn reach(&self) -> f64 {
        match &self.form {
            Form::Rods(rods) => rods.iter().map(Rod::reach).fold(0.0, f64::max),
            Form::Map(shape) => shape.reach(),
        }
    }

    /// The mean potential inside the shape less that of the ice around it, in volt: dense protein's, thinned to the complex's mass.
    pub fn contrast(&self) -> f64 {
        PROTEIN_OVER_ICE * self.mass_kda / (PROTEIN_DENSITY * self.volume)
    }

    /// The voxels of the turned complex, its reference point at a voxel's centre; `voxel_size` in Angstrom.
    pub fn stamp(&self, orientation: &Orientation, voxel_size: f64) -> Stamp {
        match &self.form {
            Form::Rods(rods) => Stamp::of_rods(rods, self.contrast(), orientation, voxel_size),
            Form::Map(shape) => shape.stamp(orientation, voxel_size),
        }
    }

    /// The voxels (1 inside, 0 outside) of the unturned complex in the smallest cube that holds it in every orientation, its
    /// reference point at voxel `floor(N / 2)`; `voxel_size` in Angstrom.
    pub fn mask(&self, voxel_size: f64) -> Array3<u8> {
        self.boxed(voxel_size, |voxel| u8::from(voxel.occupied))
    }

    /// The potential over that of ice, in volt, in the same cube as [`mask`](Self::mask).
    pub fn density(&self, voxel_size: f64) -> Array3<f32> {
        self.boxed(voxel_size, |voxel| voxel.contrast)
    }

    fn boxed<T: Clone + Default>(&self, voxel_size: f64, value: impl Fn(&crate::StampVoxel) -> T) -> Array3<T> {
        let half = (self.reach() / voxel_size).ceil() as usize + 1;
        let side = 2 * half + 1;
        let centre = box_centre(side) as i32;
        let mut cube = Array3::default((side, side, side));
        for voxel in self.stamp(&Orientation::identity(), voxel_size).voxels() {
            let [z, y, x] = voxel.offset.map(|o| (o + centre) as usize);
            cube[[z, y, x]] = value(voxel);
        }
        cube
    }
}

/// The radius of a ball of a volume.
fn radius_of(volume: f64) -> f64 {
    (3.0 * volume / (4.0 * std::f64::consts::PI)).cbrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(at: [f32; 3]) -> Array3<f32> {
        Array3::from_shape_fn((40, 40, 40), |(z, y, x)| {
            let square: f32 = [z, y, x].iter().zip(at).map(|(&i, a)| (i as f32 - a).powi(2)).sum();
            (-square / 18.0).exp()
        })
    }

    /// A ball of 300 voxels has a radius of 4.2 voxels: a centre of mass up to 2 voxels off is the map's own, one further off a mistake.
    #[test]
    fn maps_turn_about_their_middle() {
        let complex = |at, voxels: f64| Complex::from_map("blob", 100.0, blob(at).view(), 5.0, voxels * 125.0);
        for at in [[20.0; 3], [20.0, 21.8, 20.0]] {
            let mask = complex(at, 300.0).unwrap().mask(5.0);
            assert_eq!(mask[[mask.dim().0 / 2; 3]], 1);
        }
        let error = complex([20.0, 27.0, 20.0], 300.0).unwrap_err();
        let told = "centre of mass at voxel [20.0, 27.0, 20.0] (z, y, x) and turns about voxel floor(N / 2), [20, 20, 20]";
        assert!(error.to_string().contains(told), "{error}");
        assert!(matches!(complex([20.0, 22.2, 20.0], 300.0), Err(ComplexError::OffCentre { most: 2.0, .. })));
        // A third of 7.8 voxels.
        assert!(complex([20.0, 22.2, 20.0], 2000.0).is_ok());
    }

    #[test]
    fn a_map_that_is_not_finite_is_told_its_voxel() {
        let mut map = blob([20.0; 3]);
        map[[1, 2, 3]] = f32::NAN;
        let error = Complex::from_map("blob", 100.0, map.view(), 5.0, 300.0 * 125.0).unwrap_err();
        assert!(error.to_string().contains("is NaN at voxel [1, 2, 3]"), "{error}");
        let none = Complex::from_map("blob", 100.0, blob([20.0; 3]).view(), 5.0, 1e9).unwrap_err();
        assert!(matches!(none, ComplexError::Map { .. }));
    }

    #[test]
    fn masks_fill_the_volume_and_differ() {
        let masks: Vec<_> = Complex::builtin_names().into_iter().map(|name| (name, Complex::builtin(name).unwrap())).collect();
        for (name, complex) in &masks {
            let voxels = complex.mask(5.0).iter().filter(|&&v| v == 1).count() as f64 * 125.0;
            assert!((voxels / complex.volume() - 1.0).abs() < 0.03, "{name}: {voxels}");
            let total: f64 = complex.density(5.0).iter().map(|&v| f64::from(v)).sum::<f64>() * 125.0;
            assert!((total / (complex.contrast() * complex.volume()) - 1.0).abs() < 0.03, "{name}: {total}");
            // Dense protein at most, apart from the two whose volume in the table is less than their mass fills.
            assert!((0.45..=4.0).contains(&(complex.contrast() / 1.9)), "{name}: {}", complex.contrast());
        }
    }

    /// No complex looks like its mirror image or like itself turned by 90 degrees or more about an axis.
    #[test]
    fn shapes_are_handed() {
        for name in Complex::builtin_names() {
            let complex = Complex::builtin(name).unwrap();
            let measure = |rods: &[Rod]| ShapeMeasure::of_rods(rods, 24).centroid;
            assert!(measure(complex.rods()).iter().all(|c| c.abs() < 3.0), "{name}");
            let mask = complex.mask(8.0);
            for axis in 0..3 {
                let mut mirrored = mask.view();
                mirrored.invert_axis(cryoet_core::ndarray::Axis(axis));
                let differ = mask.iter().zip(mirrored.iter()).filter(|(a, b)| a != b).count();
                assert!(differ * 20 > mask.iter().filter(|&&v| v == 1).count(), "{name} equals its mirror image along axis {axis}");
            }
        }
    }

    #[test]
    fn refuses_what_is_no_complex() {
        assert!(matches!(Complex::builtin("4D8Q"), Err(ComplexError::UnknownName { .. })));
        assert!(matches!(Complex::new("a", 0.0, vec![]), Err(ComplexError::Mass { .. })));
        assert!(matches!(Complex::new("a", 1.0, vec![]), Err(ComplexError::Shape { .. })));
        let rod = Rod { from: [0.0; 3], to: [f64::NAN, 0.0, 0.0], radius: 1.0 };
        assert!(matches!(Complex::new("a", 1.0, vec![rod]), Err(ComplexError::Shape { .. })));
    }
}
