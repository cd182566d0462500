# Model matrices as R makes them: the truth for kring-formula.
#
#   Rscript crates/kring-formula/tests/r/model_matrix.R
#
# writes model_matrix.json beside itself: the data, and for each formula the names of the
# coefficients, the terms, the rows that were used, the offset and the whole matrix with 17
# significant digits. `kring` is the formula as kring reads it, where that differs from R's
# (random terms, strata and clusters, which model.matrix does not know). `new` is the data that a
# recipe fixed on `data` was applied to, where that is another set.

library(splines)
options(stringsAsFactors = FALSE)
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))

set.seed(20240501)
n <- 20
pick <- function(levels) factor(sample(rep(levels, length.out = n)), levels = levels)
main <- data.frame(
  y = round(rnorm(n, 5, 2), 2),
  arm = pick(c("WT", "EKC")),
  wave = pick(c("1", "2", "3")),
  a = pick(c("p", "q", "r")),
  b = pick(c("u", "v")),
  x = round(runif(n, -3, 7), 2),
  z = round(rnorm(n), 3),
  t = round(rexp(n) + 0.2, 2),
  count = rpois(n, 4),
  others = rpois(n, 6),
  months = sample(rep(c(0, 1.5, 3, 12), length.out = n)),
  grade = factor(pick(c("low", "mid", "high", "top")), ordered = TRUE),
  severe = factor(pick(c("no", "yes")), levels = c("no", "yes"), ordered = TRUE),
  unseen = factor(pick(c("k", "l")), levels = c("k", "l", "m")),
  family = pick(c("f1", "f2", "f3", "f4", "f5")),
  team = pick(c("t1", "t2"))
)
main$gap.x <- main$x
main$gap.x[c(3, 11)] <- NA
main$gap.f <- main$a
main$gap.f[7] <- NA
main[["my var"]] <- round(runif(n, 1, 9), 1)
main[["my factor"]] <- main$b

few <- main[1:8, c("y", "arm", "x", "b", "z", "team")]

formulas <- list(
  # operators
  "y ~ 1", "y ~ 0 + x", "y ~ x - 1", "y ~ -1 + arm", "y ~ arm", "y ~ 0 + arm", "y ~ arm + wave",
  "y ~ 0 + arm + wave", "y ~ arm * wave", "y ~ wave * arm", "y ~ arm:wave", "y ~ 0 + arm:wave",
  "y ~ arm * wave - arm", "y ~ arm * wave - wave", "y ~ arm * wave - arm:wave",
  "y ~ arm + wave %in% arm", "y ~ wave %in% arm", "y ~ arm/wave", "y ~ arm/wave - 1", "y ~ arm/x",
  "y ~ x/arm", "y ~ (arm + b)/x", "y ~ arm/b/wave", "y ~ (arm + wave + x)^2",
  "y ~ (arm + wave + b)^3", "y ~ (arm + wave + b)^2 - wave:b", "y ~ (arm + x)^2 - arm - x",
  "y ~ (a - 1) * b", "y ~ a - (b + 1) + x", "y ~ a + 0 + 1", "y ~ a + 1 - 1", "y ~ x:a + b:a + b",
  "y ~ b:a + a + b", "y ~ a %in% b %in% x", "y ~ x + a %in% (b + x)", "y ~ x:x + a:a",
  "y ~ x - -z", "y ~ (x + z + a)^2 - x:z", "y ~ (a * x + b)^2", "y ~ 0 + (b * x + z * t + a)^3", "y ~ a * b * x - a:b:x", "y ~ +x",
  # margins of two factors and a number, each left out or kept
  "y ~ a + a:b", "y ~ b + a:b", "y ~ a:b + x", "y ~ a:x", "y ~ a + a:x", "y ~ x + a:x",
  "y ~ 0 + a:x", "y ~ 0 + a + a:x", "y ~ a:b:x", "y ~ 0 + a:b:x", "y ~ x + a:b:x",
  "y ~ a + a:b:x", "y ~ a:b + a:b:x", "y ~ a:x + a:b:x", "y ~ a:x + b:x + a:b:x",
  "y ~ a + b + a:b:x", "y ~ x:z + a:x:z", "y ~ x:z:a",
  # margins of three factors
  "y ~ a:b:arm", "y ~ 0 + a:b:arm", "y ~ a + a:b:arm", "y ~ a:b + a:b:arm",
  "y ~ a:b + b:arm + a:b:arm", "y ~ a + b + arm + a:b:arm", "y ~ a * b + a:b:arm",
  "y ~ a + b:arm", "y ~ 0 + a + b:arm", "y ~ a:b + a:arm", "y ~ a:b + a:arm + b:arm",
  "y ~ 0 + a:b + a:arm", "y ~ a * b * arm - a - b:arm",
  # functions
  "y ~ log(t)", "y ~ exp(z) + sqrt(t) + abs(z)", "y ~ log2(t) + log10(t) + log1p(t)",
  "y ~ log(t + 1):a", "y ~ I(x^2)", "y ~ x + I(x^2) + I(x^3)", "y ~ I(-x^2 * 2/(t + 1) - 3)",
  "y ~ I(x * 1e5) + I(z/0.00001234) + I(t - 123456.7)", "y ~ I((x - 2)^2) * a",
  "y ~ I(log(t)^2) + I(2^x)", "y ~ I(x) + x", "y ~ exp(-t/2)",
  # polynomials and splines
  "y ~ poly(x, 1)", "y ~ poly(x, 2)", "y ~ poly(x, 5)", "y ~ poly(x, degree = 3)",
  "y ~ poly(x, 3, raw = TRUE)", "y ~ poly(months, 3)", "y ~ arm * poly(x, 2)",
  "y ~ 0 + poly(x, 2):arm", "y ~ poly(log(t), 2)", "y ~ poly(I(x^2), 2)", "y ~ ns(x, 1)",
  "y ~ ns(x, 2)", "y ~ ns(x, 3)", "y ~ ns(x, df = 4)", "y ~ ns(x, 6)", "y ~ ns(x, knots = 2)",
  "y ~ ns(x, knots = c(0, 2.5, 4))", "y ~ arm * ns(x, 3)", "y ~ ns(log(t), 3)", "y ~ ns(t, 5) + a",
  "y ~ ns(z, knots = c(-0.5, 0.5)):b",
  # codings
  "y ~ C(a, sum)", "y ~ C(a, helmert)", "y ~ C(a, poly)", "y ~ C(a, treatment)", "y ~ C(a)",
  "y ~ C(a, contr.sum)", "y ~ C(a, sum) * b", "y ~ C(a, sum):b", "y ~ 0 + C(a, helmert)",
  "y ~ C(a, sum) * C(b, sum) * x", "y ~ C(wave, treatment, base = 2)",
  "y ~ C(factor(months), sum)", "y ~ factor(months)", "y ~ 0 + factor(months):arm",
  "y ~ factor(months) * x", "y ~ factor(unseen)", "y ~ grade", "y ~ 0 + grade", "y ~ grade * arm",
  "y ~ grade:x", "y ~ severe", "y ~ factor(grade)", "y ~ C(grade, treatment)", "y ~ unseen",
  "y ~ 0 + unseen", "y ~ unseen * arm",
  # names
  "y ~ `my var` + `my factor`", "y ~ log(`my var`):`my factor`", "y ~ `my var` * arm",
  "y ~ poly(`my var`, 2) + I(`my var`^2)", "y ~ C(`my factor`, sum)", "y ~ gap.x", "`my var` ~ x",
  # missing values, offsets
  "y ~ gap.x * gap.f", "y ~ ns(gap.x, 3) + gap.f", "y ~ poly(x, 2) + gap.f", "y ~ x + z - gap.x",
  "y ~ factor(gap.x):b - factor(gap.x):b + x", "count ~ arm + offset(log(t))",
  "count ~ offset(t) + arm + offset(log(t))", "log(t) ~ arm", "I(y - x) ~ x", "y + x ~ z",
  "cbind(count, others) ~ arm"
)
cases <- lapply(formulas, function(f) list(kring = f, r = f, data = "main"))
other <- function(kring, r) list(kring = kring, r = r, data = "main")
cases <- c(cases, list(
  list(kring = "y ~ .", r = "y ~ .", data = "few"),
  list(kring = "y ~ . - team", r = "y ~ . - team", data = "few"),
  list(kring = "y ~ .^2 - arm:b", r = "y ~ .^2 - arm:b", data = "few"),
  list(kring = "log(y) ~ . + I(x^2)", r = "log(y) ~ . + I(x^2)", data = "few"),
  list(kring = "y ~ x * (.)", r = "y ~ x * (.)", data = "few"),
  other("y ~ arm * wave + (1 | family)", "y ~ arm * wave"),
  other("y ~ arm + (1 + x | team/family) + b", "y ~ arm + b"),
  other("y ~ (wave || family) + 0 + arm", "y ~ 0 + arm"),
  other("y ~ arm + cluster(family) + strata(team)", "y ~ arm")
))

# Recipes fixed on `main`, applied to new rows, some of them beyond the range of the old ones.
new <- data.frame(
  arm = factor(c("EKC", "WT", "EKC", "EKC", "WT"), levels = c("EKC", "WT")),
  grade = factor(c("high", "low", "top", "mid", "mid"), levels = c("mid", "low", "high", "top")),
  x = c(-6, 0, 2.5, 7, 12),
  t = c(0.05, 1, 2, 4, 9),
  months = c(3, 12, 0, 1.5, 3)
)
cases <- c(cases, lapply(
  c("y ~ arm * poly(x, 3)", "y ~ ns(x, 4)", "y ~ ns(x, knots = c(1, 2)):arm", "y ~ grade",
    "y ~ poly(log(t), 2) + ns(log(t), 2)", "y ~ factor(months) * arm", "y ~ 0 + grade:x"),
  function(f) list(kring = f, r = f, data = "main", new = "new")
))

num <- function(v) paste0("[", paste(ifelse(is.na(v), "null", sprintf("%.17g", v)), collapse = ","), "]")
one <- function(v) paste0("\"", gsub("\"", "\\\"", gsub("\\", "\\\\", v, fixed = TRUE), fixed = TRUE), "\"")
str <- function(v) paste0("[", paste(one(v), collapse = ","), "]")
column <- function(name, v) {
  values <- if (is.factor(v)) {
    sprintf("\"levels\":%s,\"ordered\":%s,\"codes\":%s", str(levels(v)),
      if (is.ordered(v)) "true" else "false", num(as.integer(v) - 1L))
  } else {
    sprintf("\"values\":%s", num(v))
  }
  sprintf("{\"name\":%s,%s}", one(name), values)
}
data_set <- function(name, d) {
  columns <- mapply(column, names(d), d)
  sprintf("\"%s\":[\n%s\n]", name, paste(columns, collapse = ",\n"))
}
sets <- list(main = main, few = few, new = new)
result <- function(case) {
  d <- sets[[case$data]]
  frame <- model.frame(as.formula(case$r), d)
  terms <- attr(frame, "terms")
  if (!is.null(case$new)) {
    levels <- .getXlevels(terms, frame)
    ordered <- intersect(names(levels)[vapply(names(levels), function(v) is.ordered(d[[v]]), NA)], names(d))
    new <- sets[[case$new]]
    new[ordered] <- lapply(ordered, function(v) factor(new[[v]], levels[[v]], ordered = TRUE))
    terms <- delete.response(terms)
    frame <- model.frame(terms, new, xlev = levels)
  }
  x <- model.matrix(terms, frame)
  offset <- model.offset(frame)
  parts <- c(
    sprintf("\"kring\":%s", one(case$kring)),
    sprintf("\"r\":%s", one(case$r)),
    sprintf("\"data\":%s", one(case$data)),
    if (!is.null(case$new)) sprintf("\"new\":%s", one(case$new)),
    sprintf("\"columns\":%s", str(colnames(x))),
    sprintf("\"terms\":%s", str(c("(Intercept)", attr(terms, "term.labels"))[sort(unique(attr(x, "assign"))) + 1])),
    sprintf("\"rows\":%s", num(as.integer(rownames(frame)) - 1L)),
    sprintf("\"offset\":%s", if (is.null(offset)) "null" else num(offset)),
    sprintf("\"x\":[%s]", paste(apply(x, 1, num), collapse = ","))
  )
  sprintf("{%s}", paste(parts, collapse = ","))
}
text <- sprintf(
  "{\n\"about\":%s,\n\"sets\":{\n%s\n},\n\"cases\":[\n%s\n]\n}",
  one(paste("Written by model_matrix.R,", R.version.string)),
  paste(mapply(data_set, names(sets), sets), collapse = ",\n"),
  paste(vapply(cases, result, ""), collapse = ",\n")
)
writeLines(text, file.path(here, "model_matrix.json"))
