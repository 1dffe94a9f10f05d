import numpy as np
import pytest

from kann.numerics.operator.eigenpairs import eigenpairs, partners, spectral_projector


def test_a_jordan_block_is_called_defective():
    found = eigenpairs(np.array([[0.0, 1.0], [0.0, 0.0]]))

    assert np.isinf(found.condition).all() or found.condition.min() > 1e15
    assert np.isfinite(found.left).all()


def test_the_condition_is_one_for_a_normal_matrix():
    random = np.random.default_rng(0)
    rotation = np.linalg.qr(random.standard_normal((6, 6)))[0]

    np.testing.assert_allclose(eigenpairs(rotation).condition, 1.0, rtol=1e-9)


def test_pairs_that_coincide_stay_together_and_dual():
    matrix = np.kron(np.diag([1.0, 1.0, 1.0]), [[0.3, -0.4], [0.9, 0.3]])

    found = eigenpairs(matrix)

    assert partners(found.values).tolist() == [1, 0, 3, 2, 5, 4]
    np.testing.assert_allclose(matrix @ found.right, found.right * found.values, atol=1e-12)
    np.testing.assert_allclose(found.left.T @ found.right, np.eye(6), atol=1e-12)


def test_packed_columns_carry_norms_and_products_of_the_complex_ones():
    found = eigenpairs(np.random.default_rng(2).standard_normal((7, 7)))

    assert (found.values.imag != 0).any()
    np.testing.assert_allclose(found.norms(found.dual), np.linalg.norm(found.left, axis=0))
    products = found.products(found.dual, found.columns)
    np.testing.assert_allclose(products, (found.left * found.right).real, atol=1e-12)


def test_partners_are_found_by_value_even_between_real_eigenvalues():
    values = np.array([0.9, 0.5 + 0.5j, 0.6, 0.5 - 0.5j, 0.1])

    assert partners(values).tolist() == [0, 3, 2, 1, 4]


@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_spectral_projector_commutes_and_has_the_rank_of_its_subspace(count):
    random = np.random.default_rng(1)
    vectors = random.standard_normal((5, 5))
    values = np.array([0.9, 0.8, 0.5, 0.2, -0.1])
    matrix = vectors @ np.diag(values) @ np.linalg.inv(vectors)

    projector = spectral_projector(matrix, values[:count].astype(complex))

    np.testing.assert_allclose(projector @ projector, projector, atol=1e-9)
    np.testing.assert_allclose(projector @ matrix, matrix @ projector, atol=1e-9)
    assert np.trace(projector) == pytest.approx(count)
