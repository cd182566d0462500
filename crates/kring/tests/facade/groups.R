# Figures for the tests of baseline tables, attrition, programmes and inventories. R 4.2.2.
# Rscript crates/kring/tests/facade/groups.R
options(digits = 15)
for (xn in list(c(10, 55), c(0, 7), c(7, 7), c(1, 1)))
  print(suppressWarnings(prop.test(xn[1], xn[2], correct = FALSE))$conf.int[1:2])

# Standardised differences by Yang & Dalton (2012), second group less first.
smd_numbers <- function(x, y) (mean(y, na.rm = TRUE) - mean(x, na.rm = TRUE)) / sqrt((var(x, na.rm = TRUE) + var(y, na.rm = TRUE)) / 2)
smd_levels <- function(x, y) {
  levels <- sort(unique(na.omit(c(x, y))))
  p1 <- as.numeric(prop.table(table(factor(x, levels))))[-1]; p2 <- as.numeric(prop.table(table(factor(y, levels))))[-1]
  S <- (diag(p1, length(p1)) - outer(p1, p1) + diag(p2, length(p2)) - outer(p2, p2)) / 2
  d <- sqrt(drop(t(p2 - p1) %*% solve(S, p2 - p1)))
  if (length(p1) == 1) d * sign(p2 - p1) else d
}
interval <- function(d, n1, n2) d + c(-1, 1) * qnorm(0.975) * sqrt((n1 + n2) / (n1 * n2) + d^2 / (2 * (n1 + n2)))

# The Enschede fireworks trial: C (CBT) less E (EMDR).
d <- read.csv("datasets/studies/deroos-2011/data/fdd.csv")
e <- d[d$trt == "E", ]; c_ <- d[d$trt == "C", ]
cat("fdd age", smd_numbers(e$age, c_$age), interval(smd_numbers(e$age, c_$age), 26, 26), "\n")
cat("fdd yc1", smd_numbers(e$yc1, c_$yc1), "missing", sum(is.na(e$yc1)), sum(is.na(c_$yc1)), "\n")
cat("fdd sex, girls", smd_levels(ifelse(e$sex == "F", 1, 0), ifelse(c_$sex == "F", 1, 0)), "\n")
cat("fdd trauma", smd_levels(e$trauma, c_$trauma), "counts", table(factor(e$trauma, 1:5)), table(factor(c_$trauma, 1:5)), "\n")
cat("fdd age, Welch", t.test(c_$age, e$age)$p.value, "sex, chisq", chisq.test(table(d$trt, d$sex), correct = FALSE)$p.value, "\n")

# Beat the Blues: who had no score at eight months, by treatment.
b <- read.csv("datasets/studies/beat-the-blues/data/btheb.csv", check.names = FALSE)
left <- is.na(b[["bdi.8m"]])
for (arm in c("TAU", "BtheB")) {
  a <- b$treatment == arm
  s <- b[a & !left, ]; l <- b[a & left, ]
  cat(arm, "left", sum(a & left), "of", sum(a), suppressWarnings(prop.test(sum(a & left), sum(a), correct = FALSE))$conf.int[1:2],
      "bdi.pre", smd_numbers(s$bdi.pre, l$bdi.pre), "drug", smd_levels(s$drug, l$drug), "length", smd_levels(s$length, l$length), "\n")
}
cat("all bdi.pre", smd_numbers(b$bdi.pre[!left], b$bdi.pre[left]), "\n")

# The worst case of the difference at eight months, BtheB less TAU, on the scale from 0 to 63.
fill <- function(arm, with) { y <- b[["bdi.8m"]][b$treatment == arm]; mean(ifelse(is.na(y), with, y)) }
cat("worst case", fill("BtheB", 0) - fill("TAU", 63), fill("BtheB", 63) - fill("TAU", 0), "\n")

# A ratio over plans, Wilson's interval of the number of independent agreements.
a <- c(8, 15, 3, 20, 0); n <- c(10, 18, 9, 20, 4)
R <- sum(a) / sum(n); v <- 5 / 4 * sum((a - R * n)^2) / sum(n)^2; k <- min(R * (1 - R) / v, sum(n)); z <- qnorm(0.975)
cat("ratio", R, (R + z^2 / (2 * k) + c(-1, 1) * z * sqrt(R * (1 - R) / k + z^2 / (4 * k^2))) / (1 + z^2 / k), "\n")

# Three arms of four families, pairs by Welch's test, adjusted by Holm's method (comparisons.rs).
problems <- c(6, 8, 4, 7, 5, 9, 3, 5, 1, 4, 2, 6)
arm <- rep(0:2, each = 4)
print(pairwise.t.test(problems, arm, pool.sd = FALSE)$p.value, digits = 15)
# Who left the fireworks trial: logistic regression, and with every interaction with the arm.
d$left <- as.integer(is.na(d$yc3)); d$trt <- relevel(factor(d$trt), "E"); d$sex <- relevel(factor(d$sex), "M")
tight <- glm.control(epsilon = 1e-14)
m <- glm(left ~ trt + age + sex, binomial, d, control = tight); b <- glm(left ~ trt * (age + sex), binomial, d, control = tight)
cat("who left", coef(m)[-1], "errors", sqrt(diag(vcov(m)))[-1], "\n")
cat("interactions", coef(b)[5:6], "chisq", deviance(m) - deviance(b), "p", pchisq(deviance(m) - deviance(b), 2, lower.tail = FALSE), "\n")
