from segmentation import Trait, fit_segmentation
from segmentation.naming import name_segment, still_fits


def _trait(feature: str, z: float, level: str | None = None) -> Trait:
    return Trait(feature, level, 0.0, 0.0, z, z)


EVENING = (_trait("share_evening", 1.4), _trait("share_mobile", 1.1), _trait("spend_total", 0.8))


def test_a_name_says_what_distinguishes() -> None:
    assert name_segment("Regular", EVENING, 2, set(), "s1") == "Regular · evening mobile users, high spend"


def test_one_thing_is_said_about_each_subject() -> None:
    traits = (_trait("spend_total", 2.0), _trait("purchases_total", 1.9), _trait("country", 0.5, "Germany"))
    assert name_segment("Regular", traits, 2, set(), "s1") == "Regular · users, high spend, from Germany"


def test_the_only_segment_of_a_band_is_named_by_it() -> None:
    assert name_segment("New", EVENING, 1, set(), "s1") == "New users"


def test_a_name_taken_gets_another_trait_or_at_last_the_id() -> None:
    first = name_segment("Regular", EVENING, 2, set(), "s1")
    more = (*EVENING, _trait("tenure_days", 0.4))
    second = name_segment("Regular", more, 2, {first}, "s2")
    assert second == "Regular · evening mobile long-standing users, high spend"
    assert name_segment("Regular", EVENING, 2, {first}, "s3") == "Regular users (s3)"


def test_a_name_stays_while_it_is_true_and_goes_when_it_is_not() -> None:
    name = "Regular · evening mobile users, high spend"
    weaker = tuple(_trait(t.feature, t.z / 3) for t in EVENING)
    assert still_fits(name, "Regular", weaker)
    assert not still_fits(name, "New", weaker)
    assert not still_fits(name, "Regular", EVENING[:2])
    assert not still_fits(name, "Regular", (*EVENING[:2], _trait("spend_total", -0.8)))


def test_names_are_unique_and_profiles_tell_means_and_distances(planted, small, as_of) -> None:
    people = planted()
    fitted = fit_segmentation(people, small, as_of)
    names = [s.name for s in fitted.segments]
    assert len(set(names)) == len(names) == 3
    evening = fitted.segment(fitted.assign(people).loc[0, "segment_id"])
    assert "evening" in evening.name
    trait = next(t for t in evening.profile if t.feature == "share_evening")
    assert trait.mean > 0.7 > trait.overall
    assert trait.z > 0.5
