//! Convolutions of inference on a CPU, by oneDNN.

use tch::{Kind, Tensor};

use super::Convolution;
use crate::memory_layout::channels_last;

/// A convolution by oneDNN whatever its size.
///
/// libtorch's own choice passes oneDNN over for small inputs and, with one thread, for kernels of 1^3, and its own loops
/// run at a tenth of the speed. Where oneDNN is not built in or lacks the precision, libtorch chooses.
pub(crate) fn convolve((weight, bias): &(Tensor, Tensor), x: &Tensor, how: Convolution) -> Result<Tensor, tch::TchError> {
    let one_dnn = x.f_mkldnn_convolution(weight, Some(bias), [how.padding; 3], [1, 1, 1], [how.dilation; 3], 1);
    one_dnn.or_else(|_| super::convolve(x, weight, Some(bias), how))
}

/// Nearest-neighbour upsampling by two and a 2^3 convolution that is padded after only, without making the upsampled tensor.
///
/// Voxel 2 i of the answer sees input voxel i through both taps of an axis, voxel 2 i + 1 sees i and i + 1 through one each. So the
/// answer's even and odd planes and rows are convolutions of the input by kernels with one or two taps, 36 of 64 products; along x both
/// come from one convolution of twice the outputs, which lie in the answer side by side.
pub(crate) fn up_convolve((weight, bias): &(Tensor, Tensor), x: &Tensor) -> Result<Tensor, tch::TchError> {
    let (size, outputs) = (x.size(), weight.size()[0]);
    let [batch, channels, z, y, w] = size[..] else { return x.f_conv3d(weight, Some(bias), [1; 3], [0; 3], [1; 3], 1) };
    let options = (x.kind(), x.device());
    let padded = Tensor::f_zeros([batch, z + 1, y + 1, w + 1, channels], options)?;
    padded.f_narrow(1, 0, z)?.f_narrow(2, 0, y)?.f_narrow(3, 0, w)?.f_copy_(&x.f_permute([0, 2, 3, 4, 1])?)?;
    let padded = padded.f_permute([0, 4, 1, 2, 3])?;
    let both_biases = Tensor::f_cat(&[bias, bias], 0)?;
    let weight = weight.f_to_kind(Kind::Float)?;
    let even_x = Tensor::f_cat(&[both_taps(&weight, 4)?, weight.f_narrow(4, 0, 1)?.f_zeros_like()?], 4)?;
    let weight = Tensor::f_cat(&[even_x, weight], 0)?;
    let answer = Tensor::f_empty([batch, 2 * z, 2 * y, w, 2 * outputs], options)?;
    for odd_z in [false, true] {
        for odd_y in [false, true] {
            let mut kernel = weight.shallow_clone();
            for (axis, odd) in [(2, odd_z), (3, odd_y)] {
                if !odd {
                    kernel = both_taps(&kernel, axis)?;
                }
            }
            let layer = (channels_last(&kernel.f_to_kind(x.kind())?)?, both_biases.shallow_clone());
            // Where one tap serves, the padding's own plane or row is computed too and left out here.
            let rows =
                convolve(&layer, &padded, Convolution::padded(0))?.f_permute([0, 2, 3, 4, 1])?.f_narrow(1, 0, z)?.f_narrow(2, 0, y)?;
            answer.f_slice(1, i64::from(odd_z), None, 2)?.f_slice(2, i64::from(odd_y), None, 2)?.f_copy_(&rows)?;
        }
    }
    answer.f_view([batch, 2 * z, 2 * y, 2 * w, outputs])?.f_permute([0, 4, 1, 2, 3])
}

/// A kernel whose taps along an axis are added up.
fn both_taps(weight: &Tensor, axis: i64) -> Result<Tensor, tch::TchError> {
    weight.f_sum_dim_intlist([axis].as_slice(), true, weight.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(size: &[i64], kind: Kind) -> Tensor {
        tch::manual_seed(3);
        Tensor::randn(size, (Kind::Float, tch::Device::Cpu)).to_kind(kind)
    }

    /// The largest difference relative to the largest value.
    fn difference(a: &Tensor, b: &Tensor) -> f64 {
        let (a, b) = (a.to_kind(Kind::Float), b.to_kind(Kind::Float));
        assert_eq!(a.size(), b.size());
        (&a - &b).abs().max().double_value(&[]) / b.abs().max().double_value(&[])
    }

    #[test]
    fn upsampling_and_convolving_in_one_is_the_same() {
        for (kind, tolerance) in [(Kind::Float, 1e-6), (Kind::BFloat16, 2e-2)] {
            let (weight, bias) = (random(&[6, 5, 2, 2, 2], kind), random(&[6], kind));
            let x = random(&[2, 5, 3, 4, 7], kind);
            let up = x.upsample_nearest3d([6, 8, 14], None, None, None).constant_pad_nd([0, 1, 0, 1, 0, 1]);
            let expected =
                up.to_kind(Kind::Float).conv3d(&weight.to_kind(Kind::Float), Some(bias.to_kind(Kind::Float)), [1; 3], [0; 3], [1; 3], 1);
            assert!(difference(&up_convolve(&(weight, bias), &x).unwrap(), &expected) < tolerance, "{kind:?}");
        }
    }

    #[test]
    fn one_dnn_agrees_with_libtorchs_own_choice() {
        let layer = (random(&[6, 1, 3, 3, 3], Kind::Float), random(&[6], Kind::Float));
        let x = random(&[1, 1, 8, 9, 10], Kind::Float);
        let expected = x.conv3d(&layer.0, Some(&layer.1), [1; 3], [1; 3], [1; 3], 1);
        assert!(difference(&convolve(&layer, &x, Convolution::padded(1)).unwrap(), &expected) < 1e-6);
    }
}
