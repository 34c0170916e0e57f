/// The frequencies z, y, x in cycles per box of a ball about 0, of each pair of opposites one: the other's values are conjugate.
pub(crate) fn half_ball(radius: f64) -> Vec<[i32; 3]> {
    let most = radius.floor() as i32;
    let mut frequencies = Vec::new();
    for z in -most..=most {
        for y in -most..=most {
            for x in 0..=most {
                let square = f64::from(z * z + y * y + x * x);
                if square <= radius * radius && (x, y, z) >= (0, 0, 0) {
                    frequencies.push([z, y, x]);
                }
            }
        }
    }
    frequencies
}

/// The index in a cube of `size` bins an edge, in the order z, y, x, of a frequency.
pub(crate) fn cube_index(frequency: [i32; 3], size: usize) -> usize {
    let n = size as i32;
    frequency.iter().fold(0, |index, k| index * size + k.rem_euclid(n) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn with_the_opposites_it_is_the_ball_and_each_is_there_once() {
        let half = half_ball(3.2);
        let all: BTreeSet<[i32; 3]> = half.iter().flat_map(|&k| [k, k.map(|i| -i)]).collect();
        assert_eq!(all.len(), 2 * half.len() - 1);
        let inside = |k: [i32; 3]| f64::from(k.iter().map(|i| i * i).sum::<i32>()) <= 3.2 * 3.2;
        let count = (0..9_i32.pow(3)).filter(|i| inside([i / 81 - 4, i / 9 % 9 - 4, i % 9 - 4])).count();
        assert_eq!(all.len(), count);
        assert_eq!(cube_index([-1, 0, 2], 8), 7 * 64 + 2);
    }
}
