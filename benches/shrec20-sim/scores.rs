use std::collections::BTreeMap;

use cryoet_core::{ClassLabel, ClassTable, Particle};
use cryoet_eval::{Evaluation, SizeGroup};
use cryoet_sim::Complex;

use crate::Outcome;
use crate::data::Data;

/// What the picks of the test tomogram are worth.
pub(crate) struct Scores {
    pub(crate) evaluation: Evaluation,
    pub(crate) by_size: BTreeMap<SizeGroup, f64>,
    /// F1 of each class when only its own picks and particles count, by name: as if it were the only one sought.
    pub(crate) alone: BTreeMap<String, f64>,
}

impl Scores {
    pub(crate) fn of(data: &Data, picks: &[Particle]) -> Outcome<Self> {
        let (truth, classes) = (data.test()?.truth()?, data.classes()?);
        let evaluation = truth.evaluate(picks)?.with_names(&classes);
        let by_size = evaluation.f1_by_size(&masses(&classes));
        let mut alone = BTreeMap::new();
        for class in classes.iter() {
            // A pick of the class on any other particle is a stray.
            let own: Vec<Particle> = picks.iter().filter(|pick| pick.class == class.label).cloned().collect();
            alone.insert(class.name.clone(), truth.of_class(class.label).evaluate(&own)?.localisation.f1);
        }
        Ok(Self { evaluation, by_size, alone })
    }

    /// F1 of a class by its name; none where the class is not sought.
    pub(crate) fn class_f1(&self, name: &str) -> Option<f64> {
        self.evaluation.classes.iter().find(|class| class.name == name && class.support > 0).map(|class| class.f1)
    }

    /// The mean over classes of F1 when each is sought alone.
    pub(crate) fn mean_alone(&self) -> f64 {
        self.alone.values().sum::<f64>() / self.alone.len().max(1) as f64
    }
}

/// Masses in kDa of the classes that are complexes of SHREC'20.
fn masses(classes: &ClassTable) -> BTreeMap<ClassLabel, f64> {
    let mass = |name: &str| Some(Complex::builtin(name).ok()?.mass_kda());
    classes.iter().filter_map(|class| Some((class.label, mass(&class.name)?))).collect()
}
