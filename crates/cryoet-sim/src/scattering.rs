//! How elements scatter electrons.

/// Potential times volume, in V Angstrom^3, of a scattering amplitude of one Angstrom: `h^2 / (2 pi m e)`.
pub(crate) const POTENTIAL: f64 = 47.878;
/// The mean inner potential of vitreous ice in volt, 0.93 g / cm^3.
pub(crate) const ICE: f64 = 4.5301;

/// An element as electrons see it.
pub(crate) struct Element {
    pub(crate) number: u8,
    pub(crate) symbol: &'static str,
    /// In Dalton.
    pub(crate) mass: f64,
    /// The volume from which an atom displaces solvent, in cubic Angstrom (Fraser, MacRae and Suzuki 1978; S, P and metals as in
    /// CRYSOL, Svergun et al. 1995); 0 where none is given.
    pub(crate) volume: f64,
    /// Amplitudes in Angstrom and widths in square Angstrom: Peng, Ren, Dudarev and Whelan 1996, table 1, neutral atoms up to s = 2.
    pub(crate) a: [f64; 5],
    pub(crate) b: [f64; 5],
}

const fn element(number: u8, symbol: &'static str, mass: f64, volume: f64, a: [f64; 5], b: [f64; 5]) -> Element {
    Element { number, symbol, mass, volume, a, b }
}

#[rustfmt::skip]
const ELEMENTS: [Element; 30] = [
    element(1, "H", 1.008, 5.15, [0.0349, 0.1201, 0.1970, 0.0573, 0.1195], [0.5347, 3.5867, 12.3471, 18.9525, 38.6269]),
    element(6, "C", 12.011, 16.44, [0.0893, 0.2563, 0.7570, 1.0487, 0.3575], [0.2465, 1.7100, 6.4094, 18.6113, 50.2523]),
    element(7, "N", 14.007, 2.49, [0.1022, 0.3219, 0.7982, 0.8197, 0.1715], [0.2451, 1.7481, 6.1925, 17.3894, 48.1431]),
    element(8, "O", 15.999, 9.13, [0.0974, 0.2921, 0.6910, 0.6990, 0.2039], [0.2067, 1.3815, 4.6943, 12.7105, 32.4726]),
    element(9, "F", 18.998, 0.0, [0.1083, 0.3175, 0.6487, 0.5846, 0.1421], [0.2057, 1.3439, 4.2788, 11.3932, 28.7881]),
    element(11, "NA", 22.990, 0.0, [0.2142, 0.6853, 0.7692, 1.6589, 1.4482], [0.3334, 2.3446, 10.0830, 48.3037, 138.2700]),
    element(12, "MG", 24.305, 17.16, [0.2314, 0.6866, 0.9677, 2.1882, 1.1339], [0.3278, 2.2720, 10.9241, 39.2898, 101.9748]),
    element(13, "AL", 26.982, 0.0, [0.2390, 0.6573, 1.2011, 2.5586, 1.2312], [0.3138, 2.1063, 10.4163, 34.4552, 98.5344]),
    element(14, "SI", 28.085, 0.0, [0.2519, 0.6372, 1.3795, 2.5082, 1.0500], [0.3075, 2.0174, 9.6746, 29.3744, 80.4732]),
    element(15, "P", 30.974, 5.73, [0.2548, 0.6106, 1.4541, 2.3204, 0.8477], [0.2908, 1.8740, 8.5176, 24.3434, 63.2996]),
    element(16, "S", 32.06, 19.86, [0.2497, 0.5628, 1.3899, 2.1865, 0.7715], [0.2681, 1.6711, 7.0267, 19.5377, 50.3888]),
    element(17, "CL", 35.45, 0.0, [0.2443, 0.5397, 1.3919, 2.0197, 0.6621], [0.2468, 1.5242, 6.1537, 16.6687, 42.3086]),
    element(19, "K", 39.098, 0.0, [0.4115, 1.4031, 2.2784, 2.6742, 2.2162], [0.3703, 3.3874, 13.1029, 68.9592, 194.4329]),
    element(20, "CA", 40.078, 31.89, [0.4054, 1.3880, 2.1602, 3.7532, 2.2063], [0.3499, 3.0991, 11.9608, 53.9353, 142.3892]),
    element(23, "V", 50.942, 0.0, [0.3876, 1.2750, 1.9109, 2.8314, 1.8979], [0.2967, 2.3780, 8.7981, 35.9528, 101.7201]),
    element(25, "MN", 54.938, 9.20, [0.3796, 1.2094, 1.7815, 2.5420, 1.5937], [0.2699, 2.0455, 7.4726, 31.0604, 91.5622]),
    element(26, "FE", 55.845, 7.99, [0.3946, 1.2725, 1.7031, 2.3140, 1.4795], [0.2717, 2.0443, 7.6007, 29.9714, 86.2265]),
    element(27, "CO", 58.933, 0.0, [0.4118, 1.3161, 1.6493, 2.1930, 1.2830], [0.2742, 2.0372, 7.7205, 29.9680, 84.9383]),
    element(28, "NI", 58.693, 0.0, [0.3860, 1.1765, 1.5451, 2.0730, 1.3814], [0.2478, 1.7660, 6.3107, 25.2204, 74.3146]),
    element(29, "CU", 63.546, 8.78, [0.4314, 1.3208, 1.5236, 1.4671, 0.8562], [0.2694, 1.9223, 7.3474, 28.9892, 90.6246]),
    element(30, "ZN", 65.38, 9.85, [0.4288, 1.2646, 1.4472, 1.8294, 1.0934], [0.2593, 1.7998, 6.7500, 25.5860, 73.5284]),
    element(34, "SE", 78.971, 0.0, [0.4477, 1.1678, 1.5843, 2.8087, 1.1956], [0.2405, 1.5442, 6.3231, 19.4610, 52.0233]),
    element(35, "BR", 79.904, 0.0, [0.4798, 1.1948, 1.8695, 2.6953, 0.8203], [0.2504, 1.5963, 6.9653, 19.8492, 50.3233]),
    element(42, "MO", 95.95, 0.0, [0.6773, 1.4798, 3.1788, 3.0824, 1.8384], [0.2920, 2.0606, 8.1129, 30.5336, 100.0658]),
    element(48, "CD", 112.41, 0.0, [0.6364, 1.4247, 2.7802, 2.5973, 1.7886], [0.2407, 1.6823, 5.6588, 20.7219, 69.1409]),
    element(53, "I", 126.90, 0.0, [0.7047, 1.9484, 2.5940, 4.1526, 1.5057], [0.2455, 1.8638, 6.7639, 21.8007, 56.4395]),
    element(74, "W", 183.84, 0.0, [0.9853, 2.1167, 3.3570, 3.7981, 2.2798], [0.2569, 1.6745, 7.0098, 26.9234, 81.3910]),
    element(78, "PT", 195.08, 0.0, [0.9148, 1.8096, 3.2134, 3.2953, 1.5754], [0.2263, 1.3813, 5.3243, 17.5987, 60.0171]),
    element(79, "AU", 196.97, 0.0, [0.9674, 1.8916, 3.3993, 3.0524, 1.2607], [0.2358, 1.4712, 5.6758, 18.7119, 61.5286]),
    element(80, "HG", 200.59, 0.0, [1.0033, 1.9469, 3.4396, 3.1548, 1.4180], [0.2413, 1.5298, 5.8009, 19.4520, 60.5753]),
];

pub(crate) fn element_of(number: u8) -> Option<&'static Element> {
    ELEMENTS.iter().find(|element| element.number == number)
}

/// An element by its symbol in any case; deuterium is hydrogen.
pub(crate) fn element_named(symbol: &str) -> Option<&'static Element> {
    let symbol = symbol.trim();
    let symbol = if symbol.eq_ignore_ascii_case("D") { "H" } else { symbol };
    ELEMENTS.iter().find(|element| element.symbol.eq_ignore_ascii_case(symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forward amplitudes as Peng et al. list them in Angstrom.
    #[test]
    fn amplitudes_sum_to_the_forward_scattering() {
        for (symbol, expected) in [("H", 0.529), ("C", 2.509), ("N", 2.211), ("O", 1.983), ("P", 5.488), ("S", 5.161), ("Fe", 7.165)] {
            let element = element_named(symbol).unwrap();
            assert!((element.a.iter().sum::<f64>() - expected).abs() < 0.004, "{symbol}");
        }
        assert!(element_named("Xx").is_none());
    }
}
