# Interventional direct and indirect effects in base R: g-computation with integrals and sums written out.
#
# The data follow from the number of the row, so that whoever reads this has the same ones. The figures stand in
# crates/kring-stats/tests/estimators/mediation.rs. Run with Rscript scripts/mediation.R; R 4.2.2.

n <- 120
i <- 0:(n - 1)
noise <- function(k, p) ((i * k) %% p - (p - 1) / 2) / p
d <- data.frame(a = i %% 2, c = (i * 7) %% 11 / 2)
d$m <- 2 + 1.5 * d$a + 0.4 * d$c + 4 * noise(37, 53)
d$l <- 1 + 0.8 * d$a - 0.2 * d$c + 3 * noise(29, 59)
d$m2 <- 1 + 0.5 * d$a + 0.3 * d$m + 0.4 * d$a * d$m + 3 * noise(41, 61)
d$b <- as.numeric(noise(43, 67) * 3 + 0.6 * d$a + 0.1 * d$c > 0.4)
d$k <- pmax(0, round(1 + 1.2 * d$a + 0.3 * d$c + 4 * noise(47, 71)))
d$y <- 8 - d$a - 0.7 * d$m - 0.3 * d$a * d$m + 0.5 * d$c + 5 * noise(31, 73)
d$y2 <- as.numeric(0.8 * d$a + 0.9 * d$b - 0.2 * d$c + 4 * noise(31, 73) > 0)
d$y3 <- pmax(0, round(6 - d$a - 0.8 * d$k + 0.4 * d$c + 5 * noise(23, 79)))
# The rows in an arm, with other values where any are given.
at <- function(arm, ...) {
  rows <- d
  rows$a <- arm
  given <- list(...)
  for (name in names(given)) rows[[name]] <- given[[name]]
  rows
}
show <- function(name, m) cat(sprintf("%s: m00 %.10f direct %.10f indirect %.10f overall %.10f\n", name, m(0, 0),
  m(1, 0) - m(0, 0), m(1, 1) - m(1, 0), m(1, 1) - m(0, 0)))

# Linear and linear, with a product of arm and mediator.
fm <- lm(m ~ a + c, d); fy <- lm(y ~ a * m + c, d)
show("linear", function(a, b) mean(predict(fy, at(a, m = predict(fm, at(b))))))

# A number, and a yes or no: the integral of each row.
fm <- lm(m ~ a + c, d); fy <- glm(y2 ~ a * m + c, binomial, d); s <- summary(fm)$sigma
show("normal-logistic", function(a, b) mean(sapply(seq_len(n), function(r) {
  mu <- predict(fm, at(b)[r, ]); row <- at(a)[r, ]; e <- coef(fy)
  f <- function(z) dnorm(z) * plogis(e[1] + e["a"] * row$a + (e["m"] + e["a:m"] * row$a) * (mu + s * z) + e["c"] * row$c)
  integrate(f, -10, 10, rel.tol = 1e-10)$value
})))

# Yes or no both times: two terms.
fm <- glm(b ~ a + c, binomial, d); fy <- glm(y2 ~ a * b + c, binomial, d)
show("yes-no", function(a, b) {
  p <- predict(fm, at(b), type = "response")
  mean(p * predict(fy, at(a, b = 1), type = "response") +
    (1 - p) * predict(fy, at(a, b = 0), type = "response"))
})

# Counts both times: a sum.
fm <- glm(k ~ a + c, poisson, d, epsilon = 1e-14); fy <- glm(y3 ~ a + k + c, poisson, d, epsilon = 1e-14)
show("counts", function(a, b) {
  mu <- predict(fm, at(b), type = "response")
  mean(rowSums(sapply(0:100, function(k) dpois(k, mu) * predict(fy, at(a, k = k), type = "response"))))
})

# A confounder after the arm, in a product with the mediator; means of products of independent draws.
fl <- lm(l ~ a + c, d); fm <- lm(m ~ a + c + l, d); fy <- lm(y ~ a + l * m + c, d)
show("confounder", function(a, b) {
  l <- predict(fl, at(a))
  m <- predict(fm, at(b, l = predict(fl, at(b))))
  mean(predict(fy, at(a, l = l, m = m)))
})

# Two mediators that hang together otherwise in each arm, and a product of them.
f1 <- lm(m ~ a + c, d); f2 <- lm(m2 ~ a * m + c, d); fy <- lm(y ~ a + m * m2 + c, d)
e <- coef(fy); slope <- function(b) unname(coef(f2)["m"] + coef(f2)["a:m"] * b); v <- summary(f1)$sigma^2
mean1 <- function(b) predict(f1, at(b))
mean2 <- function(b) predict(f2, at(b, m = mean1(b)))
joint <- function(a, b1, b2, covariance) mean(e[1] + e["a"] * a + e["m"] * mean1(b1) + e["m2"] * mean2(b2) +
  e["c"] * d$c + e["m:m2"] * (mean1(b1) * mean2(b2) + covariance))
m00 <- joint(0, 0, 0, slope(0) * v); m10 <- joint(1, 0, 0, slope(0) * v); m11 <- joint(1, 1, 1, slope(1) * v)
through1 <- joint(1, 1, 0, 0) - joint(1, 0, 0, 0)
through2 <- joint(1, 1, 1, 0) - joint(1, 1, 0, 0)
cat(sprintf("two: direct %.10f indirect %.10f through m %.10f through m2 %.10f dependence %.10f\n", m10 - m00, m11 - m10,
  through1, through2, m11 - m10 - through1 - through2))

# Imai, Keele and Yamamoto's indirect effect, by a fit with the correlation fixed: the error of y given m and the
# error of m correlate by rho. Then e1 = b e2 + u with cor(u, e2) = rho, and var(e1) = b^2 s2^2 + 2 b rho s2 su + su^2,
# cov(e1, e2) = b s2^2 + rho s2 su: two equations for b and su, solved by uniroot.
fm <- lm(m ~ a + c, d); ft <- lm(y ~ a + c, d)
e1 <- residuals(ft); e2 <- residuals(fm); s2 <- sqrt(mean(e2^2)); v1 <- mean(e1^2); c12 <- mean(e1 * e2)
cat(sprintf("zero at %.10f\n", cor(e1, e2)))
for (rho in c(-0.5, 0, 0.4)) {
  su <- uniroot(function(su) { b <- (c12 - rho * s2 * su) / s2^2; b^2 * s2^2 + 2 * b * rho * s2 * su + su^2 - v1 },
    c(1e-6, 10), tol = 1e-14)$root
  cat(sprintf("rho %.1f: indirect %.10f\n", rho, coef(fm)["a"] * (c12 - rho * s2 * su) / s2^2))
}
