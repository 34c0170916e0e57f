//! Fourier shell correlations over frequency.

use cryoet::VoxelSize;
use cryoet::average::FscCurve;

use crate::plot::{BLACK, BLUE, BOTTOM, GRID, HEIGHT, LEFT, Mark, Plot, RIGHT, TOP, VERMILION, WIDTH};

/// The lowest correlation shown.
const LOWEST: f64 = -0.2;

/// Thresholds that resolutions are read off at.
const THRESHOLDS: [f64; 2] = [0.143, 0.5];

/// Draws the halves' correlation and that of the random control; resolutions in Angstrom where the voxel size is known.
pub(crate) fn plot(curve: &FscCurve, control: Option<&FscCurve>, voxel_size: Option<VoxelSize>) -> Plot {
    let x = |frequency: f64| LEFT + frequency / 0.5 * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - (value.max(LOWEST) - LOWEST) / (1.0 - LOWEST) * (HEIGHT - TOP - BOTTOM);
    let text = |at, anchor, colour, text: String| Mark::Text { at, anchor, colour, text };
    let level = |value: f64, width| Mark::Line { points: vec![[LEFT, y(value)], [WIDTH - RIGHT, y(value)]], colour: GRID, width };
    let mut marks = Vec::new();
    for tick in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        marks.push(level(tick, 1.0));
        marks.push(text([LEFT - 6.0, y(tick) + 4.0], 1.0, BLACK, format!("{tick:.1}")));
    }
    for threshold in THRESHOLDS {
        marks.push(level(threshold, 2.0));
        marks.push(text([WIDTH - RIGHT + 4.0, y(threshold) + 4.0], 0.0, BLACK, threshold.to_string()));
    }
    for tick in 1..=5 {
        let frequency = f64::from(tick) / 10.0;
        let label = voxel_size.map_or_else(|| format!("{frequency:.1}"), |size| format!("{:.1}", size.mean() / frequency));
        marks.push(text([x(frequency), HEIGHT - BOTTOM + 18.0], 0.5, BLACK, label));
    }
    let axis = if voxel_size.is_some() { "resolution in Angstrom" } else { "cycles per voxel" };
    marks.push(text([WIDTH / 2.0, HEIGHT - 8.0], 0.5, BLACK, axis.into()));
    let line = |curve: &FscCurve, colour| {
        let points = curve.frequencies.iter().zip(&curve.values).skip(1).map(|(&f, &v)| [x(f), y(v)]).collect();
        Mark::Line { points, colour, width: 1.5 }
    };
    if let Some(control) = control {
        marks.push(line(control, VERMILION));
        marks.push(text([WIDTH - RIGHT, 20.0], 1.0, VERMILION, "random positions".into()));
    }
    marks.push(line(curve, BLUE));
    let crossings = THRESHOLDS.map(|threshold| (curve.crossing(threshold), threshold));
    marks.extend(crossings.iter().filter(|(f, _)| *f > 0.0 && *f < 0.5).map(|&(f, v)| Mark::Dot { at: [x(f), y(v)], colour: BLUE }));
    marks.push(text([LEFT, 20.0], 0.0, BLUE, "Fourier shell correlation of the halves".into()));
    Plot(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_lies_where_it_should() {
        let curve = FscCurve { frequencies: vec![0.0, 0.25, 0.5], values: vec![1.0, 1.0, 1.0] };
        let image = plot(&curve, None, None).raster();
        // At a correlation of 1, two pixels a unit: on the curve, and below it.
        let row = (TOP * 2.0) as u32;
        let column = ((LEFT + 0.8 * (WIDTH - LEFT - RIGHT)) * 2.0) as u32;
        assert_eq!((image.pixel([column, row]), image.pixel([column, row + 20])), (BLUE, [255; 3]));
    }
}
