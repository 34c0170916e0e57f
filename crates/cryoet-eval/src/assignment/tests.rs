use proptest::prelude::*;

use super::*;

/// Every pairing tried: the most pairs, then the least sum.
fn exhaustive(near: &[Near], truth: u32, truths: u32, taken: &mut Vec<u32>) -> (usize, f64) {
    if truth == truths {
        return (0, 0.0);
    }
    let mut best = exhaustive(near, truth + 1, truths, taken);
    for edge in near.iter().filter(|edge| edge.row == truth) {
        if taken.contains(&edge.column) {
            continue;
        }
        taken.push(edge.column);
        let (pairs, sum) = exhaustive(near, truth + 1, truths, taken);
        taken.pop();
        let with = (pairs + 1, sum + edge.distance);
        if with.0 > best.0 || with.0 == best.0 && with.1 < best.1 {
            best = with;
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn no_pairing_is_better(table in proptest::collection::vec(proptest::option::weighted(0.5, 0u32..=64), 42), truths in 0usize..7) {
        let picks = 6;
        let edge = |(index, distance): (usize, &Option<u32>)| {
            distance.map(|d| Near { row: (index / picks) as u32, column: (index % picks) as u32, distance: f64::from(d) })
        };
        let near: Vec<_> = table[..truths * picks].iter().enumerate().filter_map(edge).collect();
        // Any order will do.
        let order = [(0..truths as u32).rev().collect(), (0..picks as u32).map(|column| (column * 5 + 2) % picks as u32).collect()];
        let near = Neighbours { pairs: near, order };
        let matches = assign(&near, 64.0);
        let near = near.pairs;
        let mut taken: Vec<_> = matches.iter().flatten().collect();
        taken.sort_unstable();
        taken.dedup();
        let pairs = matches.iter().flatten().count();
        prop_assert_eq!(taken.len(), pairs);
        let distance = |(truth, pick): (usize, &Option<usize>)| {
            pick.map(|pick| near.iter().find(|e| e.row as usize == truth && e.column as usize == pick).expect("a pair is an edge").distance)
        };
        let sum: f64 = matches.iter().enumerate().filter_map(distance).sum();
        prop_assert_eq!((pairs, sum), exhaustive(&near, 0, truths as u32, &mut Vec::new()));
    }
}
