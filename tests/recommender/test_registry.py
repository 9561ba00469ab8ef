import pytest

from recommender.generators import ALS, ItemItem
from recommender.generators.registry import KINDS, GeneratorSettings, build, kind_named, parameters_of


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_built_by_its_name_with_its_own_defaults(kind: str) -> None:
    generator = build(GeneratorSettings(kind, "mine"))
    assert type(generator) is kind_named(kind)
    assert generator.name == "mine"
    assert all(getattr(generator, name) == default for name, default in parameters_of(kind).items())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_parameters_of_a_kind_are_what_its_state_keeps(kind: str) -> None:
    config = build(GeneratorSettings(kind, "mine")).state()[1]
    assert set(config) == {*parameters_of(kind), "name"}


def test_parameters_given_replace_the_defaults() -> None:
    generator = build(GeneratorSettings("ALS", "als", {"factors": 8, "alpha": 2}))
    assert isinstance(generator, ALS)
    assert (generator.factors, generator.alpha, generator.iterations) == (8, 2.0, ALS().iterations)
    assert type(generator.alpha) is float


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown kind of generator 'Svd'.*'ALS'"):
        build(GeneratorSettings("Svd", "svd"))


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'als' has unknown parameters \['depth'\].*'factors'"):
        build(GeneratorSettings("ALS", "als", {"depth": 3}))


@pytest.mark.parametrize("value", ["many", 8.5, True])
def test_a_value_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"'factors' of generator 'als' must be of type int, like 64; found"):
        build(GeneratorSettings("ALS", "als", {"factors": value}))  # type: ignore[dict-item]


def test_fitted_arrays_are_no_parameters() -> None:
    assert "similarity" not in parameters_of("ItemItem")
    assert isinstance(build(GeneratorSettings("ItemItem", "bm25", {"measure": "bm25"})), ItemItem)
