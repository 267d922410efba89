"""A focused fine-tune of one class: find wrong labels, relabel by rule, train on, let a gate decide, promote."""
