"""What every other package uses: errors, paths, artifacts, atomic writes, ledger files, stderr."""
