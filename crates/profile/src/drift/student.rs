//! Student's distribution: how likely a value this far out is by chance.

/// The probability that a value of Student's distribution is `t` or more away from 0, on either side. Of
/// degrees of freedom there are 5000 at most, so that the fraction below comes to its end.
pub(super) fn two_sided(t: f64, degrees: f64) -> f64 {
    if !t.is_finite() {
        return 0.0;
    }
    let degrees = degrees.min(5000.0);
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// The regularised incomplete beta function (DLMF 8.17), by its continued fraction.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of DLMF 8.17.22, from front to back (Lentz).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let apart = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut c, mut d) = (1.0, 1.0 / apart(1.0 - (a + b) * x / (a + 1.0)));
    let mut product = d;
    for m in 1..300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for step in [even, odd] {
            d = 1.0 / apart(1.0 + step * d);
            c = apart(1.0 + step / c);
            product *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-14 {
            break;
        }
    }
    product
}

/// The logarithm of the gamma function for positive numbers, by Stirling's series.
fn ln_gamma(x: f64) -> f64 {
    // Below 10 the series is not exact enough: gamma(x) = gamma(x + 1) / x.
    if x < 10.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_tables() {
        for (t, degrees, expected) in [
            (0.0, 5.0, 1.0),
            (2.571, 5.0, 0.05),
            (4.773, 5.0, 0.005),
            (2.052, 27.0, 0.05),
            (3.690, 27.0, 0.001),
        ] {
            let p = two_sided(t, degrees);
            assert!((p / expected - 1.0).abs() < 0.002, "{t} {degrees}: {p}");
            assert!((two_sided(-t, degrees) - p).abs() < 1e-12);
        }
        // The normal distribution's are 0.0500 and 1.97e-9.
        assert!((two_sided(1.959_964, 1e7) - 0.05).abs() < 1e-4);
        assert!((2e-9..3e-9).contains(&two_sided(6.0, 1000.0)), "{}", two_sided(6.0, 1000.0));
        assert!((2e-9..3e-9).contains(&two_sided(6.0, 5000.0)), "{}", two_sided(6.0, 5000.0));
        assert!(two_sided(8.0, 27.0) > 1e-9 && two_sided(8.0, 27.0) < 1e-7);
    }
}
