mod boxes;
mod czii;
mod further;
mod labels;
mod lists;
mod report;
mod rule;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use cryoet::eval::{Evaluation, evaluate_czii, evaluate_deepfinder, evaluate_distance, evaluate_hitboxes, sweep_pooled};
use cryoet::io::{ParticleList, inspect_volume, write_whole};
use cryoet::ndarray::{Array3, ArrayView3};
use cryoet::{ClassTable, Particle, Position};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::masks::mask_files;
use crate::numbers;
use crate::options::ListOptions;
use crate::output;
use crate::paths::check_files;
use crate::per_class::occurring;
use crate::record::Record;
use crate::voxel_sizes::check_voxel_sizes;
use further::{FurtherOptions, by_size};
use labels::compare_labels;
use lists::by_tomogram;
use report::{Report, files};
use rule::{Rule, RuleOptions};

/// Picks against truth, or label volumes against label volumes
///
/// Particle i of the truth (from 0) owns id i + 1 in the hitbox volume.
///
/// Examples:
///   cryoet evaluate --truth particles.csv --picks picks.csv --distance 10 --json
///   cryoet evaluate --truth particles.csv --picks picks.csv --hitboxes hitboxes.mrc
///   cryoet evaluate --truth p.csv --picks picks.csv --protocol shrec20 --masks masks/ --like tomogram.mrc
///   cryoet evaluate --truth p.csv --picks picks.csv --protocol czii --classes classes.toml --weights 1,2,1
///   cryoet evaluate --truth p.csv --picks a.csv --against b.csv --distance 10 --pool --bootstrap --draw tomogram
///   cryoet evaluate --truth p.csv --picks picks.csv --distance 10 --sweep score --report report/
///   cryoet evaluate --truth-labels classes.mrc --labels labels.mrc
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
#[command(group(ArgGroup::new("truth_kind").required(true).args(["truth", "truth_labels"])))]
pub(crate) struct Evaluate {
    /// The true particles
    #[arg(long, value_name = "LIST", requires = "picks")]
    #[serde(serialize_with = "crate::paths::shown")]
    truth: Option<PathBuf>,
    /// The picks
    #[arg(long, value_name = "LIST", requires = "truth")]
    #[serde(serialize_with = "crate::paths::shown")]
    picks: Option<PathBuf>,
    /// The lists hold several tomograms: each is evaluated, and their counts are added up
    #[arg(long, requires = "truth", conflicts_with_all = ["hitboxes", "masks"])]
    pool: bool,
    /// Added to the picks' coordinates, in voxels: -156,0,0 for picks made in SHREC'19's full tomogram, whose truth begins at plane 156
    #[arg(long, value_name = "Z,Y,X", value_parser = numbers::finite_triple, allow_hyphen_values = true, requires = "picks")]
    shift: Option<[f64; 3]>,
    #[command(flatten)]
    rule: RuleOptions,
    #[command(flatten)]
    further: FurtherOptions,
    /// The true label volume
    #[arg(long, value_name = "VOLUME", requires = "labels", conflicts_with_all = ["truth", "picks"])]
    #[serde(serialize_with = "crate::paths::shown")]
    truth_labels: Option<PathBuf>,
    /// The label volume to compare with it
    #[arg(long, value_name = "VOLUME", requires = "truth_labels")]
    #[serde(serialize_with = "crate::paths::shown")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    lists: ListOptions,
    /// Also write the result as JSON to this file
    #[arg(short, long, value_name = "SCORES.json")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Option<PathBuf>,
    /// Also write tables (text, Markdown, CSV), JSON and pictures (PNG) into this folder
    #[arg(long, value_name = "DIR", requires = "truth")]
    #[serde(serialize_with = "crate::paths::shown")]
    report: Option<PathBuf>,
}

impl Evaluate {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        if self.truth.is_some() {
            self.rule.check()?;
        } else if !(self.rule.is_empty() && self.further.is_empty() && self.lists.is_plain()) {
            return Err(Failure::usage("rules, how lists are read, and what goes beyond one number, are for --truth and --picks"));
        }
        let masks = self.rule.masks.as_ref().map(|folder| mask_files(folder)).transpose()?.unwrap_or_default();
        let named = [&self.truth, &self.picks, &self.rule.hitboxes, &self.rule.like, &self.further.against];
        let others = [&self.truth_labels, &self.labels, &self.lists.classes];
        let inputs: Vec<&PathBuf> = named.into_iter().chain(others).flatten().chain(&masks).collect();
        let report = self.report.as_ref().map(|folder| files(folder)).transpose()?.unwrap_or_default();
        check_files(inputs.iter().copied(), self.output.iter().chain(&report))?;
        let recorded = self.output.is_some() || self.report.is_some();
        let mut record = recorded.then(|| Record::new("evaluate", &self)?.with_inputs(inputs)).transpose()?;
        let classes = self.lists.class_table()?;
        let (value, text) = match (&self.truth, &self.picks, &self.truth_labels, &self.labels) {
            (Some(truth), Some(picks), ..) => self.lists(truth, picks, &masks, &classes, record.as_mut())?,
            (_, _, Some(truth), Some(labels)) => compare_labels(truth, labels, &classes)?,
            _ => return Err(Failure::usage("give --truth and --picks, or --truth-labels and --labels")),
        };
        if let (Some(path), Some(record)) = (&self.output, record) {
            let text = serde_json::to_string_pretty(&value)?;
            write_whole(path, |file| writeln!(file, "{text}"))?;
            record.write_beside(path)?;
        }
        output::print(json, &value, || text)
    }

    fn lists(
        &self,
        truth: &Path,
        picks: &Path,
        masks: &[PathBuf],
        classes: &ClassTable,
        record: Option<&mut Record>,
    ) -> Result<(Value, String), Failure> {
        let paths: Vec<&Path> = [truth, picks].into_iter().chain(self.further.against.as_deref()).collect();
        let lists = self.read(&paths)?;
        let mut sizes: Vec<_> = paths.iter().copied().zip(lists.iter().map(|list| list.voxel_size)).collect();
        for path in masks.iter().chain(&self.rule.hitboxes).chain(&self.rule.like) {
            sizes.push((path, inspect_volume(path)?.voxel_size));
        }
        check_voxel_sizes(sizes)?;
        let mut tomograms = by_tomogram(&lists, self.pool)?;
        if self.pool && self.rule.is_czii() {
            // The challenge's scorer leaves out picks in tomograms that the truth does not list.
            tomograms.retain(|lists| !lists[0].is_empty());
        }
        let occurring = occurring(tomograms.iter().flatten().flatten());
        let rule = self.rule.rule(classes, lists.iter().find_map(|list| list.voxel_size), &occurring)?;
        let masses = self.further.masses(classes, &occurring)?;
        self.further.check(tomograms.len(), &rule)?;
        let meaning = self.rule.meaning(&rule)?;
        let mut record = record;
        if let Some(record) = &mut record {
            record.add("applied_rule", meaning.clone());
        }
        let params = match rule {
            Rule::Czii(params) if self.further.is_empty() && self.report.is_none() => {
                let pairs: Vec<_> = tomograms.iter().map(|lists| (&lists[0][..], &lists[1][..])).collect();
                let (mut value, text) = czii::shown(&evaluate_czii(&pairs, &params)?, params.beta, classes)?;
                value["rule"] = meaning;
                return Ok((value, text));
            }
            Rule::Czii(_) => return Err(Failure::usage("czii gives a score alone: no intervals, sweeps, groups or report")),
            other => other,
        };
        let boxes = match &params {
            Rule::Boxes(protocol) => Some(boxes::boxes(&self.rule, protocol, &tomograms[0][0], masks, classes)?),
            _ => None,
        };
        let evaluate = |list: usize| -> Result<Evaluation, Failure> {
            let of_one = |lists: &Vec<Vec<Particle>>| evaluate(&params, boxes.as_ref(), &lists[0], &lists[list]);
            let each = tomograms.iter().map(of_one).collect::<Result<Vec<_>, _>>()?;
            Ok(match <[Evaluation; 1]>::try_from(each) {
                Ok([one]) => one,
                Err(several) => Evaluation::pooled(&several),
            }
            .with_names(classes))
        };
        let evaluation = evaluate(1)?;
        let (mut value, mut text) = (serde_json::to_value(&evaluation)?, evaluation.to_string());
        value["rule"] = meaning.clone();
        let mut add = |name: &str, of: Value, table: String| {
            value[name] = of;
            text.push('\n');
            text.push_str(&table);
        };
        if self.further.bootstrap {
            let (intervals, table) = self.further.intervals(&evaluation, classes)?;
            add("intervals", serde_json::to_value(intervals)?, table);
        }
        let against = self.further.against.as_ref().map(|_| evaluate(2)).transpose()?;
        if let Some(other) = &against {
            let (comparison, table) = self.further.comparison(&evaluation, other, classes)?;
            add("comparison", serde_json::to_value(comparison)?, table);
        }
        let sweep = match (self.further.sweep, &params) {
            (None, _) => None,
            (Some(by), Rule::Assignment(params)) => {
                let pairs: Vec<_> = tomograms.iter().map(|lists| (&lists[0][..], &lists[1][..])).collect();
                Some(sweep_pooled(&pairs, params, by.into(), self.further.best.into())?)
            }
            (Some(_), _) => None,
        };
        if let Some(sweep) = &sweep {
            add("sweep", serde_json::to_value(sweep)?, sweep.to_table(classes));
        }
        if let Some(masses) = &masses {
            let (groups, table) = by_size(&evaluation.f1_by_size(masses));
            add("f1_by_size", json!(groups), table);
        }
        if let (Some(folder), Some(record)) = (&self.report, record) {
            let against = match (&self.further.against, &against) {
                (Some(path), Some(other)) => Some(([picks, path.as_path()].map(name_of), other)),
                _ => None,
            };
            let (sweep, masses) = (sweep.as_ref(), masses.as_ref());
            let report = Report { evaluation: &evaluation, against, sweep, masses, classes, rule: &meaning, value: &value, text: &text };
            report.write(folder, record)?;
        }
        Ok((value, text))
    }

    /// The truth and the lists of picks, these shifted.
    fn read(&self, paths: &[&Path]) -> Result<Vec<ParticleList>, Failure> {
        let read = |path: &&Path| if self.pool { self.lists.read(path) } else { self.lists.read_of_one_tomogram(path) };
        let mut lists = paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if let Some([dz, dy, dx]) = self.shift {
            for particle in lists.iter_mut().skip(1).flat_map(|list| &mut list.particles) {
                let [z, y, x] = particle.position.zyx();
                particle.position = Position::new(z + dz, y + dy, x + dx)?;
            }
        }
        Ok(lists)
    }
}

fn evaluate(rule: &Rule, boxes: Option<&Array3<u32>>, truth: &[Particle], picks: &[Particle]) -> Result<Evaluation, Failure> {
    Ok(match rule {
        Rule::Boxes(protocol) => {
            let boxes = boxes.map_or_else(|| ArrayView3::from_shape([0; 3], &[]), |boxes| Ok(boxes.view()))?;
            evaluate_hitboxes(truth, picks, boxes, protocol)?
        }
        Rule::Assignment(params) => evaluate_distance(truth, picks, params)?,
        Rule::DeepFinder(radius) => evaluate_deepfinder(truth, picks, *radius)?,
        Rule::Czii(_) => return Err(Failure::usage("czii gives a score alone")),
    })
}

/// A file's name without its extension, by which a method goes in pictures.
fn name_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
