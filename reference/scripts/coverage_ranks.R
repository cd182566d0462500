# How often the 95% intervals of the ranks' epsilon squared and of Kendall's W cover the truth: 1,500 samples a
# line, so that a line is right to about 0.012. Both take ranks as normal, and say so where they are used.
# R 4.2.2. Rscript scripts/coverage_ranks.R prints the truth and the share of intervals that cover it:
#
#   epsilon squared, groups of 15, normal, shifts 0 0.4 0.8     0.095  0.941
#                    groups of 15, normal, no shift             0.000  0.934
#                    groups of 15, normal, shifts 0 1 3         0.620  0.942
#                    groups of 15, exponential, shifts 0 0.5 1  0.234  0.921
#                    groups of 40, Poisson, shifts 0 0.2 0.5    0.038  0.937
#   W, 20 blocks of four, no shift                              0.000  0.961
#      20 blocks of four, shifts 0 0.3 0.6 0.9                  0.106  0.939
#      20 blocks of four, shifts 0 0.7 1.5 2.2                  0.448  0.893
#      60 blocks of three, shifts 0 0.3 0.6                     0.062  0.943

share <- function(f, df1, df2, n, level = 0.95) {
  at <- function(p) {
    if (pf(f, df1, df2) <= p) return(0)
    high <- 1
    while (pf(f, df1, df2, high) > p) high <- 2 * high
    uniroot(function(l) pf(f, df1, df2, l) - p, c(0, high), tol = 1e-8)$root
  }
  lambda <- c(at((1 + level) / 2), at((1 - level) / 2))
  lambda / (lambda + n)
}
covers <- function(ends, truth) ends[1] <= truth && truth <= ends[2]

epsilon_squared <- function(size, shifts, draw, samples = 1500) {
  k <- length(shifts); g <- rep(1:k, each = size); n <- k * size
  many <- rep(1:k, each = 60000)
  r <- rank(draw(length(many)) + shifts[many])
  truth <- sum(60000 * (tapply(r, many, mean) - mean(r))^2) / sum((r - mean(r))^2)
  covered <- replicate(samples, {
    h <- kruskal.test(draw(n) + shifts[g], g)$statistic
    covers(share(h / (k - 1) / ((n - 1 - h) / (n - k)), k - 1, n - k, n), truth)
  })
  cat(sprintf("epsilon squared %.3f  %.3f\n", truth, mean(covered)))
}

kendalls_w <- function(blocks, shifts, samples = 1500) {
  k <- length(shifts)
  draw <- function(n) t(apply(matrix(rnorm(n * k), n) + matrix(shifts, n, k, byrow = TRUE), 1, rank))
  truth <- var(colMeans(draw(60000))) * (k - 1) / k / ((k^2 - 1) / 12)
  covered <- replicate(samples, {
    w <- 12 * sum((colSums(draw(blocks)) - blocks * (k + 1) / 2)^2) / (blocks^2 * k * (k^2 - 1))
    d1 <- k - 1 - 2 / blocks
    d2 <- (blocks - 1) * d1
    covers(share((blocks - 1) * w / (1 - w), d1, d2, d2), truth)
  })
  cat(sprintf("W %.3f  %.3f\n", truth, mean(covered)))
}

set.seed(1)
epsilon_squared(15, c(0, 0.4, 0.8), rnorm)
epsilon_squared(15, c(0, 0, 0), rnorm)
epsilon_squared(15, c(0, 1, 3), rnorm)
epsilon_squared(15, c(0, 0.5, 1), rexp)
epsilon_squared(40, c(0, 0.2, 0.5), function(n) rpois(n, 2))
kendalls_w(20, c(0, 0, 0, 0))
kendalls_w(20, c(0, 0.3, 0.6, 0.9))
kendalls_w(20, c(0, 0.7, 1.5, 2.2))
kendalls_w(60, c(0, 0.3, 0.6))
