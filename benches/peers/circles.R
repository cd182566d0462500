# igraph's side of the comparison of circles: Rscript circles.R FOLDER, with the data of
# `cargo bench --profile dev -p kring-network -- data FOLDER`: 20,000 circles of 15 persons.
#
# The graphs are made before the clock starts. Each circle is measured without the family and with it, as
# kring does, by every figure that igraph has: no brokerage, no effective size, no balance, no reach, which
# kring measures in its time and igraph does not. `value` is the mean of the family's constraint and the
# centralisation, as kring's.

folder <- commandArgs(trailingOnly = TRUE)[1]
suppressPackageStartupMessages(library(igraph))
persons <- read.csv(file.path(folder, "persons.csv"))
ties <- read.csv(file.path(folder, "ties.csv"))
n <- length(unique(persons$circle))
by <- split(ties[, c("from", "to")], factor(ties$circle, levels = seq_len(n) - 1))
roles <- split(persons$role, persons$circle)
start <- Sys.time()
graphs <- lapply(by, function(t) {
  e <- as.vector(t(as.matrix(t)))
  list(make_graph(e, n = 15, directed = FALSE), make_graph(c(e, rbind(16, 1:15)), n = 16, directed = FALSE))
})
cat(sprintf("igraph\tmake graphs\t%d\t%.3f\t\t\n", n, as.numeric(Sys.time() - start, units = "secs")))

figures <- function(g) {
  b <- betweenness(g, directed = FALSE)
  list(density = edge_density(g), components = components(g), isolates = sum(degree(g) == 0),
    cut = articulation_points(g), bridges = bridges(g), triangles = count_triangles(g),
    transitivity = transitivity(g, "global"), local = transitivity(g, "local"), betweenness = b,
    centralization = centralize(b, centr_betw_tmax(g, directed = FALSE)), closeness = closeness(g),
    harmonic = harmonic_centrality(g, normalized = TRUE), constraint = constraint(g),
    distance = mean_distance(g), diameter = diameter(g))
}
start <- Sys.time()
sum <- 0
for (i in seq_len(n)) {
  counts <- tabulate(factor(roles[[i]]), 6)
  blau <- 1 - sum((counts / 15)^2)
  without <- figures(graphs[[i]][[1]])
  with <- figures(graphs[[i]][[2]])
  sum <- sum + with$constraint[16] + without$centralization
}
cat(sprintf("igraph\tall measures\t%d\t%.3f\t%.9f\t\n", n, as.numeric(Sys.time() - start, units = "secs"), sum / n))
