"""What a customer is likely to buy: again, or for the first time."""
