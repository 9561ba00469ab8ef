"""Sparse matrices built from, and taken apart into, plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Arrays = dict[str, NDArray[Any]]


def csr(
    values: NDArray[Any], columns: NDArray[np.integer[Any]], indptr: NDArray[np.integer[Any]], shape: tuple[int, int]
) -> sparse.csr_matrix:
    """A CSR matrix with 32-bit indices, its arrays copied."""
    parts = (values.copy(), columns.astype(np.int32), indptr.astype(np.int32))
    return sparse.csr_matrix(parts, shape=shape)


def empty(rows: int = 0, columns: int = 0) -> sparse.csr_matrix:
    """Float32 zeros."""
    return csr(np.empty(0, np.float32), np.empty(0, np.int32), np.zeros(rows + 1, np.int32), (rows, columns))


def like(matrix: sparse.csr_matrix, values: NDArray[Any]) -> sparse.csr_matrix:
    """The same pattern with other values."""
    return csr(values, matrix.indices, matrix.indptr, (matrix.shape[0], matrix.shape[1]))


def rows_of(matrix: sparse.csr_matrix, rows: NDArray[np.int64]) -> sparse.csr_matrix:
    """These rows in this order, stored zeros kept; -1 gives an empty row."""
    starts = np.where(rows >= 0, matrix.indptr[rows], 0) if matrix.shape[0] else np.zeros(len(rows), dtype=np.int64)
    ends = np.where(rows >= 0, matrix.indptr[rows + 1], 0) if matrix.shape[0] else starts
    lengths = ends - starts
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    places = np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], lengths)
    return csr(matrix.data[places], matrix.indices[places], indptr, (len(rows), matrix.shape[1]))


def strongest(matrix: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """The ``count`` largest stored values of every row; among equal ones the lower columns. Indices come sorted."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    kept = order[np.arange(matrix.nnz) - matrix.indptr[rows] < count]  # ranks of a row are its places from indptr on
    kept = kept[np.lexsort((matrix.indices[kept], rows[kept]))]
    indptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(matrix.indptr), count))])
    return csr(matrix.data[kept], matrix.indices[kept], indptr, (matrix.shape[0], matrix.shape[1]))


def unit_rows(matrix: sparse.csr_matrix | NDArray[Any]) -> sparse.csr_matrix:
    """Every row divided by its length, float64; rows of zeros stay."""
    rows = sparse.csr_matrix(matrix, dtype=np.float64)
    length = np.sqrt(np.asarray(rows.power(2).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(length > 0, length, 1)) @ rows)


def pack(name: str, matrix: sparse.csr_matrix) -> Arrays:
    """A sparse matrix as plain arrays, to be read back by :func:`unpack`."""
    return {
        f"{name}.data": matrix.data,
        f"{name}.indices": matrix.indices.astype(np.int32),
        f"{name}.indptr": matrix.indptr.astype(np.int32),
        f"{name}.shape": np.array(matrix.shape, dtype=np.int64),
    }


def unpack(name: str, arrays: Arrays) -> sparse.csr_matrix:
    """The sparse matrix that :func:`pack` took apart."""
    rows, columns = (int(n) for n in arrays[f"{name}.shape"])
    return csr(arrays[f"{name}.data"], arrays[f"{name}.indices"], arrays[f"{name}.indptr"], (rows, columns))
