/// A number as R prints it with 15 significant digits: `0.1`, `100`, `1e+05`, `1234567.1`.
///
/// Of the fixed and the scientific notation the shorter one is taken, the fixed one where they
/// are as long. Levels made from numbers and coefficient names depend on it.
pub(crate) fn number_text(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:.14e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let significant = i32::try_from(digits.len()).unwrap_or(15);
    let decimals = (significant - exponent - 1).max(0);
    let fixed_width = exponent.max(0) + 1 + if decimals > 0 { decimals + 1 } else { 0 };
    let point = i32::from(significant > 1);
    let scientific_width = significant + point + if exponent.abs() >= 100 { 5 } else { 4 };
    let sign = if value < 0.0 { "-" } else { "" };
    if fixed_width <= scientific_width {
        return format!(
            "{sign}{:.*}",
            usize::try_from(decimals).unwrap_or(0),
            value.abs()
        );
    }
    let point = if significant > 1 { "." } else { "" };
    let way = if exponent < 0 { '-' } else { '+' };
    format!(
        "{sign}{}{point}{}e{way}{:02}",
        &digits[..1],
        &digits[1..],
        exponent.abs()
    )
}

#[cfg(test)]
mod tests {
    use super::number_text;

    // Rscript -e 'as.character(c(...))', R 4.2.2.
    #[test]
    fn numbers_are_printed_as_r_prints_them() {
        let printed = [
            (0.0, "0"),
            (-2.0, "-2"),
            (0.1 + 0.2, "0.3"),
            (100_000.0, "1e+05"),
            (123_456.0, "123456"),
            (1_234_567.1, "1234567.1"),
            (1e-4, "1e-04"),
            (0.000_123_4, "0.0001234"),
            (1.234e-5, "1.234e-05"),
            (1.0 / 3.0, "0.333333333333333"),
            (1e15, "1e+15"),
            (-1.5e300, "-1.5e+300"),
        ];
        for (value, text) in printed {
            assert_eq!(number_text(value), text);
        }
    }
}
