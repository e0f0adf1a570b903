"""Item neighbours: products bought by the same customers, BM25-weighted (Robertson, 1994).

Two engines give the same similarities: SQL on DuckDB (`neighbours_sql`) for catalogues of
ordinary size, and `implicit`'s kernel here, which holds only the best neighbours of each product
in memory and goes on to tens of millions of interactions.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from implicit.nearest_neighbours import all_pairs_knn
from scipy.sparse import csr_matrix, diags

from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions, Sparse

K1 = 1.2
B = 0.75
NEIGHBOURS = 200


@dataclass(frozen=True)
class Neighbours:
    """`history` is customers x products; `similarity` [i, j] says how much i speaks for j."""

    history: Sparse
    similarity: Sparse

    def scores(self, customers: IntArray) -> FloatArray:
        """What the customer bought, each purchase speaking for its neighbours."""
        product = self.history[customers] @ self.similarity
        return cast("FloatArray", product.toarray().astype(np.float32, copy=False))


def fit_neighbours(interactions: Interactions, k: int = NEIGHBOURS) -> Neighbours:
    """Cosine similarity of the products' BM25 vectors, the best `k` speakers for each product."""
    return Neighbours(interactions.history, similarities(bm25(interactions.counts), k))


def bm25(counts: Sparse) -> Sparse:
    """BM25 weights, a customer being the document and a product the term."""
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    relative = lengths / max(lengths.sum() / max(len(lengths), 1), 1e-9)
    customers_of = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log(counts.shape[0] / (1.0 + customers_of))
    saturation = np.repeat(K1 * (1 - B + B * relative), np.diff(counts.indptr))
    weights = counts.data * (K1 + 1) / (saturation + counts.data) * idf[counts.indices]
    # A product that nearly everyone buys says nothing; below zero it would speak against.
    weights = np.maximum(weights, 0)
    parts = (weights.astype(np.float32), counts.indices, counts.indptr)
    return csr_matrix(parts, shape=counts.shape)


def similarities(weights: Sparse, k: int) -> Sparse:
    """Products x products: cosines of the columns of `weights`.

    In each column the `k` largest stand, without the product itself.
    """
    norms = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=0)).ravel())
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    unit = (weights @ diags(scale.astype(np.float32))).tocsr().astype(np.float64)
    # Threads share the products out; what comes out for each does not depend on how many there are.
    best = all_pairs_knn(unit, k + 1, num_threads=0, show_progress=False).tocsr()
    best.setdiag(0)
    best.eliminate_zeros()
    # all_pairs_knn lists the neighbours of a product in its row; here they speak for it.
    speakers = best.T.tocsr().astype(np.float32)
    speakers.sort_indices()
    return speakers
