use cryoet::ndarray::Array2;

/// The values at two percentiles of an image; NaN counts for nothing.
pub(super) fn percentiles(image: &Array2<f32>, [low, high]: [f64; 2]) -> [f32; 2] {
    let mut values: Vec<f32> = image.iter().copied().filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        return [0.0, 1.0];
    }
    values.sort_unstable_by(f32::total_cmp);
    let last = values.len() - 1;
    [low, high].map(|percent| values[((percent / 100.0 * last as f64).round() as usize).min(last)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_values() {
        let image = Array2::from_shape_fn((10, 101), |(_, x)| if x == 0 { f32::NAN } else { x as f32 });
        assert_eq!(percentiles(&image, [0.0, 100.0]), [1.0, 100.0]);
        assert!((percentiles(&image, [25.0, 75.0])[0] - 25.0).abs() <= 1.0);
        assert_eq!(percentiles(&Array2::from_elem((2, 2), f32::NAN), [1.0, 99.0]), [0.0, 1.0]);
    }
}
