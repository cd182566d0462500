# R's side of the comparison of marginal models and of models for repeated measures: Rscript marginal.R FOLDER, with
# the data of `peers-mixed marginal-data FOLDER FAMILIES`. Needs geepack and nlme. `value` is the sum of the sizes of
# the coefficients, of repeated measures the log-likelihood. geepack 1.3.9 crashes on an unstructured correlation of
# waves with gaps, which is left out; nlme has no degrees of freedom for these models, so that its time is the fit's.

folder <- commandArgs(trailingOnly = TRUE)[1]
suppressMessages(library(geepack))

time <- function(task, run, side, repetitions) {
  ms <- numeric(repetitions)
  if (repetitions > 1) run()
  for (i in seq_len(repetitions)) {
    start <- Sys.time()
    value <- run()
    ms[i] <- 1000 * as.numeric(Sys.time() - start, units = "secs")
  }
  cat(sprintf("%s\t%s\t%.4f\t%.4f\t%d\t%.12g\t\n", side, task, median(ms), min(ms), repetitions, value))
}

panel <- read.csv(file.path(folder, "panel.csv"))
panel$place <- panel$wave + 1
for (one in list(list("Poisson", visits ~ arm * wave + severity, poisson),
                 list("binomial", involved ~ arm * wave + severity, binomial)))
  for (shape in c("exchangeable", "ar1"))
    time(sprintf("GEE, %s, %s", one[[1]], c(exchangeable = "exchangeable", ar1 = "AR(1)")[shape]), function()
      sum(abs(coef(geeglm(one[[2]], one[[3]], panel, id = family, waves = place, corstr = shape)))), "geepack", 7)

waves <- read.csv(file.path(folder, "waves.csv"))
waves$family <- factor(waves$family)
waves$arm <- factor(waves$arm, levels = c("WT", "EKC"))
waves$place <- as.integer(waves$wave)
waves$wave <- factor(waves$wave)
gls <- function(...) as.numeric(logLik(nlme::gls(problems ~ severity + arm * wave, waves, method = "REML", ...)))
time("MMRM, unstructured", function()
  gls(nlme::corSymm(form = ~place | family), nlme::varIdent(form = ~1 | wave)), "nlme", 1)
time("MMRM, over times", function() gls(nlme::corExp(form = ~month | family)), "nlme", 1)
