"""The documents of the ParaDime paper as they are printed, with values in the places that it leaves open."""

MDS = """
relations:

- name: dists hd

  level: global

  type: pairwise

  options:

    metric: euclidean

- name: dists ld

  level: batch

  type: pairwise

  options:

    metric: euclidean

losses:

- name: mds

  type: relation

  func: mse

  keys:

    rels:

    - dists hd

    - dists ld

training phases:

- loss:

    components: mds
"""

TSNE = """
derived data:
- name: pca
  data func: pca
  keys: [[data , main]]
relations:
- name: p
  level: global
  type: neighbor
  data: main
  options:
    metric: euclidean
  transforms:
  - type: perplexity
    options:
      perplexity: <p>
  - type: symmetrize
  - type: normalize
- name: q
  level: batch
  type: pairwise
  data: main
  options:
    metric: euclidean
  transforms:
  - type: t-dist
    options:
      alpha: 1.
  - type: normalize
losses:
- name: init
  type: position
  func: mse
  keys:
    data: [main , pca]
- name: emb
  type: relation
  func: kl div
  keys:
    rels: [p, q]
training phases:
# pca initialization
- loss:
    components: [init]
  sampling:
    type: item
# main embedding
- loss:
    components: [emb]
  sampling:
    type: item
"""

# Printed with dots for what is as in t-SNE's.
UMAP = """
derived data:
- name: spectral
  data func: spectral
  keys: [[rels , p]]
relations:
- name: p
  level: global
  type: neighbor
  data: main
  options:
    metric: euclidean
  transforms:
  - type: connect
    options:
      neighbors: <n>
  - type: symmetrize
    options:
      sub prod: true
  - type: normalize
- name: q
  level: batch
  type: pairwise
  data: main
  options:
    metric: euclidean
  transforms:
  - type: cauchy
    options:
      spread: <s>
      min dist: <md>
losses:
- name: init
  type: position
  func: mse
  keys:
    data:
    - main
    - spectral
- name: emb
  type: relation
  func: cross entropy
  keys:
    rels: [p, q]
training phases:
# spectral init
- loss:
    components: [init]
  sampling:
    type: item
# main embedding
- loss:
    components: [emb]
  sampling:
    type: edge
"""

HYBRID = """
relations: <UMAP relation specs>
losses: [<UMAP loss>, <classification loss>]
training phases:
- loss:
    components: [umap, class]
    weights: <w>
  sampling:
    type: edge
"""

TRIPLET = """
derived data: [<PCA>]
relations:
- <global t-SNE rel>
- <batch t-SNE rel>
- name: r
  level: global
  type: pairwise eq
losses:
- <PCA init loss>
- <t-SNE loss>
- name: triplet
  type: triplet
  func: margin
  keys:
    data: [main , data]
training phases:
- <PCA init>
- loss:
    components:
    - tsne
    - triplet
    weights: <w>
  sampling:
    type: edge
    options:
      rels: r
      rate: 1
"""

CLASSIFICATION = {
    "name": "class",
    "type": "classification",
    "func": "cross entropy",
    "keys": {"data": ["main", "labels"]},
}
