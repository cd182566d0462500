# R's side of the comparison: Rscript peers.R FOLDER, with the data that `peers data FOLDER` wrote.
# Needs the packages boot, clubSandwich, lme4, MASS and sandwich; coin and data.table are timed where
# they are installed.

folder <- commandArgs(trailingOnly = TRUE)[1]
suppressMessages({ library(sandwich); library(clubSandwich) })

# Times a task and prints its line; `run` gives a number that the other sides must get too.
time <- function(task, run, side = "R", repetitions = 31) {
  check <- run()
  ms <- numeric(repetitions)
  for (i in seq_len(repetitions)) {
    start <- Sys.time()
    run()
    ms[i] <- 1000 * as.numeric(Sys.time() - start, units = "secs")
  }
  cat(sprintf("%s\t%s\t%.3f\t%.3f\t%.3f\t%d\t%.10e\n", side, task, median(ms), min(ms), max(ms),
              repetitions, check), sep = "")
}
path <- function(name) file.path(folder, name)

large <- read.csv(path("regression.csv"))
time("lm, 100,000 × 10, from columns", function() sum(summary(lm(y ~ ., data = large))$coefficients[, 2]))

# Coefficients, standard errors and p-values, from the pieces that lm and summary use.
x <- cbind(1, as.matrix(large[, -1]))
y <- large$y
inference <- function(beta, v, df) {
  se <- sqrt(diag(v))
  list(se = se, p = 2 * pt(-abs(beta / se), df), half = qt(.975, df) * se)
}
time("lm, 100,000 × 10, from a matrix", function() {
  fit <- lm.fit(x, y)
  v <- chol2inv(fit$qr$qr[seq_len(10), ]) * sum(fit$residuals^2) / fit$df.residual
  sum(inference(fit$coefficients, v, fit$df.residual)$se)
})
time("lm with HC3, 100,000 × 10, from a matrix", function() {
  fit <- lm(y ~ x - 1)
  sum(inference(coef(fit), vcovHC(fit, type = "HC3"), fit$df.residual)$se)
})

families <- read.csv(path("families.csv"))
time("lm with CR2 and Satterthwaite, 2,000 families × 6", function() {
  fit <- lm(problems ~ arm + month + age + severity, data = families)
  v <- vcovCR(fit, cluster = families$family, type = "CR2")
  sum(coef_test(fit, vcov = v, test = "Satterthwaite")$SE)
}, repetitions = 21)

# Without the check of derivatives, which is no part of the fit. The number to agree on is the log-likelihood to
# one decimal: lmer stops up to 0.001 below the maximum.
for (panel in list(c("growth.csv", ""), c("growth-by-day.csv", ", by day"))) {
  growth <- read.csv(path(panel[1]))
  growth$arm <- factor(growth$arm, levels = c("WT", "EKC"))
  time(paste0("lmm with slopes, 2,000 families × up to 6", panel[2]), function() {
    fit <- lme4::lmer(problems ~ arm * month + severity + (month | family), data = growth,
                      control = lme4::lmerControl(calc.derivs = FALSE))
    round(as.numeric(logLik(fit)), 1)
  }, repetitions = 11)
}

# The replicates differ from side to side, so the check is the estimate.
first <- families[families$wave == 1, ]
ekc <- first$arm == "EKC"
time("bootstrap, percentile, 2,000 families, 10,000 replicates", function() {
  set.seed(2011)
  b <- boot::boot(first$problems, function(y, i) mean(y[i][ekc]) - mean(y[i][!ekc]), R = 10000, strata = ekc)
  boot::boot.ci(b, type = "perc")
  b$t0
}, repetitions = 11)
time("bootstrap, BCa, 2,000 families, 10,000 replicates", function() {
  set.seed(2011)
  b <- boot::boot(first$problems, function(y, i) mean(y[i][ekc]) - mean(y[i][!ekc]), R = 10000, strata = ekc)
  boot::boot.ci(b, type = "bca")
  b$t0
}, repetitions = 5)

x <- first$problems[ekc]
y <- first$problems[!ekc]
time("Mann–Whitney, exact, 100 and 100 families, with its interval", function()
  wilcox.test(x[1:100], y[1:100], exact = TRUE, conf.int = TRUE)$p.value, repetitions = 21)
few <- data.frame(y = round(c(x[1:55], y[1:60])), g = factor(rep(c("EKC", "WT"), c(55, 60))))
if (requireNamespace("coin", quietly = TRUE)) {
  time("Mann–Whitney, exact with ties, 55 and 60 families", function() {
    test <- coin::wilcox_test(y ~ g, few, distribution = "exact", conf.int = TRUE)
    coin::confint(test)
    as.numeric(coin::pvalue(test))
  }, repetitions = 21)
}
cells <- matrix(c(1, 2, 2, 1, 1, 0, 1, 2, 0, 0, 2, 3, 0, 0, 0, 1, 1, 1, 2, 7, 3, 1, 1, 2, 0, 0, 0, 1,
                  0, 1, 1, 1, 1, 0, 0), nrow = 5, byrow = TRUE)
# R's algorithm is accurate to 1e-7; the check is a million times the p-value.
time("Fisher's exact test, 5 × 7, n = 50", function()
  round(1e6 * fisher.test(cells, workspace = 2e8)$p.value), repetitions = 21)

counts <- read.csv(path("counts.csv"))
time("negative binomial (NB2), 100,000 × 4, from columns", function() {
  fit <- MASS::glm.nb(y ~ arm + age + severity, data = counts)
  summary(fit)
  as.numeric(logLik(fit))
}, repetitions = 11)

long <- read.csv(path("design.csv"))
long$arm <- factor(long$arm)
long$wave <- factor(long$wave)
formula <- problems ~ arm * wave + poly(age, 2) + severity
time("model matrix, 100,000 rows", function() {
  frame <- model.frame(formula, long)
  sum(abs(model.matrix(formula, frame)))
})

# A mean is possible where a whole number near mean × n gives it; all n at once.
time("GRIM, 1,000 means × 1,000 n: yes or no", function() {
  n <- 1:1000
  possible <- 0
  for (mean in (0:999) / 100) {
    below <- floor(mean * n + 1e-9)
    fits <- abs(below / n - mean) <= 0.005 + 1e-12 | abs((below + 1) / n - mean) <= 0.005 + 1e-12
    possible <- possible + sum(fits)
  }
  possible
})

means <- rep((0:999) / 100, each = 1000)
n <- rep(1:1000, 1000)
time("GRIM, a million pairs at once: yes or no", function() {
  below <- floor(means * n + 1e-9)
  sum(abs(below / n - means) <= 0.005 + 1e-12 | abs((below + 1) / n - means) <= 0.005 + 1e-12)
})

# Counts of problems at two waves in two arms; the statistic, its error and its degrees of freedom as
# kring has them, the counts by rnbinom. The replicates differ from side to side, so the check is the
# number of points.
ratio_of_rates <- function(n) {
  arm <- function(after) {
    b <- rnbinom(n, size = 4, mu = exp(1.5))
    a <- rnbinom(n, size = 4, mu = after)
    mb <- mean(b)
    ma <- mean(a)
    z <- a / ma - b / mb
    c(log(ma / mb), sum(z * z) / (n * (n - 1)), (1 / ma + 1 / mb) / n)
  }
  x <- arm(exp(1.2))
  y <- arm(exp(1.5))
  df <- (x[3] + y[3])^2 / ((x[3]^2 + y[3]^2) / (n - 1))
  2 * pt(-abs(x[1] - y[1]) / sqrt(x[2] + y[2]), df)
}
time("power curve, two-wave ratio of rates, 4 sizes × 10,000 replicates", function() {
  set.seed(1)
  power <- sapply(c(60, 120, 180, 240), function(n) {
    mean(replicate(10000, ratio_of_rates(n)) <= 0.05)
  })
  if (all(diff(power) > 0)) length(power) else 0
}, repetitions = 5)

time("read a CSV, 100,000 × 10", function() sum(read.csv(path("regression.csv"))$y))
if (requireNamespace("data.table", quietly = TRUE)) {
  data.table::setDTthreads(1)
  time("read a CSV, 100,000 × 10", function() sum(data.table::fread(path("regression.csv"))$y),
       side = "R, data.table")
}
