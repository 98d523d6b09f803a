"""The numbers behind the paper's figures, and its fifteen claims on trial.  It draws nothing."""
