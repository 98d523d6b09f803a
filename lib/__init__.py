"""The science of the book: the RMF solver, the networks and their losses.  It draws nothing and prints no pages."""
