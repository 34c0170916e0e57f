//! Lists of numbers as arguments.

/// `a,b,c`: one value per axis, z, y, x.
pub(crate) fn triple<T: std::str::FromStr + Copy>(text: &str) -> Result<[T; 3], String> {
    let values: Vec<T> = list(text)?;
    <[T; 3]>::try_from(values.as_slice()).map_err(|_| format!("expected three numbers z,y,x, found {}", values.len()))
}

/// Three numbers per axis, or one for all.
pub(crate) fn triple_or_one<T: std::str::FromStr + Copy>(text: &str) -> Result<[T; 3], String> {
    match list(text)?.as_slice() {
        [one] => Ok([*one; 3]),
        _ => triple(text),
    }
}

/// Numbers between commas.
pub(crate) fn list<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(|part| part.trim().parse().map_err(|_| format!("{:?} is no number of the kind expected", part.trim()))).collect()
}

/// A finite number.
pub(crate) fn finite(text: &str) -> Result<f64, String> {
    let value: f64 = text.trim().parse().map_err(|_| "expected a number".to_owned())?;
    if value.is_finite() { Ok(value) } else { Err("expected a finite number".into()) }
}

/// A finite number above 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    finite(text).ok().filter(|value| *value > 0.0).ok_or_else(|| "expected a positive number".into())
}

/// A finite number, 0 or more.
pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    finite(text).ok().filter(|value| *value >= 0.0).ok_or_else(|| "expected a number, 0 or more".into())
}

/// Three finite numbers z, y, x.
pub(crate) fn finite_triple(text: &str) -> Result<[f64; 3], String> {
    let values: [f64; 3] = triple(text)?;
    if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err("expected finite numbers".into()) }
}

/// A number from 0 to the largest allowed.
pub(crate) fn up_to(text: &str, most: f64) -> Result<f64, String> {
    not_negative(text).ok().filter(|value| *value <= most).ok_or_else(|| format!("expected a number from 0 to {most}"))
}

/// A coordinate in few characters, however far out it lies.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || (1e-6..1e9).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// A whole number above 0.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    text.trim().parse().ok().filter(|value| *value > 0).ok_or_else(|| "expected a whole number, 1 or more".into())
}

/// `z0:z1,y0:y1,x0:x1`: first and one past the last voxel per axis; an empty end is the volume's.
pub(crate) fn ranges(text: &str) -> Result<[(usize, Option<usize>); 3], String> {
    let part = |part: &str| {
        let (from, to) = part.split_once(':').ok_or_else(|| format!("{part:?}: expected FROM:TO"))?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| format!("{part:?}: expected voxel indices FROM:TO"));
        let from = if from.trim().is_empty() { 0 } else { number(from)? };
        Ok::<_, String>((from, if to.trim().is_empty() { None } else { Some(number(to)?) }))
    };
    let parts = text.split(',').map(part).collect::<Result<Vec<_>, _>>()?;
    <[_; 3]>::try_from(parts).map_err(|parts| format!("expected three ranges z0:z1,y0:y1,x0:x1, found {}", parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_triples() {
        assert_eq!(triple::<usize>("1, 2,3"), Ok([1, 2, 3]));
        assert!(triple::<usize>("1,2").is_err());
        assert_eq!(triple_or_one::<f64>("2.5"), Ok([2.5; 3]));
        assert!(triple::<usize>("1,-2,3").unwrap_err().contains("-2"));
    }

    #[test]
    fn refuses_numbers_out_of_range() {
        assert_eq!(positive("0.5"), Ok(0.5));
        assert!(["0", "-1", "nan", "inf", "1e999", "x", ""].iter().all(|text| positive(text).is_err()));
        assert_eq!(not_negative("0"), Ok(0.0));
        assert!(["-1", "nan", "inf"].iter().all(|text| not_negative(text).is_err()));
        assert_eq!(finite("-2"), Ok(-2.0));
        assert!(finite("nan").is_err());
        assert_eq!((up_to("100", 100.0), up_to("101", 100.0).is_err()), (Ok(100.0), true));
        assert_eq!(finite_triple("-156,0,0.5"), Ok([-156.0, 0.0, 0.5]));
        assert!(finite_triple("1,2,inf").is_err());
        assert_eq!([0.0, -2.5, 1e300, 1e-9].map(short), ["0", "-2.5", "1e300", "1e-9"]);
        assert_eq!(at_least_one("3"), Ok(3));
        assert!(["0", "-1", "1.5"].iter().all(|text| at_least_one(text).is_err()));
    }

    #[test]
    fn reads_ranges() {
        assert_eq!(ranges(":,10:20,5:"), Ok([(0, None), (10, Some(20)), (5, None)]));
        assert!(ranges("1:2,3:4").is_err());
        assert!(ranges("1:2,3:4,x:5").is_err());
    }
}
