use std::collections::BTreeMap;

use cryoet_core::ClassLabel;

use super::Plot;
use super::axes::{Axes, fifths};
use super::canvas::{CAPITAL, Canvas, Colour, GREY, width_of};
use super::{legend, palette};
use crate::Evaluation;

/// The frame's size; more classes than find room widen it.
const SIZE: [f64; 2] = [620.0, 400.0];
const LEFT: f64 = 96.0;
/// How far the names of neighbouring classes must lie apart.
const PITCH: f64 = CAPITAL + 5.0;

/// A picture of F1 per class against the class's mass, one line per method, as in SHREC'20's figures.
///
/// `methods` are names and evaluations, `masses` are in kDa. The scale of masses is logarithmic; names above the frame are
/// those of the first evaluation that has the class. Left out are classes without a positive, finite mass and, per method,
/// classes absent from its truth. Needs the feature `plot`.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{DistanceParams, evaluate_distance, plot_f1_by_mass};
/// let at = |class, x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(class), position));
/// let truth = [at(1, 0.0)?, at(2, 20.0)?];
/// let evaluation = evaluate_distance(&truth, &truth[..1], &DistanceParams::new(2.0))?;
/// let masses = BTreeMap::from([(ClassLabel::new(1), 88.0), (ClassLabel::new(2), 3326.0)]);
/// let plot = plot_f1_by_mass(&[("mine", &evaluation)], &masses);
/// assert_eq!(plot.pixels().dim().2, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plot_f1_by_mass(methods: &[(&str, &Evaluation)], masses: &BTreeMap<ClassLabel, f64>) -> Plot {
    let mut classes: Vec<(f64, ClassLabel, String)> = masses
        .iter()
        .filter(|(_, mass)| mass.is_finite() && **mass > 0.0)
        .filter_map(|(&label, mass)| {
            let of_truth =
                |(_, evaluation): &(&str, &Evaluation)| evaluation.class(label).filter(|class| class.support > 0).map(|c| c.name.clone());
            Some((mass.log10(), label, methods.iter().find_map(of_truth)?))
        })
        .collect();
    classes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let entries: Vec<(String, Colour)> =
        methods.iter().enumerate().map(|(index, (name, _))| ((*name).to_owned(), palette::colour(index))).collect();
    let legend = legend::size(&entries);
    let names = classes.iter().map(|(_, _, name)| width_of(name)).fold(0.0, f64::max);
    let top = 16.0 + names + 30.0;
    let width = SIZE[0].max(PITCH * classes.len() as f64);
    let frame = [[LEFT, top], [LEFT + width, top + SIZE[1]]];
    let mut canvas = Canvas::new(frame[1][0] + 24.0 + legend[0] + 16.0, (frame[1][1] + 64.0).max(top + legend[1] + 16.0));
    let (low, high) = (classes.first().map_or(1.0, |class| class.0), classes.last().map_or(3.0, |class| class.0));
    let axes = Axes { frame, x: [low - 0.08, high + 0.08], y: [0.0, 1.0] };
    axes.draw(&mut canvas, [&decades(axes.x), &fifths()], ["mass / kDa", "F1"]);
    let places: Vec<f64> = classes.iter().map(|(mass, ..)| axes.place(*mass, 1.0)[0]).collect();
    for ((&place, label), (.., name)) in places.iter().zip(apart(&places, frame[1][0])).zip(&classes) {
        canvas.line([place, top], [place, top - 4.0], 1.0, GREY);
        canvas.line([place, top - 4.0], [label, top - 22.0], 1.0, GREY);
        canvas.text_upwards([label, top - 26.0], [0.0, 0.5], name, GREY);
    }
    for (index, (_, evaluation)) in methods.iter().enumerate() {
        let colour = palette::colour(index);
        let mut before = None;
        for (mass, label, _) in &classes {
            let Some(class) = evaluation.class(*label).filter(|class| class.support > 0) else { continue };
            let at = axes.place(*mass, class.f1);
            if let Some(before) = before {
                canvas.line(before, at, 2.0, colour);
            }
            canvas.disc(at, 4.0, colour);
            before = Some(at);
        }
    }
    legend::draw(&mut canvas, [frame[1][0] + 24.0, top + 4.0], &entries);
    Plot { canvas }
}

/// Ticks at 1, 2 and 5 of each decade between two logarithms.
fn decades([low, high]: [f64; 2]) -> Vec<(f64, String)> {
    let exponents = low.floor() as i32..=high.ceil() as i32;
    let values = exponents.flat_map(|exponent| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(exponent)));
    let ticks: Vec<_> = values.map(|value| (value.log10(), value.to_string())).filter(|(log, _)| (low..=high).contains(log)).collect();
    // Over many decades only every tenth fold has room.
    if ticks.len() <= 10 { ticks } else { ticks.into_iter().filter(|(log, _)| (log - log.round()).abs() < 1e-9).collect() }
}

/// The places, rising, moved apart to the pitch and, where there is room, to the left of the end.
fn apart(places: &[f64], end: f64) -> Vec<f64> {
    let mut apart = places.to_vec();
    for index in 1..apart.len() {
        apart[index] = apart[index].max(apart[index - 1] + PITCH);
    }
    let mut limit = end;
    for place in apart.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - PITCH;
    }
    apart
}
