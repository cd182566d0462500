# R's side of the comparison of mixed models: Rscript mixed.R FOLDER, with the data of `peers-mixed data FOLDER`.
# Needs lme4, lmerTest, pbkrtest and glmmTMB. lme4 runs without its check of derivatives, which is no part of the
# fit. `value` is the log-likelihood, of a table of degrees of freedom their sum.

folder <- commandArgs(trailingOnly = TRUE)[1]
suppressMessages({ library(lme4); library(glmmTMB) })

# Prints side, task, median and fastest in milliseconds, how often, and the value. A task that takes seconds is
# run once: then the first run is the one that counts.
time <- function(task, run, side = "R", repetitions = 1) {
  ms <- numeric(repetitions)
  if (repetitions > 1) run()
  for (i in seq_len(repetitions)) {
    start <- Sys.time()
    value <- run()
    ms[i] <- 1000 * as.numeric(Sys.time() - start, units = "secs")
  }
  cat(sprintf("%s\t%s\t%.4f\t%.4f\t%d\t%.12g\t\n", side, task, median(ms), min(ms), repetitions, value))
}
path <- function(name) file.path(folder, name)
quick <- lmerControl(calc.derivs = FALSE)
of <- function(fit) suppressMessages(suppressWarnings(as.numeric(logLik(fit))))

sleep <- read.csv("reference/data/sleepstudy.csv")
sleep$Subject <- factor(sleep$Subject)
time("LMM, sleepstudy, 180 rows", function() of(lmer(Reaction ~ Days + (Days | Subject), sleep, control = quick)),
     "lme4", 51)

read <- function(name) { d <- read.csv(path(name)); d$family <- factor(d$family); d }
for (one in list(c("growth.csv", ""), c("growth-by-day.csv", ", by day"))) {
  growth <- read(one[1])
  growth$arm <- factor(growth$arm, levels = c("WT", "EKC"))
  time(paste0("LMM, slopes, 2,000 families", one[2]), function()
    of(lmer(problems ~ arm * month + severity + (month | family), growth, control = quick)), "lme4", 11)
}

ratings <- read.csv(path("insteval.csv"), stringsAsFactors = TRUE)
for (column in c("s", "d", "dept", "service")) ratings[[column]] <- factor(ratings[[column]])
time("LMM, crossed, InstEval", function()
  of(lmer(y ~ service + (1 | s) + (1 | d) + (1 | dept), ratings, control = quick)), "lme4")

panel <- read("panel.csv")
glm_quick <- glmerControl(calc.derivs = FALSE)
time("Poisson, Laplace", function()
  of(glmer(visits ~ arm * wave + severity + (1 | family), panel, poisson, control = glm_quick)), "lme4", 3)
tmb <- function(...) of(glmmTMB(..., data = panel))
time("NB2, Laplace", function() tmb(problems ~ arm * wave + severity + (1 | family), family = nbinom2), "glmmTMB")
time("NB2, slopes, Laplace", function()
  tmb(lapses ~ arm * wave + severity + (wave | family), family = nbinom2), "glmmTMB")
time("Bernoulli, 9 nodes", function()
  of(glmer(involved ~ arm * wave + severity + (1 | family), panel, binomial, nAGQ = 9, control = glm_quick)),
  "lme4", 3)
time("zero-inflated NB2, Laplace", function()
  tmb(incidents ~ arm * wave + severity + (1 | family), ziformula = ~ arm, family = nbinom2), "glmmTMB")

crossed <- read("crossed.csv")
crossed$worker <- factor(crossed$worker)
fit <- lmerTest::lmer(problems ~ arm * wave + (1 | family) + (1 | worker), crossed)
time("Kenward–Roger table, 148 rows, crossed", function()
  sum(coef(summary(fit, ddf = "Kenward-Roger"))[, "df"]), "pbkrtest", 5)
