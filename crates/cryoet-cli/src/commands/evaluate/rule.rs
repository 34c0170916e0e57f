//! Rules of evaluation by name, and what each needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cryoet::eval::{CziiClass, CziiParams, DistanceParams, HitboxProtocol, MeanDistance, OutsidePicks};
use cryoet::{ClassLabel, ClassTable, VoxelSize};
use serde::Serialize;
use serde_json::{Value, json};

use crate::class_labels::labels_of;
use crate::failure::Failure;
use crate::numbers;
use crate::per_class::{check_covered, per_class, warn_absent};

/// How picks and particles are brought together.
#[derive(Debug, Clone, Args, Serialize)]
pub(super) struct RuleOptions {
    /// The rule; by default assignment with --distance, shrec19 with --hitboxes or --masks
    #[arg(long, value_enum)]
    protocol: Option<Protocol>,
    /// Volume of particle ids: the SHREC challenges' rules
    #[arg(long, value_name = "VOLUME", conflicts_with = "masks")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(super) hitboxes: Option<PathBuf>,
    /// Folder of binary masks, of which the particles' boxes are made instead
    #[arg(long, value_name = "DIR", requires = "like")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(super) masks: Option<PathBuf>,
    /// With --masks: the volume whose shape the boxes' volume takes
    #[arg(long, value_name = "TOMOGRAM", requires = "masks")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(super) like: Option<PathBuf>,
    /// With boxes: classes left out, by label or name; shrec21 leaves out 4v94 and vesicle
    #[arg(long, value_name = "CLASS[,CLASS..]", value_delimiter = ',')]
    excluded: Vec<String>,
    /// Of these the classes by whose particles recall is divided all the same; shrec21: vesicle
    #[arg(long, value_name = "CLASS[,CLASS..]", value_delimiter = ',', requires = "excluded")]
    in_recall: Vec<String>,
    /// Largest distance in voxels between a pick and its particle; one number, or one per class in class order
    #[arg(long, value_name = "D[,D..]", value_parser = positives, allow_negative_numbers = true, conflicts_with = "distance_angstrom")]
    distance: Option<Numbers>,
    /// The same in Angstrom, where a list knows its voxel size
    #[arg(long, value_name = "D[,D..]", value_parser = positives, allow_negative_numbers = true)]
    distance_angstrom: Option<Numbers>,
    /// With czii: radii in voxels in class order, or one for all; by default the class table's
    #[arg(long, value_name = "R[,R..]", value_parser = positives, allow_negative_numbers = true)]
    radii: Option<Numbers>,
    /// With czii: how much each class counts, in class order; by default all count 1
    #[arg(long, value_name = "W[,W..]", value_parser = not_negatives, allow_negative_numbers = true)]
    weights: Option<Numbers>,
    /// With czii: how many times as much recall counts as precision [default: 4]
    #[arg(long, value_name = "BETA", value_parser = numbers::positive)]
    beta: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
struct Numbers(Vec<f64>);

fn positives(text: &str) -> Result<Numbers, String> {
    Ok(Numbers(text.split(',').map(numbers::positive).collect::<Result<_, _>>()?))
}

fn not_negatives(text: &str) -> Result<Numbers, String> {
    Ok(Numbers(text.split(',').map(numbers::not_negative).collect::<Result<_, _>>()?))
}

/// Rules by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Protocol {
    /// One to one within the distance: the most pairs, then the least sum of distances
    Assignment,
    /// SHREC'19: boxes
    Shrec19,
    /// SHREC'20: the occupancy map, grown by a voxel; distances of first hits
    Shrec20,
    /// SHREC'21: the same without ribosomes and vesicles
    Shrec21,
    /// Boxes; picks outside find nothing, and stray picks lower their class's precision
    Strict,
    /// DeepFinder 0.2.1: exactly one pick within the distance
    #[value(alias = "deepfinder-distance")]
    Deepfinder,
    /// CZII challenge: within half the radius, per class, F-beta
    Czii,
}

/// A rule with its parameters.
#[derive(Debug)]
pub(super) enum Rule {
    Boxes(HitboxProtocol),
    Assignment(DistanceParams),
    DeepFinder(f64),
    Czii(CziiParams),
}

impl RuleOptions {
    fn protocol(&self) -> Result<Protocol, Failure> {
        let boxes = self.hitboxes.is_some() || self.masks.is_some();
        let distance = self.distance.is_some() || self.distance_angstrom.is_some();
        let protocol = match (self.protocol, boxes, distance) {
            (Some(protocol), ..) => protocol,
            (None, true, false) => Protocol::Shrec19,
            (None, false, true) => Protocol::Assignment,
            _ => return Err(Failure::usage("give --hitboxes (or --masks), --distance or --protocol")),
        };
        let (needs_boxes, needs_distance) = match protocol {
            Protocol::Assignment | Protocol::Deepfinder => (false, true),
            Protocol::Czii => (false, false),
            _ => (true, false),
        };
        if (needs_boxes, needs_distance) != (boxes, distance) {
            let needs = match (needs_boxes, needs_distance) {
                (true, _) => "--hitboxes or --masks, and no --distance",
                (_, true) => "--distance, and no boxes",
                _ => "neither boxes nor --distance: radii come from --radii or the class table",
            };
            return Err(Failure::usage(format!("this protocol takes {needs}")));
        }
        if protocol != Protocol::Czii && (self.radii.is_some() || self.weights.is_some() || self.beta.is_some()) {
            return Err(Failure::usage("--radii, --weights and --beta belong to --protocol czii"));
        }
        if !needs_boxes && !self.excluded.is_empty() {
            return Err(Failure::usage("--excluded goes with --hitboxes or --masks"));
        }
        Ok(protocol)
    }

    /// Whether no rule is given.
    pub(super) fn is_empty(&self) -> bool {
        let files = [&self.hitboxes, &self.masks];
        let numbers = [&self.distance, &self.distance_angstrom, &self.radii, &self.weights];
        self.protocol.is_none()
            && self.excluded.is_empty()
            && self.beta.is_none()
            && files.iter().all(|file| file.is_none())
            && numbers.iter().all(|n| n.is_none())
    }

    /// Refuses options that do not go together, before anything is read.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.protocol().map(|_| ())
    }

    /// Whether the rule is the CZII challenge's.
    pub(super) fn is_czii(&self) -> bool {
        self.protocol == Some(Protocol::Czii)
    }

    /// What the rule does, defaults included; lengths are in voxels.
    pub(super) fn meaning(&self, rule: &Rule) -> Result<Value, Failure> {
        let mut value = match rule {
            Rule::Boxes(protocol) => json!({
                "outside": match protocol.outside {
                    OutsidePicks::Clamp => "clamp",
                    OutsidePicks::Miss => "miss",
                },
                "strays_count": protocol.strays_count,
                "dilated": protocol.dilated,
                "mean_distance": match protocol.mean_distance {
                    MeanDistance::AllHits => "all_hits",
                    MeanDistance::FirstHits => "first_hits",
                    MeanDistance::AllHitsUnrounded => "all_hits_unrounded",
                },
                "excluded": protocol.excluded,
                "in_recall": protocol.in_recall,
            }),
            Rule::Assignment(params) if params.class_radii.is_empty() => json!({"radius": params.radius}),
            Rule::Assignment(params) => json!({"class_radii": params.class_radii}),
            Rule::DeepFinder(radius) => json!({"radius": radius}),
            Rule::Czii(params) => {
                let of_class = |(label, class): (&ClassLabel, &CziiClass)| {
                    (label.to_string(), json!({"radius": class.radius, "weight": class.weight}))
                };
                let classes: serde_json::Map<_, _> = params.classes.iter().map(of_class).collect();
                json!({"classes": classes, "beta": params.beta, "radius_share": params.radius_share})
            }
        };
        value["protocol"] = json!(self.protocol()?);
        Ok(value)
    }

    /// The rule, for lists in which some classes occur.
    pub(super) fn rule(
        &self,
        classes: &ClassTable,
        voxel_size: Option<VoxelSize>,
        occurring: &BTreeSet<ClassLabel>,
    ) -> Result<Rule, Failure> {
        warn_absent("--excluded", &self.excluded, classes, occurring);
        Ok(match self.protocol()? {
            Protocol::Assignment => Rule::Assignment(self.distances(classes, voxel_size, occurring)?),
            Protocol::Deepfinder => {
                let params = self.distances(classes, voxel_size, occurring)?;
                if !params.class_radii.is_empty() {
                    return Err(Failure::usage("deepfinder knows one distance for all classes"));
                }
                Rule::DeepFinder(params.radius)
            }
            Protocol::Czii => Rule::Czii(self.czii(classes, voxel_size, occurring)?),
            Protocol::Shrec19 => Rule::Boxes(self.excluding(HitboxProtocol::shrec_2019(), classes)?),
            Protocol::Shrec20 => Rule::Boxes(self.excluding(HitboxProtocol::shrec_2020(), classes)?),
            Protocol::Strict => Rule::Boxes(self.excluding(HitboxProtocol::strict(), classes)?),
            Protocol::Shrec21 if !self.excluded.is_empty() => Rule::Boxes(self.excluding(HitboxProtocol::shrec_2020(), classes)?),
            Protocol::Shrec21 => {
                let label = |name: &str| {
                    let class = classes.iter().find(|class| class.name.eq_ignore_ascii_case(name));
                    class.map(|class| class.label).ok_or_else(|| {
                        Failure::usage(format!("shrec21 leaves out 4v94 and vesicle: the class table names no {name}; or give --excluded"))
                    })
                };
                Rule::Boxes(HitboxProtocol::shrec_2021(label("4v94")?, label("vesicle")?))
            }
        })
    }

    fn excluding(&self, protocol: HitboxProtocol, classes: &ClassTable) -> Result<HitboxProtocol, Failure> {
        Ok(HitboxProtocol { excluded: labels_of(&self.excluded, classes)?, in_recall: labels_of(&self.in_recall, classes)?, ..protocol })
    }

    fn distances(
        &self,
        classes: &ClassTable,
        voxel_size: Option<VoxelSize>,
        occurring: &BTreeSet<ClassLabel>,
    ) -> Result<DistanceParams, Failure> {
        let (numbers, scale) = match (&self.distance, &self.distance_angstrom) {
            (Some(numbers), _) => (&numbers.0, 1.0),
            (None, Some(numbers)) => (&numbers.0, angstrom(voxel_size)?),
            (None, None) => return Err(Failure::usage("give --distance or --distance-angstrom")),
        };
        let first = DistanceParams::new(numbers[0] / scale);
        if numbers.len() == 1 {
            return Ok(first);
        }
        let by_class = per_class("--distance", numbers, classes, occurring)?;
        Ok(by_class.into_iter().fold(first, |params, (label, distance)| params.with_class_radius(label, distance / scale)))
    }

    fn czii(&self, classes: &ClassTable, voxel_size: Option<VoxelSize>, occurring: &BTreeSet<ClassLabel>) -> Result<CziiParams, Failure> {
        let radii: BTreeMap<ClassLabel, f64> = match &self.radii {
            Some(radii) => per_class("--radii", &radii.0, classes, occurring)?,
            None => {
                let of_table: Vec<_> = classes.iter().filter_map(|class| Some((class.label, class.radius?))).collect();
                if of_table.is_empty() {
                    return Err(Failure::usage("czii needs radii: give --radii, or a class table with radii"));
                }
                let scale = angstrom(voxel_size)?;
                let radii = of_table.into_iter().map(|(label, radius)| (label, radius / scale)).collect();
                check_covered("the class table's radius", &radii, classes, occurring)?;
                radii
            }
        };
        let weights = self.weights.as_ref().map(|weights| per_class("--weights", &weights.0, classes, occurring)).transpose()?;
        let weights = weights.unwrap_or_default();
        if let Some(label) = radii.keys().find(|label| self.weights.is_some() && !weights.contains_key(label)) {
            return Err(Failure::usage(format!(
                "class {label} has a radius and no weight: --weights {} of {}",
                weights.len(),
                radii.len()
            )));
        }
        let class = |(label, radius)| (label, CziiClass { radius, weight: weights.get(&label).copied().unwrap_or(1.0) });
        let params = CziiParams::new(radii.into_iter().map(class).collect());
        Ok(CziiParams { beta: self.beta.unwrap_or(params.beta), ..params })
    }
}

fn angstrom(voxel_size: Option<VoxelSize>) -> Result<f64, Failure> {
    voxel_size.map(|size| size.mean()).ok_or_else(|| Failure::usage("a length in Angstrom needs a voxel size, and no input has one"))
}
