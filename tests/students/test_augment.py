from impossible.students.augment import join
from impossible.students.controls import Controls
from impossible.students.examples import TrainingExample


def example(n: int, source: str, target: str, task: str = "paraphrase") -> TrainingExample:
    return TrainingExample(f"context {n}", task, source, target, Controls(length="shorter"))


SHORT = [example(n, f"The dog {n} barks.", f"Rex {n} is the dog.") for n in range(40)]


def halves(example: TrainingExample) -> tuple[list[str], list[str]]:
    glue = ", and " if ", and " in example.source else ". "
    source, target = example.source.rstrip("."), example.target.rstrip(".")
    return source.split(glue), target.split(glue)


def test_two_contexts_stand_in_each_and_nothing_is_asked_for() -> None:
    found = join(SHORT, 0.5, 7)
    assert len(found) == 20
    for one in found:
        (a, b), _ = halves(one)
        assert a.split()[2] != b.split()[2]
        assert one.controls == Controls() and one.task == "paraphrase"


def test_of_every_other_paraphrase_the_second_half_is_kept() -> None:
    kept = [source[1] == target[1] for source, target in map(halves, join(SHORT, 1.0, 7))]
    assert sum(kept) == 20


def test_clauses_lose_the_capital_of_what_is_no_name() -> None:
    clauses = [e for e in join(SHORT, 1.0, 7) if ", and " in e.source]
    assert len(clauses) == 20
    targets = {target[1].split()[0] for _, target in map(halves, clauses)}
    assert targets <= {"The", "the", "Rex"} and "Rex" in targets and "rex" not in targets
    assert all(source[1].startswith("The") for source, _ in map(halves, clauses))  # nowhere in lower case
    more = [*SHORT, example(99, "I like the cat.", "Cats are what I like.")]
    assert any(source[1].startswith("the") for source, _ in map(halves, join(more, 1.0, 7)))


def test_a_question_is_no_clause() -> None:
    asked = [example(n, f"Is it {n}?", f"It is {n}, no?") for n in range(8)]
    assert not any(", and " in e.source for e in join(asked, 1.0, 7))


def test_tasks_are_not_mixed_and_a_lone_context_has_no_partner() -> None:
    both = [*SHORT[:4], *(example(n, f"A b {n} c d.", f"A {n} c.", "summary") for n in range(4))]
    assert {e.task for e in join(both, 1.0, 7)} == {"paraphrase", "summary"}
    assert all(("dog" in e.source) == (e.task == "paraphrase") for e in join(both, 1.0, 7))
    assert join([example(1, "A b c.", "C b a."), example(1, "D e f.", "F e d.")], 1.0, 7) == []


def test_the_seed_decides_and_the_order_does_not() -> None:
    assert join(SHORT, 0.5, 7) == join(SHORT[::-1], 0.5, 7) != join(SHORT, 0.5, 8)
    assert join(SHORT, 0.0, 7) == []
