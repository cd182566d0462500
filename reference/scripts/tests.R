# The group `tests`: options and hard conditions of the t and χ² tests.
source("scripts/corpus.R")

bounds <- function(t) I(defined(as.numeric(t$conf.int)))

# `of` has the figures of t.test under the names of the corpus.
of_t <- function(t) {
  list(statistic = t$statistic[[1]], p_value = t$p.value, df = t$parameter[[1]],
       conf_int = bounds(t), estimate = I(unname(t$estimate)))
}

t_case <- function(id, r, test, data, value, group, levels, options = list(), ...) {
  d <- read_data(data, setNames(list(levels), group))
  x <- d[[value]][which(d[[group]] == levels[1])]
  y <- d[[value]][which(d[[group]] == levels[2])]
  found <- t.test(x, y, var.equal = test == "student_t", alternative = c(options$alternative, "two.sided")[1],
                  mu = c(options$null, 0)[1], conf.level = c(options$level, 0.95)[1])
  if (!is.null(options$alternative)) stopifnot(options$alternative %in% c("less", "greater"))
  model <- c(list(kind = "test", test = test, value = value, group = group), options)
  write_case(paste0("tests/", id), model, r, of_t(found), data, setNames(list(levels), group), ...)
}

arms <- c("EKC", "WT")
t_case("welch-small-group", "t.test(x, y): 7 and 33, the small group far wider, two values missing",
  "welch_t", "two-arms", "score", "arm", arms)
t_case("welch-less", "t.test(x, y, alternative = 'less', mu = 12, conf.level = 0.9)",
  "welch_t", "two-arms", "score", "arm", arms, list(alternative = "less", null = 12, level = 0.9),
  note = "an end of an interval that is not there is null")
t_case("student-greater", "t.test(x, y, var.equal = TRUE, alternative = 'greater', mu = -1.5)",
  "student_t", "two-arms", "score", "arm", arms, list(alternative = "greater", null = -1.5))
t_case("student-one-value", "t.test(x, y, var.equal = TRUE) with one value in the first group",
  "student_t", "one-against-five", "y", "cluster_one", c("1", "10"))
t_case("welch-tail", "t.test(x, y): the p-value of a t of 50 is compared relatively",
  "welch_t", "iris-two", "length", "species", c("setosa", "virginica"), absolute = 0)
t_case("welch-far-from-zero", "t.test(x, y): values near 1e9 that differ by a few units",
  "welch_t", "far-groups", "far", "arm", arms)

paired_case <- function(id, r, options = list(), ...) {
  d <- read_data("before-after")
  t <- t.test(d$after, d$before, paired = TRUE, alternative = c(options$alternative, "two.sided")[1],
              mu = c(options$null, 0)[1], conf.level = c(options$level, 0.95)[1])
  figures <- of_t(t)
  figures$estimate <- figures$estimate[[1]]
  model <- c(list(kind = "paired", before = "before", after = "after"), options)
  write_case(paste0("tests/", id), model, r, list(paired_t = figures), "before-after", ...)
}

paired_case("paired-missing", "t.test(after, before, paired = TRUE): a pair with a missing value is no pair")
paired_case("paired-less", "t.test(after, before, paired = TRUE, alternative = 'less', mu = -1, conf.level = 0.8)",
  list(alternative = "less", null = -1, level = 0.8))

# chisq.test on the rows and columns that have counts; expected counts in the shape of the whole table.
chi_case <- function(id, r, table, test = "chi_squared", ...) {
  rows <- rowSums(table) > 0; columns <- colSums(table) > 0
  found <- suppressWarnings(chisq.test(table[rows, columns], correct = test == "chi_squared_yates"))
  expected <- table * 0
  expected[rows, columns] <- found$expected
  write_case(paste0("tests/", id), list(kind = "table_test", test = test, table = table), r,
    list(statistic = found$statistic[[1]], p_value = found$p.value, df = found$parameter[[1]], expected_counts = expected), ...)
}

chi_case("chi-squared-r-by-c", "chisq.test(m): three by four, some expected counts below five",
  rbind(c(12, 3, 9, 1), c(7, 8, 2, 4), c(15, 2, 11, 6)))
chi_case("chi-squared-empty-column", "chisq.test(m[, c(1, 3)]): R gives NaN with the empty column",
  rbind(c(14, 0, 9), c(6, 0, 17), c(8, 0, 8)),
  note = "an empty row or column carries no information; its expected counts are zero")
chi_case("chi-squared-tail", "chisq.test(m, correct = FALSE): compared relatively",
  rbind(c(900, 100), c(90, 910)), absolute = 0)
chi_case("yates-close", "chisq.test(m): every |O − E| is below a half, so that the statistic is zero",
  rbind(c(10, 11), c(12, 13)), "chi_squared_yates")
chi_case("yates-empty-row", "chisq.test(m[c(1, 3), ]): two by two once the empty row is left out, so corrected",
  rbind(c(5, 9), c(0, 0), c(11, 4)), "chi_squared_yates")
chi_case("yates-larger-table", "chisq.test(m): only two by two tables are corrected",
  rbind(c(5, 9, 3), c(11, 4, 6)), "chi_squared_yates")
