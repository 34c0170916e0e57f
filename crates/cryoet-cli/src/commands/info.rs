use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::Args;
use cryoet::io::{inspect_named_volume, inspect_volume, open_named_volume, open_volume};
use cryoet::ndarray::Array3;
#[cfg(feature = "net")]
use cryoet::net::HashCover;
use cryoet::{FiniteStatistics, Region, SourceError, Statistics, StatisticsError, VolumeSource, VoxelSize};
use serde_json::json;

use crate::bar::Bar;
use crate::failure::Failure;
use crate::needed_option::one_of_several;
use crate::options::{Frame, ListOptions};
use crate::output;

/// Header, statistics, classes and counts of a volume, particle list or weights file
///
/// Smallest and largest value, mean and standard deviation are those of the header where it has them and they can be true; where it has
/// none, and with --compute, every voxel is looked at, a few planes at a time.
///
/// Examples:
///   cryoet info tomogram.mrc
///   cryoet info tomogram.mrc --compute
///   cryoet info picks.csv --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Info {
    /// A volume, a particle list or weights
    file: PathBuf,
    #[command(flatten)]
    lists: ListOptions,
    /// Compute the statistics of a volume whatever its header says, and count NaN
    #[arg(long)]
    compute: bool,
    /// One of several volumes in the file: a data set, an array, a level, a volume of a stack
    #[arg(long, value_name = "NAME")]
    volume: Option<String>,
    /// The tomogram of a particle list, for lists that count from its centre or in Angstrom
    #[arg(long, value_name = "TOMOGRAM")]
    like: Option<PathBuf>,
}

impl Info {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        #[cfg(feature = "net")]
        if self.file.extension().is_some_and(|extension| extension == "safetensors") {
            return weights(&self.file, json);
        }
        if self.lists.is_list(&self.file) { self.list(json) } else { self.volume(json) }
    }

    fn volume(&self, json: bool) -> Result<(), Failure> {
        let (info, volume) = match &self.volume {
            Some(name) => (inspect_named_volume(&self.file, name)?, open_named_volume(&self.file, name)?),
            None => (inspect_volume(&self.file).map_err(one_of_several)?, open_volume(&self.file)?),
        };
        let mut warnings = info.warnings.clone();
        let counting = CountingLabels::of(volume.as_ref());
        let noted = info.statistics.filter(|_| !self.compute);
        let computed = match noted {
            None if info.shape.iter().all(|&n| n > 0) => {
                let bar = Bar::new("computing");
                match FiniteStatistics::of(&counting, &bar) {
                    Err(stopped @ StatisticsError::Cancelled(_)) => return Err(stopped.into()),
                    // What the header says is worth showing of a file whose voxels cannot be read.
                    Err(error) => {
                        warnings.push(format!("no statistics: {}", said(&error)));
                        None
                    }
                    Ok(computed) => Some(computed),
                }
            }
            _ => None,
        };
        let statistics = noted.or_else(|| computed?.statistics);
        let [nan, infinite] = [computed.map(|all| all.nan), computed.map(|all| all.infinite)];
        for (count, what) in [(nan, "NaN"), (infinite, "infinite")] {
            if let Some(count) = count.filter(|&count| count > 0) {
                let voxels = if count == 1 { "voxel is" } else { "voxels are" };
                warnings.push(format!("{count} {voxels} {what}: the statistics are of the others"));
            }
        }
        let source = statistics.map(|_| if noted.is_some() { "header" } else { "computed" });
        let read = if computed.is_some() { Ok(()) } else { counting.read_all(statistics.as_ref()) };
        let labels = match read {
            Ok(()) => counting.found(),
            Err(error) => {
                warnings.push(format!("no counts of labels: {error}"));
                None
            }
        };
        let value = json!({
            "format": info.format.to_string(),
            "shape": info.shape,
            "voxel_size": info.voxel_size.map(|size| size.zyx()),
            "origin": info.origin,
            "dtype": info.dtype,
            "min": statistics.map(|s| s.min),
            "max": statistics.map(|s| s.max),
            "mean": statistics.map(|s| s.mean),
            "std": statistics.map(|s| s.std),
            "statistics": source,
            "nan": nan,
            "infinite": infinite,
            "labels": labels,
            "warnings": warnings,
        });
        output::print(json, &value, || {
            let table = self.lists.class_table().unwrap_or_default();
            let mut rows = vec![
                row("format", info.format),
                row("shape z,y,x", join(info.shape)),
                row("voxel size", info.voxel_size.map_or("unknown".into(), |size| format!("{} Angstrom", join(size.zyx())))),
                row("type", &info.dtype),
            ];
            if let (Some(s), Some(source)) = (statistics, source) {
                rows.push(row("statistics", source));
                rows.push(row("min, max", format!("{}, {}", voxel(s.min), voxel(s.max))));
                rows.push(row("mean, std", format!("{:.6}, {:.6}", s.mean, s.std)));
            }
            for (label, count) in labels.iter().flatten() {
                let name = table.name((*label).into());
                rows.push(row(
                    &format!("label {label}{}", if name == label.to_string() { String::new() } else { format!(" {name}") }),
                    count,
                ));
            }
            rows.extend(warnings.iter().map(|warning| row("warning", warning)));
            text(&rows)
        })
    }

    fn list(&self, json: bool) -> Result<(), Failure> {
        let like = self.like.as_ref().map(inspect_volume).transpose()?;
        let list = self.lists.read_in(&self.file, like.as_ref().map(Frame::from).unwrap_or_default())?;
        let table = self.lists.class_table()?;
        let mut classes: BTreeMap<u8, u64> = BTreeMap::new();
        for particle in &list.particles {
            *classes.entry(particle.class.get()).or_default() += 1;
        }
        let named: serde_json::Map<_, _> = classes.iter().map(|(&label, &n)| (table.name(label.into()), n.into())).collect();
        let format = self.lists.format(&self.file)?.to_string();
        let oriented = list.particles.iter().filter(|particle| particle.orientation.is_some()).count();
        let scored = list.particles.iter().filter(|particle| particle.score.is_some()).count();
        let frame = "voxel indices z,y,x from 0 at the first voxel's centre";
        let value = json!({
            "format": format,
            "count": list.particles.len(),
            "classes": named,
            "oriented": oriented,
            "scored": scored,
            "voxel_size": list.voxel_size.map(|size| size.zyx()),
            "frame": frame,
        });
        output::print(json, &value, || {
            let mut rows = vec![
                row("format", &format),
                row("particles", list.particles.len()),
                row("oriented", oriented),
                row("scored", scored),
                row("positions", frame),
            ];
            rows.extend(classes.iter().map(|(&label, n)| row(&format!("class {}", table.name(label.into())), n)));
            text(&rows)
        })
    }
}

/// What a weights file says about itself.
#[cfg(feature = "net")]
fn weights(path: &std::path::Path, json: bool) -> Result<(), Failure> {
    let (weights, cover) = crate::network::read_weights_and_cover(path)?;
    let description = weights.description();
    let (covers, said) = match cover {
        HashCover::Nothing => (&[][..], "nothing: the file has no hash, and damage cannot be told"),
        HashCover::Tensors => (&["tensors"][..], "tensors, not what is said of them: an earlier version wrote the file"),
        HashCover::Everything => (&["tensors", "description"][..], "tensors and description"),
    };
    let value = json!({"format": "cryoet weights", "sha256": weights.sha256(), "hash_covers": covers, "description": description});
    output::print(json, &value, || {
        let network = format!("{}, {} parameters", description.architecture, description.architecture.parameters());
        let mut rows = vec![row("format", "cryoet weights"), row("network", network), row("sha256", weights.sha256())];
        rows.push(row("hash covers", said));
        rows.push(row("voxel size", description.voxel_size.map_or("unknown".into(), |size| format!("{} Angstrom", join(size.zyx())))));
        if description.architecture.denoises() {
            rows.push(row("density without noise", if description.learnt_density { "learnt" } else { "not learnt" }));
        }
        for class in description.classes.iter() {
            rows.push(row(&format!("class {}", class.label), &class.name));
        }
        rows.extend(description.clustering.iter().map(|clustering| row("clustering", clustering.to_string())));
        rows.extend(description.provenance.iter().map(|(key, text)| row(key, text)));
        text(&rows)
    })
}

/// A volume that counts its labels while it is read, so that statistics and counts take one pass over its voxels.
struct CountingLabels<'a> {
    volume: &'a dyn VolumeSource<f32>,
    /// Voxels per label; none once a voxel was seen that is no integer of 0 to 255.
    counts: Mutex<Option<[u64; 256]>>,
}

impl<'a> CountingLabels<'a> {
    fn of(volume: &'a dyn VolumeSource<f32>) -> Self {
        Self { volume, counts: Mutex::new(Some([0; 256])) }
    }

    /// Reads plane by plane to the first voxel that is no label; nothing where no voxel can be one.
    fn read_all(&self, statistics: Option<&Statistics>) -> Result<(), Failure> {
        let [depth, height, width] = self.volume.shape();
        if statistics.is_none_or(|s| s.min < 0.0 || s.max > 255.0) {
            *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        for z in 0..depth {
            if self.counts.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
                break;
            }
            self.read_region(Region::new([z, 0, 0], [1, height, width]))?;
        }
        Ok(())
    }

    /// Voxels per label, where every voxel that was read is one; nothing for grey values.
    fn found(self) -> Option<BTreeMap<u8, u64>> {
        let counts = self.counts.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        let found: BTreeMap<u8, u64> = (0..=u8::MAX).zip(counts).filter(|(_, n)| *n > 0).collect();
        (!found.is_empty()).then_some(found)
    }
}

impl VolumeSource<f32> for CountingLabels<'_> {
    fn shape(&self) -> [usize; 3] {
        self.volume.shape()
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        self.volume.voxel_size()
    }

    fn read_region(&self, region: Region) -> Result<Array3<f32>, SourceError> {
        let voxels = self.volume.read_region(region)?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut found) = *counts {
            // The header may be wrong about the limits, and NaN lies within none.
            let all = voxels.iter().all(|&value| {
                let is_label = value.fract() == 0.0 && (0.0..=255.0).contains(&value);
                found[value as u8 as usize] += 1;
                is_label
            });
            *counts = all.then_some(found);
        }
        Ok(voxels)
    }
}

/// An error with its causes.
fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source()).map(|cause| format!(": {cause}"));
    error.to_string() + &causes.collect::<String>()
}

fn row(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// A voxel's value in the shortest digits that tell it, and with all its digits where it is whole.
fn voxel(value: f32) -> String {
    if value.fract() == 0.0 { f64::from(value).to_string() } else { value.to_string() }
}

fn join<T: ToString>(values: [T; 3]) -> String {
    values.map(|value| value.to_string()).join(", ")
}

fn text(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("{name:<width$}  {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use cryoet::Volume;

    use super::*;

    /// Counts the voxels that are read.
    struct Watched(Volume<f32>, AtomicUsize);

    impl VolumeSource<f32> for Watched {
        fn shape(&self) -> [usize; 3] {
            self.0.shape()
        }

        fn voxel_size(&self) -> Option<VoxelSize> {
            None
        }

        fn read_region(&self, region: Region) -> Result<Array3<f32>, SourceError> {
            self.1.fetch_add(region.voxels(), Ordering::Relaxed);
            VolumeSource::read_region(&self.0, region)
        }
    }

    fn watched(voxel: impl Fn(usize) -> f32) -> Watched {
        Watched(Volume::new(Array3::from_shape_fn((70, 4, 5), |(z, y, x)| voxel(z * 20 + y * 5 + x))), AtomicUsize::new(0))
    }

    #[test]
    fn statistics_and_counts_of_labels_take_one_pass() {
        let volume = watched(|n| (n % 3) as f32);
        let counting = CountingLabels::of(&volume);
        let statistics = FiniteStatistics::of(&counting, &()).unwrap().statistics.unwrap();
        assert_eq!((statistics.min, statistics.max), (0.0, 2.0));
        assert_eq!(counting.found(), Some(BTreeMap::from([(0, 467), (1, 467), (2, 466)])));
        assert_eq!(volume.1.load(Ordering::Relaxed), 1400);
    }

    #[test]
    fn whole_values_are_shown_with_all_their_digits() {
        assert_eq!(voxel(9_007_199_254_740_992.0), "9007199254740992");
        assert_eq!([0.1, -2.0, f32::NAN].map(voxel), ["0.1", "-2", "NaN"]);
    }

    #[test]
    fn grey_values_are_no_labels_and_soon_known() {
        for odd in [-1.0, 0.5, 256.0, f32::NAN, f32::INFINITY] {
            let volume = watched(|n| if n == 25 { odd } else { 1.0 });
            let counting = CountingLabels::of(&volume);
            counting.read_all(Some(&Statistics { min: 0.0, max: 1.0, mean: 1.0, std: 0.0 })).unwrap();
            assert_eq!(counting.found(), None, "{odd}");
            assert_eq!(volume.1.load(Ordering::Relaxed), 40, "{odd}");
        }
        let volume = watched(|_| 1.0);
        let counting = CountingLabels::of(&volume);
        counting.read_all(Some(&Statistics { min: -1.0, max: 1.0, mean: 0.0, std: 1.0 })).unwrap();
        assert_eq!((counting.found(), volume.1.load(Ordering::Relaxed)), (None, 0));
    }
}
