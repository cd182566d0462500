# Prints the numbers of R that the tests of the command and of the crate kring compare with.
# Run from the root of the project: Rscript crates/kring-cli/tests/numbers.R
# Needs the package sandwich.

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
