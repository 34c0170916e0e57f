/// What the score of a particle says.
///
/// Let p be the sum of the probabilities of those of a cluster's voxels that carry its label; without a score volume, their
/// number. Both scores lie in \[0, 1\]. [`Method::Peaks`](crate::Method::Peaks) gives the score of the peak instead.
///
/// Why not the mean alone: networks trained with Dice or cross-entropy losses are sure of nearly every voxel that they mark, so
/// that the mean lies near 1 for a speck as for a whole particle, and ranks by chance. What tells the two apart is how much
/// was marked. On a real tomogram (EMPIAR-10499, 57 ribosomes, the best 85 picks) ranking by the mean finds 47 % and by the
/// evidence 72 %; on simulated ones evidence ranks better, too (`docs/benchmarks.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Scoring {
    /// p / (p + V), V the voxels in a ball of the radius of the particle's class (4/3 pi radius^3): 0.5 for a cluster that fills
    /// the ball with certainty, less for fewer or less certain voxels, more for more, and never quite 1. It rises with p
    /// everywhere, so that no two clusters of a class tie at the top; V makes classes of different radius comparable.
    #[default]
    Evidence,
    /// p over the number of all voxels of the cluster: how sure and how pure it is, whatever its size. Without scores the share
    /// of the voxels that carry the particle's label.
    Mean,
}

impl Scoring {
    /// The score of `voxels` voxels of which those with the particle's label have probabilities that sum to `sum`.
    pub(crate) fn score(self, sum: f64, voxels: u64, radius: f64) -> f64 {
        match self {
            // A radius may be so small that its cube is 0.
            _ if sum == 0.0 => 0.0,
            Self::Evidence => sum / (sum + 4.0 / 3.0 * std::f64::consts::PI * radius.powi(3)),
            Self::Mean => sum / voxels as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_a_half_for_a_full_ball_and_rises_without_end() {
        let ball = 4.0 / 3.0 * std::f64::consts::PI * 125.0;
        assert!((Scoring::Evidence.score(ball, 524, 5.0) - 0.5).abs() < 1e-12);
        let rising: Vec<f64> = (0..60).map(|i| Scoring::Evidence.score(f64::from(i) * 1000.0, 1, 5.0)).collect();
        assert!(rising.windows(2).all(|pair| pair[0] < pair[1]) && rising[59] < 1.0);
        assert_eq!(Scoring::Evidence.score(0.0, 3, 1e-200), 0.0);
    }
}
