"""How much will be sold: by day in total and by country, by week and product."""
