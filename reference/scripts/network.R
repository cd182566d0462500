# Networks and circles: the cases of kring-network. Run in the folder `reference`: Rscript scripts/network.R
# igraph 1.3.5, sna 2.7-1 and jsonlite 1.8.4 (Debian 12), R 4.2.2. What has no R function is written out here
# from its definition: effective size by Burt's formula, balance by all triangles, Blau, IQV, E-I, Jaccard,
# log-ratios, and exchanges of names by enumeration.
source("scripts/corpus.R")
suppressPackageStartupMessages({ library(igraph) })

num <- function(x) ifelse(is.finite(x), x, NA_real_)

# Burt's effective size from the matrix of ties, by the written-out sums.
effective <- function(y) {
  z <- y + t(y)
  sapply(seq_len(nrow(z)), function(i) {
    contacts <- which(z[i, ] > 0)
    if (!length(contacts)) return(NA_real_)
    p <- z[i, ] / sum(z[i, ])
    sum(sapply(contacts, function(j) {
      m <- z[j, ] / max(z[j, ])
      others <- setdiff(seq_len(nrow(z)), c(i, j))
      1 - sum(p[others] * m[others])
    }))
  })
}

# All triangles of pairs: how many have an even number of conflicts, how many an odd one.
triangles_by_sign <- function(y, conflict) {
  z <- (y + t(y)) > 0
  s <- (conflict + t(conflict)) > 0
  even <- odd <- 0
  n <- nrow(z)
  if (n > 2) for (i in 1:(n - 2)) for (j in (i + 1):(n - 1)) for (k in (j + 1):n) {
    if (z[i, j] && z[j, k] && z[i, k]) {
      if ((s[i, j] + s[j, k] + s[i, k]) %% 2 == 0) even <- even + 1 else odd <- odd + 1
    }
  }
  c(even, odd)
}

# Articulation points and bridges by leaving each out.
parts <- function(g) count_components(as.undirected(g, "collapse"))
cut_points <- function(g) {
  u <- as.undirected(g, "collapse")
  V(u)$name[sapply(V(u), function(v) parts(delete_vertices(u, v)) > parts(u) - (degree(u, v) == 0))]
}
count_bridges <- function(g) {
  u <- as.undirected(g, "collapse")
  if (!ecount(u)) return(0)
  sum(sapply(seq_len(ecount(u)), function(e) count_components(delete_edges(u, e)) > count_components(u)))
}

figures <- function(nodes, ties, directed) {
  edges <- if (length(ties)) do.call(rbind, lapply(ties, function(t) t[1:2])) else matrix(character(), 0, 2)
  g <- graph_from_data_frame(as.data.frame(edges), directed = directed, vertices = data.frame(name = nodes))
  n <- length(nodes)
  y <- as.matrix(as_adjacency_matrix(g))
  conflict <- matrix(0, n, n, dimnames = list(nodes, nodes))
  for (t in ties) if (length(t) > 2 && t[3] == "conflict") conflict[t[1], t[2]] <- conflict[t[2], t[1]] <- 1
  u <- as.undirected(g, "collapse")
  k <- unname(degree(u))
  e <- effective(y)
  d <- distances(g, mode = "out")
  diag(d) <- NA
  near <- d[is.finite(d)]
  signs <- triangles_by_sign(y, conflict)
  close <- num(closeness(g, mode = "out", normalized = FALSE))
  local <- num(transitivity(u, "local", isolates = "nan"))
  list(
    degree = I(k), in_degree = I(unname(degree(g, mode = "in"))), out_degree = I(unname(degree(g, mode = "out"))),
    betweenness = I(unname(betweenness(g, directed = directed))), closeness = I(unname(close)),
    # A share of nothing is undefined here: igraph says 0 for the harmonic closeness of one person, and 1 for
    # the reciprocity of no ties.
    harmonic = I(if (n == 1) NA_real_ else unname(num(harmonic_centrality(g, mode = "out", normalized = TRUE)))),
    constraint = I(unname(num(constraint(g)))), effective_size = I(unname(e)), efficiency = I(unname(num(e / k))),
    local_transitivity = I(unname(local)),
    density = num(edge_density(g)), reciprocity = if (ecount(g)) num(reciprocity(g)) else NA,
    components = count_components(g), largest_component = if (n) max(components(g)$csize) else 0,
    isolates = sum(k == 0), articulation_points = I(cut_points(g)), bridges = count_bridges(g),
    triangles = sum(count_triangles(u)) / 3, global_transitivity = num(transitivity(u, "global")),
    mean_transitivity = num(mean(local, na.rm = TRUE)),
    mean_distance = num(mean(near)), diameter = if (length(near)) max(near) else NA,
    betweenness_centralization = if (n > 2) num(centr_betw(g, directed = directed)$centralization) else NA,
    conflicts = sum(conflict) / 2, balanced = signs[1], unbalanced = signs[2]
  )
}

network_case <- function(id, nodes, ties, directed = FALSE, groups = NULL, note = NULL) {
  model <- list(kind = "network", nodes = I(nodes), ties = lapply(ties, I), directed = directed)
  if (!length(ties)) model$ties <- I(list())
  expected <- figures(nodes, ties, directed)
  r <- "igraph 1.3.5 (degree, betweenness, closeness, harmonic_centrality, constraint, transitivity, components, centr_betw); effective size, balance and what falls apart as scripts/network.R writes them out"
  if (!is.null(groups)) {
    model$groups <- I(groups)
    y <- matrix(0, length(nodes), length(nodes), dimnames = list(nodes, nodes))
    for (t in ties) { y[t[1], t[2]] <- 1; if (!directed) y[t[2], t[1]] <- 1 }
    b <- sna::brokerage(y, groups)$raw.nli
    expected$brokerage <- lapply(seq_along(nodes), function(i) list(
      coordinator = b[i, "w_I"], itinerant = b[i, "w_O"], representative = b[i, "b_IO"],
      gatekeeper = b[i, "b_OI"], liaison = b[i, "b_O"]))
    r <- paste0(r, "; sna 2.7-1 brokerage()")
  }
  write_case(paste0("network/", id), model, r, expected, note = note)
}

t2 <- function(...) lapply(strsplit(c(...), " "), function(x) x)
network_case("one-person", "a", list(), note = "Nobody to be tied to: every share is of nothing.")
network_case("no-ties", letters[1:4], list())
network_case("disconnected", letters[1:9], t2("a b", "b c", "a c", "c d", "e f", "f g"),
  note = "Three components, two persons alone; closeness is of those who are reached.")
network_case("complete", letters[1:6], t2(apply(combn(letters[1:6], 2), 2, paste, collapse = " ")))
network_case("star", letters[1:7], t2(paste("a", letters[2:7])))
network_case("ring", letters[1:8], t2(paste(letters[1:8], letters[c(2:8, 1)])))
network_case("directed", letters[1:8],
  t2("a b", "b c", "c a", "c d", "d e", "e d", "e f", "f b", "g a", "g b", "b g"), TRUE,
  c("east", "east", "west", "west", "north", "north", "east", "west"),
  note = "One person whom nobody names and who names nobody; some ties are answered.")
network_case("signed", letters[1:6],
  list(c("a", "b", "support"), c("a", "c", "support"), c("b", "c", "support"), c("a", "d", "conflict"),
       c("b", "d", "conflict"), c("c", "d", "support"), c("d", "e", "conflict"), c("a", "e", "conflict"),
       c("e", "f", "support")))
network_case("sides", letters[1:9],
  t2("a b", "a c", "b c", "c d", "d e", "d f", "e f", "f g", "c h", "h i", "d h"), FALSE,
  c("mother", "mother", "mother", "father", "father", "father", "both", "neither", "neither"),
  note = "Undirected: each pair of ends is counted in both orders, as sna does.")

set.seed(20261201)
n <- 90
pairs <- t(combn(n, 2))
wild <- pairs[runif(nrow(pairs)) < 0.035, ]
network_case("ninety", sprintf("p%02d", 1:n), t2(paste(sprintf("p%02d", wild[, 1]), sprintf("p%02d", wild[, 2]))), FALSE,
  sample(c("resident", "institution", "volunteer"), n, TRUE), note = "More than 64 persons, drawn with a seed.")
arcs <- as.matrix(expand.grid(1:70, 1:70))
arcs <- arcs[arcs[, 1] != arcs[, 2] & runif(nrow(arcs)) < 0.04, ]
network_case("seventy-directed", sprintf("p%02d", 1:70), t2(paste(sprintf("p%02d", arcs[, 1]), sprintf("p%02d", arcs[, 2]))), TRUE,
  sample(c("resident", "institution"), 70, TRUE), note = "More than 64 persons, directed, drawn with a seed.")

# Communities: the largest modularity there is. On ten persons every division is tried; on Zachary's club it
# is the largest of 2,000 runs of igraph's cluster_leiden, 0.4198, which Brandes et al. (2008), IEEE
# Transactions on Knowledge and Data Engineering 20:172-188, proved to be the largest.
community_case <- function(id, g, nodes, best, ties, data, r) {
  model <- list(kind = "communities", seed = 2011)
  if (is.null(data)) { model$nodes <- I(nodes); model$ties <- lapply(ties, I) } else { model$from <- "from"; model$to <- "to" }
  write_case(paste0("network/", id), model, r,
    list(modularity = modularity(g, best), communities = length(unique(best)), community = I(match(best, unique(best)) - 1)), data)
}
z <- read.csv("data/zachary.csv")
zg <- graph_from_data_frame(z, directed = FALSE)
zn <- read_json("cases/network/zachary.json", simplifyVector = TRUE)$expected$nodes
set.seed(20261202)
runs <- lapply(1:2000, function(i) membership(cluster_leiden(zg, "modularity", n_iterations = 10)))
best <- runs[[which.max(sapply(runs, function(m) modularity(zg, m)))]]
community_case("communities-zachary", zg, zn, unname(unclass(best)[match(V(zg)$name, V(zg)$name)]), NULL, "zachary",
  "the best of 2,000 runs of igraph 1.3.5 cluster_leiden")
cliques <- t2("a b", "a c", "b c", "c d", "d e", "d f", "e f", "f g", "g h", "g i", "h i", "i a")
ten <- c(letters[1:9], "alone")
cg <- graph_from_data_frame(do.call(rbind, lapply(cliques, function(t) data.frame(t[1], t[2]))), FALSE, data.frame(name = ten))
y <- as.matrix(as_adjacency_matrix(cg)); q <- y - outer(rowSums(y), rowSums(y)) / sum(y)
top <- list(value = -Inf)
divide <- function(labels, value) {
  i <- length(labels) + 1
  # Of divisions that are equally good the last: the person alone is a community.
  if (i > 10) { if (value > top$value - 1e-9) top <<- list(value = value, labels = labels); return(invisible()) }
  for (l in seq_len(max(labels, 0) + 1)) divide(c(labels, l), value + 2 * sum(q[i, which(labels == l)]) + q[i, i])
}
divide(integer(), 0)
stopifnot(abs(top$value / sum(y) - modularity(cg, top$labels)) < 1e-12)
community_case("communities-ten", cg, ten, top$labels, cliques, NULL, "every division of ten persons tried (scripts/network.R), by igraph 1.3.5 modularity()")

# QAP: all exchanges of names, enumerated.
orders <- function(n) if (n == 1) matrix(1) else { p <- orders(n - 1); do.call(rbind, lapply(1:n, function(i) cbind(i, p + (p >= i)))) }
matrix_of <- function(nodes, ties, directed) {
  y <- matrix(0, length(nodes), length(nodes), dimnames = list(nodes, nodes))
  for (t in ties) { y[t[1], t[2]] <- 1; if (!directed) y[t[2], t[1]] <- 1 }
  y
}
three_p <- function(t, observed, centre) list(
  two_sided = mean(abs(t - centre) >= abs(observed - centre) - 1e-10), less = mean(t <= observed + 1e-10), greater = mean(t >= observed - 1e-10))
qap_case <- function(id, nodes, before, after, directed, groups = NULL, focus = NULL, left = NULL, came = NULL, note = NULL) {
  x <- matrix_of(nodes, before, directed); y <- matrix_of(nodes, after, directed)
  all <- orders(length(nodes))
  off <- row(x) != col(x)
  if (is.null(focus)) {
    r <- function(a) cor(a[off], y[off])
    if (abs(r(x) - sna::gcor(x, y)) > 1e-12) stop("gcor disagrees")
    t <- apply(all, 1, function(o) r(x[o, o]))
    centre <- 0; observed <- r(x); call <- "sna 2.7-1 gcor(); p-values over all exchanges of names, enumerated in scripts/network.R"
  } else {
    hit <- outer(groups, groups, function(a, b) (a == focus[1] & b == focus[2]) | (a == focus[2] & b == focus[1])) & off
    s <- function(d) mean(d[hit]) - mean(d[off & !hit])
    t <- apply(all, 1, function(o) s((y - x)[o, o]))
    centre <- mean(t); observed <- s(y - x); call <- "difference of mean changes; p-values over all exchanges of names, enumerated in scripts/network.R"
  }
  p <- three_p(t, observed, centre)
  model <- list(kind = "qap", before = list(nodes = I(c(left, nodes)), ties = lapply(before, I)),
    after = list(nodes = I(c(nodes, came)), ties = lapply(after, I)), directed = directed)
  if (!is.null(focus)) { model$groups <- I(c(groups, rep(focus[1], length(came)))); model$focus <- I(focus) }
  each <- if (directed) 1 else 2
  expected <- c(list(estimate = observed), setNames(p, paste0("p_", names(p))), list(
    persons = length(nodes), came = length(came), left = length(left), before = sum(x) / each, after = sum(y) / each,
    kept = sum(x * y) / each, jaccard = sum(x * y) / sum(x + y > 0)))
  write_case(paste0("network/", id), model, call, expected, note = note)
}
flat <- letters[1:7]
qap_case("qap-stable", flat, t2("a b", "b c", "c d", "d e", "a c", "f g"), t2("a b", "b c", "c d", "e f", "a c", "a d", "f g"), FALSE)
qap_case("qap-directed", flat, t2("a b", "b a", "c d", "d e", "e c", "f a", "g a"), t2("a b", "b c", "c d", "e c", "g a", "a g", "d f"), TRUE,
  left = "x", came = c("y", "z"), note = "One person left and two came: they are no part of the test.")
qap_case("qap-groups", flat, t2("a b", "b c", "f g", "a f"), t2("a b", "a f", "b f", "c f", "d g", "e g", "f g"), FALSE,
  c(rep("resident", 5), rep("institution", 2)), c("resident", "institution"))
qap_case("qap-within", flat, t2("a b", "b c", "f g", "a f"), t2("a b", "a c", "d e", "c d", "a g"), FALSE,
  c(rep("resident", 5), rep("institution", 2)), c("resident", "resident"), note = "Among the residents themselves.")

# A circle, measured with and without the family.
ring <- list(
  list(person = "gran", role = "family", side = "mother", closeness = "inner", support = I(c("care", "practical")), bond = "support"),
  list(person = "uncle", role = "family", side = "father", closeness = "middle", support = I("advice"), bond = "conflict"),
  list(person = "dad", role = "family", side = "father", closeness = "outer", support = I(character()), bond = "conflict"),
  list(person = "piet", role = "neighbour", closeness = "outer", support = I(c("practical", "emotional", "care")), bond = "support"),
  list(person = "anna", role = "friend", side = "mother", closeness = "inner", support = I("emotional"), bond = "support"),
  list(person = "kim", role = "friend", side = "mother", bond = "support"),
  list(person = "jo", role = "volunteer", support = I(character()), bond = "support"))
ring_ties <- list(c("gran", "anna", "support"), c("gran", "kim", "support"), c("anna", "kim", "support"), c("uncle", "dad", "support"),
  c("gran", "dad", "conflict"), c("piet", "anna", "support"), c("gran", "uncle", "conflict"))
people <- sapply(ring, `[[`, "person")
role <- sapply(ring, `[[`, "role"); side <- sapply(ring, function(a) if (is.null(a$side)) NA else a$side)
without <- figures(people, ring_ties, FALSE)
bonds <- lapply(ring, function(a) c("family", a$person, a$bond))
with <- figures(c(people, "family"), c(ring_ties, bonds), FALSE)
blau <- function(x) 1 - sum((table(x) / sum(!is.na(x)))^2)
ei <- function(x) { e <- sum(sapply(ring_ties, function(t) x[people == t[1]] != x[people == t[2]]), na.rm = TRUE)
  i <- sum(sapply(ring_ties, function(t) x[people == t[1]] == x[people == t[2]]), na.rm = TRUE); (e - i) / (e + i) }
g <- graph_from_data_frame(as.data.frame(do.call(rbind, lapply(ring_ties, function(t) t[1:2]))[sapply(ring_ties, function(t) t[3]) == "support", ]),
  FALSE, data.frame(name = people))
givers <- people[sapply(ring, function(a) length(a$support) > 0)]
reach <- sum(is.finite(apply(distances(g, givers), 2, min)))
given <- sapply(ring, function(a) length(a$support))
plain <- c("density", "components", "largest_component", "isolates", "bridges", "triangles", "global_transitivity",
  "mean_transitivity", "mean_distance", "diameter", "betweenness_centralization", "conflicts", "balanced", "unbalanced")
write_case("network/circle", list(kind = "circle", alters = ring, ties = lapply(ring_ties, I)),
  "igraph 1.3.5 for both networks; Blau, IQV, E-I and reach as scripts/network.R writes them out",
  list(size = length(ring), blau_role = blau(role), iqv_role = blau(role) * 6 / 5, blau_side = blau(side), iqv_side = blau(side) * 3 / 2,
    ei_role = ei(role), ei_side = ei(side), in_conflict = 2, givers = length(givers), multiplexity = mean(given[given > 0]),
    reach = reach, reach_share = reach / length(ring),
    without_family = without[plain], with_family = with[plain],
    ego = list(betweenness = as.numeric(with$betweenness)[8], betweenness_share = as.numeric(with$betweenness)[8] / choose(7, 2), constraint = as.numeric(with$constraint)[8],
      effective_size = as.numeric(with$effective_size)[8], efficiency = as.numeric(with$efficiency)[8]),
    betweenness = I(without$betweenness), constraint = I(without$constraint)))
write_case("network/circle-of-one", list(kind = "circle", alters = list(ring[[1]]), ties = I(list())),
  "igraph 1.3.5: one person and the family",
  { w <- figures(c("gran", "family"), list(c("gran", "family")), FALSE); o <- figures("gran", list(), FALSE)
    list(size = 1, blau_role = 0, iqv_role = 0, ei_role = NA, without_family = o[plain], with_family = w[plain],
      ego = list(betweenness = 0, betweenness_share = NA, constraint = as.numeric(w$constraint)[2], effective_size = as.numeric(w$effective_size)[2], efficiency = as.numeric(w$efficiency)[2])) })
write_case("network/circle-of-nobody", list(kind = "circle", alters = I(list()), ties = I(list())),
  "by its definition: a family that has nobody counts, and every share of nothing is undefined",
  list(size = 0, blau_role = NA, iqv_role = NA, ei_role = NA, in_conflict = 0, givers = 0, multiplexity = NA, reach = 0, reach_share = NA,
    without_family = list(density = NA, components = 0, largest_component = 0, isolates = 0, global_transitivity = NA),
    with_family = list(density = NA, components = 1, largest_component = 1, isolates = 1),
    ego = list(betweenness = 0, betweenness_share = NA, constraint = NA, effective_size = NA, efficiency = NA)))

# Shares as log-ratios.
comp_case <- function(id, x, zeros, shares, replaced, note = NULL) {
  l <- log(shares)
  write_case(paste0("network/", id), list(kind = "activation", strengths = as.list(setNames(x, c("own", "network", "professional"))), zeros = zeros),
    "log-ratios by their formulas in base R", list(
      shares = as.list(setNames(x / sum(x), c("own", "network", "professional"))),
      clr = I(l - mean(l)), ilr = I(c(sqrt(2 / 3) * log(shares[2] / sqrt(shares[1] * shares[3])), sqrt(1 / 2) * log(shares[1] / shares[3]))),
      replaced = replaced, back = as.list(setNames(shares, c("own", "network", "professional")))), note = note)
}
comp_case("activation", c(3, 5, 2), "refuse", c(3, 5, 2) / 10, 0)
comp_case("activation-zero", c(0, 6, 2), list(multiplicative = 0.01), c(0.01, 0.75 * 0.99, 0.25 * 0.99), 1)
comp_case("activation-counts", c(0, 4, 0), "counts", c(0.5 / 5.5, 1 - 1 / 5.5, 0.5 / 5.5), 2, "Two of three are zero: Jeffreys' prior.")
