/// 10^0 to 10^16, each of them an exact `f64` too.
const POWERS: [u64; 17] = {
    let mut powers = [1; 17];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = 10 * powers[n - 1];
        n += 1;
    }
    powers
};

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
    // What stands before and behind the point is summed apart: two short chains of products run side by side.
    let (mut whole, mut at) = (0u64, 0);
    while let Some(digit) = digit(digits, at) {
        (whole, at) = (10 * whole + digit, at + 1);
    }
    let (mut part, mut places) = (0u64, 0);
    if digits.get(at) == Some(&b'.') {
        at += 1;
        places = digits.len() - at;
        while let Some(digit) = digit(digits, at) {
            (part, at) = (10 * part + digit, at + 1);
        }
    }
    let number = whole * POWERS[places] + part;
    if at < digits.len() || number >= 1 << 53 || digits == b"." {
        return text.trim().parse().ok();
    }
    let value = number as f64 / POWERS[places] as f64;
    Some(if negative { -value } else { value })
}

#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(digit.into())
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
