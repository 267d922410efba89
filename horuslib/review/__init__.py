"""What people see and hear: sound cards, panels and reports."""
