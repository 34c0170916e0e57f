/// 10^0 to 10^8, each of them an exact `f64` too.
const POWERS: [u64; 9] = {
    let mut powers = [1; 9];
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
    short(text.as_bytes()).or_else(|| text.trim().parse().ok())
}

/// A number of at most eight digits, or seven before the point and eight behind it: always below 2^53.
fn short(bytes: &[u8]) -> Option<f64> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let length = digits.len();
    // The first eight bytes from the lowest place up, and the last eight from the highest place down.
    let (first, last) = match (digits.first_chunk(), digits.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ if length == 0 => return None,
        _ => {
            let all = fewer_than_eight(digits);
            (all, all << (64 - 8 * length))
        }
    };
    let (number, places) = match point(first) {
        Some(before) => {
            let behind = length - 1 - before;
            if behind > 8 || length == 1 {
                return None;
            }
            let whole = if before > 0 { integer(first << (64 - 8 * before), before)? } else { 0 };
            let part = if behind > 0 { integer(last, behind)? } else { 0 };
            (whole * POWERS[behind] + part, behind)
        }
        None if length <= 8 => (integer(last, length)?, 0),
        None => return None,
    };
    // Below 2^53, so that a signed conversion, which processors have, is right.
    let value = number as i64 as f64 / POWERS[places] as i64 as f64;
    // The sign without a branch, which would wait for the quotient.
    Some(f64::from_bits(value.to_bits() ^ u64::from(negative) << 63))
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// One to seven bytes as a number, the first in its lowest place; zeros above.
pub(super) fn fewer_than_eight(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // Bytes that are in both lie in the same place.
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4))
    } else {
        [0, bytes.len() / 2, bytes.len() - 1].into_iter().fold(0, |all, at| all | u64::from(bytes[at]) << (8 * at))
    }
}

/// The place of the first point among eight bytes.
fn point(bytes: u64) -> Option<usize> {
    let differs = bytes ^ (ONES * u64::from(b'.'));
    // The highest bit of the first byte that is 0 is set, and none before it.
    let zeros = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
    (zeros != 0).then(|| zeros.trailing_zeros() as usize / 8)
}

/// The integer of one to eight digits, which are the highest bytes, all at once (Lemire, 2018).
fn integer(bytes: u64, digits: usize) -> Option<u64> {
    // What lies below the digits counts as zeros before them.
    let values = (bytes ^ (ONES * u64::from(b'0'))) & (u64::MAX << (64 - 8 * digits));
    if (values.wrapping_add(ONES * (0x80 - 10)) | values) & (ONES << 7) != 0 {
        return None;
    }
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let low = 0x0000_00ff_0000_00ff;
    let (first, second) = ((pairs & low).wrapping_mul(100 + (1_000_000 << 32)), ((pairs >> 16) & low).wrapping_mul(1 + (10_000 << 32)));
    Some(first.wrapping_add(second) >> 32)
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
            "12345678",
            "123456789",
            "12345678.",
            "1234567.12345678",
            "12345678.12345678",
            "1234567.123456789",
            "99999999.99999999",
            "0.00000001",
            "1/2",
            "1:2",
            "1\u{b0}",
            "\u{7f}1",
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

        #[test]
        fn any_text_as_the_standard_library(text in "[-+.0-9eE:/ \t\u{80}-\u{ff}x]{0,20}") {
            prop_assert!(agrees(&text), "{:?}", text);
        }
    }
}
