"""`python -m opsanalytics` is `opsanalytics`."""

from opsanalytics.cli import main

main()
