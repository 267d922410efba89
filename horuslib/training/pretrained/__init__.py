"""Weights that ship, their model card, and what each choice of weights was worth: files of `make pretrain`."""
