from recommender.preprocessing.labels import bucket


def test_buckets_are_the_same_in_every_process() -> None:
    assert [bucket(city, 32, 7) for city in ("Wien", "Łódź", "")] == [29, 18, 24]


def test_another_seed_hashes_otherwise() -> None:
    names = [f"c{n}" for n in range(50)]
    assert [bucket(n, 32, 1) for n in names] != [bucket(n, 32, 2) for n in names]
