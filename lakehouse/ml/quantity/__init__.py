"""How many units an order line will have, and two more questions answered by the same flow."""
