use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Everything a cluster says of its voxels, from lists of them.
    #[test]
    fn agree_with_sums_over_lists(
        voxels in prop::collection::btree_map(0..1000_u32, (0..3_u32, 1..4_u8, 1..9_u8), 1..80),
        centres in prop::array::uniform3(prop::array::uniform3(-9.0..19.0)),
        weighted in any::<bool>(),
    ) {
        let shape = [10; 3];
        let labels = voxels.values().map(|v| v.1).collect();
        let scores: Vec<f32> = voxels.values().map(|v| f32::from(v.2) / 8.0).collect();
        let foreground = Foreground::from_parts(shape, voxels.keys().copied().collect(), labels, Some(scores));
        let members: Vec<u32> = voxels.values().map(|v| v.0).collect();
        let clusters = Clusters { centres: centres.to_vec(), members: members.clone(), scores: None };
        let placement = if weighted { Placement::WeightedCentroid } else { Placement::Centroid };
        let params = ClusterParams { placement, scoring: crate::Scoring::Mean, ..ClusterParams::default() };
        let found = particles(&foreground, &clusters, &params).unwrap();

        let lists = (0..3).map(|c| (0..foreground.len()).filter(|&i| members[i] == c).collect::<Vec<_>>()).filter(|list| !list.is_empty());
        let lists: Vec<_> = lists.collect();
        prop_assert_eq!(found.len(), lists.len());
        for (cluster, list) in found.iter().zip(&lists) {
            let n = list.len() as f64;
            let at = |i: usize, axis: usize| foreground.voxel(i)[axis] as f64;
            let weight = |i: usize| if weighted { foreground.score(i) } else { 1.0 };
            let total: f64 = list.iter().map(|&i| weight(i)).sum();
            for a in 0..3 {
                let place = list.iter().map(|&i| weight(i) * at(i, a)).sum::<f64>() / total;
                prop_assert!((cluster.particle.position.zyx()[a] - place).abs() < 1e-9);
                for b in 0..3 {
                    let mean = |axis| list.iter().map(|&i| at(i, axis)).sum::<f64>() / n;
                    let spread = list.iter().map(|&i| (at(i, a) - mean(a)) * (at(i, b) - mean(b))).sum::<f64>() / n;
                    prop_assert!((cluster.covariance[a][b] - spread).abs() < 1e-9);
                }
            }
            let carriers = |class: ClassLabel| list.iter().filter(|&&i| foreground.label(i) == class.get()).copied().collect::<Vec<_>>();
            prop_assert!((cluster.shares.iter().map(|s| s.1).sum::<f64>() - 1.0).abs() < 1e-12);
            for &(class, share) in &cluster.shares {
                prop_assert_eq!(share, carriers(class).len() as f64 / n);
                prop_assert!(carriers(class).len() <= carriers(cluster.particle.class).len());
            }
            let score = carriers(cluster.particle.class).into_iter().map(|i| foreground.score(i)).sum::<f64>() / n;
            prop_assert_eq!(cluster.particle.score.map(|s| s.get()), Some(score));
            prop_assert_eq!(cluster.particle.size, Some(list.len() as u64));
        }
    }
}
