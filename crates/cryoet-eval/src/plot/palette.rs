use super::canvas::Colour;

/// Colours that differ for most eyes (Okabe and Ito 2008, without yellow and black).
const FIRST: [Colour; 6] = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233]];

/// The colour of the n-th series; behind the first ones, hues a golden angle apart.
pub(super) fn colour(index: usize) -> Colour {
    FIRST.get(index).copied().unwrap_or_else(|| {
        let hue = (index as f64 * 0.618_034).fract() * 6.0;
        let channel = |shift: f64| {
            let distance = (hue + shift).rem_euclid(6.0);
            let level = (distance - 3.0).abs() - 1.0;
            (40.0 + 160.0 * level.clamp(0.0, 1.0)) as u8
        };
        [channel(0.0), channel(4.0), channel(2.0)]
    })
}
