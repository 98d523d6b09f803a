"""What the networks learn, and how: from the known nuclei and Table I to the ensembles of one hundred."""
