"""The network, its starting weights, its batches and its training."""
