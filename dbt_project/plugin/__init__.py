"""What the dbt project needs from Python: the lake behind the adapter, and dbt in this process."""
