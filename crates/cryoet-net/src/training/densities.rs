use cryoet_core::Region;

use super::data::{DataError, PreparedTomogram};
use super::sampler::PatchPlan;

/// What patches would be without noise, one after another, each z, y, x.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Densities {
    /// 0 where it is not known.
    pub(super) values: Vec<f32>,
    /// For each patch 1 where its tomogram has a density, else 0.
    pub(super) known: Vec<u8>,
}

impl Densities {
    /// Cuts and turns them as the patches are.
    pub(super) fn cut(tomograms: &[PreparedTomogram], plans: &[PatchPlan]) -> Result<Self, DataError> {
        let (mut values, mut known) = (Vec::new(), Vec::new());
        for plan in plans {
            let density = tomograms[plan.tomogram].read_density(Region::new(plan.start, plan.size))?;
            known.push(u8::from(density.is_some()));
            match density {
                Some(density) => values.extend(plan.turn.apply(density.view()).iter()),
                None => values.resize(values.len() + plan.size.iter().product::<usize>(), 0.0),
            }
        }
        Ok(Self { values, known })
    }
}

#[cfg(test)]
mod tests {
    use cryoet_core::ndarray::Array3;
    use cryoet_core::{Class, ClassLabel, ClassTable, Volume};

    use super::*;
    use crate::Architecture;
    use crate::normalisation::Normalisation;
    use crate::smoothing::Smoothing;
    use crate::training::data::prepare;
    use crate::training::patches::Patches;
    use crate::training::{TrainingTomogram, TrainingVolume};
    use crate::turn::Turn;

    /// The tomogram itself as its density: cut and turned as patches are, from memory and from a source.
    #[test]
    fn densities_lie_where_patches_do() {
        let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "a")]).unwrap();
        let grey = Volume::new(Array3::from_shape_fn((16, 20, 24), |(z, y, x)| ((z * 5 + y * 11 + x * 17) % 23) as f32));
        let labels = Array3::from_shape_fn((16, 20, 24), |(_, y, x)| u8::from(y * x < 50));
        let plain = TrainingTomogram::new("plain", grey.clone(), labels.clone());
        let here = TrainingTomogram::new("here", grey.clone(), labels.clone()).with_density(grey.clone());
        let there = TrainingTomogram::new("there", grey.clone(), labels).with_density(TrainingVolume::from_source(Box::new(grey)));
        let network = Architecture::Umc { outputs: 2 };
        let tomograms = prepare(vec![plain, here, there], &classes, &Smoothing::new(0.0), network, &()).unwrap();
        let start = [0, 3, 8];
        let plans: Vec<_> = (0..3).flat_map(|tomogram| Turn::ALL.map(|turn| PatchPlan { tomogram, start, size: [16; 3], turn })).collect();
        let patches = Patches::cut(&tomograms, &plans, Normalisation::Tomogram).unwrap();
        let densities = Densities::cut(&tomograms, &plans).unwrap();
        assert_eq!(densities.known, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
        let unknown = 4 * 16 * 16 * 16;
        assert!(densities.values[..unknown].iter().all(|value| *value == 0.0));
        assert_eq!(densities.values[unknown..], patches.values[unknown..]);
    }
}
