"""The fine-tune: batches by quotas, the curriculum, what it may learn besides, every fold."""
