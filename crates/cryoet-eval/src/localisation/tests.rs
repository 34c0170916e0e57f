use super::*;

/// What a paper prints of one submission: RR, TP, FP, FN, MH where it is printed, then recall, precision, miss rate and F1.
type Row = (&'static str, [u64; 4], Option<u64>, [f64; 4]);

/// SHREC'19, table 1 (2,540 particles).
const SHREC_2019: [Row; 8] = [
    ("DoG-CB3D", [1813, 1690, 110, 850], Some(13), [0.6653, 0.9321, 0.3346, 0.7764]),
    ("DeepFinder", [2887, 2163, 709, 377], Some(15), [0.8515, 0.7492, 0.1484, 0.7971]),
    ("2.5D-Resnet", [4524, 1507, 1185, 1033], Some(876), [0.5933, 0.3331, 0.4066, 0.4266]),
    ("3D-TM", [2429, 814, 356, 1726], Some(425), [0.3204, 0.3351, 0.6795, 0.3276]),
    ("3D-HN-localization", [2127, 455, 867, 2085], Some(311), [0.1791, 0.2139, 0.8208, 0.1949]),
    ("3D-Unet-CNN-8", [2500, 1367, 372, 1173], Some(480), [0.5381, 0.5468, 0.4618, 0.5424]),
    ("3D-Unet-CNN-12", [2500, 1438, 555, 1102], Some(352), [0.5661, 0.5752, 0.4338, 0.5706]),
    ("2.5D-SSD-3D-CNN", [1977, 710, 196, 1830], Some(485), [0.2795, 0.3591, 0.7204, 0.3143]),
];

/// SHREC'20, tables 3 and 8 (2,782 particles; the last two rows 2,540). MH of the first row is not printed.
#[allow(clippy::approx_constant)] // a miss rate of 0.318 is not 1 / pi
const SHREC_2020: [Row; 12] = [
    ("3D MS-D", [2663, 2523, 139, 259], None, [0.906, 0.947, 0.094, 0.926]),
    ("DeepFinder", [2594, 2485, 107, 297], Some(2), [0.893, 0.957, 0.107, 0.924]),
    ("3D ResNet", [2864, 1983, 611, 799], Some(246), [0.712, 0.692, 0.288, 0.702]),
    ("YOPO", [2821, 2543, 240, 239], Some(37), [0.914, 0.901, 0.086, 0.907]),
    ("Dn3DUnet", [2598, 2340, 146, 442], Some(112), [0.841, 0.9, 0.159, 0.869]),
    ("UMC", [2781, 2642, 68, 140], Some(68), [0.949, 0.95, 0.051, 0.949]),
    ("TM-T", [2604, 1898, 20, 884], Some(412), [0.682, 0.728, 0.318, 0.704]),
    ("TM-F", [2604, 2267, 331, 515], Some(6), [0.814, 0.87, 0.185, 0.841]),
    ("TM-T-2020", [2604, 1261, 140, 1521], Some(475), [0.453, 0.484, 0.546, 0.468]),
    ("TM-F-2020", [2604, 1787, 813, 995], Some(4), [0.642, 0.686, 0.357, 0.663]),
    ("TM-T-2019", [2496, 982, 113, 1558], Some(559), [0.386, 0.393, 0.613, 0.389]),
    ("TM-F-2019", [1987, 1664, 291, 876], Some(31), [0.655, 0.837, 0.344, 0.735]),
];

/// VP-Detector, tables 1 (SHREC'20) and 2 (SHREC'19): its own rows, then the rows of the last that are printed anew, with three digits. The
/// rest of table 1 repeats SHREC'20's.
const VP_DETECTOR: [Row; 9] = [
    ("VP-Detector, SHREC'20", [2635, 2577, 57, 205], Some(1), [0.926, 0.978, 0.074, 0.951]),
    ("VP-Detector, SHREC'19", [2402, 2192, 209, 348], Some(1), [0.863, 0.913, 0.137, 0.887]),
    ("DoG-3D-CNN", [1813, 1690, 110, 850], Some(13), [0.665, 0.932, 0.334, 0.777]),
    ("3D-Unet", [2887, 2163, 709, 377], Some(15), [0.852, 0.749, 0.148, 0.797]),
    ("2.5D-Resnet", [4524, 1507, 1185, 1033], Some(876), [0.593, 0.333, 0.407, 0.427]),
    ("3D-TM", [2429, 814, 356, 1726], Some(425), [0.321, 0.335, 0.680, 0.328]),
    ("3D-HN-localization", [2127, 455, 867, 2085], Some(311), [0.179, 0.214, 0.821, 0.195]),
    ("3D-Unet-CNN-8", [2500, 1367, 372, 1173], Some(480), [0.538, 0.547, 0.462, 0.543]),
    ("3D-Unet-CNN-12", [2500, 1438, 555, 1102], Some(352), [0.566, 0.575, 0.434, 0.570]),
];

/// Its last row has four digits.
const VP_DETECTOR_LAST: [Row; 1] = [("2.5D-SSD-3D-CNN", [1977, 710, 196, 1830], Some(485), [0.2795, 0.3591, 0.7205, 0.3144])];

/// Every row of the papers follows from its own RR, TP and FN. The SHREC papers cut most figures off where they end instead of
/// rounding them, so that one unit of the last digit is allowed; no row is misprinted in these columns. Picks that are neither TP nor FP are further hits
/// on particles found, of which there is one at least for each of the MH.
#[test]
fn recomputes_the_tables_of_the_papers() {
    for (rows, unit) in [(&SHREC_2019[..], 1e-4), (&SHREC_2020, 1e-3), (&VP_DETECTOR, 1e-3), (&VP_DETECTOR_LAST, 1e-4)] {
        for &(name, [reported, tp, fp, missed], multiple_hits, printed) in rows {
            let l = Localisation::new(Counts { truth: tp + missed, reported, tp, fp, ..Counts::default() });
            assert_eq!(l.fn_, missed, "{name}");
            for (ours, theirs) in [l.recall, l.precision, l.miss_rate, l.f1].into_iter().zip(printed) {
                assert!((ours - theirs).abs() <= unit * 1.0001, "{name}: {ours} where {theirs} is printed");
            }
            let further = reported - tp - fp;
            assert!(multiple_hits.is_none_or(|particles| further >= particles), "{name}: {further} further hits");
        }
    }
}

/// How many particles the rows speak of: SHREC'20's table 2, and what the papers' text says.
#[test]
fn the_papers_counts_of_particles_agree() {
    let of_classes = [233, 241, 229, 240, 228, 214, 217, 238, 245, 226, 231, 240];
    assert_eq!(of_classes.iter().sum::<u64>(), 2782);
    let truth = |row: &Row| row.1[1] + row.1[3];
    assert!(SHREC_2019.iter().chain(&SHREC_2020[10..]).all(|row| truth(row) == 2540));
    assert!(SHREC_2020[..10].iter().all(|row| truth(row) == 2782));
    assert_eq!([truth(&VP_DETECTOR[0]), truth(&VP_DETECTOR[1])], [2782, 2540]);
}
