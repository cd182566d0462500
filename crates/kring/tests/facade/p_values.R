# Printed statistics and p-values with what a check must find, by R's own distributions (R 4.2.2):
#   Rscript p_values.R > p_values.csv
# Each statistic is rounded; R takes p at both ends of what its digits admit. The printed p is the true
# one, one moved by some units of its last place, its half (one-sided), or a bound.
set.seed(20261122)

two_sided <- function(test, x, df1, df2) switch(test,
  t = 2 * pt(-abs(x), df1), z = 2 * pnorm(-abs(x)),
  r = 2 * pt(-abs(x) * sqrt(df1 / (1 - x^2)), df1),
  chi2 = pchisq(x, df1, lower.tail = FALSE), F = pf(x, df1, df2, lower.tail = FALSE))

row <- function(test, df1, df2, statistic, half, p_text) {
  size <- abs(statistic)
  ends <- two_sided(test, c(max(size - half, 0), size + half), df1, df2)
  bound <- substr(p_text, 1, 1)
  p <- as.numeric(sub("[<>] ", "", p_text))
  places <- nchar(sub("^[^.]*\\.", "", p_text))
  printed <- switch(bound, `<` = c(-Inf, p), `>` = c(p, Inf), p + c(-0.5, 0.5) * 10^-places)
  fits <- min(ends) <= printed[2] + 1e-12 && printed[1] <= max(ends) + 1e-12
  below <- c(max(ends) <= 0.05, printed[2] <= 0.05)
  above <- c(min(ends) > 0.05, if (bound == ">") printed[1] >= 0.05 else printed[1] > 0.05)
  outcome <- if (fits) "consistent"
    else if ((below[1] && above[2]) || (above[1] && below[2])) "decision_error"
    else "inconsistent"
  data.frame(test, df1, df2, statistic = sprintf("%.2f", statistic), p = p_text, outcome)
}

rows <- list()
for (i in 1:200) {
  test <- c("t", "z", "r", "chi2", "F")[i %% 5 + 1]
  df1 <- if (test == "z") NA else sample(c(1:8, 20, 58, 230), 1)
  df2 <- if (test == "F") sample(c(5, 12, 40, 300), 1) else NA
  statistic <- round(switch(test,
    t = , z = rnorm(1, 0, 2.2), r = runif(1, -0.9, 0.9), chi2 = rchisq(1, df1) * 1.6,
    F = rf(1, df1, df2) * 1.6), 2)
  p <- two_sided(test, statistic, df1, df2)
  p_text <- switch(i %% 7 + 1,
    sprintf("%.3f", p), sprintf("%.2f", p), sprintf("%.3f", p / 2), "< .05", "> .05",
    sprintf("%.3f", min(1, p + sample(c(0.004, 0.02, 0.06), 1))), "< .001")
  rows[[i]] <- row(test, df1, df2, statistic, 0.005, p_text)
}
write.csv(do.call(rbind, rows), row.names = FALSE, quote = FALSE, na = "")
