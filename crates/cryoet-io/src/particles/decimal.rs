/// 10^0 to 10^16, each of them exact.
const POWERS: [f64; 17] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

/// A number of a text: what `str::parse` makes of it once blanks around it are gone, sooner for numbers as files have them, `-123.456`.
///
/// Digits that make an integer below 2^53 and a power of ten are exact, so that their quotient is rounded once (Clinger, 1990).
pub(super) fn decimal(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if !(1..=POWERS.len()).contains(&digits.len()) {
        return text.trim().parse().ok();
    }
    let (mut number, mut point) = (0u64, None);
    for (at, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = 10 * number + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return text.trim().parse().ok(),
        }
    }
    let places = point.map_or(0, |at| digits.len() - at - 1);
    if number >= 1 << 53 || digits == b"." {
        return text.trim().parse().ok();
    }
    let value = number as f64 / POWERS[places];
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(text: &str) -> bool {
        let expected: Option<f64> = text.trim().parse().ok();
        decimal(text).map(f64::to_bits) == expected.map(f64::to_bits)
    }

    #[test]
    fn odd_numbers() {
        for text in [
            "",
            "-",
            ".",
            "-.",
            "+1",
            "1.",
            ".5",
            "-.5",
            "-0",
            "-0.0",
            "1..2",
            "1.2.3",
            "--1",
            "1e3",
            " 7 ",
            "\t7\n",
            "inf",
            "nan",
            "NaN",
            "1_0",
            "9007199254740992",
            "9007199254740993",
            "0.30000000000000004",
            "99999999999999999",
            "00000000000000001",
            "0.000000000000001",
            "1,5",
        ] {
            assert!(agrees(text), "{text:?}: {:?}", decimal(text));
        }
    }

    proptest! {
        #[test]
        fn as_the_standard_library(text in "-?[0-9]{0,12}\\.?[0-9]{0,12}(e-?[0-9]{1,3})?", value in any::<f64>(), places in 0usize..12) {
            prop_assert!(agrees(&text), "{:?}", text);
            prop_assert!(agrees(&value.to_string()));
            let shorter = format!("{:.places$}", value % 1e4);
            prop_assert!(agrees(&shorter), "{}", shorter);
        }
    }
}
