mod finer;

pub use finer::{FineAudit, FineMatches, FineParams};

use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Progress, Region, Statistics, Volume, VolumeSink, VolumeSource};

use crate::score_statistics::Sums;
use crate::tile_search::{Part, TileSearch};
use crate::tiling::Tiling;
use crate::{Ctf, LowPass, MatchError, RotationGrid, ScoreStatistics, Template, Wedge, Whitening};

/// The index in a map of best orientations of a voxel that was not searched: outside the mask, or without or with too much variance.
pub const NOT_SEARCHED: u32 = u32::MAX;

/// The largest edge of tiles: 2048^3 complex numbers are 34 GB.
const LARGEST_TILE: usize = 2048;

/// What is done to the turned template, and where the search stays away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchParams {
    /// The frequencies that the tilt series measured; the turned template loses the others. Default: all.
    pub wedge: Option<Wedge>,
    /// A low-pass filter on the turned template. Default: none.
    pub low_pass: Option<LowPass>,
    /// The microscope's contrast transfer on the turned template, which needs a voxel size. Default: none.
    pub ctf: Option<Ctf>,
    /// Voxels whose surroundings under the mask have more than this many times the tomogram's variance are not searched: gold
    /// beads and edges of carbon. Default: none.
    pub variance_limit: Option<f64>,
    /// The edge in voxels of the tiles that are transformed, overlap included; memory grows with its cube: about
    /// 40 bytes per voxel of a tile for each thread (164 MB at 160), and 60 once. At least two templates are taken, and less where the
    /// tomogram is smaller. Default 160: with templates of 32 voxels half of a tile is overlap.
    pub tile: usize,
}

impl Default for MatchParams {
    fn default() -> Self {
        Self { wedge: None, low_pass: None, ctf: None, variance_limit: None, tile: 160 }
    }
}

impl MatchParams {
    /// Checks everything that can be checked before work starts.
    ///
    /// # Errors
    /// The first parameter out of range.
    ///
    /// ```
    /// use cryoet_match::{MatchParams, Wedge};
    /// assert!(MatchParams { wedge: Some(Wedge::new(-60.0, 60.0)), ..MatchParams::default() }.check().is_ok());
    /// assert!(MatchParams { wedge: Some(Wedge::new(60.0, -60.0)), ..MatchParams::default() }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<(), MatchError> {
        if let Some(Wedge { from, to, edge }) = self.wedge.filter(|wedge| !wedge.is_valid()) {
            return Err(MatchError::Wedge { from, to, edge });
        }
        if let Some(LowPass { cutoff, edge }) = self.low_pass.filter(|filter| !filter.is_valid()) {
            return Err(MatchError::LowPass { cutoff, edge });
        }
        if let Some(ctf) = self.ctf.filter(|ctf| !ctf.is_valid()) {
            return Err(MatchError::Ctf { ctf });
        }
        if let Some(limit) = self.variance_limit.filter(|&limit| limit.is_nan() || limit <= 0.0) {
            return Err(MatchError::VarianceLimit { limit });
        }
        if self.tile > LARGEST_TILE { Err(MatchError::Tile { tile: self.tile }) } else { Ok(()) }
    }
}

/// The answer of a search: for each voxel the best score over all orientations, and which that was.
#[derive(Debug, Clone, PartialEq)]
pub struct Matches {
    /// The best score in \[-1, 1\], indexed `[z, y, x]`; 0 where not searched.
    pub scores: Volume<f32>,
    /// The index in the grid of the orientation that scored best, the lowest of equals; [`NOT_SEARCHED`] where not searched.
    pub rotations: Array3<u32>,
    /// Mean and deviation of all scores, not of the best ones only.
    pub statistics: ScoreStatistics,
}

/// A search for a template in a tomogram by local normalised cross-correlation (Roseman 2003), with the mask turned with the
/// template.
///
/// At each voxel p and for each orientation R the score is the correlation coefficient, weighted by the mask w, of the turned and filtered
/// template t with the tomogram g around p:
///
/// `sum w (t - <t>) (g - <g>) / sqrt(sum w (t - <t>)^2 sum w (g - <g>)^2)`, where `<v>` is `sum w v / sum w`
///
/// and the sums run over the template's box with its reference point at p. Voxels beyond the tomogram count as its mean.
/// Where the weighted variance of g is below 1e-3 of the tomogram's there is nothing to compare, and the voxel is not searched.
///
/// The template is turned, then filtered by wedge, low-pass and contrast transfer in its own box, which should leave room around the density.
///
/// ```
/// use cryoet_core::{Volume, ndarray::{Array3, s}};
/// use cryoet_match::{MatchParams, RotationGrid, Search, Symmetry, Template, TemplateMask};
///
/// let stick = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| if z.abs_diff(4) < 2 && y.abs_diff(4) < 2 && x > 0 { 1.0 } else { 0.0 });
/// let mut tomogram = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32 * 0.02);
/// tomogram.slice_mut(s![8..17, 6..15, 10..19]).zip_mut_with(&stick, |v, s| *v += s);
///
/// let template = Template::new(Volume::new(stick), TemplateMask::Sphere { radius: 4.0, edge: 0.0 })?;
/// let grid = RotationGrid::covering(45.0, Symmetry::default())?;
/// let tomogram = Volume::new(tomogram);
/// let found = Search::new(&tomogram, &template, &grid, MatchParams::default())?.run(&())?;
/// let best = found.scores.data().indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
/// assert_eq!(best.0, (12, 10, 14));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Search<'a> {
    tomogram: &'a dyn VolumeSource<f32>,
    template: &'a Template,
    grid: &'a RotationGrid,
    params: MatchParams,
    region: Option<&'a dyn VolumeSource<bool>>,
    whitening: Option<&'a Whitening>,
    statistics: Statistics,
    /// Angstrom per voxel, where known.
    angstrom: Option<f64>,
}

impl<'a> Search<'a> {
    /// A search of a whole tomogram; reads it once, for its mean and deviation.
    ///
    /// # Errors
    /// Parameters out of range; a tomogram that is empty, constant or not finite; a template that does not fit into it or whose
    /// voxel size differs by more than 1 %, where both are known; voxels that are no cubes within 1 %.
    pub fn new(
        tomogram: &'a dyn VolumeSource<f32>,
        template: &'a Template,
        grid: &'a RotationGrid,
        params: MatchParams,
    ) -> Result<Self, MatchError> {
        params.check()?;
        let shape = tomogram.shape();
        let size = template.size();
        if let (Some(of_template), Some(of_tomogram)) = (template.voxel_size(), tomogram.voxel_size())
            && !of_template.agrees_with(&of_tomogram)
        {
            return Err(MatchError::VoxelSizes { template: of_template, tomogram: of_tomogram });
        }
        let voxel_size = tomogram.voxel_size().or(template.voxel_size());
        if let Some(found) = voxel_size.filter(|size| !size.is_cubic()) {
            return Err(MatchError::AnisotropicVoxels { found });
        }
        if params.ctf.is_some() && voxel_size.is_none() {
            return Err(MatchError::CtfWithoutVoxelSize);
        }
        let statistics = Statistics::of(tomogram)?;
        if shape.iter().any(|&n| n < size) {
            return Err(MatchError::TemplateLarger { template: size, tomogram: shape });
        }
        if statistics.min == statistics.max || !statistics.std.is_normal() {
            return Err(MatchError::NoVariance { value: statistics.min });
        }
        Ok(Self {
            tomogram,
            template,
            grid,
            params,
            region: None,
            whitening: None,
            statistics,
            angstrom: voxel_size.map(|size| size.mean()),
        })
    }

    /// The same search, only where a mask of the tomogram's shape is true. Tiles without such a voxel cost nothing.
    ///
    /// # Errors
    /// A mask of another shape.
    ///
    /// ```
    /// # use cryoet_core::{Volume, ndarray::Array3};
    /// # use cryoet_match::{MatchParams, NOT_SEARCHED, RotationGrid, Search, Symmetry, Template, TemplateMask};
    /// # let tomogram = Volume::new(Array3::from_shape_fn((12, 24, 24), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32));
    /// # let stick = Array3::from_shape_fn((7, 7, 7), |(z, y, _)| if z == 3 && y == 3 { 1.0 } else { 0.0 });
    /// # let template = Template::new(Volume::new(stick), TemplateMask::Sphere { radius: 3.0, edge: 0.0 })?;
    /// # let grid = RotationGrid::covering(60.0, Symmetry::default())?;
    /// let cell = Volume::new(Array3::from_shape_fn((12, 24, 24), |(_, y, _)| y < 10));
    /// let found = Search::new(&tomogram, &template, &grid, MatchParams::default())?.within(&cell)?.run(&())?;
    /// assert!(found.rotations[[6, 9, 12]] != NOT_SEARCHED && found.rotations[[6, 10, 12]] == NOT_SEARCHED);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn within(mut self, mask: &'a dyn VolumeSource<bool>) -> Result<Self, MatchError> {
        if mask.shape() != self.tomogram.shape() {
            return Err(MatchError::MaskShape { mask: mask.shape(), tomogram: self.tomogram.shape() });
        }
        self.region = Some(mask);
        Ok(self)
    }

    /// The same search with the turned template whitened as the tomogram was, which must be the answer of [`Whitening::apply`].
    ///
    /// ```
    /// # use cryoet_core::{Volume, ndarray::Array3};
    /// # use cryoet_match::{MatchParams, RotationGrid, Search, Symmetry, Template, TemplateMask, Whitening};
    /// # let tomogram = Volume::new(Array3::from_shape_fn((12, 24, 24), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32));
    /// # let stick = Array3::from_shape_fn((7, 7, 7), |(z, y, _)| if z == 3 && y == 3 { 1.0 } else { 0.0 });
    /// # let template = Template::new(Volume::new(stick), TemplateMask::Sphere { radius: 3.0, edge: 0.0 })?;
    /// # let grid = RotationGrid::covering(60.0, Symmetry::default())?;
    /// let whitening = Whitening::of(&tomogram)?;
    /// let white = whitening.apply(&tomogram)?;
    /// let found = Search::new(&white, &template, &grid, MatchParams::default())?.with_whitening(&whitening).run(&())?;
    /// assert!(found.scores.data().iter().all(|score| score.abs() <= 1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_whitening(mut self, whitening: &'a Whitening) -> Self {
        self.whitening = Some(whitening);
        self
    }

    /// Searches, and keeps the answer in memory: 8 bytes per voxel. Threads share the orientations of one tile.
    ///
    /// The answer is the same to the bit at any number of threads, and to 1e-5 whatever the tiles (to 1e-3 for
    /// masks with a shape where the variance is least: their terms are computed in f32).
    ///
    /// # Errors
    /// A source that fails; a template of which filters leave nothing; no voxel that can be searched; cancelled by `progress`, which
    /// counts orientations, those of each tile anew.
    ///
    /// ```
    /// # use cryoet_core::{Volume, ndarray::Array3};
    /// # use cryoet_match::{MatchParams, RotationGrid, Search, Symmetry, Template, TemplateMask};
    /// # let tomogram = Volume::new(Array3::from_shape_fn((12, 24, 24), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32));
    /// # let stick = Array3::from_shape_fn((7, 7, 7), |(z, y, _)| if z == 3 && y == 3 { 1.0 } else { 0.0 });
    /// # let template = Template::new(Volume::new(stick), TemplateMask::Sphere { radius: 3.0, edge: 0.0 })?;
    /// # let grid = RotationGrid::covering(60.0, Symmetry::default())?;
    /// let search = Search::new(&tomogram, &template, &grid, MatchParams::default())?;
    /// let found = search.run(&())?;
    /// assert_eq!(found.statistics.count, (12 * 24 * 24 * grid.len()) as u64);
    /// let threshold = found.statistics.threshold(1.0).unwrap(); // what noise passes once in such a search
    /// assert!(threshold > 4.0 * found.statistics.std);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(&self, progress: &dyn Progress) -> Result<Matches, MatchError> {
        let shape = self.tomogram.shape();
        let mut scores = Volume::new(Array3::zeros(shape)).with_voxel_size(self.tomogram.voxel_size()).with_origin(self.tomogram.origin());
        let mut rotations = Volume::new(Array3::from_elem(shape, NOT_SEARCHED));
        let statistics = self.run_into(&mut scores, &mut rotations, progress)?;
        Ok(Matches { scores, rotations: rotations.into_data(), statistics })
    }

    /// Searches, and writes scores and indices of orientations part by part: memory is bounded by the tiles, not by the tomogram.
    /// Every voxel is written once.
    ///
    /// # Errors
    /// As [`run`](Self::run); a sink that fails.
    ///
    /// ```
    /// # use cryoet_core::{Volume, ndarray::Array3};
    /// # use cryoet_match::{MatchParams, NOT_SEARCHED, RotationGrid, Search, Symmetry, Template, TemplateMask};
    /// # let tomogram = Volume::new(Array3::from_shape_fn((12, 24, 24), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32));
    /// # let stick = Array3::from_shape_fn((7, 7, 7), |(z, y, _)| if z == 3 && y == 3 { 1.0 } else { 0.0 });
    /// # let template = Template::new(Volume::new(stick), TemplateMask::Sphere { radius: 3.0, edge: 0.0 })?;
    /// # let grid = RotationGrid::covering(60.0, Symmetry::default())?;
    /// // In a program these are files; any `VolumeSink` does.
    /// let mut scores = Volume::new(Array3::zeros((12, 24, 24)));
    /// let mut rotations = Volume::new(Array3::from_elem((12, 24, 24), NOT_SEARCHED));
    /// let search = Search::new(&tomogram, &template, &grid, MatchParams { tile: 16, ..MatchParams::default() })?;
    /// search.run_into(&mut scores, &mut rotations, &())?;
    /// let whole = search.run(&())?;
    /// assert_eq!(whole.scores.data(), scores.data());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_into(
        &self,
        scores: &mut dyn VolumeSink<f32>,
        rotations: &mut dyn VolumeSink<u32>,
        progress: &dyn Progress,
    ) -> Result<ScoreStatistics, MatchError> {
        let tiling = Tiling::new(self.tomogram.shape(), self.template.size(), self.params.tile);
        let search = TileSearch::new(self.template, self.filter(), self.params.variance_limit, tiling.transform);
        let rotation_count = self.grid.len() as u64;
        let total = tiling.parts.len() as u64 * rotation_count;
        let done = AtomicU64::new(0);
        let step = || progress.report(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        let mut sums = Sums::default();
        for (i, &part) in tiling.parts.iter().enumerate() {
            let searched: Vec<bool> = match self.region {
                Some(mask) => mask.read_region(part)?.iter().copied().collect(),
                None => vec![true; part.voxels()],
            };
            let found = if searched.contains(&true) {
                search.run(self.grid, &self.surroundings(part)?, part.size, &searched, &step)?
            } else {
                done.store((i as u64 + 1) * rotation_count, Ordering::Relaxed);
                Part::unsearched(part.voxels())
            };
            sums.add(&found.sums);
            // The vectors are made to the part's size.
            if let (Ok(values), Ok(indices)) =
                (ArrayView3::from_shape(part.size, &found.scores), ArrayView3::from_shape(part.size, &found.rotations))
            {
                scores.write_region(part.start, values)?;
                rotations.write_region(part.start, indices)?;
            }
        }
        let statistics = sums.statistics();
        if statistics.count == 0 { Err(MatchError::NothingSearched) } else { Ok(statistics) }
    }

    /// What becomes of a frequency z, y, x, in cycles per voxel, of the turned template; none where nothing does.
    fn filter(&self) -> Option<impl Fn([f64; 3]) -> f64> {
        let (MatchParams { wedge, low_pass, ctf, .. }, whitening) = (self.params, self.whitening);
        // Checked: where there is a CTF there is a voxel size.
        let angstrom = self.angstrom.unwrap_or(1.0);
        (wedge.is_some() || low_pass.is_some() || ctf.is_some() || whitening.is_some()).then_some(move |[z, y, x]: [f64; 3]| {
            let length = (z * z + y * y + x * x).sqrt();
            wedge.map_or(1.0, |wedge| wedge.weight([z, y, x]))
                * low_pass.map_or(1.0, |filter| filter.weight(length))
                * ctf.map_or(1.0, |ctf| ctf.weight(length / angstrom))
                * whitening.map_or(1.0, |whitening| whitening.weight(length))
        })
    }

    /// The voxels that a template reaches from a part, with the tomogram's mean taken off and scaled to its deviation; zero beyond the
    /// tomogram.
    fn surroundings(&self, part: Region) -> Result<Vec<f32>, MatchError> {
        let (shape, size) = (self.tomogram.shape(), self.template.size());
        let before = cryoet_core::box_centre(size);
        let extent = part.size.map(|n| n + size - 1);
        let start: [usize; 3] = std::array::from_fn(|i| part.start[i].saturating_sub(before));
        let end: [usize; 3] = std::array::from_fn(|i| (part.start[i] + extent[i] - before).min(shape[i]));
        let inside = self.tomogram.read_region(Region::new(start, std::array::from_fn(|i| end[i] - start[i])))?;
        let mut voxels = vec![0.0; extent.iter().product()];
        let Statistics { mean, std, .. } = self.statistics;
        for ((z, y, x), &value) in inside.indexed_iter() {
            let [z, y, x]: [usize; 3] = std::array::from_fn(|i| start[i] + before - part.start[i] + [z, y, x][i]);
            voxels[(z * extent[1] + y) * extent[2] + x] = ((f64::from(value) - mean) / std) as f32;
        }
        Ok(voxels)
    }
}

#[cfg(test)]
mod tests;
