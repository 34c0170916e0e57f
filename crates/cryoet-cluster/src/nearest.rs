use kiddo::{ImmutableKdTree, SquaredEuclidean};

use crate::modes::distance_squared;

/// The nearest of a fixed set of places; of equally near ones the first.
pub(crate) struct Nearest<'a> {
    places: &'a [[f64; 3]],
    tree: Option<ImmutableKdTree<f64, 3>>,
}

impl<'a> Nearest<'a> {
    /// Places must be finite.
    pub(crate) fn new(places: &'a [[f64; 3]]) -> Self {
        let tree = if places.is_empty() { None } else { ImmutableKdTree::new_from_slice(places).ok() };
        Self { places, tree }
    }

    /// The place's index, or none where there are no places.
    pub(crate) fn index(&self, point: [f64; 3]) -> Option<u32> {
        let near = self.within_of_nearest(point, 0.0);
        self.nearest_of(&near, point)
    }

    /// The first of those candidates that lie nearest.
    pub(crate) fn nearest_of(&self, candidates: &[u32], point: [f64; 3]) -> Option<u32> {
        let mut best = None;
        for &candidate in candidates {
            let distance = distance_squared(point, self.places[candidate as usize]);
            if best.is_none_or(|(nearest, _)| distance < nearest) {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, candidate)| candidate)
    }

    /// All places at most `slack` further away than the nearest, in order.
    pub(crate) fn within_of_nearest(&self, point: [f64; 3], slack: f64) -> Vec<u32> {
        let Some(tree) = &self.tree else {
            return (0..self.places.len() as u32).collect();
        };
        let nearest = tree.query(&point).nearest_one::<SquaredEuclidean<f64>>().execute().distance;
        // The tree may round otherwise than we do.
        let reach = (nearest.sqrt() + slack) * (1.0 + 1e-9) + f64::MIN_POSITIVE;
        let mut near: Vec<u32> =
            tree.query(&point).within::<SquaredEuclidean<f64>>(reach * reach).unsorted().execute().into_iter().map(|r| r.item).collect();
        near.sort_unstable();
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_looking_at_all(
            places in prop::collection::vec(prop::array::uniform3(0..6_i32), 1..80),
            points in prop::collection::vec(prop::array::uniform3(-2..8_i32), 1..40),
        ) {
            let places: Vec<[f64; 3]> = places.into_iter().map(|p| p.map(f64::from)).collect();
            let nearest = Nearest::new(&places);
            let all: Vec<u32> = (0..places.len() as u32).collect();
            for point in points {
                let point = point.map(f64::from);
                prop_assert_eq!(nearest.index(point), nearest.nearest_of(&all, point));
            }
        }
    }
}
