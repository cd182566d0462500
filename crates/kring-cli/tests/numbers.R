# Prints the numbers of R that the tests of the command and of the crate kring compare with.
# Run from the root of the project: Rscript crates/kring-cli/tests/numbers.R
# Needs the packages sandwich, lmerTest and glmmTMB.

fdd <- read.csv("datasets/studies/deroos-2011/data/fdd.csv")
fdd$trt <- factor(fdd$trt)                       # C, E: C is the reference
show <- function(name, x) cat(sprintf("%-28s %.10g\n", name, x), sep = "")

ancova <- lm(yc3 ~ yc1 + trt, data = fdd)
table <- summary(ancova)$coefficients
for (term in rownames(table)) for (what in colnames(table)) show(paste(term, what), table[term, what])
show("rows", nobs(ancova))
show("sigma", summary(ancova)$sigma)
show("r squared", summary(ancova)$r.squared)
show("log-likelihood", as.numeric(logLik(ancova)))
show(c("trtE low", "trtE high"), confint(ancova)["trtE", ])
show("trtE HC3 std. error", sqrt(diag(sandwich::vcovHC(ancova, "HC3")))["trtE"])

dropout <- chisq.test(matrix(c(10, 15, 45, 45), 2), correct = FALSE)
show("dropout chi-squared", dropout$statistic)
show("dropout p", dropout$p.value)
yates <- chisq.test(matrix(c(10, 15, 45, 45), 2))
show("dropout Yates chi-squared", yates$statistic)
show("dropout Yates p", yates$p.value)

show("sex chi-squared", chisq.test(table(fdd$sex, fdd$trt), correct = FALSE)$statistic)
show("mean age, E", mean(fdd$age[fdd$trt == "E"]))
show("SD of age, E", sd(fdd$age[fdd$trt == "E"]))
for (arm in c("C", "E")) for (wave in 1:3) {
  yc <- fdd[fdd$trt == arm, paste0("yc", wave)]
  show(paste("yc", arm, wave, "n"), sum(!is.na(yc)))
  show(paste("yc", arm, wave, "mean"), mean(yc, na.rm = TRUE))
}

# Mixed models of the studies.
suppressPackageStartupMessages({ library(lmerTest); library(glmmTMB) })
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))
rows <- function(fit) {
  table <- summary(fit)$coefficients
  for (term in rownames(table)) for (what in colnames(table)) show(paste(term, what), table[term, what])
}
long <- reshape(fdd[c("id", "trt", "yc1", "yc2", "yc3")], direction = "long", varying = c("yc1", "yc2", "yc3"),
                v.names = "yc", timevar = "wave", idvar = "id")
long$wave <- factor(long$wave)
long$trt <- factor(long$trt, c("E", "C"))
reml <- lmer(yc ~ wave * trt + (1 | id), long, control = control)
rows(reml)
show(c("sd id", "sd residual"), as.data.frame(VarCorr(reml))$sdcor)
show("rows", nobs(reml))
show("REML log-likelihood", as.numeric(logLik(reml)))
show("ML log-likelihood", as.numeric(logLik(refitML(reml))))
show("wave:trt F", anova(reml, type = 3)["wave:trt", "F value"])
show("wave:trt p", anova(reml, type = 3)["wave:trt", "Pr(>F)"])
show("C - E at 3", contest1D(reml, c(0, 0, 0, 1, 0, 1))[["Estimate"]])
show("C - E at 3, SE", contest1D(reml, c(0, 0, 0, 1, 0, 1))[["Std. Error"]])
show("C - E at 3, df", contest1D(reml, c(0, 0, 0, 1, 0, 1))[["df"]])

btheb <- read.csv("datasets/studies/beat-the-blues/data/btheb.csv")
btheb$treatment <- factor(btheb$treatment, c("TAU", "BtheB"))
later <- c("bdi.2m", "bdi.4m", "bdi.6m", "bdi.8m")
btheb <- reshape(btheb, direction = "long", varying = later, v.names = "bdi", timevar = "months",
                 times = c(2, 3, 5, 8), idvar = "id")
ml <- lmer(bdi ~ bdi.pre + months + treatment + drug + length + (1 | id), btheb, REML = FALSE, control = control)
show("BtheB rows", nobs(ml))
for (term in names(fixef(ml))) show(paste("BtheB", term, c("value", "SE")), summary(ml)$coefficients[term, 1:2])
show(c("BtheB sd id", "BtheB sd residual"), as.data.frame(VarCorr(ml))$sdcor)
show("BtheB log-likelihood", as.numeric(logLik(ml)))

epil <- read.csv("datasets/studies/epilepsy/data/epil.csv")
epil$trt <- factor(epil$trt, c("placebo", "progabide"))
nb <- glmmTMB(y ~ log(base) + trt + (1 | subject), epil, family = nbinom2)
table <- summary(nb)$coefficients$cond
for (term in rownames(table)) show(paste("epil", term, c("value", "SE")), table[term, 1:2])
show("epil sd subject", attr(VarCorr(nb)$cond$subject, "stddev"))
show("epil theta", sigma(nb))
show("epil log-likelihood", as.numeric(logLik(nb)))
