use std::fmt;
use std::path::Path;

use cryoet_cluster::{ClusterParams, Method, Watershed, cluster_labels};
use cryoet_core::{ClassTable, Particle};
use cryoet_io::read_labels;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::data::Truth;

/// Radii of mean-shift that are tried, in voxels.
const RADII: [f64; 8] = [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
/// Smallest clusters that are tried, in voxels.
const SIZES: [u64; 9] = [0, 10, 20, 35, 50, 75, 100, 150, 200];

/// How labels become picks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// DeepFinder's mean-shift.
    MeanShift,
    /// Watershed by distance.
    Watershed,
}

/// The clustering that was best on the validation tomogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) way: Way,
    pub(crate) radius: f64,
    /// The smallest cluster kept of each class, by rising label.
    pub(crate) min_sizes: Vec<u64>,
    /// Localisation F1 on the validation tomogram.
    pub(crate) f1: f64,
    /// Mean F1 over classes on the validation tomogram.
    pub(crate) macro_f1: f64,
}

impl Choice {
    /// As `cryoet pick` takes it.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let sizes: Vec<String> = self.min_sizes.iter().map(u64::to_string).collect();
        let words = ["--method", self.way.name(), "--radius", &self.radius.to_string(), "--min-size", &sizes.join(",")];
        words.map(str::to_owned).to_vec()
    }

    fn value(&self) -> f64 {
        self.f1 + self.macro_f1
    }
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::MeanShift => "mean-shift",
            Self::Watershed => "watershed",
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.min_sizes.iter().map(u64::to_string).collect();
        match self.way {
            Way::MeanShift => write!(f, "mean-shift {} sizes {}", self.radius, sizes.join(" ")),
            Way::Watershed => write!(f, "watershed sizes {}", sizes.join(" ")),
        }
    }
}

/// Clusters the labels of the validation tomogram in each way at each radius; takes what is best in localisation F1 and macro F1 together
/// with one smallest size for all classes, then a smallest size for each class in turn.
pub(crate) fn choose(truth: &Truth, classes: &ClassTable, labels: &Path, ways: &[Way]) -> Outcome<Choice> {
    let labels = read_labels(labels)?.into_data();
    let mut best: Option<(Choice, Vec<Particle>)> = None;
    for &way in ways {
        let radii = if way == Way::MeanShift { &RADII[..] } else { &[5.0][..] };
        for &radius in radii {
            let method = if way == Way::MeanShift { Method::MeanShift } else { Method::Watershed(Watershed::default()) };
            let clusters = cluster_labels(labels.view(), None, &ClusterParams { method, radius, ..ClusterParams::default() }, &())?;
            for size in SIZES {
                let choice = Choice { way, radius, min_sizes: vec![size; classes.len()], f1: 0.0, macro_f1: 0.0 };
                let choice = judged(choice, &clusters, classes, truth)?;
                if best.as_ref().is_none_or(|(best, _)| choice.value() > best.value()) {
                    best = Some((choice, clusters.clone()));
                }
            }
        }
    }
    let (mut best, clusters) = best.ok_or("no way of clustering to choose from")?;
    for class in 0..classes.len() {
        for size in SIZES {
            let mut choice = best.clone();
            choice.min_sizes[class] = size;
            let choice = judged(choice, &clusters, classes, truth)?;
            if choice.value() > best.value() {
                best = choice;
            }
        }
    }
    Ok(best)
}

/// A choice with its scores.
fn judged(mut choice: Choice, clusters: &[Particle], classes: &ClassTable, truth: &Truth) -> Outcome<Choice> {
    let least = |particle: &Particle| {
        let place = classes.iter().position(|class| class.label == particle.class);
        place.and_then(|place| choice.min_sizes.get(place)).copied().unwrap_or(0)
    };
    let kept: Vec<Particle> = clusters.iter().filter(|p| p.size.unwrap_or(0) >= least(p)).cloned().collect();
    let found = truth.evaluate(&kept)?;
    (choice.f1, choice.macro_f1) = (found.localisation.f1, found.macro_f1);
    Ok(choice)
}
