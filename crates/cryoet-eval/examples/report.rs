//! Scores two made-up methods on a made-up tomogram, and writes every kind of report into a folder.
//!
//! `cargo run -p cryoet-eval --features plot --example report -- FOLDER`

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use cryoet_core::{Class, ClassLabel, ClassTable, Particle, Position, Score};
use cryoet_eval::{Criterion, DistanceParams, Figure, ResamplingParams, ThresholdRule, compare, evaluate_distance, plot_f1_by_mass, sweep};

/// Six complexes and their masses in kDa (SHREC'20, table 1).
const COMPLEXES: [(&str, f64); 6] =
    [("1s3x", 42.75), ("3qm1", 62.62), ("3gl1", 84.61), ("3cf3", 541.74), ("1bxn", 559.96), ("4cr2", 1309.28)];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder to write to")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let labels = (1..=6).map(ClassLabel::new);
    let names = ClassTable::new(labels.clone().zip(COMPLEXES).map(|(label, (name, _))| Class::new(label, name)).collect())?;
    let masses: BTreeMap<_, _> = labels.zip(COMPLEXES.map(|(_, mass)| mass)).collect();

    let mut random = Random(7);
    let mut truth = Vec::new();
    for index in 0..600u32 {
        let place = Position::new(random.upto(200.0), random.upto(512.0), random.upto(512.0))?;
        truth.push(Particle::new(ClassLabel::new((index % 6) as u8 + 1), place));
    }
    let params = DistanceParams::new(6.0);
    let [good, poor] = [random.picks(&truth, 0.9)?, random.picks(&truth, 0.6)?];
    let evaluation = evaluate_distance(&truth, &good, &params)?.with_names(&names);
    let other = evaluate_distance(&truth, &poor, &params)?.with_names(&names);
    let curves = sweep(&truth, &good, &params, Criterion::Score, ThresholdRule::MaxFBeta(1.0))?;
    println!("{evaluation}\n{}", curves.to_table(&names));
    let compared = compare(&evaluation, &other, &[Figure::MacroF1], &ResamplingParams::default(), &())?;
    let comparison = compared[0];
    println!("macro F1 {:.3} against {:.3}, p = {:.4}", comparison.first, comparison.second, comparison.p_value);

    fs::write(folder.join("evaluation.md"), evaluation.to_markdown())?;
    fs::write(folder.join("localisation.csv"), evaluation.localisation_csv())?;
    fs::write(folder.join("classes.csv"), evaluation.classes_csv())?;
    fs::write(folder.join("confusion.csv"), evaluation.confusion_csv())?;
    fs::write(folder.join("sweep.md"), curves.to_markdown(&names))?;
    fs::write(folder.join("sweep.csv"), curves.to_csv(&names))?;
    evaluation.plot_confusion().write_png(File::create(folder.join("confusion.png"))?)?;
    curves.plot_precision_recall(&names).write_png(File::create(folder.join("precision-recall.png"))?)?;
    let methods = [("good", &evaluation), ("poor", &other)];
    plot_f1_by_mass(&methods, &masses).write_png(File::create(folder.join("f1-by-mass.png"))?)?;
    Ok(())
}

/// A linear congruential generator (Knuth's MMIX constants).
struct Random(u64);

impl Random {
    fn upto(&mut self, end: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        end * (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Picks of a method that finds and names large complexes better than small ones, and some nothings.
    fn picks(&mut self, truth: &[Particle], skill: f64) -> Result<Vec<Particle>, Box<dyn std::error::Error>> {
        let mut picks = Vec::new();
        for particle in truth {
            let class = particle.class.get();
            let ease = skill * (0.5 + f64::from(class) / 12.0);
            if self.upto(1.0) < ease.sqrt() {
                let [z, y, x] = particle.position.zyx();
                let place = Position::new(z + self.upto(4.0) - 2.0, y + self.upto(4.0) - 2.0, x + self.upto(4.0) - 2.0)?;
                let named = if self.upto(1.0) < ease { class } else { class % 6 + 1 };
                picks.push(Particle::new(ClassLabel::new(named), place).with_score(Score::new(1.0 - self.upto(1.0).powi(2) * 0.9)?));
            }
        }
        for index in 0..truth.len() / 5 {
            let place = Position::new(self.upto(200.0), self.upto(512.0), self.upto(512.0))?;
            let class = ClassLabel::new((index % 6) as u8 + 1);
            picks.push(Particle::new(class, place).with_score(Score::new(self.upto(0.7))?));
        }
        Ok(picks)
    }
}
