use std::collections::BTreeMap;
use std::fmt;

use cryoet_core::ClassLabel;

use crate::Evaluation;

/// Complexes of similar mass: the groups of SHREC'20 (table 5 of the paper).
///
/// ```
/// use cryoet_eval::SizeGroup;
/// assert_eq!(SizeGroup::of_mass(188.0), SizeGroup::Small);
/// assert_eq!(SizeGroup::of_mass(200.0), SizeGroup::Medium);
/// assert_eq!(SizeGroup::of_mass(800.0), SizeGroup::Large);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeGroup {
    /// Below 200 kDa.
    Small,
    /// 200 kDa to 600 kDa.
    Medium,
    /// Above 600 kDa.
    Large,
}

impl SizeGroup {
    /// The group of a mass in kDa.
    pub fn of_mass(kilodalton: f64) -> Self {
        if kilodalton < 200.0 {
            Self::Small
        } else if kilodalton <= 600.0 {
            Self::Medium
        } else {
            Self::Large
        }
    }
}

impl fmt::Display for SizeGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        })
    }
}

impl Evaluation {
    /// Mean F1 of each size group, as SHREC'20's table 6 has it: over the classes that occur in the truth and whose mass in kDa is given, positive
    /// and finite.
    pub fn f1_by_size(&self, masses: &BTreeMap<ClassLabel, f64>) -> BTreeMap<SizeGroup, f64> {
        let mut groups: BTreeMap<SizeGroup, Vec<ClassLabel>> = BTreeMap::new();
        for class in self.classes.iter().filter(|class| class.support > 0) {
            if let Some(&mass) = masses.get(&class.label).filter(|mass| mass.is_finite() && **mass > 0.0) {
                groups.entry(SizeGroup::of_mass(mass)).or_default().push(class.label);
            }
        }
        groups.into_iter().map(|(group, labels)| (group, self.mean_f1(&labels))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DistanceParams, evaluate_distance};
    use cryoet_core::{Particle, Position};

    /// SHREC'20, table 4 in order of mass (5 small, 5 medium, 2 large complexes) and the means of table 6.
    const ROWS: [(&str, [f64; 12], [f64; 3]); 8] = [
        ("3D MS-D", [0.192, 0.408, 0.437, 0.416, 0.368, 0.461, 0.492, 0.719, 0.948, 0.851, 0.942, 0.964], [0.364, 0.694, 0.953]),
        ("DeepFinder", [0.61, 0.729, 0.8, 0.911, 0.783, 0.848, 0.866, 0.939, 1.0, 0.984, 0.993, 0.993], [0.767, 0.927, 0.993]),
        ("3D ResNet", [0.193, 0.185, 0.405, 0.407, 0.334, 0.445, 0.491, 0.628, 0.906, 0.719, 0.868, 0.817], [0.305, 0.638, 0.843]),
        ("YOPO", [0.558, 0.741, 0.67, 0.834, 0.696, 0.682, 0.795, 0.896, 0.987, 0.83, 0.923, 0.993], [0.7, 0.838, 0.958]),
        ("Dn3DUnet", [0.529, 0.577, 0.569, 0.674, 0.332, 0.523, 0.462, 0.676, 0.925, 0.684, 0.907, 0.974], [0.536, 0.654, 0.941]),
        ("UMC", [0.661, 0.827, 0.839, 0.947, 0.855, 0.873, 0.899, 0.981, 0.997, 0.98, 1.0, 0.997], [0.826, 0.946, 0.999]),
        ("TM-T", [0.2, 0.102, 0.248, 0.727, 0.555, 0.869, 0.835, 0.88, 0.934, 0.97, 0.968, 0.945], [0.366, 0.898, 0.957]),
        ("TM-F", [0.319, 0.219, 0.207, 0.66, 0.589, 0.808, 0.815, 0.945, 0.939, 0.966, 0.968, 0.945], [0.399, 0.895, 0.957]),
    ];

    #[test]
    fn masses_that_are_none_have_no_group() {
        let at = |class| Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, 0.0).unwrap());
        let evaluation = evaluate_distance(&[at(1), at(2)], &[at(1)], &DistanceParams::new(1.0)).unwrap();
        for mass in [f64::NAN, f64::INFINITY, 0.0, -5.0] {
            let groups = evaluation.f1_by_size(&BTreeMap::from([(ClassLabel::new(1), 100.0), (ClassLabel::new(2), mass)]));
            assert_eq!(groups, BTreeMap::from([(SizeGroup::Small, 1.0)]), "{mass}");
        }
    }

    #[test]
    fn recomputes_the_size_groups_of_shrec_2020() {
        let at = |class: u8| Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, 100.0 * f64::from(class)).unwrap());
        let truth: Vec<_> = (1..=12).map(at).collect();
        let group_mass = |class: u8| {
            if class <= 5 {
                100.0
            } else if class <= 10 {
                400.0
            } else {
                900.0
            }
        };
        let masses = (1..=12).map(|class| (ClassLabel::new(class), group_mass(class))).collect();
        for (name, f1, printed) in ROWS {
            let mut evaluation = evaluate_distance(&truth, &truth, &DistanceParams::new(1.0)).unwrap();
            for (class, f1) in evaluation.classes.iter_mut().zip(f1) {
                class.f1 = f1;
            }
            let groups = evaluation.f1_by_size(&masses);
            for (group, printed) in [SizeGroup::Small, SizeGroup::Medium, SizeGroup::Large].into_iter().zip(printed) {
                assert!((groups[&group] - printed).abs() <= 0.00101, "{name}, {group}: {} where {printed} is printed", groups[&group]);
            }
        }
    }
}
