//! Fourier shell correlations over frequency.

use cryoet::VoxelSize;
use cryoet::average::FscCurve;

use crate::plot::{BLACK, BLUE, Mark, Plot, RIGHT, VERMILION, WIDTH, across, up};

/// The lowest correlation shown.
const LOWEST: f64 = -0.2;

/// Thresholds that resolutions are read off at.
const THRESHOLDS: [f64; 2] = [0.143, 0.5];

/// Draws the halves' correlation and that of the random control; resolutions in Angstrom where the voxel size is known.
pub(crate) fn plot(curve: &FscCurve, control: Option<&FscCurve>, voxel_size: Option<VoxelSize>) -> Plot {
    let x = |frequency: f64| across(frequency / 0.5);
    let share = |value: f64| (value.max(LOWEST) - LOWEST) / (1.0 - LOWEST);
    let y = |value: f64| up(share(value));
    let mut marks = Vec::new();
    for tick in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        marks.push(Mark::level(share(tick), 1.0));
        marks.push(Mark::level_name(share(tick), BLACK, format!("{tick:.1}")));
    }
    for threshold in THRESHOLDS {
        marks.push(Mark::level(share(threshold), 2.0));
        marks.push(Mark::text([WIDTH - RIGHT + 4.0, y(threshold) + 4.0], 0.0, BLACK, threshold.to_string()));
    }
    for tick in 1..=5 {
        let frequency = f64::from(tick) / 10.0;
        let label = voxel_size.map_or_else(|| format!("{frequency:.1}"), |size| format!("{:.1}", size.mean() / frequency));
        marks.push(Mark::place_name(f64::from(tick) / 5.0, label));
    }
    marks.push(Mark::axis_name(if voxel_size.is_some() { "resolution in Angstrom" } else { "cycles per voxel" }));
    let line = |curve: &FscCurve, colour| {
        let points = curve.frequencies.iter().zip(&curve.values).skip(1).map(|(&f, &v)| [x(f), y(v)]).collect();
        Mark::Line { points, colour, width: 1.5 }
    };
    if let Some(control) = control {
        marks.push(line(control, VERMILION));
        marks.push(Mark::right_title(VERMILION, "random positions"));
    }
    marks.push(line(curve, BLUE));
    let crossings = THRESHOLDS.map(|threshold| (curve.crossing(threshold), threshold));
    marks.extend(crossings.iter().filter(|(f, _)| *f > 0.0 && *f < 0.5).map(|&(f, v)| Mark::Dot { at: [x(f), y(v)], colour: BLUE }));
    marks.push(Mark::left_title(BLUE, "Fourier shell correlation of the halves"));
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
        let row = (up(1.0) * 2.0) as u32;
        let column = (across(0.8) * 2.0) as u32;
        assert_eq!((image.pixel([column, row]), image.pixel([column, row + 20])), (BLUE, [255; 3]));
    }
}
