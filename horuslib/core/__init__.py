"""What every room stands on: errors, paths, artifacts, atomic writes, ledger files, stderr."""
