use tch::Kind;

use super::*;
use crate::initialisation::uniform_by_fan_in;
use crate::memory_layout::channels_last;

const NETWORKS: [Architecture; 3] = [
    Architecture::DeepFinder { outputs: 3 },
    Architecture::Msd { outputs: 2, depth: 6, dilations: 4 },
    Architecture::Msd { outputs: 5, depth: 3, dilations: 7 },
];

/// Layers as a network has them, on libtorch's plain operations.
struct Plain(Vec<(Tensor, Tensor)>);

impl Plain {
    fn of(network: &Architecture) -> Self {
        let tensors = uniform_by_fan_in(network, 5);
        let tensor = |name: String, shape: &[usize]| {
            let size: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
            Tensor::from_slice(&tensors.get(&name).unwrap().values).view(size.as_slice())
        };
        let layer = |layer: &LayerShape| {
            let weight = channels_last(&tensor(format!("{}.weight", layer.name), &layer.kernel)).unwrap();
            (weight, tensor(format!("{}.bias", layer.name), &layer.kernel[..1]))
        };
        Self(network.layers().iter().map(layer).collect())
    }
}

impl Layers for Plain {
    fn hidden(&self, index: usize, x: &Tensor, how: Convolution) -> Result<Tensor, tch::TchError> {
        activate(convolve(x, &self.0[index].0, Some(&self.0[index].1), how)?, how)
    }

    fn last(&self, index: usize, x: &Tensor) -> Result<Tensor, tch::TchError> {
        convolve(x, &self.0[index].0, Some(&self.0[index].1), Convolution::padded(0))
    }
}

/// A voxel that is no number makes every output that depends on it none.
#[test]
fn halos_are_the_receptive_field() {
    for network in NETWORKS {
        let (layers, g) = (Plain::of(&network), network.granularity() as i64);
        let Halo { before, after } = network.halo();
        let length = ((2 * (before + after)) as i64 / g + 1) * g;
        let (mut first, mut last) = (0, 0);
        for position in length / 2..length / 2 + g {
            for axis in 2..5 {
                let mut size = [1, 1, g, g, g];
                size[axis] = length;
                let input = Tensor::zeros(size, (Kind::Float, tch::Device::Cpu));
                let _ = input.narrow(axis as i64, position, 1).fill_(f64::NAN);
                let window = Region::whole([size[2], size[3], size[4]].map(|n| n as usize));
                let answer = network.forward(&layers, &input, window).unwrap();
                let others: Vec<i64> = (0..5).filter(|&other| other != axis as i64).collect();
                let hit = answer.isnan().to_kind(Kind::Int64).sum_dim_intlist(others.as_slice(), false, Kind::Int64);
                let hit: Vec<i64> = hit.nonzero().view([-1]).try_into().unwrap();
                first = first.max(hit.last().unwrap() - position);
                last = last.max(position - hit.first().unwrap());
            }
        }
        // An output that lies after the voxel looked back at it.
        let round = |n: i64| (n as usize).next_multiple_of(g as usize);
        assert_eq!((round(first), round(last)), (before, after), "{network:?}: -{first} .. +{last}");
        if matches!(network, Architecture::DeepFinder { .. }) {
            assert_eq!((first, last), (31, 34));
        }
    }
}

#[test]
fn parameters_are_the_published_ones() {
    assert_eq!(Architecture::DeepFinder { outputs: 13 }.parameters(), 903_357);
    // VP-Detector gives 132 and 551 thousand.
    assert_eq!(Architecture::Msd { outputs: 2, depth: 49, dilations: 7 }.parameters(), 129_952);
    assert_eq!(Architecture::Msd { outputs: 13, depth: 100, dilations: 5 }.parameters(), 542_826);
    assert_eq!(Architecture::Msd { outputs: 2, depth: 49, dilations: 7 }.halo(), Halo { before: 196, after: 196 });
}

#[test]
fn descriptions_of_impossible_networks_are_refused() {
    assert!(Architecture::Msd { outputs: 2, depth: usize::MAX, dilations: 7 }.check().is_err());
    assert!(Architecture::Msd { outputs: 2, depth: 1, dilations: 0 }.check().is_err());
    let msd: Architecture = serde_json::from_str(r#"{"kind":"msd","outputs":2,"depth":49,"dilations":7}"#).unwrap();
    assert_eq!(msd, Architecture::Msd { outputs: 2, depth: 49, dilations: 7 });
}
