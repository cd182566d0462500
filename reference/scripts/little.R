# The group `missing`: Little's test by an EM of its own, row by row, run until nothing moves.
#
# Run in the folder `reference`: Rscript scripts/little.R
# R 4.2.2. naniar's documentation prints 35.1 with 14 degrees of freedom, p = 0.00142, for airquality.
source("scripts/corpus.R")

write_data(airquality, "airquality")

# Four waves that fall with dropout that depends on the wave before, and single gaps; simulated.
set.seed(20261122)
n <- 90
level <- rnorm(n, 6, 2)
waves <- sapply(1:4, function(w) round(level - 0.5 * w + rnorm(n, sd = 1.2), 1))
for (w in 2:4) { gone <- is.na(waves[, w - 1]) & runif(n) < 0.8 | !is.na(waves[, w - 1]) & waves[, w - 1] > 7 & runif(n) < 0.35; waves[gone, w] <- NA }
waves[sample(n, 7), 1] <- NA
waves[3, ] <- NA
write_data(setNames(as.data.frame(waves), paste0("w", 1:4)), "waves-gaps")

em <- function(x) {
  n <- nrow(x); p <- ncol(x)
  mu <- colMeans(x, na.rm = TRUE); S <- diag(apply(x, 2, var, na.rm = TRUE))
  for (step in 1:100000) {
    first <- numeric(p); second <- matrix(0, p, p)
    for (i in 1:n) {
      o <- which(!is.na(x[i, ])); m <- which(is.na(x[i, ])); z <- x[i, ] - mu; left <- matrix(0, p, p)
      if (length(m)) {
        B <- S[m, o, drop = FALSE] %*% solve(S[o, o, drop = FALSE])
        z[m] <- B %*% z[o]
        left[m, m] <- S[m, m] - B %*% S[o, m, drop = FALSE]
      }
      first <- first + z; second <- second + tcrossprod(z) + left
    }
    shift <- first / n; new <- second / n - tcrossprod(shift)
    moved <- max(abs(shift) / sqrt(diag(S)), abs(new - S) / sqrt(tcrossprod(diag(S))))
    mu <- mu + shift; S <- new
    if (moved < 1e-14) break
  }
  list(mu = mu, S = S)
}
little_case <- function(id, r, data, columns, divisor = "n", ...) {
  x <- as.matrix(read_data(data)[columns])
  all_rows <- nrow(x)
  x <- x[rowSums(!is.na(x)) > 0, , drop = FALSE]
  e <- em(x)
  S <- if (divisor == "n") e$S else e$S * nrow(x) / (nrow(x) - 1)
  key <- apply(is.na(x), 1, paste, collapse = "")
  statistic <- 0; df <- -ncol(x); likelihood <- 0
  for (k in unique(key)) {
    rows <- x[key == k, , drop = FALSE]; o <- !is.na(rows[1, ])
    d <- colMeans(rows[, o, drop = FALSE]) - e$mu[o]
    statistic <- statistic + nrow(rows) * drop(t(d) %*% solve(S[o, o], d)); df <- df + sum(o)
    for (i in seq_len(nrow(rows))) { z <- rows[i, o] - e$mu[o]; likelihood <- likelihood - (sum(o) * log(2 * pi) + determinant(e$S[o, o, drop = FALSE])$modulus[[1]] + sum(z * solve(e$S[o, o], z))) / 2 }
  }
  write_case(paste0("missing/", id), list(kind = "little", columns = I(columns), divisor = divisor), r, list(
    statistic = statistic, df = df, p_value = pchisq(statistic, df, lower.tail = FALSE), patterns = length(unique(key)), n = nrow(x), omitted = all_rows - nrow(x),
    means = I(unname(e$mu)), covariance = rows_of(e$S), log_likelihood = likelihood), data, relative = 1e-7, ...)
  c(statistic, df)
}
found <- little_case("little-airquality", "naniar::mcar_test(airquality) prints 35.1, 14 df; EM of scripts/little.R", "airquality", names(airquality))
stopifnot(abs(found - c(35.1, 14)) < 0.05)
little_case("little-waves", "EM of scripts/little.R: dropout that depends on the wave before, one row with nothing", "waves-gaps", paste0("w", 1:4))
little_case("little-waves-unbiased", "the same, with the n − 1 of Little's paper, on three waves", "waves-gaps", paste0("w", c(1, 2, 4)), "n_minus_one")
