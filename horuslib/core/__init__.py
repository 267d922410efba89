"""What every other package uses: errors, paths, artifacts, recorded reads, atomic writes, ledger
files, workbooks, logging, progress, stderr."""
