use tch::Kind;

use super::*;
use crate::initialisation::uniform_by_fan_in;
use crate::memory_layout::channels_last;

const NETWORKS: [Architecture; 4] = [
    Architecture::DeepFinder { outputs: 3 },
    Architecture::Msd { outputs: 2, depth: 6, dilations: 4 },
    Architecture::Msd { outputs: 5, depth: 3, dilations: 7 },
    Architecture::Umc { outputs: 3 },
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

/// What depends on the input's voxels that are not 0: one channel of ones and zeros, whatever the weights.
struct Reach(Vec<LayerShape>);

impl Reach {
    fn of(&self, index: usize, x: &Tensor, how: Convolution) -> Result<Tensor, tch::TchError> {
        let taps = self.0[index].kernel[2] as i64;
        let kernel = Tensor::ones([1, 1, taps, taps, taps], (Kind::Float, tch::Device::Cpu));
        convolve(&x.f_amax([1i64].as_slice(), true)?, &kernel, None, how)?.f_gt(0.5)?.f_to_kind(Kind::Float)
    }
}

impl Layers for Reach {
    fn hidden(&self, index: usize, x: &Tensor, how: Convolution) -> Result<Tensor, tch::TchError> {
        self.of(index, x, how)
    }

    fn last(&self, index: usize, x: &Tensor) -> Result<Tensor, tch::TchError> {
        self.of(index, x, Convolution::padded(0))
    }
}

#[test]
fn halos_are_the_receptive_field() {
    for network in NETWORKS {
        let (layers, g) = (Reach(network.layers()), network.granularity() as i64);
        let Halo { before, after } = network.halo();
        let length = ((2 * (before + after)) as i64 / g + 1) * g;
        let (mut first, mut last) = (0, 0);
        for position in length / 2..length / 2 + g {
            for axis in 2..5 {
                let mut size = [1, 1, g, g, g];
                size[axis] = length;
                let input = Tensor::zeros(size, (Kind::Float, tch::Device::Cpu));
                let _ = input.narrow(axis as i64, position, 1).fill_(1.0);
                let window = Region::whole([size[2], size[3], size[4]].map(|n| n as usize));
                let answer = network.forward(&layers, &input, window).unwrap();
                let others: Vec<i64> = (0..5).filter(|&other| other != axis as i64).collect();
                let hit: Vec<i64> = answer.sum_dim_intlist(others.as_slice(), false, Kind::Float).nonzero().view([-1]).try_into().unwrap();
                first = first.max(hit.last().unwrap() - position);
                last = last.max(position - hit.first().unwrap());
            }
        }
        // An output that lies after the voxel looked back at it.
        let round = |n: i64| (n as usize).next_multiple_of(g as usize);
        assert_eq!((round(first), round(last)), (before, after), "{network:?}: -{first} .. +{last}");
        match network {
            Architecture::DeepFinder { .. } => assert_eq!((first, last), (31, 34)),
            Architecture::Umc { .. } => assert_eq!((first, last), (123, 123)),
            Architecture::Msd { .. } => {}
        }
    }
}

#[test]
fn a_window_is_that_of_the_whole_answer() {
    for network in NETWORKS {
        let (layers, g) = (Plain::of(&network), network.granularity());
        let shape = [4 * g.max(8), 5 * g.max(8), 3 * g.max(8)];
        tch::manual_seed(1);
        let input =
            Tensor::randn([1, 1].iter().copied().chain(shape.map(|n| n as i64)).collect::<Vec<_>>(), (Kind::Float, tch::Device::Cpu));
        let whole = network.forward(&layers, &input, Region::whole(shape)).unwrap();
        let heads: usize = network.heads().iter().map(|head| head.channels).sum();
        assert_eq!(whole.size(), [1, heads, shape[0], shape[1], shape[2]].map(|n| n as i64));
        for window in [Region::new([0, g, 3], [3, 2 * g + 1, 7]), Region::new([shape[0] - 1, 0, g], [1, 1, 1])] {
            let part = network.forward(&layers, &input, window).unwrap();
            let apart = (part - design::cut(&whole, window).unwrap()).abs().max().double_value(&[]);
            assert!(apart < 1e-5, "{network:?}, {window:?}: {apart}");
        }
    }
}

#[test]
fn heads_are_the_last_layers() {
    for network in NETWORKS {
        let (layers, heads) = (network.layers(), network.heads());
        let last: Vec<_> = layers.iter().filter(|layer| !layer.hidden).map(|layer| (&layer.name, layer.kernel[0])).collect();
        assert_eq!(last, heads.iter().map(|head| (&head.layer, head.channels)).collect::<Vec<_>>());
        assert_eq!(network.channels(Answer::Classes), Some(0..network.outputs() as i64));
    }
    assert_eq!(Architecture::Umc { outputs: 3 }.channels(Answer::Density), Some(3..4));
    assert_eq!(Architecture::DeepFinder { outputs: 3 }.channels(Answer::Density), None);
}

#[test]
fn parameters_are_the_published_ones() {
    assert_eq!(Architecture::DeepFinder { outputs: 13 }.parameters(), 903_357);
    // VP-Detector gives 132 and 551 thousand.
    assert_eq!(Architecture::Msd { outputs: 2, depth: 49, dilations: 7 }.parameters(), 129_952);
    assert_eq!(Architecture::Msd { outputs: 13, depth: 100, dilations: 5 }.parameters(), 542_826);
    // UMC gives 8.82 million.
    assert_eq!(Architecture::Umc { outputs: 13 }.parameters(), 8_822_334);
    assert_eq!(Architecture::Msd { outputs: 2, depth: 49, dilations: 7 }.halo(), Halo { before: 196, after: 196 });
}

#[test]
fn descriptions_of_impossible_networks_are_refused() {
    assert!(Architecture::Msd { outputs: 2, depth: usize::MAX, dilations: 7 }.check().is_err());
    assert!(Architecture::Msd { outputs: 2, depth: 1, dilations: 0 }.check().is_err());
    let msd: Architecture = serde_json::from_str(r#"{"kind":"msd","outputs":2,"depth":49,"dilations":7}"#).unwrap();
    assert_eq!(msd, Architecture::Msd { outputs: 2, depth: 49, dilations: 7 });
}
