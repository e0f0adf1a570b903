from lakehouse.cli import run

run()
