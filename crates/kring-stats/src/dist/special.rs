//! The logarithm of the gamma function, its derivatives, and what Loader's densities are made of.
//!
//! ```text
//! ln Γ(x) = (x − ½) ln x − x + ½ ln 2π + δ(x − 1) + …   Stirling's series from 10 on, cdflib's below
//! ψ(x)    = ψ(x + 1) − 1/x up to 10, then the asymptotic series; by Taylor around its root
//! δ(n)    = ln n! − (n + ½) ln n + n − ½ ln 2π           what Stirling's formula lacks
//! D(x, m) = x ln(x/m) + m − x                            the deviance of x where m is expected
//! ```
//! δ and D have no cancellation where n is large or x near m (Loader C (2000), Fast and accurate
//! computation of binomial probabilities). Checked against mpmath: `reference/scripts/special.py`.

/// ½ ln 2π
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// ln Γ(x), x > 0.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x < 10.0 {
        cdflib::special::gamma_log(x)
    } else {
        (x - 0.5) * x.ln() - x + HALF_LN_TAU + stirling_series(x)
    }
}

/// ψ(x), the derivative of ln Γ, x > 0.
pub(crate) fn digamma(x: f64) -> f64 {
    /// The root, and what its double lacks.
    const ROOT: (f64, f64) = (1.461_632_144_968_362_2, 9.549_995_429_965_697e-17);
    /// ψ⁽ᵏ⁾(root) / k!, k = 1, 2, …
    const TAYLOR: [f64; 15] = [
        0.967_672_245_447_621_2,
        -0.442_763_168_983_592_1,
        0.258_499_760_955_651,
        -0.163_942_705_442_406_53,
        0.107_824_050_691_262_37,
        -0.072_199_561_256_454_71,
        0.048_804_288_164_143_11,
        -0.033_161_126_474_847_36,
        0.022_597_648_232_218_105,
        -0.015_424_765_904_948_96,
        0.010_538_791_616_612_175,
        -0.007_204_534_386_356_868,
        0.004_926_781_395_729_853,
        -0.003_369_801_655_439_328,
        0.002_305_126_326_734_928,
    ];
    /// B₂ₖ / 2k, k = 1, 2, …
    const SERIES: [f64; 8] = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
        -3617.0 / 8160.0,
    ];
    let from_root = x - ROOT.0 - ROOT.1;
    if from_root.abs() < 0.1 {
        return from_root * horner(&TAYLOR, from_root);
    }
    let (mut sum, mut x) = (0.0, x);
    while x < 10.0 {
        sum += 1.0 / x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    x.ln() - 0.5 / x - inverse * horner(&SERIES, inverse) - sum
}

/// ψ′(x), x > 0: the recurrence ψ′(x) = ψ′(x + 1) + x⁻² up to 12, then the asymptotic series
/// (Abramowitz & Stegun 6.4.12).
pub(crate) fn trigamma(x: f64) -> f64 {
    const BERNOULLI: [f64; 7] = [
        1.0 / 6.0,
        -1.0 / 30.0,
        1.0 / 42.0,
        -1.0 / 30.0,
        5.0 / 66.0,
        -691.0 / 2730.0,
        7.0 / 6.0,
    ];
    let (mut sum, mut x) = (0.0, x);
    while x < 12.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = inverse * horner(&BERNOULLI, inverse);
    sum + 1.0 / x + inverse / 2.0 + series / x
}

/// ln n!
pub(crate) fn ln_factorial(n: f64) -> f64 {
    ln_gamma(n + 1.0)
}

/// ln of n over k, 0 ≤ k ≤ n.
pub(crate) fn ln_choose(n: f64, k: f64) -> f64 {
    let rest = n - k;
    if k <= 0.0 || rest <= 0.0 {
        return 0.0;
    }
    let halves = (n / k / rest).ln() / 2.0 - HALF_LN_TAU;
    let shares = k * (n / k).ln() + rest * (k / rest).ln_1p();
    shares + halves + stirling_error(n) - stirling_error(k) - stirling_error(rest)
}

/// The upper tail of the standard normal at `x`.
pub(crate) fn normal_tail(x: f64) -> f64 {
    use cdflib::traits::ContinuousCdf;
    cdflib::Normal::standard().ccdf(x)
}

/// The density of the standard normal at `x`.
pub(crate) fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// δ(n), what Stirling's formula lacks of ln n!; n > 0 need not be whole.
pub(crate) fn stirling_error(n: f64) -> f64 {
    /// δ of 1 to 15, which the exact tests ask for again and again.
    const WHOLE: [f64; 15] = [
        0.081_061_466_795_327_26,
        0.041_340_695_955_409_3,
        0.027_677_925_684_998_34,
        0.020_790_672_103_765_093,
        0.016_644_691_189_821_193,
        0.013_876_128_823_070_748,
        0.011_896_709_945_891_77,
        0.010_411_265_261_972_096,
        0.009_255_462_182_712_733,
        0.008_330_563_433_362_87,
        0.007_573_675_487_951_841,
        0.006_942_840_107_209_53,
        0.006_408_994_188_004_207,
        0.005_951_370_112_758_848,
        0.005_554_733_551_962_801,
    ];
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small whole number above zero"
    )]
    if n < 15.5 && n.fract() == 0.0 && n > 0.0 {
        return WHOLE[n as usize - 1];
    }
    // δ(n) = δ(n + 1) + (n + ½) ln(1 + 1/n) − 1
    let (mut sum, mut n) = (0.0, n);
    while n < 15.0 {
        sum += (n + 0.5) * (1.0 / n).ln_1p() - 1.0;
        n += 1.0;
    }
    sum + stirling_series(n)
}

/// Stirling's series 1/(12n) − 1/(360n³) + …, from 10 on.
fn stirling_series(n: f64) -> f64 {
    const SERIES: [f64; 8] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
        -3617.0 / 122_400.0,
    ];
    horner(&SERIES, 1.0 / (n * n)) / n
}

/// D(x, m) = x ln(x/m) + m − x, x and m > 0.
pub(crate) fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() - difference;
    }
    // ln(x/m) = 2 artanh v
    let v = difference / (x + m);
    let (mut sum, mut power) = (difference * v, 2.0 * x * v);
    for j in 1..100_u8 {
        power *= v * v;
        let next = sum + power / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// c₀ + c₁x + c₂x² + …
fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
#[allow(
    clippy::excessive_precision,
    reason = "the truth has the digits it was printed with"
)]
mod tests {
    use super::*;

    /// From `reference/scripts/special.py gamma`: x, ln Γ, ψ, ψ′.
    const TRUTH: [[f64; 4]; 13] = [
        [
            1e-5,
            11.512_919_692_895_826,
            -100_000.577_199_215_67,
            10_000_000_001.644_908,
        ],
        [
            0.2,
            1.524_063_822_430_784_4,
            -5.289_039_896_592_188,
            26.267_377_205_423_777,
        ],
        [
            0.999,
            0.000_578_038_532_891_380_3,
            -0.578_861_802_108_645_4,
            1.647_341_431_777_050_5,
        ],
        [
            1.001,
            -0.000_576_393_598_283_306_1,
            -0.575_571_931_810_300_7,
            1.642_533_195_868_978_4,
        ],
        [
            1.46,
            -0.121_485_001_004_007_43,
            -0.001_580_561_987_083_452,
            0.969_119_621_509_887_9,
        ],
        [
            1.461_632_144_968_362_2,
            -0.121_486_290_535_849_61,
            -9.241_265_521_729_427e-17,
            0.967_672_245_447_621_2,
        ],
        [
            1.47,
            -0.121_452_498_007_656_01,
            0.008_066_489_011_364_868,
            0.960_316_209_051_150_8,
        ],
        [
            1.56,
            -0.116_939_292_821_897_35,
            0.091_135_192_540_635_23,
            0.887_491_424_877_627_6,
        ],
        [
            2.0001,
            0.000_042_281_658_112_919_946,
            0.422_848_826_484_665_4,
            0.644_893_657_937_143_8,
        ],
        [
            7.7,
            7.926_541_356_269_005,
            1.974_882_094_913_101_8,
            0.138_667_108_571_111_23,
        ],
        [
            12.5,
            18.734_347_511_936_445,
            2.485_195_651_274_912,
            0.083_285_224_601_578_37,
        ],
        [
            300.0,
            1_409.202_067_470_411_8,
            5.702_114_882_064_637,
            0.003_338_895_061_714_677_8,
        ],
        [
            1e8,
            1_742_068_066.103_834_7,
            18.420_680_738_952_367,
            1.000_000_005_000_000e-8,
        ],
    ];

    fn close(ours: f64, truth: f64, relative: f64, what: &str) {
        let error = (ours / truth - 1.0).abs();
        assert!(error < relative, "{what}: {ours} is not {truth}: {error:e}");
    }

    #[test]
    fn the_gamma_function_and_its_derivatives() {
        for [x, ln_gamma_x, psi, psi_prime] in TRUTH {
            close(ln_gamma(x), ln_gamma_x, 4e-14, &format!("ln Γ({x})"));
            close(digamma(x), psi, 4e-15, &format!("ψ({x})"));
            close(trigamma(x), psi_prime, 2e-15, &format!("ψ′({x})"));
        }
    }

    #[test]
    fn combinations_by_hand() {
        // 5 over 2 is 10, 52 over 5 is 2,598,960; 10¹⁰ over 3 is about 10³⁰ / 6.
        close(ln_choose(5.0, 2.0), 10.0_f64.ln(), 1e-15, "5 over 2");
        close(
            ln_choose(52.0, 5.0),
            2_598_960.0_f64.ln(),
            1e-15,
            "52 over 5",
        );
        let many = (1e10_f64).ln() + (1e10_f64 - 1.0).ln() + (1e10_f64 - 2.0).ln() - 6.0_f64.ln();
        close(ln_choose(1e10, 3.0), many, 1e-15, "10¹⁰ over 3");
        assert_eq!(ln_choose(7.0, 7.0), 0.0);
        close(ln_factorial(4.0), 24.0_f64.ln(), 1e-15, "4!");
    }

    #[test]
    fn what_stirling_lacks() {
        // ln 1 − (1.5 ln 1 − 1 + ½ ln 2π) = 1 − ½ ln 2π.
        close(stirling_error(1.0), 1.0 - HALF_LN_TAU, 1e-14, "δ(1)");
        // D(2, 1) = 2 ln 2 − 1; near m it is (x − m)²/2m to first order.
        close(
            deviance(2.0, 1.0),
            2.0 * 2.0_f64.ln() - 1.0,
            1e-15,
            "D(2, 1)",
        );
        close(
            deviance(1e6 + 1.0, 1e6),
            0.5e-6 / (1.0 + 1e-6 / 3.0),
            1e-12,
            "D near m",
        );
    }
}
