use super::*;

/// SHREC'19, table 1 (2,540 particles): submission, RR, TP, FN, recall, precision, miss rate, F1.
const SHREC_2019: [(&str, u64, u64, u64, [f64; 4]); 8] = [
    ("DoG-CB3D", 1813, 1690, 850, [0.6653, 0.9321, 0.3346, 0.7764]),
    ("DeepFinder", 2887, 2163, 377, [0.8515, 0.7492, 0.1484, 0.7971]),
    ("2.5D-Resnet", 4524, 1507, 1033, [0.5933, 0.3331, 0.4066, 0.4266]),
    ("3D-TM", 2429, 814, 1726, [0.3204, 0.3351, 0.6795, 0.3276]),
    ("3D-HN-localization", 2127, 455, 2085, [0.1791, 0.2139, 0.8208, 0.1949]),
    ("3D-Unet-CNN-8", 2500, 1367, 1173, [0.5381, 0.5468, 0.4618, 0.5424]),
    ("3D-Unet-CNN-12", 2500, 1438, 1102, [0.5661, 0.5752, 0.4338, 0.5706]),
    ("2.5D-SSD-3D-CNN", 1977, 710, 1830, [0.2795, 0.3591, 0.7204, 0.3143]),
];

/// SHREC'20, tables 3 and 8 (2,782 particles; the last two rows 2,540).
#[allow(clippy::approx_constant)] // a miss rate of 0.318 is not 1 / pi
const SHREC_2020: [(&str, u64, u64, u64, [f64; 4]); 12] = [
    ("3D MS-D", 2663, 2523, 259, [0.906, 0.947, 0.094, 0.926]),
    ("DeepFinder", 2594, 2485, 297, [0.893, 0.957, 0.107, 0.924]),
    ("3D ResNet", 2864, 1983, 799, [0.712, 0.692, 0.288, 0.702]),
    ("YOPO", 2821, 2543, 239, [0.914, 0.901, 0.086, 0.907]),
    ("Dn3DUnet", 2598, 2340, 442, [0.841, 0.9, 0.159, 0.869]),
    ("UMC", 2781, 2642, 140, [0.949, 0.95, 0.051, 0.949]),
    ("TM-T", 2604, 1898, 884, [0.682, 0.728, 0.318, 0.704]),
    ("TM-F", 2604, 2267, 515, [0.814, 0.87, 0.185, 0.841]),
    ("TM-T-2020", 2604, 1261, 1521, [0.453, 0.484, 0.546, 0.468]),
    ("TM-F-2020", 2604, 1787, 995, [0.642, 0.686, 0.357, 0.663]),
    ("TM-T-2019", 2496, 982, 1558, [0.386, 0.393, 0.613, 0.389]),
    ("TM-F-2019", 1987, 1664, 876, [0.655, 0.837, 0.344, 0.735]),
];

/// Every row of the papers follows from its own RR, TP and FN. The papers cut most figures off where they end instead of
/// rounding them, so that one unit of the last digit is allowed; no row is misprinted in these columns.
#[test]
fn recomputes_the_tables_of_the_shrec_papers() {
    for (rows, unit) in [(&SHREC_2019[..], 1e-4), (&SHREC_2020[..], 1e-3)] {
        for &(name, reported, tp, missed, printed) in rows {
            let l = Localisation::new(Counts { truth: tp + missed, reported, tp, ..Counts::default() });
            assert_eq!(l.fn_, missed, "{name}");
            for (ours, theirs) in [l.recall, l.precision, l.miss_rate, l.f1].into_iter().zip(printed) {
                assert!((ours - theirs).abs() <= unit * 1.0001, "{name}: {ours} where {theirs} is printed");
            }
        }
    }
}
