mod filters;
mod orientation_map;
mod still_found;
mod templates;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use cryoet::io::{open_volume, read_class_table, read_volume, write_volume};
use cryoet::matching::{
    Candidates, FineAudit, FineParams, MatchError, MatchParams, Matches, PeakParams, RotationGrid, Search, Symmetry, Template, Whitening,
    find_peaks, top_per_class, top_without_overlap,
};
use cryoet::{ClassLabel, Orientation, Particle, Position, Volume, VolumeSource, VoxelSize};
use serde::Serialize;
use serde_json::json;

use crate::bar::Bar;
use crate::failure::Failure;
use crate::list_outputs::{check_found_outputs, check_outputs_in};
use crate::numbers;
use crate::options::{check_per_class, check_volume_output, class_order};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::picks::{Origin, write_picks};
use crate::record::Record;
use crate::voxel_sizes::check_voxel_sizes;
use filters::Filters;
use still_found::still_found;
use templates::{Templates, nth_or_only, one_or_all, reach};

/// Tomogram and templates to particles with poses
///
/// Local normalised cross-correlation over all orientations. A template is a density map, bright on a ground of about 0, at
/// any voxel size, or a file of atoms; the first is class 1, the next class 2, and so on, or the classes of the table in order.
///
/// Examples:
///   cryoet match tomogram.mrc --template ribosome.mrc --step 15 --tilts -60,60 -o picks.csv
///   cryoet match tomogram.mrc --template ribosome.mrc --step 30 --fine-step 8 --tilts -60,60 --defocus 3 -o picks.csv
///   cryoet match tomogram.mrc --template rod.mrc --mask rod-mask.mrc --symmetry C2 --region cell.mrc -o picks.csv
///   cryoet match tomogram.mrc --template a.mrc --template b.mrc --step 20 --most 200 --select without-overlap -o picks.csv
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct TemplateMatch {
    /// The tomogram
    #[serde(serialize_with = "crate::paths::shown")]
    tomogram: PathBuf,
    #[command(flatten)]
    templates: Templates,
    /// Angular step in degrees: no orientation is farther than 0.85 of it from one that is tried
    #[arg(long, value_name = "DEGREES", default_value_t = 15.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    step: f64,
    /// Then try, at the particles found, the orientations near theirs in this finer step
    #[arg(long, value_name = "DEGREES", value_parser = numbers::positive, allow_negative_numbers = true)]
    fine_step: Option<f64>,
    /// Every how many particles one is tried in all orientations of the finer step, to tell how often that changes the answer; 0: never
    #[arg(long, value_name = "N", default_value_t = 50, requires = "fine_step")]
    audit_every: usize,
    #[command(flatten)]
    filters: Filters,
    /// Search only where this volume, of the tomogram's shape, is not 0
    #[arg(long, value_name = "VOLUME")]
    #[serde(serialize_with = "crate::paths::shown")]
    region: Option<PathBuf>,
    /// Least distance between two particles of a class in voxels: one, or one per template; by default the mask's radius
    #[arg(long, value_name = "VOXELS", value_delimiter = ',', value_parser = numbers::not_negative, allow_negative_numbers = true)]
    distance: Vec<f64>,
    /// Particles score more than this; by default what noise alone would pass --false-positives times
    #[arg(long, value_name = "SCORE", value_parser = numbers::finite, allow_negative_numbers = true, conflicts_with = "false_positives")]
    min_score: Option<f64>,
    /// False positives expected of noise alone in the whole search of a template
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    false_positives: f64,
    /// Most candidates of each template, the best, before a finer search and before they are merged
    #[arg(long, value_name = "N", value_parser = numbers::at_least_one)]
    candidates: Option<usize>,
    /// Most particles per class, the best
    #[arg(long, value_name = "N", value_parser = numbers::at_least_one)]
    most: Option<usize>,
    /// How the particles of several templates are merged
    #[arg(long, value_enum, default_value_t = Selection::PerClass)]
    select: Selection,
    /// Radii in voxels that say which template is larger and what overlaps: one per template; by default the masks'
    #[arg(long, value_name = "VOXELS", value_delimiter = ',', value_parser = numbers::not_negative, allow_negative_numbers = true)]
    overlap_radii: Vec<f64>,
    /// Edge in voxels of the tiles that are searched at a time: memory grows with its cube
    #[arg(long, value_name = "VOXELS", value_parser = numbers::at_least_one)]
    tile: Option<usize>,
    /// Also write the best score of each voxel (one template only)
    #[arg(long, value_name = "SCORES")]
    #[serde(serialize_with = "crate::paths::shown")]
    scores: Option<PathBuf>,
    /// Also write which orientation scored best at each voxel, by its place in the table NAME.csv that is written beside; -1 where none
    /// was tried (one template only)
    #[arg(long, value_name = "INDICES")]
    #[serde(serialize_with = "crate::paths::shown")]
    orientations: Option<PathBuf>,
    /// Table of classes (TOML): names for the list
    #[arg(long, value_name = "TABLE.toml")]
    #[serde(serialize_with = "crate::paths::shown")]
    classes: Option<PathBuf>,
    /// Name of the tomogram in the lists; by default its file's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The list to write; may be given several times
    #[arg(short, long, required = true, value_name = "PICKS")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Vec<PathBuf>,
}

/// Ways of merging.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Selection {
    /// The best of each class, whatever they overlap: TM-T of SHREC'20
    PerClass,
    /// From the largest class down, none that overlaps one taken: TM-F of SHREC'20
    WithoutOverlap,
}

/// What the search for one template came to.
#[derive(Serialize)]
struct Report {
    template: String,
    orientations: usize,
    /// Voxels searched times orientations.
    scores: u64,
    mean: f64,
    deviation: f64,
    threshold: f64,
    candidates: usize,
    /// Of how many in how many the finer search of all orientations had a better answer, and by how much.
    audit: Option<Audit>,
}

#[derive(Serialize)]
struct Audit {
    checked: usize,
    differed: usize,
    mean_gain: f64,
}

impl From<FineAudit> for Audit {
    fn from(FineAudit { checked, differed, mean_gain }: FineAudit) -> Self {
        Self { checked, differed, mean_gain }
    }
}

impl TemplateMatch {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        self.check()?;
        let maps = &self.templates.maps;
        let files = [&self.tomogram].into_iter().chain(maps).chain(&self.templates.masks).chain(&self.region).chain(&self.classes);
        let inputs: Vec<_> = files.collect();
        let table = self.orientations.as_deref().map(orientation_map::table_of);
        check_files(inputs.iter().copied(), self.output.iter().chain(&self.scores).chain(&self.orientations).chain(&table))?;
        let classes = self.classes.as_ref().map(read_class_table).transpose()?.unwrap_or_default();
        check_per_class("--template", maps.len(), &classes)?;
        let record = Record::new("match", &self)?.with_inputs(inputs)?;
        let tomogram = open_volume(&self.tomogram)?;
        check_outputs_in(&self.output, tomogram.voxel_size())?;
        let region = self.region.as_ref().map(|path| region(path, tomogram.voxel_size())).transpose()?;
        let params = self.filters.params(tomogram.voxel_size(), self.tile)?;
        let plain = Searched { tomogram: tomogram.as_ref(), params, region: region.as_ref(), whitening: None };
        // All of them before the first search, which may take hours.
        let templates = (0..maps.len()).map(|place| self.checked_template(place, &plain)).collect::<Result<Vec<_>, _>>()?;
        let (grids, fine) = (self.grids(self.step)?, self.fine_step.map(|step| self.grids(step)).transpose()?);
        self.check_grids(&grids, &plain)?;
        let about = |failure: MatchError| Failure::about(&self.tomogram)(failure.into());
        let whitening = if self.filters.whiten { Some(Whitening::of(tomogram.as_ref()).map_err(about)?) } else { None };
        let white = whitening.as_ref().map(|whitening| whitening.apply(tomogram.as_ref())).transpose().map_err(about)?;
        let searched =
            Searched { tomogram: white.as_ref().map_or(tomogram.as_ref(), |white| white), whitening: whitening.as_ref(), ..plain };
        let (mut found, mut reports) = (Vec::new(), Vec::new());
        for ((place, template), label) in templates.iter().enumerate().zip(class_order(&classes)) {
            let orientations = Orientations { grid: &grids[place], fine: fine.as_ref().map(|fine| fine[place].as_ref()) };
            let (candidates, report) = self.search(place, (template, label), &searched, &orientations, &record)?;
            found.push(candidates);
            reports.push(report);
        }
        let most = self.most.unwrap_or(usize::MAX);
        let particles = match self.select {
            Selection::PerClass => top_per_class(&found, most)?,
            Selection::WithoutOverlap => top_without_overlap(&found, most)?,
        };
        let (voxel_size, shape) = (tomogram.voxel_size(), tomogram.shape());
        let origin = Origin { volume: &self.tomogram, name: self.name.as_ref(), voxel_size, shape };
        let record = record.with_result(json!({"templates": reports}));
        let count = write_picks(&self.output, particles, &origin, &classes, &record)?;
        let value = json!({"particles": count, "templates": reports, "outputs": self.output.shown()});
        output::print(json, &value, || text(count, &reports))
    }

    /// What can be refused before anything is read.
    fn check(&self) -> Result<(), Failure> {
        let templates = self.templates.maps.len();
        check_found_outputs(&self.output, templates)?;
        for (option, volume) in [("--scores", &self.scores), ("--orientations", &self.orientations)] {
            let Some(path) = volume else { continue };
            check_volume_output(path)?;
            if templates > 1 {
                return Err(Failure::usage(format!("{option} is for a single --template")));
            }
        }
        self.templates.check()?;
        if !self.distance.is_empty() {
            one_or_all("--distance", self.distance.len(), templates)?;
        }
        if !self.overlap_radii.is_empty() && self.overlap_radii.len() != templates {
            return Err(Failure::usage(format!("--overlap-radii: {} radii for {templates} templates", self.overlap_radii.len())));
        }
        match self.fine_step {
            Some(fine) if fine >= self.step => Err(Failure::usage(format!("--fine-step {fine} is not finer than --step {}", self.step))),
            _ => Ok(()),
        }
    }

    /// The candidates of one template.
    fn search(
        &self,
        place: usize,
        (template, label): (&Template, ClassLabel),
        searched: &Searched<'_>,
        &Orientations { grid, fine }: &Orientations<'_>,
        record: &Record,
    ) -> Result<(Candidates, Report), Failure> {
        let symmetry = self.templates.symmetry_of(place);
        let search = self.search_of(place, template, grid, searched)?;
        let bar = Bar::new("matching");
        let matches = search.run(&bar).map_err(|error| self.failure(place, error))?;
        drop(bar);
        let threshold = match self.min_score.or(matches.statistics.threshold(self.false_positives)) {
            Some(threshold) => threshold,
            None => {
                let count = matches.statistics.count;
                output::warn(format!("--false-positives {} of {count} scores sets no threshold: 0 is taken", self.false_positives));
                0.0
            }
        };
        let radius = reach(template);
        let distance = nth_or_only(&self.distance, place).copied().unwrap_or(radius);
        let peaks = PeakParams { distance, threshold, most: self.candidates };
        let mut particles = find_peaks(&matches, grid, label, &peaks)?;
        let mut audit = None;
        if let Some(fine) = fine {
            let params = FineParams { symmetry, audit_every: self.audit_every, ..FineParams::after(self.step) };
            let finer = search.finer(&particles, fine, &params, &Bar::new("refining")).map_err(|error| self.failure(place, error))?;
            (particles, audit) = (still_found(finer.particles, &peaks, searched.region), Some(finer.audit.into()));
        }
        self.write_volumes(&matches, grid, record)?;
        let report = Report {
            template: self.templates.maps[place].shown(),
            orientations: grid.len(),
            scores: matches.statistics.count,
            mean: matches.statistics.mean,
            deviation: matches.statistics.std,
            threshold,
            candidates: particles.len(),
            audit,
        };
        Ok((Candidates { particles, radius: self.overlap_radii.get(place).copied().unwrap_or(radius) }, report))
    }

    /// For each template the orientations of a step; of templates of one symmetry they are made once.
    fn grids(&self, step: f64) -> Result<Vec<Arc<RotationGrid>>, Failure> {
        let mut grids: Vec<(Symmetry, Arc<RotationGrid>)> = Vec::new();
        for place in 0..self.templates.maps.len() {
            let symmetry = self.templates.symmetry_of(place);
            let grid = match grids.iter().find(|(known, _)| *known == symmetry) {
                Some((_, grid)) => Arc::clone(grid),
                None => Arc::new(RotationGrid::covering(step, symmetry).map_err(Failure::of_arguments)?),
            };
            grids.push((symmetry, grid));
        }
        Ok(grids.into_iter().map(|(_, grid)| grid).collect())
    }

    /// Refuses to expect half of all scores, or more, by chance: no threshold above 0 says so. Refuses more orientations than can be written.
    fn check_grids(&self, grids: &[Arc<RotationGrid>], searched: &Searched<'_>) -> Result<(), Failure> {
        let inside = |region: &Volume<bool>| region.data().iter().filter(|&&inside| inside).count();
        let voxels = searched.region.map_or(searched.tomogram.shape().iter().product(), inside);
        for grid in grids {
            let scores = voxels as f64 * grid.len() as f64;
            if self.min_score.is_none() && 2.0 * self.false_positives >= scores {
                let expected = self.false_positives;
                return Err(Failure::usage(format!("--false-positives {expected}: expected less than half of the {scores} scores")));
            }
            if self.orientations.is_some() {
                orientation_map::check(grid)?;
            }
        }
        Ok(())
    }

    /// A template, found to go with the tomogram and the filters.
    fn checked_template(&self, place: usize, searched: &Searched<'_>) -> Result<Template, Failure> {
        let template = self.templates.prepare(place, searched.tomogram.voxel_size())?;
        let one = RotationGrid::from_orientations(vec![Orientation::identity()]).map_err(Failure::of_arguments)?;
        let search = self.search_of(place, &template, &one, searched)?;
        // One voxel in one orientation: whether the filters leave anything of the template.
        let middle = Position::from_index(searched.tomogram.shape().map(cryoet::box_centre));
        let particle = Particle::new(ClassLabel::new(1), middle).with_orientation(Orientation::identity());
        let params = FineParams { shift: 0, audit_every: 0, ..FineParams::after(1.0) };
        search.finer(&[particle], &one, &params, &()).map_err(|error| self.failure(place, error))?;
        Ok(template)
    }

    fn search_of<'a>(
        &self,
        place: usize,
        template: &'a Template,
        grid: &'a RotationGrid,
        searched: &Searched<'a>,
    ) -> Result<Search<'a>, Failure> {
        let mut search = Search::new(searched.tomogram, template, grid, searched.params).map_err(|error| self.failure(place, error))?;
        if let Some(region) = searched.region {
            search = search.within(region).map_err(|error| self.failure(place, error))?;
        }
        Ok(match searched.whitening {
            Some(whitening) => search.with_whitening(whitening),
            None => search,
        })
    }

    /// An error with the file that it is about.
    fn failure(&self, place: usize, error: MatchError) -> Failure {
        let map = &self.templates.maps[place];
        match (&error, self.templates.radius_of(place), &self.region) {
            (MatchError::Cancelled(_), ..) => error.into(),
            // The radius is what made its box.
            (MatchError::TemplateLarger { .. }, Some(radius), _) => {
                Failure::new(format!("{}: {}; its --radius is {radius}", map.display(), Failure::from(error)))
            }
            (
                MatchError::TemplateLarger { .. }
                | MatchError::VoxelSizes { .. }
                | MatchError::Template(_)
                | MatchError::TemplateVanishes { .. },
                ..,
            ) => Failure::about(map)(error.into()),
            (MatchError::MaskShape { .. }, _, Some(region)) => Failure::about(region)(error.into()),
            _ => Failure::about(&self.tomogram)(error.into()),
        }
    }

    fn write_volumes(&self, matches: &Matches, grid: &RotationGrid, record: &Record) -> Result<(), Failure> {
        if let Some(path) = &self.scores {
            write_volume(path, &matches.scores)?;
            record.write_beside(path)?;
        }
        if let Some(path) = &self.orientations {
            orientation_map::write(path, matches, grid)?;
            record.write_beside(path)?;
        }
        Ok(())
    }
}

/// In what orientations a template is tried.
struct Orientations<'a> {
    grid: &'a RotationGrid,
    /// At the particles found.
    fine: Option<&'a RotationGrid>,
}

/// What is searched, by every template.
struct Searched<'a> {
    /// Whitened, where that is wanted.
    tomogram: &'a dyn VolumeSource<f32>,
    params: MatchParams,
    region: Option<&'a Volume<bool>>,
    whitening: Option<&'a Whitening>,
}

/// Where a volume is not 0.
fn region(path: &Path, of_tomogram: Option<VoxelSize>) -> Result<Volume<bool>, Failure> {
    let volume = read_volume(path)?;
    check_voxel_sizes([(Path::new("the tomogram"), of_tomogram), (path, volume.voxel_size())])?;
    if let Some(((z, y, x), value)) = volume.data().indexed_iter().find(|(_, value)| !value.is_finite()) {
        let place = [z, y, x];
        return Err(Failure::new(format!("{}: voxel {place:?} (z, y, x) is {value}: expected a finite number", path.display())));
    }
    Ok(volume.with_data(volume.data().mapv(|value| value != 0.0)))
}

fn text(count: usize, reports: &[Report]) -> String {
    let mut text = format!("{count} particles\n");
    for Report { template, orientations, deviation, threshold, candidates, audit, .. } in reports {
        text += &format!(
            "{template}: {orientations} orientations, scores {deviation:.4} about 0, {candidates} candidates above {threshold:.4}"
        );
        if let Some(Audit { checked, differed, mean_gain }) = audit {
            text += &format!("; all orientations had a better answer at {differed} of {checked}");
            text += &if *differed > 0 { format!(", by {mean_gain:.4}") } else { String::new() };
        }
        text.push('\n');
    }
    text
}
