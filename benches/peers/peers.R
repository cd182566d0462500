# R's side of the comparison: Rscript peers.R FOLDER, with the data that `peers data FOLDER` wrote.
# Needs the packages sandwich, clubSandwich and lme4; data.table is timed where it is installed.

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

# Without the check of derivatives, which is no part of the fit; the check is the log-likelihood.
for (panel in list(c("growth.csv", ""), c("growth-by-day.csv", ", by day"))) {
  growth <- read.csv(path(panel[1]))
  growth$arm <- factor(growth$arm, levels = c("WT", "EKC"))
  time(paste0("lmm with slopes, 2,000 families × up to 6", panel[2]), function() {
    as.numeric(logLik(lme4::lmer(problems ~ arm * month + severity + (month | family), data = growth,
                                 control = lme4::lmerControl(calc.derivs = FALSE))))
  }, repetitions = 11)
}

# The replicates differ from side to side, so the check is the estimate.
first <- families[families$wave == 1, ]
time("bootstrap, BCa, 2,000 families, 10,000 replicates", function() {
  ekc <- first$arm == "EKC"
  set.seed(2011)
  b <- boot::boot(first$problems, function(y, i) mean(y[i][ekc]) - mean(y[i][!ekc]), R = 10000, strata = ekc)
  boot::boot.ci(b, type = "bca")
  b$t0
}, repetitions = 5)

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

time("read a CSV, 100,000 × 10", function() sum(read.csv(path("regression.csv"))$y))
if (requireNamespace("data.table", quietly = TRUE)) {
  data.table::setDTthreads(1)
  time("read a CSV, 100,000 × 10", function() sum(data.table::fread(path("regression.csv"))$y),
       side = "R, data.table")
}
