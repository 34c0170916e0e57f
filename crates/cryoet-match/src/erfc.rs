use std::f64::consts::PI;

/// The complementary error function of a number not below 0, times exp(x^2): a power series near 0, Lentz's continued fraction beyond
/// (Press et al., Numerical Recipes, 6.2).
fn scaled_erfc(x: f64) -> f64 {
    if x < 2.0 {
        // erf(x) = 2 / sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > 1e-17 * sum {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        (x * x).exp() - 2.0 / PI.sqrt() * sum
    } else {
        // 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), from far enough in.
        let fraction = (1..200).rev().fold(x, |rest, k| x + 0.5 * f64::from(k) / rest);
        1.0 / (PI.sqrt() * fraction)
    }
}

/// The x for which erfc(x) is a number above 0 and at most 1.
pub(crate) fn inverse_erfc(share: f64) -> f64 {
    // Newton's method on the logarithm, which is nearly a parabola and concave: from the left it never oversteps twice.
    let mut x = (-share.ln()).max(0.0).sqrt();
    for _ in 0..100 {
        let scaled = scaled_erfc(x);
        let step = (scaled.ln() - x * x - share.ln()) * PI.sqrt() / 2.0 * scaled;
        let next = (x + step).max(0.0);
        if (next - x).abs() <= 1e-15 * next {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        // scipy.special.erfcinv of SciPy 1.17.1.
        for (share, expected) in SCIPY {
            let ours = inverse_erfc(share);
            assert!((ours - expected).abs() <= 1e-9 * expected.max(1e-3), "{share}: {ours} {expected}");
        }
    }

    const SCIPY: [(f64, f64); 13] = [
        (1.0, -0.0),
        (0.999, 0.000886227157466553),
        (0.9, 0.08885599049425769),
        (0.5, 0.4769362762044699),
        (0.1, 1.1630871536766743),
        (0.01, 1.8213863677184499),
        (0.002, 2.1851242191330043),
        (0.0001, 2.751063905712061),
        (1e-06, 3.458910737279501),
        (1e-09, 4.320005384913446),
        (1e-12, 5.042029745639059),
        (1e-20, 6.601580622355143),
        (1e-100, 15.065574702592647),
    ];
}
