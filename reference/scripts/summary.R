# The group `summary`: what was seen of a column.
source("scripts/corpus.R")

summary_case <- function(id, r, data, variable, quantile = NULL, ...) {
  x <- read_data(data)[[variable]]
  present <- x[!is.na(x)]
  q <- unname(quantile(present, c(0.25, 0.5, 0.75), type = if (identical(quantile, "type6")) 6 else 7))
  expected <- list(
    n = length(present), missing = sum(is.na(x)), mean = mean(present), sd = defined(sd(present)),
    min = min(present), lower_quartile = q[1], median = q[2], upper_quartile = q[3], max = max(present),
    sum = sum(present)
  )
  model <- c(list(kind = "summary", variable = variable), if (!is.null(quantile)) list(quantile = quantile))
  write_case(paste0("summary/", id), model, r, expected, data, ...)
}

of <- "mean, sd, quantile(type = 7), range, sum"
summary_case("ties", paste0(of, ": counts with many ties, an odd number of them"), "siblings", "ties")
summary_case("missing-values", paste0(of, " of the values that are there"), "families-gaps", "problems")
summary_case("type-6", "quantile(type = 6), SPSS's: an even number of values", "mtcars", "mpg", "type6")
summary_case("one-value", paste0(of, ": a standard deviation is undefined"), "few-values", "one", "type7")
summary_case("two-values", "quantile(type = 6): the quartiles lie outside, so they are the values themselves", "few-values", "two", "type6")
summary_case("numacc4", paste0(of, " of NIST's NumAcc4"), "numacc4", "value", absolute = 0,
  note = "NIST certifies mean 10000000.2 and standard deviation 0.1 for the decimal numbers; in binary their spread is 0.1 to nine digits")

levels_case <- function(id, r, data, variable, levels, ...) {
  x <- read_data(data, setNames(list(levels), variable))[[variable]]
  counts <- table(x)
  share <- as.numeric(prop.table(counts))
  expected <- list(n = sum(!is.na(x)), missing = sum(is.na(x)), levels = lapply(seq_along(levels), function(i) {
    list(level = levels[i], n = counts[[i]], share = share[i])
  }))
  write_case(paste0("summary/", id), list(kind = "summary", variable = variable), r, expected, data,
             setNames(list(levels), variable), ...)
}
levels_case("levels", "table, prop.table: a level nobody has, and missing values", "families-gaps", "arm", c("WT", "EKC", "none"))
