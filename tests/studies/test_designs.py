"""The choice of designs: who takes part, what decides, and that the rows have what was chosen."""

import numpy as np
import pandas as pd
import pytest

from lib.learning.local_network import train_local
from lib.learning.local_rows import CHOSEN, ROWS, Design
from studies import knowing
from studies.knowing import CANDIDATES, COLUMNS, FINALISTS, FIRST_SEEDS, MORE_SEEDS, best, load_knowing, standing, trial


def table_of(errors):
    """A table of trials: design, seed and the three errors."""
    rows = []
    for design, seed, values in errors:
        row = dict.fromkeys(COLUMNS, 1.0) | vars(design) | {"seed": seed, "code_version": "0"}
        rows.append(row | dict(zip(knowing.ERRORS, values, strict=True)))
    return pd.DataFrame(rows)[[*COLUMNS]]


def test_the_geometric_mean_decides_and_only_finalists_count():
    one, two, three = Design(), Design(width=4), Design(width=5)
    table = table_of(
        [
            (one, 0, (1, 1, 1)),
            (two, 0, (0.5, 1, 1)),
            (three, 0, (0.1, 0.1, 0.1)),
            (one, 1, (1, 1, 1)),
            (two, 1, (1, 1, 4.0)),
        ]
    )
    found = standing(table, "E")
    assert found.score.tolist() == pytest.approx([1.0, 2 ** (1 / 6)])
    assert best(table, "E") == one
    assert knowing.finalists(table, "E")[:2] == [three, two]


def test_a_trial_sees_known_nuclei_alone(monkeypatch):
    """What is trained has no other nuclei, and learns fewer than there are."""
    seen = []

    def watched(design, data, learning, seed):
        seen.append((len(data.energy), int(learning.sum())))
        return train_local(design, data, learning, seed)

    monkeypatch.setattr(knowing, "train_local", watched)
    row = trial(Design(width=2, layers=1, steps=2), 0)
    dataset, _ = knowing.nuclei_of("E")
    count = int(dataset.known.sum())
    assert [nuclei for nuclei, _ in seen] == [count] * 3
    shares = [learnt / count for _, learnt in seen]
    assert shares == pytest.approx([0.8, 2 / 3, 1 / 2], abs=0.02)
    assert set(row) == set(COLUMNS)
    assert np.isfinite([row[name] for name in ("constants_rms", "learning_rms", *knowing.ERRORS)]).all()


def test_all_candidates_are_there_and_the_best_was_taken():
    table = load_knowing()
    tried = {(*row,) for row in table[[*knowing.DESIGN, "seed"]].itertuples(index=False, name=None)}
    for design in CANDIDATES:
        assert {(*vars(design).values(), seed) for seed in FIRST_SEEDS} <= tried
    for target, design in CHOSEN.items():
        assert best(table, target) == design
        own = table[table.target == target]
        more = own[own.seed.isin(MORE_SEEDS)]
        assert len(more) == FINALISTS * len(MORE_SEEDS)


def test_rows_of_the_chosen_designs():
    assert ROWS["LF-fields"] == CHOSEN["E"]
    assert ROWS["LF-first-order"] == CHOSEN["dE"]


def test_a_wrong_choice_stops_the_command(monkeypatch, capsys):
    monkeypatch.setitem(knowing.CHOSEN, "E", Design(width=3))
    with pytest.raises(SystemExit, match="the best design for E is Design"):
        knowing.main([])
