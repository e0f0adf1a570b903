"""External tables: raw files as tables, by the rules of Hive's and Athena's SerDes."""
